"""A token says one thing, for one purpose, for a while."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.kernel import tokens

LATER = timedelta(minutes=5)


def test_a_token_gives_its_payload_back_until_it_expires(noon: datetime) -> None:
    token = tokens.sign("viewer", b"mei", expires_at=noon + LATER)
    assert tokens.read("viewer", token, now=noon) == b"mei"
    with pytest.raises(tokens.BadToken):
        tokens.read("viewer", token, now=noon + LATER)


def test_a_token_for_one_purpose_is_worth_nothing_for_another(noon: datetime) -> None:
    token = tokens.sign("viewer", b"mei", expires_at=noon + LATER)
    with pytest.raises(tokens.BadToken):
        tokens.read("buyer", token, now=noon)


@given(position=st.integers(0, 200), character=st.sampled_from("AZaz09-_"))
def test_no_character_of_a_token_can_be_changed(position: int, character: str) -> None:
    now = datetime.fromisoformat("2026-07-01T12:00:00+08:00")
    token = tokens.sign("viewer", b"payload", expires_at=now + LATER)
    position %= len(token) - 1
    forged = token[:position] + character + token[position + 1 :]
    if forged != token:
        with pytest.raises(tokens.BadToken):
            tokens.read("viewer", forged, now=now)


@pytest.mark.parametrize("token", ["", "x", "山货", "A" * 5000, "====", "\x00"])
def test_rubbish_is_refused(token: str, noon: datetime) -> None:
    with pytest.raises(tokens.BadToken):
        tokens.read("viewer", token, now=noon)
