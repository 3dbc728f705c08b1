"""From the first byte of a camera to the end of a session, on a clock that nobody waits for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from shanhuo.kernel.models import FactRecord
from shanhuo.live.models import Session, Take
from shanhuo.live.services import airing
from shanhuo.live.transitions import WrongStatus

Maker = Callable[..., Any]
SECOND = timedelta(seconds=1)


def filming(session: Session, now: datetime, **more: Any) -> Take:
    return airing.begin_take(
        session_id=session.pk, source="phone", container="mp4", now=now, **more
    )


def state(session: Session) -> str:
    session.refresh_from_db()
    return session.status


def facts() -> list[str]:
    return list(FactRecord.objects.order_by("pk").values_list("kind", flat=True))


@pytest.fixture
def on_air(make_session: Maker, noon: datetime) -> tuple[Session, Take]:
    """A session whose first picture was seen at noon."""
    session = make_session()
    take = filming(session, noon)
    airing.picture_came(session_id=session.pk, now=noon)
    return session, take


def test_the_first_picture_opens_the_session_and_is_a_fact(on_air: Any, noon: datetime) -> None:
    session, _ = on_air
    assert state(session) == "on_air"
    assert session.on_air_at == noon
    assert facts() == ["live.SessionOpened"]
    airing.picture_came(session_id=session.pk, now=noon + SECOND)
    assert facts() == ["live.SessionOpened"]


def test_silence_interrupts_and_bytes_bring_it_back(on_air: Any, noon: datetime) -> None:
    session, take = on_air
    airing.tend(able_since=noon, now=noon + 5 * SECOND)
    assert state(session) == "on_air"
    airing.tend(able_since=noon, now=noon + 7 * SECOND)
    assert state(session) == "interrupted"
    airing.picture_came(session_id=session.pk, now=noon + 8 * SECOND)
    assert state(session) == "interrupted"  # what was filmed before the drop brings nobody back
    airing.note_bytes(take_id=take.pk, received_bytes=9, now=noon + 60 * SECOND)
    airing.picture_came(session_id=session.pk, now=noon + 61 * SECOND)
    assert state(session) == "on_air"


def test_a_silence_longer_than_the_grace_ends_it_and_gaps_are_not_air(
    on_air: Any, noon: datetime
) -> None:
    session, take = on_air
    airing.tend(able_since=noon, now=noon + 10 * SECOND)
    airing.tend(able_since=noon, now=noon + 99 * SECOND)
    assert state(session) == "interrupted"
    airing.tend(able_since=noon, now=noon + 100 * SECOND)
    assert state(session) == "ended"
    assert session.ended_why == "signal_lost"
    assert session.keep_until >= noon + timedelta(days=3 * 365 + 1)
    take.refresh_from_db()
    assert take.ended_why == "session"
    ended = FactRecord.objects.get(kind="live.SessionEnded")
    assert ended.payload["on_air_seconds"] == 10
    airing.end_session(session_id=session.pk, by=None, now=noon + 101 * SECOND)
    assert facts() == ["live.SessionOpened", "live.SessionEnded"]


def test_no_grace_runs_while_no_camera_could_come_back(on_air: Any, noon: datetime) -> None:
    session, _ = on_air
    airing.tend(able_since=noon, now=noon + 10 * SECOND)
    airing.tend(able_since=noon + 300 * SECOND, now=noon + 300 * SECOND)  # the disk was full
    airing.tend(able_since=noon + 300 * SECOND, now=noon + 389 * SECOND)
    assert state(session) == "interrupted"
    airing.tend(able_since=noon + 300 * SECOND, now=noon + 390 * SECOND)
    assert state(session) == "ended"


def test_the_same_bytes_again_are_silence(on_air: Any, noon: datetime) -> None:
    session, take = on_air
    airing.note_bytes(take_id=take.pk, received_bytes=9, now=noon)
    airing.note_bytes(take_id=take.pk, received_bytes=9, now=noon + 6 * SECOND)
    airing.tend(able_since=noon, now=noon + 7 * SECOND)
    assert state(session) == "interrupted"


def test_a_second_camera_is_refused_until_the_first_is_silent(on_air: Any, noon: datetime) -> None:
    session, first = on_air
    with pytest.raises(airing.SecondPublisher):
        filming(session, noon + 2 * SECOND)
    assert Take.objects.count() == 1
    second = filming(session, noon + 6 * SECOND)
    first.refresh_from_db()
    assert (second.number, first.ended_why) == (2, "replaced")


@pytest.mark.parametrize("status", ["draft", "submitted", "ended", "cancelled"])
def test_nobody_films_for_the_public_before_the_check_or_after_the_end(
    make_session: Maker, noon: datetime, status: str
) -> None:
    session = make_session()
    Session.objects.filter(pk=session.pk).update(status=status, ended_at=noon, keep_until=noon)
    with pytest.raises(WrongStatus):
        filming(session, noon)
    assert Take.objects.count() == 0


def test_a_rehearsal_opens_nothing_and_is_forgotten_when_silent(
    make_session: Maker, noon: datetime
) -> None:
    session = make_session("draft")
    take = filming(session, noon, is_rehearsal=True)
    airing.tend(able_since=noon, now=noon + 90 * SECOND)
    take.refresh_from_db()
    assert (take.ended_why, state(session), facts()) == ("silent", "draft", [])


def test_a_new_stream_key_makes_the_old_one_useless_at_once(
    make_session: Maker, noon: datetime, lin: Any
) -> None:
    session = make_session()
    with pytest.raises(airing.WrongKey):
        airing.session_of_key(f"{session.public_id}-")  # no key yet opens nothing
    old = airing.issue_stream_key(session_id=session.pk, by=lin, now=noon)
    assert airing.session_of_key(old) == session.pk
    new = airing.issue_stream_key(session_id=session.pk, by=lin, now=noon)
    with pytest.raises(airing.WrongKey):
        airing.session_of_key(old)
    assert airing.session_of_key(new) == session.pk
    session.refresh_from_db()
    assert new not in session.key_digest
