"""The door for encoders, over real sockets: who is let in, who is cut off, and what both hear."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shanhuo.live.media import flv, rtmp, takes
from shanhuo.live.models import Take
from shanhuo.live.services import airing
from shanhuo.live.states import TakeEnd, TakeProblem
from shanhuo.realtime import wrong_keys
from shanhuo.realtime.studio import rtmp as studio
from tests.realtime.encoders.conftest import Street, asked, recorded, until
from tests.realtime.encoders.encoder import KEYFRAME, PATIENCE_S

pytestmark = pytest.mark.django_db


def test_an_encoder_with_the_key_is_recorded_tag_by_tag(at_the_door, show) -> None:
    session, key = show

    async def story(street: Street) -> None:
        encoder = await street.filming(f"{key}?more=1")
        await until(lambda: recorded(session).count(KEYFRAME) == 1)
        encoder.command("deleteStream", 4, None, 1)
        assert await encoder.is_closed()

    at_the_door(story)
    kinds = [tag.kind for tag in flv.TagReader().feed(recorded(session))]
    assert kinds == [flv.PICTURE, flv.SOUND, flv.PICTURE]
    take = Take.objects.get()
    assert (take.source, take.is_rehearsal, take.ended_why) == ("encoder", False, "camera")


@pytest.mark.parametrize("wrong", ["", "-", "nobody-00", "{key}x", "{public_id}-"])
def test_a_wrong_or_empty_key_is_told_so_and_films_nothing(at_the_door, show, wrong) -> None:
    session, key = show

    async def story(street: Street) -> None:
        encoder = await street.encoder()
        answer = await encoder.publish(wrong.format(key=key, public_id=session.public_id))
        assert answer["code"] == "NetStream.Publish.BadName"
        assert answer["description"] == str(airing.WrongKey.message)
        assert await encoder.is_closed()

    at_the_door(story)
    assert Take.objects.count() == 0


def test_attack_33_ten_wrong_keys_and_the_address_is_not_heard_for_a_while(at_the_door, show):
    _session, key = show

    async def story(street: Street) -> None:
        for _ in range(wrong_keys.MOST):
            encoder = await street.encoder()
            await encoder.publish("guess")
        with pytest.raises((EOFError, ConnectionError, asyncio.IncompleteReadError)):
            await street.filming(key)

    at_the_door(story)
    assert Take.objects.count() == 0


def test_a_new_key_cuts_off_who_films_with_the_old_one(at_the_door, show, lin, now) -> None:
    session, old = show

    async def story(street: Street) -> None:
        first = await street.filming(old)
        await until(lambda: recorded(session))
        new = await asked(lambda: airing.issue_stream_key(session_id=session.pk, by=lin, now=now))
        first.send(flv.PICTURE, KEYFRAME)
        assert (await first.status())["level"] == "error"
        assert await first.is_closed()
        again = await street.encoder()
        assert (await again.publish(old))["description"] == str(airing.WrongKey.message)
        await street.filming(new)
        await until(lambda: recorded(session, 2))

    at_the_door(story)
    assert [take.ended_why for take in Take.objects.order_by("number")] == ["replaced", "camera"]


def test_a_second_encoder_is_told_and_the_first_goes_on(at_the_door, show) -> None:
    session, key = show

    async def story(street: Street) -> None:
        first = await street.filming(key)
        second = await street.encoder()
        answer = await second.publish(key)
        assert answer["description"] == str(airing.SecondPublisher.message)
        assert await second.is_closed()
        first.send(flv.PICTURE, KEYFRAME)
        await until(lambda: recorded(session).count(KEYFRAME) == 2)

    at_the_door(story)
    assert Take.objects.count() == 1


def test_an_encoder_may_rehearse_before_the_check(at_the_door, make_session, lin, now) -> None:
    session = make_session("draft")
    key = airing.issue_stream_key(session_id=session.pk, by=lin, now=now)

    async def story(street: Street) -> None:
        public = await street.encoder()
        assert (await public.publish(key))["level"] == "error"
        await street.filming(key, app="rehearsal")
        await until(lambda: recorded(session))

    at_the_door(story)
    assert [take.is_rehearsal for take in Take.objects.all()] == [True]


def give_up(problem: TakeProblem) -> None:
    take = Take.objects.get()
    airing.note_problem(take_id=take.pk, problem=problem)
    airing.end_take(take_id=take.pk, why=TakeEnd.DAMAGED, now=take.started_at)


def test_a_take_that_nobody_can_see_is_refused_in_words(at_the_door, show) -> None:
    session, key = show

    async def story(street: Street) -> None:
        encoder = await street.filming(key)
        await until(lambda: recorded(session))
        # The studio has looked at the pictures meanwhile.
        await asked(lambda: give_up(TakeProblem.UNKNOWN_CODEC))
        encoder.send(flv.PICTURE, KEYFRAME)
        answer = await encoder.status()
        assert answer["description"] == str(TakeProblem.UNKNOWN_CODEC.label)
        assert await encoder.is_closed()

    at_the_door(story)


@pytest.fixture
def fill(files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[bool], None]]:
    """Fill the disk of the recordings and empty it again: one of their own where we may mount it,
    otherwise the reserve is larger than any disk."""
    private = files / "private"
    private.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=290m", "tmpfs", str(private)]
    is_real = os.geteuid() == 0 and subprocess.run(mount, check=False).returncode == 0
    umount = ["umount", str(private)]
    reserve = takes.RESERVE_BYTES

    def change(is_full: bool) -> None:
        if is_real:
            (private / "ballast").write_bytes(bytes(60 * 1024**2 if is_full else 0))
        else:
            monkeypatch.setattr(takes, "RESERVE_BYTES", 2**62 if is_full else reserve)

    yield change
    if is_real:
        subprocess.run(umount, check=True)


def test_a_full_disk_stops_the_recording_and_room_begins_another_take(
    at_the_door, show, told, fill, monkeypatch
) -> None:
    session, key = show
    asks: list[bool] = []
    has_room = takes.has_room

    def heard(place: Any) -> bool:
        asks.append(has_room(place))
        return asks[-1]

    monkeypatch.setattr(takes, "has_room", heard)

    async def story(street: Street) -> None:
        encoder = await street.filming(key)
        await until(lambda: KEYFRAME in recorded(session))
        fill(True)
        encoder.send(flv.PICTURE, KEYFRAME + b"lost", at_ms=1000)
        await until(lambda: told)
        asks.clear()
        encoder.send(flv.PICTURE, KEYFRAME + b"lost", at_ms=3000)
        await until(lambda: asks == [False])
        fill(False)
        encoder.send(flv.PICTURE, b"\x27\1\0\0\0lost", at_ms=8000)
        encoder.send(flv.PICTURE, KEYFRAME, at_ms=9000)
        await until(lambda: recorded(session, 2))

    at_the_door(story)
    assert told == [TakeProblem.DISK_FULL]
    assert b"lost" not in recorded(session, 1) + recorded(session, 2)
    tags = list(flv.TagReader().feed(recorded(session, 2)))
    assert [(tag.at_ms, tag.is_setup, tag.is_key) for tag in tags] == [
        (9000, True, False),
        (9000, True, False),
        (9000, False, True),
    ]


MOMENT_S = 0.2


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is to shake hands or to name a key has a moment."""
    for name in ("HANDSHAKE_S", "KEY_S"):
        monkeypatch.setattr(studio, name, MOMENT_S)


