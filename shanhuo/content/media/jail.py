"""Runs ffmpeg over bytes that a stranger sent: one folder, no shell, no time without end."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import imageio_ffmpeg

from shanhuo.content.media.problems import MediaProblem, MediaRefused

_CAGE = Path(__file__).with_name("cage.py")
MEMORY_BYTES = 4 * 1024**3
FILE_BYTES = 1024**3
REPORT_BYTES = 64 * 1024
# What a phone of the last fifteen years writes; everything else stays a closed book. MagicYUV,
# the decoder of CVE-2026-8461, is one of several hundred that are not here.
DECODERS = (
    "h264,hevc,mpeg4,h263,vp8,vp9,libdav1d,"
    "aac,mp3,mp3float,opus,vorbis,amrnb,amrwb,pcm_s16le,pcm_s16be,pcm_s24le"
)
MOST_PIXELS = 9_500_000  # 4096 x 2304
MOST_STREAMS = 32


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended: its exit code and the end of what it said."""

    code: int
    report: str


@cache
def program() -> str:
    """The ffmpeg that came with imageio-ffmpeg: a separate program, never linked."""
    return str(imageio_ffmpeg.get_ffmpeg_exe())


def reading(name: str, demuxer: str) -> list[str]:
    """Options that open `name`, in the working folder, as exactly this container."""
    return [
        *("-protocol_whitelist", "file", "-f", demuxer),
        *("-codec_whitelist", DECODERS, "-max_streams", str(MOST_STREAMS)),
        *("-max_pixels", str(MOST_PIXELS), "-i", name),
    ]


def command(
    arguments: Sequence[str], *, cpu_seconds: int, file_bytes: int = FILE_BYTES
) -> list[str]:
    """The command line of a caged ffmpeg; no file that it writes grows beyond `file_bytes`."""
    return [
        *(sys.executable, "-I", "-S", str(_CAGE)),
        *(str(cpu_seconds), str(MEMORY_BYTES), str(file_bytes)),
        *(program(), "-nostdin", "-hide_banner", "-y", *arguments),
    ]


def run(
    arguments: Sequence[str],
    *,
    folder: Path,
    wall_seconds: float,
    file_bytes: int = FILE_BYTES,
    on_line: Callable[[str], None] | None = None,
) -> Ran:
    """Run ffmpeg in `folder`, which holds the input and takes the output.

    on_line: called with each line of its standard output. Raises MediaRefused (too_heavy) when the
    time is up; then the program and all its children are dead.
    """
    with (
        TemporaryFile() as said,
        subprocess.Popen(  # noqa: S603 - a list, and no name in it is a stranger's
            command(arguments, cpu_seconds=round(wall_seconds * 4), file_bytes=file_bytes),
            cwd=folder,
            env={"LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        deadline = _Deadline(wall_seconds, process)
        try:
            for line in process.stdout or ():
                if on_line:
                    on_line(line)
            code = process.wait()
        finally:
            deadline.cancel()
            if process.returncode is None:
                _kill_group(process)
        if deadline.passed or code == -signal.SIGXCPU:
            raise MediaRefused(MediaProblem.TOO_HEAVY)
        return Ran(code, _end_of(said))


class _Deadline:
    """Kills the process and all its children when its time is up, and remembers that."""

    def __init__(self, seconds: float, process: "subprocess.Popen[str]") -> None:
        self.passed = False
        self._process = process
        self._timer = threading.Timer(seconds, self._strike)
        self._timer.daemon = True
        self._timer.start()

    def _strike(self) -> None:
        self.passed = True
        _kill_group(self._process)

    def cancel(self) -> None:
        self._timer.cancel()


def _kill_group(process: "subprocess.Popen[str]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end_of(said: BinaryIO) -> str:
    said.seek(max(0, said.seek(0, os.SEEK_END) - REPORT_BYTES))
    return said.read().decode("utf-8", "replace")
