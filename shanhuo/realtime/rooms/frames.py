"""What pages and rooms say to each other, as JSON texts of one tagged form."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from shanhuo.realtime.rooms.limits import LIKES_AT_ONCE


class Like(Struct, tag_field="t", tag="like", frozen=True, gc=False):
    """Taps since the last time."""

    n: Annotated[int, Meta(ge=1, le=LIKES_AT_ONCE)]


class Say(Struct, tag_field="t", tag="say", frozen=True, gc=False):
    """A line. `c` is the page's own number for it, given back with the verdict."""

    c: Annotated[str, Meta(max_length=40)]
    b: Annotated[str, Meta(max_length=400)]


class Beat(Struct, tag_field="t", tag="hb", frozen=True, gc=False):
    """Still here."""


class Tick(Struct, tag_field="t", tag="tick", frozen=True, gc=False):
    """To everybody: viewers, likes, new lines (id, name, body, badge), lines taken away, version.

    Of a new version the page reads `room.json`.
    """

    v: int
    l: int  # noqa: E741
    m: list[tuple[str, str, str, str]]
    h: list[str]
    r: int


class Said(Struct, tag_field="t", tag="said", frozen=True, gc=False, omit_defaults=True):
    """To the writer alone, after the commit. `why` is a Verdict, or "busy": say it again."""

    c: str
    ok: bool
    why: str = ""


heard = msgspec.json.Decoder(Like | Say | Beat).decode
encoded = msgspec.json.Encoder().encode
