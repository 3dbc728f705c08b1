"""A request sent twice acts once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shanhuo.kernel import clock, idempotency
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.models import IdempotencyKey
from tests.threads import at_once

pytestmark = pytest.mark.django_db

calls: list[int] = []


def order(**changes: Any) -> Any:
    def act() -> dict[str, int]:
        calls.append(1)
        return {"order": len(calls)}

    request = {"owner": "mei", "scope": "order", "key": "k" * 16, "body": b"tea", "act": act}
    return idempotency.run(**{**request, "now": clock.now(), **changes})


@pytest.fixture(autouse=True)
def _forget() -> None:
    calls.clear()


def test_attack_08_same_key_same_body_replays_the_first_answer(noon: datetime) -> None:
    assert order() == order() == {"order": 1}
    assert len(calls) == 1


def test_attack_08_same_key_other_body_is_an_error(noon: datetime) -> None:
    order()
    with pytest.raises(idempotency.KeyReused):
        order(body=b"two teas")
    assert len(calls) == 1


def test_attack_08_same_key_other_user_is_an_error(noon: datetime) -> None:
    order()
    with pytest.raises(idempotency.KeyReused):
        order(owner="stranger")
    assert len(calls) == 1


def test_attack_08_while_the_first_is_running_the_second_waits(noon: datetime) -> None:
    def meanwhile() -> str:
        with pytest.raises(idempotency.StillRunning):
            order()
        return "first"

    assert order(act=meanwhile) == "first"
    assert order() == "first"
    assert calls == []


def test_a_refused_request_may_be_tried_again_with_its_key(noon: datetime) -> None:
    def refuse() -> None:
        raise Refusal

    with pytest.raises(Refusal):
        order(act=refuse)
    assert IdempotencyKey.objects.count() == 0
    assert order() == {"order": 1}


def test_a_first_try_that_died_is_taken_over_after_a_minute(noon: datetime) -> None:
    IdempotencyKey.objects.create(
        scope="order",
        key="k" * 16,
        owner="mei",
        body_digest="8f3c0b7e",
        started_at=noon,
    )
    row = IdempotencyKey.objects.get()
    with pytest.raises(idempotency.KeyReused):
        order()
    IdempotencyKey.objects.update(body_digest=idempotency.sha256(b"tea").hexdigest())
    with pytest.raises(idempotency.StillRunning):
        order(now=noon + idempotency.PRESUMED_DEAD)
    assert order(now=noon + idempotency.PRESUMED_DEAD + timedelta(seconds=1)) == {"order": 1}
    row.refresh_from_db()
    assert row.answer == {"value": {"order": 1}}


@pytest.mark.parametrize("key", ["", "short", "k" * 81])
def test_a_key_of_odd_length_is_refused(key: str) -> None:
    with pytest.raises(idempotency.BadKey):
        order(key=key)
    assert (calls, IdempotencyKey.objects.count()) == ([], 0)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_attack_08_twelve_at_once_act_once() -> None:
    answers = at_once([order] * 12)
    assert len(calls) == 1
    good = [answer for answer in answers if not isinstance(answer, idempotency.StillRunning)]
    assert good == [{"order": 1}] * len(good)
    assert len(good) >= 1
