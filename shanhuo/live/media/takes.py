"""The file of a take: the recording. Bytes are only ever added at its end.

private/live/<session>/take-001.mp4      what the camera sent, byte for byte
"""

import fcntl
import os
import shutil
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Protocol

from django.conf import settings

RESERVE_BYTES = 256 * 1024**2
"""The last of the disk belongs to orders: a recording stops before it takes that."""


class Named(Protocol):
    """What names the file of a take."""

    @property
    def session(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def container(self) -> str: ...


class WrongOffset(Exception):
    """The file is not as long as the sender believes; `received` is what it holds."""

    def __init__(self, received: int) -> None:
        super().__init__(received)
        self.received = received


class DiskFull(OSError):
    """Nothing of the piece was kept; send it again when there is room."""


def folder_of(session: str) -> Path:
    """The private folder of a session, by its public id."""
    folder: Path = settings.PRIVATE_DIR / "live" / session
    return folder


def path_of(take: Named) -> Path:
    """Where the recording of a take is."""
    return folder_of(take.session) / f"take-{take.number:03d}.{take.container}"


def received(path: Path) -> int:
    """How many bytes of a take are on disk."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def append(path: Path, piece: bytes, *, offset: int) -> int:
    """Add a piece that begins at `offset`; returns the new length. All of it, or nothing.

    Raises WrongOffset and DiskFull. Of two writers, in one process or two, one waits for the other
    and then finds that its offset is wrong.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        length = os.fstat(handle).st_size
        if offset != length:
            raise WrongOffset(length)
        _write_all(handle, piece, offset)
        return length + len(piece)
    finally:
        os.close(handle)


def has_room(place: Path | int) -> bool:
    """Whether more than the reserve is left."""
    return shutil.disk_usage(place).free >= RESERVE_BYTES


def require_room(place: Path | int) -> None:
    """Raises DiskFull when only the reserve is left."""
    if not has_room(place):
        raise DiskFull(ENOSPC, "the reserve is not for recordings")


def as_full(error: OSError) -> OSError:
    """The same error, or DiskFull if that is what it means."""
    return DiskFull(*error.args) if error.errno in {ENOSPC, EDQUOT} else error


def _write_all(handle: int, piece: bytes, offset: int) -> None:
    try:
        require_room(handle)
        written = 0
        while written < len(piece):
            written += os.pwrite(handle, memoryview(piece)[written:], offset + written)
    except OSError as error:
        os.ftruncate(handle, offset)
        raise as_full(error) from error
