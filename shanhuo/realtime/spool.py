"""An answer on its way: written by a thread, read by the event loop, kept in a file in between."""

import asyncio
import os
from collections.abc import AsyncIterator
from tempfile import TemporaryFile
from typing import IO

from shanhuo.kernel.downloads import FilePart
from shanhuo.realtime.routes import Headers

SHORT_BYTES = 64 * 1024
PIECE_BYTES = 64 * 1024
LONGEST_BYTES = 1 << 30


class Spool:
    """One writer (a thread) and one reader (the loop). Up to SHORT_BYTES stay in memory.

    The writer never waits for the reader. The reader sends what is there while more is written.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._news = asyncio.Event()
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._written = 0
        self._finished = self._given_up = False
        self.status = 0
        self.headers: Headers = []
        self.failed = False
        self.part: FilePart | None = None

    # The writer's side, in a thread.

    def begin(self, status: int, headers: Headers) -> None:
        self.status, self.headers = status, headers

    def write(self, piece: bytes) -> bool:
        """False when nobody reads any more: then stop."""
        if self._given_up or self._written + len(piece) > LONGEST_BYTES:
            return False
        if self._file is None and self._written + len(piece) > SHORT_BYTES:
            self._move_to_file()
        if self._file is None:
            self._memory += piece
        else:
            self._file.write(piece)
        self._written += len(piece)
        if self._file is not None:
            self._tell()
        return True

    def hand_over(self, part: FilePart) -> None:
        """The answer is this: it needs no copy here."""
        self.part = part

    def finish(self) -> None:
        self._finished = True
        self._tell()

    def fail(self) -> None:
        self.failed = True
        self.finish()

    def _move_to_file(self) -> None:
        spill = TemporaryFile(buffering=0)  # noqa: SIM115
        spill.write(self._memory)
        self._file = spill

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._news.set)

    # The reader's side, on the loop.

    @property
    def begun(self) -> bool:
        return self.status != 0

    @property
    def short(self) -> bool:
        return self._finished and self._file is None

    def whole(self) -> bytes:
        return bytes(self._memory)

    async def first_words(self) -> None:
        """Until the answer is complete, or too long to wait for its end."""
        await self._news.wait()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        sent = 0
        while True:
            self._news.clear()
            finished = self._finished
            while sent < self._written:
                piece = self._read_at(sent)
                sent += len(piece)
                yield piece
            if finished and sent == self._written:
                return
            await self._news.wait()

    def _read_at(self, offset: int) -> bytes:
        if self._file is None:
            return bytes(self._memory[offset:])
        return os.pread(self._file.fileno(), PIECE_BYTES, offset)

    def give_up(self) -> None:
        """The reader has gone; the writer may stop at its next piece."""
        self._given_up = True

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
