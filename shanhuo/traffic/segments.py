"""Signal segments: append-only files that survive kill -9 up to the last fsync.

`open/` holds one file per writing process, locked by it; `closed/` holds files that will never
change again. A file moves by rename. The lock dies with its process, which is how others know that
a file in `open/` was left behind; they cut it behind its last whole frame and close it.
"""

import contextlib
import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from shanhuo.traffic.records import Records, frame, read_all
from shanhuo.traffic.sheets import LIFE_MS

ROTATE_BYTES = 64 * 1024 * 1024
ROTATE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Torn:
    """A closed segment with bytes that cannot be read; they happened in this time, if at all."""

    name: str
    from_ms: int
    until_ms: int


class Segments:
    """The two folders of one platform; any number of processes share them."""

    def __init__(self, root: Path) -> None:
        self.open = root / "open"
        self.closed = root / "closed"
        for folder in (self.open, self.closed):
            folder.mkdir(parents=True, exist_ok=True)

    def create(self, *, now_ms: int) -> "Segment":
        """A new open segment of this process; its name sorts by time."""
        path = self.open / f"{now_ms:015d}-{os.getpid()}-{secrets.token_hex(4)}.seg"
        return Segment(path, self, now_ms)

    def names(self) -> list[str]:
        """Every segment, open or closed, oldest first."""
        # Open first: one that moves meanwhile is then listed twice instead of not at all.
        listed = [path.name for path in (*self._in(self.open), *self._in(self.closed))]
        return sorted(set(listed))

    def closed_names(self) -> list[str]:
        return [path.name for path in self._in(self.closed)]

    def read(self, name: str, start: int = 0) -> tuple[Records, int]:
        """The whole frames from byte `start` on, and the offset behind them.

        Raises FileNotFoundError when the segment is in neither folder: it was compacted.
        """
        for folder in (self.open, self.closed):
            with contextlib.suppress(FileNotFoundError), (folder / name).open("rb") as file:
                file.seek(start)
                records, length = read_all(file.read())
                return records, start + length
        raise FileNotFoundError(name)

    def torn(self, name: str, end: int) -> list[Torn]:
        """The segment, if it is closed and has more bytes than the `end` of its whole frames.

        Closing cuts a segment behind its last whole frame; what is broken later, a disk broke.
        """
        try:
            state = (self.closed / name).stat()
        except FileNotFoundError:
            return []
        if state.st_size == end:
            return []
        return [Torn(name, int(name[:15]) - LIFE_MS, int(state.st_mtime * 1000))]

    def _in(self, folder: Path) -> list[Path]:
        return sorted(folder.glob("*.seg"))

    def close_abandoned(self) -> list[Path]:
        """Cut and close the segments of processes that died; returns their new places."""
        return [moved for path in self._in(self.open) if (moved := self._rescue(path))]

    def _rescue(self, path: Path) -> Path | None:
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _, whole = read_all(path.read_bytes())
            os.ftruncate(descriptor, whole)
            os.fsync(descriptor)
            return self.move_to_closed(path)
        except (BlockingIOError, FileNotFoundError):
            return None
        finally:
            os.close(descriptor)

    def move_to_closed(self, path: Path) -> Path:
        """The rename is what closes a segment; both folders are made durable."""
        target = self.closed / path.name
        path.rename(target)
        for folder in (self.open, self.closed):
            sync_folder(folder)
        return target


class Segment:
    """One open file. After a failed write it is as long as before it, or it refuses further use."""

    def __init__(self, path: Path, home: Segments, now_ms: int) -> None:
        self.path, self._home, self._born_ms = path, home, now_ms
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(path, flags, 0o640)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        sync_folder(path.parent)
        self.size = 0

    def append(self, records: Records) -> None:
        """Write one frame and make it durable; returns when it would survive a power cut.

        Raises OSError (a full disk, for one); then nothing was added.
        """
        data = frame(records)
        try:
            if os.write(self._descriptor, data) != len(data):
                raise OSError("the disk took only a part of the frame")
            os.fdatasync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, self.size)
            raise
        self.size += len(data)

    def is_full(self, *, now_ms: int) -> bool:
        """Also when the clock was put back: nothing waits for a moment to come again."""
        return self.size >= ROTATE_BYTES or abs(now_ms - self._born_ms) >= ROTATE_MS

    def close(self) -> Path | None:
        """Move it to `closed/`, or remove it if it is empty; returns its new place."""
        target = None
        if self.size:
            target = self._home.move_to_closed(self.path)
        else:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        return target


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable: a new file is lost in a power cut until this is done."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
