"""The process: its socket, its loop, its beginning and its end."""

import argparse
import asyncio
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

import uvloop
from django.conf import settings

from shanhuo.content import words
from shanhuo.realtime.rooms.books import Books
from shanhuo.realtime.rooms.house import House
from shanhuo.realtime.rooms.limits import ANSWERS_BYTES, FRAME_BYTES, HANDSHAKE_S
from shanhuo.realtime.rooms.presence import presence
from shanhuo.realtime.rooms.wire import Handshake, handshake

WAITING_CONNECTIONS = 4096
DOORS = 16
"""libuv takes one connection from a listening socket and then looks at everybody else. With one
socket, a few hundred joins a second waited behind the frames of those who were inside."""
FILES_FOR_OTHERS = 64
HAND_OVER_S = 0.0005
"""How long the thread of the books may keep Python to itself while the rooms wait."""
READ_BYTES = 2048


def main(arguments: Sequence[str]) -> None:
    """Serve rooms until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser("shanhuo rooms", description=main.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.ROOMS_PORT)
    parser.add_argument(
        "--share-port",
        action="store_true",
        help="several of these on one port; the system deals the viewers out",
    )
    options = parser.parse_args(arguments)
    uvloop.run(_serve(options.host, options.port, share_port=options.share_port))


async def _serve(host: str, port: int, *, share_port: bool) -> None:
    sys.setswitchinterval(HAND_OVER_S)
    # The lists of words are read now, not with the first line of the evening.
    words.found_in("你好")
    books = Books(presence())
    house = House(
        books,
        proxy_count=settings.PROXY_COUNT,
        sockets_per_address=settings.ROOMS_SOCKETS_PER_ADDRESS,
        most_guests=_most_guests(),
    )
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, house.stop)
    servers = await _open(house, _listening(host, port, share_port=share_port))
    # What stands now stays: walking it again and again for the sake of every guest cost a seventh.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    await house.keep()
    for server in servers:
        server.close()
    house.close()
    await asyncio.sleep(0.1)
    await asyncio.to_thread(books.close)
    gc.unfreeze()


async def _open(house: House, lines: Sequence[socket.socket]) -> list[asyncio.Server]:
    """Every line that comes in begins with a handshake, and the house says whether it may stay."""
    quiet = _Quiet(logging.getLogger("shanhuo.rooms"), {})

    def one_more() -> Handshake:
        return handshake(
            house.admit,
            logger=quiet,
            within_s=HANDSHAKE_S,
            frame_bytes=FRAME_BYTES,
            read_bytes=READ_BYTES,
        )

    loop = asyncio.get_running_loop()
    return [
        await loop.create_server(one_more, sock=line, backlog=WAITING_CONNECTIONS) for line in lines
    ]


def _listening(host: str, port: int, *, share_port: bool) -> list[socket.socket]:
    """Listening sockets on one port; what is set on them, every line inherits."""
    if not share_port:
        # Ours share the port with each other, but not with another program.
        _bound(host, port, shared=False).close()
    return [_bound(host, port, shared=True) for _ in range(DOORS)]


def _bound(host: str, port: int, *, shared: bool) -> socket.socket:
    line = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, shared)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ANSWERS_BYTES)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.bind((host, port))
    line.setblocking(False)
    return line


def _most_guests() -> int:
    """As many as the system lets us have files."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard - FILES_FOR_OTHERS


class _Quiet(logging.LoggerAdapter):  # type: ignore[type-arg]
    """What strangers send wrong is no news: it would fill the log. Our own faults are.

    Being no Logger it also spares picows a logger of its own for every line.
    """

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        return False

    def info(self, msg: object, *args: object, **more: Any) -> None:
        """Who comes and goes, three times for each line."""

    def log(self, level: int, msg: object, *args: object, **more: Any) -> None:
        """Faults come with a trace; all else is about strangers."""
        if more.get("exc_info"):
            self.logger.log(level, msg, *args, **more)
