"""What every line costs before anybody has said a word, with what the library does twice taken out.

The wire under a socket is uvloop's transport, so that picows need not ask the system about it.

Of every line that it accepts picows sets two options and reads four, to log them. For each of the
six uvloop makes a Python socket and throws it away: a quarter of what a join costs. The listening
socket has the options already, and a line inherits them.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from multidict import CIMultiDict
from picows import (
    WSAutoPingStrategy,
    WSListener,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]

Door = Callable[[WSUpgradeRequest], WSListener | WSUpgradeResponseWithListener]


class Wire:
    """What picows uses of a transport; it is its own socket, too."""

    __slots__ = (
        "_transport",
        "abort",
        "close",
        "fileno",
        "get_write_buffer_size",
        "set_write_buffer_limits",
        "write",
        "writelines",
    )

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.abort, self.close = transport.abort, transport.close
        self.write, self.writelines = transport.write, transport.writelines
        self.get_write_buffer_size = transport.get_write_buffer_size
        self.set_write_buffer_limits = transport.set_write_buffer_limits
        self.fileno = transport.get_extra_info("socket").fileno

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self if name == "socket" else default

    def setsockopt(self, *_option: object) -> None:
        """As the listening socket has it."""

    def getsockopt(self, *_option: object) -> int:
        """Only for a log that nobody reads."""
        return 0

    @property
    def peer(self) -> str:
        """The address at the other end."""
        found = self._transport.get_extra_info("peername")
        return str(found[0]) if found else "unknown"


class Welcome(WSUpgradeResponse):
    """The answer that opens a line. picows puts in one header and asks for the bytes; an answer of
    its own it would put together name by name, at three times the price."""

    __slots__ = ()
    status = HTTPStatus.SWITCHING_PROTOCOLS

    def __init__(self) -> None:
        self.headers = CIMultiDict()

    def to_bytes(self) -> bytearray:
        """As they are sent."""
        return bytearray(_OPEN % self.headers["Sec-WebSocket-Accept"].encode("ascii"))


_OPEN = (
    b"HTTP/1.1 101 Switching Protocols\r\n"
    b"Connection: upgrade\r\n"
    b"Upgrade: websocket\r\n"
    b"Sec-WebSocket-Accept: %b\r\n\r\n"
)


class Handshake(WSProtocol):  # type: ignore[misc]
    """One connection, from its first byte on."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(Wire(transport))


def handshake(
    door: Door, *, logger: Any, within_s: float, frame_bytes: int, read_bytes: int
) -> Handshake:
    """As `picows.ws_create_server` makes them. There are no pings of ours: pages send heartbeats.
    Nor answers to theirs: a page that pings and does not read would make us keep the answers."""
    pings = (False, 1, 1, WSAutoPingStrategy.PING_WHEN_IDLE, False)
    return Handshake(
        *(None, None, False, door, logger, True, within_s, *pings, frame_bytes, None, read_bytes)
    )