STRANGE = {
    "another protocol": b"GET / HTTP/1.1\r\n" + bytes(1600),
    "random bytes": os.urandom(4000),
    "half a handshake": rtmp.greeting()[:700],
    "nothing": b"",
}


@pytest.mark.parametrize("first", STRANGE.values(), ids=STRANGE)
def test_attack_33_who_does_not_shake_hands_is_cut_off(at_the_door, impatient, first) -> None:
    async def story(street: Street) -> None:
        stranger = await street.stranger()
        stranger.writer.write(first)
        assert await stranger.is_closed()

    at_the_door(story)


HOSTILE = {
    "a chunk size of nothing": rtmp.write_message(rtmp.SET_CHUNK, bytes(4), lane=2),
    "a huge chunk size": rtmp.write_message(rtmp.SET_CHUNK, b"\x7f\xff\xff\xff", lane=2),
    "a length that lies": b"\x06" + bytes(3) + b"\xff\xff\xff\x09" + bytes(4) + bytes(5000),
    "values without end": rtmp.write_message(rtmp.COMMAND, b"\x03\0\1a" * 200),
    "random bytes": b"\xc7" + os.urandom(4000),
    "play": rtmp.command("play", 3, None, "somebody"),
}


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE)
def test_attack_33_a_hostile_encoder_is_cut_off_before_and_after_its_key(
    at_the_door, show, words
) -> None:
    session, key = show

    async def story(street: Street) -> None:
        before = await street.encoder()
        before.writer.write(words)
        after = await street.filming(key)
        after.writer.write(words)
        assert await before.is_closed()
        if words != HOSTILE["play"]:
            assert await after.is_closed()

    at_the_door(story)
    assert recorded(session).count(KEYFRAME) == 1


def test_who_names_no_key_is_cut_off_and_so_is_an_encoder_that_falls_silent(
    at_the_door, show, monkeypatch
) -> None:
    session, key = show

    async def story(street: Street) -> None:
        filming = await street.filming(key)
        await until(lambda: recorded(session))
        monkeypatch.setattr(studio, "SILENCE_S", MOMENT_S)
        monkeypatch.setattr(studio, "KEY_S", MOMENT_S)
        filming.send(flv.PICTURE, KEYFRAME)
        assert await filming.is_closed()
        undecided = await street.encoder()
        assert await undecided.is_closed()

    at_the_door(story)
    assert Take.objects.get().ended_why == "camera"


def test_messages_without_content_are_no_pictures_and_harm_nothing(at_the_door, show) -> None:
    session, key = show

    async def story(street: Street) -> None:
        encoder = await street.filming(key)
        for kind in (flv.PICTURE, flv.SOUND, flv.DATA, rtmp.COMMAND, rtmp.CONTROL, rtmp.ACK):
            encoder.send(kind, b"")
        encoder.send(flv.PICTURE, KEYFRAME)
        await until(lambda: recorded(session).count(KEYFRAME) == 2)

    at_the_door(story)
    assert len(list(flv.TagReader().feed(recorded(session)))) == 4


def test_attack_33_who_never_reads_cannot_keep_the_line(at_the_door, impatient) -> None:
    async def story(street: Street) -> None:
        deaf = await street.encoder()
        deaf.reader._transport.pause_reading()
        asks = rtmp.command("connect", 1, {"app": "live"}) * 200
        with pytest.raises((ConnectionError, BrokenPipeError)):
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    deaf.writer.write(asks)
                    await deaf.writer.drain()
                    await asyncio.sleep(0)

    at_the_door(story)


def test_attack_33_five_hundred_connections_of_one_address(at_the_door, show) -> None:
    _session, key = show

    async def story(street: Street) -> None:
        async def is_heard() -> bool:
            try:
                await street.encoder()
            except (ConnectionError, asyncio.IncompleteReadError):
                return False
            return True

        heard = await asyncio.gather(*(is_heard() for _ in range(500)))
        assert sum(heard) == studio.MOST_LINES_EACH
        await street.clear()
        await street.filming(key)  # nothing is left of them

    at_the_door(story)
