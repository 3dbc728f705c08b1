"""A sealed folder: filled under another name, hashed while it is filled, then renamed.

Knows no table. What a folder looks like stands in `verify`, which leaves the house with it.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from shanhuo.live.evidence import verify
from shanhuo.live.media import takes

_UNFINISHED = ".sealing"


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a folder was sealed as."""

    manifest_digest: str
    head: str
    total_bytes: int
    file_count: int


def part_name(part: int) -> str:
    """Part 0 is the bundle, every other one a supplement."""
    return f"{verify.SUPPLEMENT}{part:03d}" if part else verify.BUNDLE


def part_folder(session_id: str, part: int) -> Path:
    return takes.folder_of(session_id) / part_name(part)


def unknown_parts(session_id: str, *, known: int) -> list[str]:
    """Names of supplements beyond those that the platform knows."""
    names = {path.name for path in takes.folder_of(session_id).glob(f"{verify.SUPPLEMENT}*")}
    return sorted(names - {part_name(part) for part in range(known)})


def lines_by_id(path: Path) -> Iterator[tuple[Any, int]]:
    """(id, hash of the line) of every line of a file of records; nothing where there is none."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)["id"], hash(line.rstrip(b"\n"))


@contextmanager
def only_one(session_id: str) -> Iterator[None]:
    """Of two who would seal a session at once, one. Raises BlockingIOError for the other.

    The lock is the kernel's: it goes with the process that is killed.
    """
    folder = takes.folder_of(session_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{_UNFINISHED}.lock").open("w") as file:
        flock(file, LOCK_EX | LOCK_NB)
        yield


class Unsealed:
    """A folder on its way: files are added one after the other, `seal` ends it."""

    def __init__(self, session_id: str, part: int) -> None:
        self._target = part_folder(session_id, part)
        self._folder = self._target.with_name(_UNFINISHED)
        # What a killed worker left; the caller holds `only_one`.
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True)
        self._entries: list[dict[str, Any]] = []

    def add_lines(self, name: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write one canonical line of JSON per row."""
        entry = _Entry(name)
        with self._path(name).open("wb") as file:
            for row in rows:
                line = verify.canonical(row) + b"\n"
                file.write(line)
                entry.read(line)
            _flush(file)
        self._entries.append(entry.told())

    def add_file(self, name: str, source: Path) -> None:
        """Give the bytes of `source` a second name here; a copy where the disk cannot do that."""
        path = self._path(name)
        try:
            os.link(source, path)
        except OSError:
            shutil.copyfile(source, path)
        entry = _Entry(name)
        with path.open("rb") as file:
            while piece := file.read(verify.MARK_BYTES):
                entry.read(piece)
            os.fsync(file.fileno())
        path.chmod(0o400)
        self._entries.append(entry.told())

    def seal(self, *, session: str, part: int, follows: str, sealed_at: str) -> Sealed:
        """Write the manifest and give the folder its name, in place of one nobody vouched for."""
        manifest: dict[str, Any] = {
            "format": verify.FORMAT,
            "session": session,
            "part": part,
            "follows": follows,
            "sealed_at": sealed_at,
        }
        link = verify.first_link(manifest)
        for entry in self._entries:
            link = entry["chain"] = verify.next_link(link, entry)
        manifest |= {"files": self._entries, "head": link}
        with self._path(verify.MANIFEST).open("wb") as file:
            file.write(verify.canonical(manifest) + b"\n")
            _flush(file)
        for folder in (self._folder, *(path for path in self._folder.iterdir() if path.is_dir())):
            _flush_folder(folder)
        digest = verify.digest_of(self._folder / verify.MANIFEST)
        shutil.rmtree(self._target, ignore_errors=True)
        self._folder.rename(self._target)
        _flush_folder(self._target.parent)
        return Sealed(
            manifest_digest=digest,
            head=link,
            total_bytes=sum(entry["bytes"] for entry in self._entries),
            file_count=len(self._entries),
        )

    def abandon(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        path = self._folder / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        return path


class _Entry:
    """Counts and hashes a file that passes by in pieces of any size."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._hasher = sha256()
        self._bytes = 0
        self._marks: list[str] = []

    def read(self, piece: bytes) -> None:
        view = memoryview(piece)
        while view:
            room = verify.MARK_BYTES - self._bytes % verify.MARK_BYTES
            part, view = view[:room], view[room:]
            self._hasher.update(part)
            self._bytes += len(part)
            if len(part) == room:
                self._marks.append(self._hasher.hexdigest())

    def told(self) -> dict[str, Any]:
        return {
            "name": self._name,
            "bytes": self._bytes,
            "sha256": self._hasher.hexdigest(),
            "marks": self._marks,
        }


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
