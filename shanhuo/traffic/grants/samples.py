"""What some lists could have shown: samples of each hour, kept in files, for rehearsals.

Of the lists that a process makes in an hour, KEPT are kept, each with the same chance, however many
there are; but a sample costs as much as several lists, so in a rush fewer are drawn. Nothing of the
viewer is in them: only what places were worth, and for which contracts.
A process that is killed loses a few minutes of samples and nothing else.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import msgspec

from shanhuo.traffic import moments

KEPT = 200
DRAWN_AN_HOUR = 4 * KEPT
"""No more are drawn, and of what was not drawn while it was quiet a quarter at once."""

WRITE_EVERY = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(days=2)
HOUR = timedelta(hours=1)
HOUR_MS = 3_600_000
FOLDER = "pacing"
_SUFFIX = ".offers"


class Sample(msgspec.Struct, array_like=True):
    """One list. free: what the places that support may take are worth to the viewer; worth and
    group: of each thing that could be lifted into one of them; watch: see Hour."""

    free: list[float]
    worth: list[float]
    group: list[int]
    watch: int


class Hour(msgspec.Struct):
    """An hour of one process. lists, slots, supported: counts of everything it gave out.

    groups: contracts that one thing may count for, by number; watches: contracts that were
    deliverable while a sample was taken.
    """

    from_ms: int
    lists: int = 0
    slots: int = 0
    supported: int = 0
    samples: list[Sample] = []
    groups: list[list[int]] = []
    watches: list[list[int]] = []


class Sampler:
    """The samples of this process. Answers add to it, the step writes it. `random` says which lists
    are kept; simulations give their own."""

    def __init__(self, folder: Path, process: str, random: Random | None = None) -> None:
        self._folder, self._process = folder, process
        self._lock = threading.Lock()
        self._random = random or Random()  # noqa: S311 - which lists are kept is no secret
        self._hour = Hour(0)
        self._groups: dict[tuple[int, ...], int] = {}
        self._written_at: datetime | None = None
        self._stepped_at: datetime | None = None
        self._budget = 0.0

    def draw(self) -> bool:
        """Count a list; whether it should be added to the samples."""
        with self._lock:
            self._hour.lists += 1
            if self._budget < 1 or self._random.random() * self._hour.lists >= KEPT:
                return False
            self._budget -= 1
            return True

    def count(self, *, slots: int, supported: int) -> None:
        """Count what the list gave out."""
        with self._lock:
            self._hour.slots += slots
            self._hour.supported += supported

    def add(
        self,
        free: Sequence[float],
        offers: Iterable[tuple[float, tuple[int, ...]]],
        watched: Sequence[int],
    ) -> None:
        """Keep a list that was drawn, in the place of any other if there is no room.

        offers: worth of each thing, and the contracts it may count for.
        """
        with self._lock:
            hour = self._hour
            if not hour.watches or hour.watches[-1] != list(watched):
                hour.watches.append(list(watched))
            pairs = [(worth, self._group(contracts)) for worth, contracts in offers]
            sample = Sample(
                [round(one, 5) for one in free],
                [round(worth, 5) for worth, _ in pairs],
                [group for _, group in pairs],
                len(hour.watches) - 1,
            )
            if len(hour.samples) < KEPT:
                hour.samples.append(sample)
            else:
                hour.samples[self._random.randrange(KEPT)] = sample

    def _group(self, contracts: tuple[int, ...]) -> int:
        group = self._groups.setdefault(contracts, len(self._hour.groups))
        if group == len(self._hour.groups):
            self._hour.groups.append(list(contracts))
        return group

    def step(self, *, now: datetime) -> None:
        """Write what came together, from time to time and when an hour is over."""
        self._earn(now)
        from_ms = moments.to_ms(now) // HOUR_MS * HOUR_MS
        turned = from_ms != self._hour.from_ms
        if turned or self._written_at is None or abs(now - self._written_at) >= WRITE_EVERY:
            self._written_at = now
            self.write()
        if turned:
            with self._lock:
                self._hour, self._groups = Hour(from_ms), {}

    def _earn(self, now: datetime) -> None:
        """Time makes samples possible; a rush at the beginning of an hour does not."""
        before, self._stepped_at = self._stepped_at, now
        passed = min(abs(now - (before or now)), HOUR)
        with self._lock:
            self._budget = min(self._budget + DRAWN_AN_HOUR * (passed / HOUR), DRAWN_AN_HOUR / 4)

    def write(self) -> None:
        """The hour so far, in the place of what was written of it before."""
        with self._lock:
            if not self._hour.lists:
                return
            body = msgspec.msgpack.encode(self._hour)
            path = self._folder / f"{self._hour.from_ms}-{self._process}{_SUFFIX}"
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(".part")
        beside.write_bytes(body)
        beside.replace(path)


def read(folder: Path, *, since: datetime, until: datetime) -> Iterator[Hour]:
    """The hours of all processes that overlap the period; a damaged file is left out."""
    edges = moments.to_ms(since) - HOUR_MS, moments.to_ms(until)
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        if edges[0] < _from_ms(path) < edges[1]:
            try:
                yield msgspec.msgpack.decode(path.read_bytes(), type=Hour)
            except (OSError, msgspec.DecodeError):
                continue


def forget(folder: Path, *, now: datetime) -> None:
    """Remove samples that no rehearsal will ask for any more."""
    edge = moments.to_ms(now - FORGOTTEN_AFTER)
    for path in folder.glob(f"*{_SUFFIX}"):
        if _from_ms(path) < edge:
            path.unlink(missing_ok=True)


def _from_ms(path: Path) -> int:
    head = path.name.partition("-")[0]
    return int(head) if head.isdigit() else 0
