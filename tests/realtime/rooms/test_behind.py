"""Readers who are behind: frames are dropped for them, and nothing piles up."""

import asyncio
import logging
import os
import socket
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime

import uvloop

from shanhuo.kernel import clock
from shanhuo.live.queries.room import Change, RoomNow, ShownLine
from shanhuo.live.tickets import Ticket, write
from shanhuo.realtime.rooms.books import News, Work
from shanhuo.realtime.rooms.house import House
from shanhuo.realtime.rooms.limits import ANSWERS_BYTES, BEHIND_S, SWEEP_ROUNDS, TICK_S
from shanhuo.realtime.rooms.wire import handshake

QUIET = logging.getLogger("quiet")
LINE = ShownLine("k" * 16, "梅", "脆" * 100, "", datetime(2026, 7, 1, tzinfo=UTC))


class NoBooks:
    """One session, and nothing that is kept."""

    def settle(self, work: Work, *, now: datetime) -> News:
        room = RoomNow(1, "x", "y", "on_air", 0, now, "")
        return News([], {1: room}, {1: 0}, {1: 0}, {1: frozenset()}, {})

    def close(self) -> None: ...


async def connect(port: int, viewer: int) -> socket.socket:
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(line, ("127.0.0.1", port))
    ticket = write(Ticket(1, viewer), now=clock.now())
    key = b64encode(os.urandom(16)).decode()
    asked = (
        f"GET /room?k={ticket} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await loop.sock_sendall(line, asked.encode())
    await loop.sock_recv(line, 4096)
    return line


async def told(house: House, rounds: int, readers: Sequence[socket.socket]) -> int:
    """Let so many ticks pass, with a long line in each; bytes that the readers got."""
    got, loop = 0, asyncio.get_running_loop()
    (room,) = house._rooms.values()
    for _ in range(rounds):
        house.round += 1
        room.hear([Change(1, LINE, True)])
        await house._tell_everybody()
        for reader in readers:
            got += len(await asyncio.wait_for(loop.sock_recv(reader, 65_536), 5))
    return got


async def evening() -> tuple[int, int, int, list[bool]]:
    house = House(NoBooks(), proxy_count=0, sockets_per_address=9, most_guests=9)
    line = socket.create_server(("127.0.0.1", 0))
    line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ANSWERS_BYTES)
    server = await asyncio.get_running_loop().create_server(
        lambda: handshake(
            house.admit,
            logger=logging.getLogger("x"),
            within_s=5,
            frame_bytes=1024,
            read_bytes=2048,
        ),
        sock=line,
    )
    port = line.getsockname()[1]
    reader, deaf = await connect(port, 1), await connect(port, 2)
    await house._settle()
    got = await told(house, 200, [reader])
    (room,) = house._rooms.values()
    slow = next(guest for guest in room.guests if guest.viewer == 2)
    waiting = slow.transport.underlying_transport.get_write_buffer_size()
    seen = [slow.transport in room.ready, len(room.ready) == 1]
    house.round += int(BEHIND_S / TICK_S) + SWEEP_ROUNDS
    for guest in room.guests:
        guest.heard_round = house.round
    house._sweep()
    await asyncio.sleep(0.05)
    left = len(room.guests)
    server.close()
    house.close()
    reader.close()
    deaf.close()
    await asyncio.sleep(0.05)
    return got, waiting, left, seen


def test_attack_33_a_reader_who_does_not_read_costs_one_frame_and_leaves():
    got, waiting, left, seen = uvloop.run(evening())
    assert got > 200 * 300
    assert 0 < waiting < 1024
    assert seen == [False, True]
    assert left == 1
