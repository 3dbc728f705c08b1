"""Whoever hangs up in the middle of a body is let go without a word."""

import asyncio
from types import SimpleNamespace

import pytest
from granian._granian import RSGIProtocolClosed as ProtocolClosed

from shanhuo.realtime.door import Door
from shanhuo.realtime.routes import HotRefusal, HotRoute


class Line:
    """What is said into a line whose other end is gone."""

    def __init__(self) -> None:
        self.said: list[int] = []

    def response_bytes(self, status: int, _headers: object, _body: bytes) -> None:
        self.said.append(status)


@pytest.mark.parametrize(
    ("path", "end", "said"),
    [
        ("/hot/x", ProtocolClosed("gone"), []),
        ("/page", ProtocolClosed("gone"), []),
        ("/hot/x", HotRefusal(408, "too_slow", "Late."), [408]),
    ],
)
def test_attack_34_a_line_that_closes_in_mid_body_is_no_error(path, end, said):
    async def broken(*_anything: object) -> None:
        raise end

    house = SimpleNamespace(answer=broken)
    door, line = Door([HotRoute("POST", "/hot/x", broken)], house), Line()
    asyncio.run(door.__rsgi__(SimpleNamespace(method="POST", path=path), line))
    assert line.said == said
