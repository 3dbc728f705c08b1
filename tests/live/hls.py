"""A strict reader of media playlists: what RFC 8216 asks of ours, each rule an assertion."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

_HEAD = (
    r"#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:(\d+)\n"
    r"#EXT-X-MEDIA-SEQUENCE:(\d+)\n#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)\n"
)
_SEGMENT = re.compile(
    r"(?P<joint>#EXT-X-DISCONTINUITY\n)?"
    r'(?:#EXT-X-MAP:URI="(?P<setup>[\w./-]+)"\n)?'
    r"(?:#EXT-X-PROGRAM-DATE-TIME:(?P<moment>\S+)\n)?"
    r"#EXTINF:(?P<seconds>\d+\.\d{3}),\n(?P<address>[\w./-]+)\n"
)
_ROUNDING = timedelta(milliseconds=2)


@dataclass(frozen=True, slots=True)
class Segment:
    """One line of a playlist, with all that holds for it."""

    number: int
    turn: int
    seconds: float
    moment: datetime
    setup: str
    address: str


def read(text: str, *, is_live: bool) -> list[Segment]:
    """Its segments. Fails where a player would be within its rights to stop."""
    head = re.match(_HEAD, text)
    assert head, "head (4.3.1, 4.3.3)"
    target, number, turn = map(int, head.groups())
    body, end, _ = text[head.end() :].partition("#EXT-X-ENDLIST\n")
    assert bool(end) != is_live, "only what is over says so (4.3.3.4)"
    segments = list(_segments(body, number, turn))
    assert all(round(one.seconds) <= target for one in segments), "target duration (4.3.3.1)"
    shown = sum(one.seconds for one in segments)
    assert not is_live or not number or shown >= 3 * target, "three target durations (6.2.2)"
    return segments


def _segments(body: str, number: int, turn: int) -> Iterator[Segment]:
    setup, moment, at = "", None, 0
    while at < len(body):
        found = _SEGMENT.match(body, at)
        assert found, f"tags of a segment (4.3.2): {body[at : at + 80]!r}"
        told = datetime.fromisoformat(found["moment"]) if found["moment"] else None
        turn += bool(found["joint"])
        setup, expected = found["setup"] or setup, moment
        moment = told or expected
        assert setup, "fMP4 has a map (3.3)"
        assert moment, "the first says when it was (our own rule)"
        jumps = expected is not None and abs(moment - expected) > _ROUNDING
        assert bool(found["joint"]) or not jumps, "a jump in time is a discontinuity (4.3.2.3)"
        seconds = float(found["seconds"])
        yield Segment(number, turn, seconds, moment, setup, found["address"])
        number, at, moment = number + 1, found.end(), moment + timedelta(seconds=seconds)


def follows(before: Sequence[Segment], after: Sequence[Segment]) -> None:
    """A playlist that was asked for again only loses its first and gains new last ones (6.2.1)."""
    if not before:
        return
    known = {one.number: one for one in before}
    assert after[-1].number >= before[-1].number
    assert [one for one in after if one.number in known] == [
        one for one in before if one.number >= after[0].number
    ]


def same_film(*rungs: Sequence[Segment]) -> None:
    """Rungs agree on number, turn, length and time of every segment (6.2.4)."""
    told = [[(one.number, one.turn, one.seconds, one.moment) for one in rung] for rung in rungs]
    assert all(one == told[0] for one in told)
