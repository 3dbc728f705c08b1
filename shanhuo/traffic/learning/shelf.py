"""Trained models on disk: whole or not at all, with the ones before for a way back.

A file is its checksum and a NumPy archive without pickled objects. A pointer (`current.json` for
the ranker, `neighbours.json`) names the file that counts and two before it; replacing it by rename
is the one moment at which the model changes.
"""

import io
import json
import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.learning.effects import Effects, Fitted, Term
from shanhuo.traffic.learning.neighbours import Neighbours
from shanhuo.traffic.segments import sync_folder

MAGIC = b"SHR1"
KEPT = 3


class Unreadable(Exception):
    """A file is missing, cut short, changed, or written by another version."""


@dataclass(frozen=True, slots=True)
class Model:
    """Effects by goal. `version` grows by one with each; `report` says how it compared."""

    version: int
    trained_ms: int
    exposures: int
    goals: dict[str, Effects]
    report: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beside:
    """What is watched beside what; line and number of a thing stand for `posts[number]`."""

    version: int
    trained_ms: int
    watches: int
    posts: NDArray[np.uint64]
    neighbours: Neighbours
    report: dict[str, float] = field(default_factory=dict)


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


Kept = TypeVar("Kept", bound=Versioned)


class Versions(ABC, Generic[Kept]):
    """The models of one kind of one platform. One writer: the training job."""

    kind: ClassVar[str]
    pointer: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / self.pointer

    @abstractmethod
    def _packed(self, model: Kept) -> bytes:
        """The body of a file: an archive of arrays."""

    @abstractmethod
    def _unpacked(self, body: bytes) -> Kept:
        """The model of a body that is whole."""

    def stamp(self) -> int:
        """Changes whenever the current model does; 0 when there is none."""
        try:
            return self._pointer.stat().st_mtime_ns
        except OSError:
            return 0

    def current(self) -> Kept | None:
        """The model that counts; None when there is none. Raises Unreadable."""
        names = self._names()
        return self._read(names[0]) if names else None

    def put(self, model: Kept) -> None:
        """Make this the current model, durably and at once; also where the pointer is damaged."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{self.kind}-{model.version:06d}.model"
        body = self._packed(model)
        _write(self.folder / name, MAGIC + sha256(body).digest() + body)
        try:
            before = [other for other in self._names() if other != name]
        except Unreadable:
            before = []
        self._point([name, *before][:KEPT])

    def roll_back(self) -> Kept:
        """Return to the model before. Raises Unreadable when there is none that can be read."""
        names = self._names()[1:]
        if not names:
            raise Unreadable("there is no earlier model")
        model = self._read(names[0])
        self._point(names)
        return model

    def next_version(self) -> int:
        """Never used before, also after a way back: a number names one rule for ever."""
        taken = [
            int(path.stem.rpartition("-")[2]) for path in self.folder.glob(f"{self.kind}-*.model")
        ]
        return max(taken, default=0) + 1

    def note(self, attempt: dict[str, float]) -> None:
        """Remember how the latest attempt at a new model ended, good or not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self._attempt, json.dumps(attempt).encode())

    def last_attempt(self) -> dict[str, float] | None:
        """None when there was none, or when nobody can read what was noted."""
        try:
            return dict(json.loads(self._attempt.read_bytes()))
        except (OSError, ValueError):
            return None

    @property
    def _attempt(self) -> Path:
        return self.folder / f"{self.kind}-attempt.json"

    def kept(self) -> list[str]:
        """Names of the files on the shelf, the one that counts first. Raises Unreadable."""
        return self._names()

    def _names(self) -> list[str]:
        try:
            return [str(name) for name in json.loads(self._pointer.read_bytes())["models"]]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unreadable(f"{self._pointer} is damaged") from error

    def _point(self, names: list[str]) -> None:
        _write(self._pointer, json.dumps({"models": names}).encode())
        newest = max(self.folder.glob(f"{self.kind}-*.model"), default=None)
        for path in self.folder.glob(f"{self.kind}-*.model"):
            if path.name not in names and path != newest:
                path.unlink()

    def _read(self, name: str) -> Kept:
        path = self.folder / Path(name).name
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise Unreadable(f"{path} is missing") from error
        head, body = raw[: len(MAGIC) + 32], raw[len(MAGIC) + 32 :]
        if head != MAGIC + sha256(body).digest():
            raise Unreadable(f"{path} is damaged")
        try:
            return self._unpacked(body)
        except (BadZipFile, KeyError, TypeError, ValueError) as error:
            raise Unreadable(f"{path} is of another version of Shanhuo") from error


class Shelf(Versions[Model]):
    """The rankers."""

    kind, pointer = "ranker", "current.json"

    def _packed(self, model: Model) -> bytes:
        return _packed(model)

    def _unpacked(self, body: bytes) -> Model:
        return _unpacked(body)


class NeighbourShelf(Versions[Beside]):
    """The neighbours."""

    kind, pointer = "neighbours", "neighbours.json"

    def _packed(self, model: Beside) -> bytes:
        about = {
            "version": model.version,
            "trained_ms": model.trained_ms,
            "watches": model.watches,
            "report": model.report,
        }
        near = model.neighbours
        return _archive(
            about,
            posts=model.posts,
            partners=near.partners,
            nearness=near.nearness,
            demand=near.demand,
        )

    def _unpacked(self, body: bytes) -> Beside:
        with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
            about = json.loads(arrays["about"].tobytes())
            near = Neighbours(arrays["partners"], arrays["nearness"], arrays["demand"])
            return Beside(**about, posts=arrays["posts"], neighbours=near)


def _archive(about: dict[str, Any], **arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez(file, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)
    return file.getvalue()


def _write(path: Path, content: bytes) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    sync_folder(path.parent)


def _packed(model: Model) -> bytes:
    arrays: dict[str, Any] = {}
    goals: dict[str, object] = {}
    for goal, effects in model.goals.items():
        terms = []
        for number, one in enumerate(effects.fitted):
            arrays[f"{goal}.{number}.keys"] = one.keys
            arrays[f"{goal}.{number}.values"] = one.values
            terms.append({"columns": one.term.columns, "prior": one.term.prior})
        goals[goal] = {"intercept": effects.intercept, "terms": terms}
    about = {
        "version": model.version,
        "trained_ms": model.trained_ms,
        "exposures": model.exposures,
        "report": model.report,
        "goals": goals,
    }
    return _archive(about, **arrays)


def _unpacked(body: bytes) -> Model:
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        about = json.loads(arrays["about"].tobytes())
        goals = {
            goal: Effects(
                one["intercept"],
                tuple(
                    Fitted(
                        Term(tuple(term["columns"]), term["prior"]),
                        arrays[f"{goal}.{number}.keys"],
                        arrays[f"{goal}.{number}.values"],
                    )
                    for number, term in enumerate(one["terms"])
                ),
            )
            for goal, one in about["goals"].items()
        }
    return Model(about["version"], about["trained_ms"], about["exposures"], goals, about["report"])
