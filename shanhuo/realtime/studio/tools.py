"""ffmpeg in its cage, between two pipes: for hours, or for one second."""

import asyncio
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from shanhuo.content.media import jail

HOURS_OF_CPU = 48 * 3600
STUCK_S = 10.0
"""ffmpeg that takes nothing, or at its end gives nothing, for so long hangs: it is replaced."""
LARGEST_REPORT = 4096
EXTRA = "pipe:extra"
"""A second way out, beside pipe:1."""


class ToolDied(Exception):
    """ffmpeg ended without being told to; the text is the last it said."""


def opening(demuxer: str) -> list[str]:
    """Options that read exactly this container from the pipe, and nothing else."""
    return [
        *("-v", "error", "-protocol_whitelist", "pipe", "-f", demuxer),
        *("-codec_whitelist", jail.DECODERS, "-max_streams", "4"),
        *("-max_pixels", str(jail.MOST_PIXELS), "-i", "pipe:0"),
    ]


class Tool:
    """A running ffmpeg. It dies with us: the cage asks the kernel for that."""

    def __init__(self, process: asyncio.subprocess.Process, extra: asyncio.StreamReader | None):
        self._process = process
        self.extra = extra
        self._report = asyncio.create_task(_end_of(process.stderr))

    @classmethod
    async def start(
        cls,
        arguments: Sequence[str],
        *,
        folder: Path,
        cpu_seconds: int = HOURS_OF_CPU,
        has_extra: bool = False,
        nice: int = 0,
    ) -> "Tool":
        """`has_extra`: it may write to EXTRA, too. `nice`: how far it steps back for others."""
        reader, writer = os.pipe() if has_extra else (-1, -1)
        named = [f"pipe:{writer}" if word == EXTRA else word for word in arguments]
        command = jail.command(named, cpu_seconds=cpu_seconds)
        if nice and (program := shutil.which("nice")):
            command = [program, "-n", str(nice), *command]
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env={"LC_ALL": "C"},
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                pass_fds=(writer,) if has_extra else (),
            )
        finally:
            if has_extra:
                os.close(writer)
        return cls(process, await _stream(reader) if has_extra else None)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> asyncio.StreamReader:
        assert self._process.stdout is not None  # noqa: S101  asked for above
        return self._process.stdout

    async def give(self, data: bytes) -> None:
        """Hand on bytes; waits while ffmpeg has enough. Raises ToolDied, also when it hangs."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(data)
        try:
            async with asyncio.timeout(STUCK_S):
                await self._process.stdin.drain()
        except TimeoutError as stuck:
            raise ToolDied("it takes nothing any more") from stuck
        except (BrokenPipeError, ConnectionResetError) as gone:
            raise ToolDied(await self._report) from gone

    def close_input(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def ended(self) -> None:
        """Wait for the end. Raises ToolDied if it was not a good one."""
        code = await self._process.wait()
        if code:
            raise ToolDied(f"{code}: {await self._report}")

    async def kill(self) -> None:
        """It may be dead already."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        self._report.cancel()
        if self._process.stdin is not None:
            self._process.stdin.close()


async def _stream(handle: int) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(handle, "rb", buffering=0)
    )
    return reader


async def _end_of(said: asyncio.StreamReader | None) -> str:
    """Read all of it, keep the end of it."""
    kept = b""
    while said is not None and (more := await said.read(4096)):
        kept = (kept + more)[-LARGEST_REPORT:]
    return kept.decode("utf-8", "replace")
