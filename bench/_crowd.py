"""A day of honest viewers and of those who make views: seeded, and recorded the way phones do.

Every list is sealed, every signal sent, judged and written by the collector's own code; what comes
out is a signal log like any other. Who was honest stands beside it, by the viewer's number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import numpy as np

from shanhuo.traffic import sheets
from shanhuo.traffic.intake import Batch, Claim, Received
from shanhuo.traffic.kinds import Kind, ObjectKind, Source, Surface
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.sheets import Slot

MORNING_MS = 1_782_864_000_000
"""2026-07-01 08:00 in Shanghai."""

MINUTE_MS = 60_000
POSTS, LIST, TARGETS = 2_000, 10, 5
GROUP = 50


class Who(StrEnum):
    """What kind of viewer, and what it does."""

    HONEST = "honest"
    ONE_PHONE = "one phone"
    SCRIPT = "fast script"
    ALL_DAY = "all-day script"
    LIKES = "scripted likes"
    ACCOUNTS = "many accounts"
    FARM = "click farm"
    PATIENT = "patient farm"


@dataclass
class Day:
    """Everybody's requests in the order in which they arrive, and what everybody is."""

    rng: np.random.Generator
    who: dict[int, Who] = field(default_factory=dict)
    requests: list[Received] = field(default_factory=list)

    def new_viewer(self, who: Who) -> int:
        viewer = int(self.rng.integers(1, 2**63)) * 2 + 1
        self.who[viewer] = who
        return viewer

    def posts(self, seen: set[int] | None = None) -> list[int]:
        """A list of the feed: the loved ones more often, nothing twice and nothing of `seen`."""
        drawn = (POSTS * self.rng.random(8 * LIST) ** 2).astype(int) + 1
        return [post for post in dict.fromkeys(drawn.tolist()) if post not in (seen or ())][:LIST]

    def show(
        self, viewer: int, posts: list[int], at_ms: int, deeds: list[tuple[int, int, Kind, int]]
    ) -> None:
        """One list, and what was done on it: (slot, milliseconds after `at_ms`, kind, value)."""
        slots = [Slot(ObjectKind.POST, post, 500237, Source.TRENDING) for post in posts]
        _, token = sheets.seal(slots, viewer=viewer, surface=Surface.FEED, now_ms=at_ms)
        for first in range(0, len(deeds), GROUP):
            part = deeds[first : first + GROUP]
            sent_ms = at_ms + max(after for _slot, after, _kind, _value in part)
            claims: list[Claim] = [
                (0, slot, int(kind), sent_ms - at_ms - after, value)
                for slot, after, kind, value in part
            ]
            self.requests.append(Received(Batch([token], claims), viewer, sent_ms))

    def watch(
        self,
        viewer: int,
        *,
        views: int,
        pause: Callable[[], float],
        likes: float,
        watches: bool = True,
        posts: Callable[[], list[int]] | None = None,
    ) -> None:
        """`views` exposures one after another, each for `pause()` milliseconds."""
        at_ms = MORNING_MS + int(self.rng.integers(0, 600)) * MINUTE_MS
        while views > 0:
            listed = (posts or self.posts)()[:views]
            deeds, after = [], 0
            for slot in range(len(listed)):
                deeds.append((slot, after, Kind.EXPOSURE, 0))
                if self.rng.random() < likes:
                    deeds.append((slot, after + 200, Kind.LIKE, 0))
                stayed = int(pause())
                if watches:
                    deeds += [
                        (slot, after + 100, Kind.PLAY, 0),
                        (slot, after + stayed, Kind.WATCH, stayed),
                    ]
                after += stayed
            self.show(viewer, listed, at_ms, deeds)
            at_ms += after
            views -= len(listed)


def day_of(seed: int, *, honest: int, strength: int) -> Day:
    """`honest` viewers; every kind of attack grows with `strength`."""
    day = Day(np.random.default_rng([seed, 7]))
    for _ in range(honest):
        _honest(day)
    for _ in range(strength):
        for attack in ATTACKS.values():
            attack(day)
    day.requests.sort(key=lambda one: one.at_ms)
    return day


def record(day: Day, root: Path) -> None:
    """Through the collector, in groups as they would arrive."""
    recorder = Recorder(root, now_ms=MORNING_MS)
    for group in _groups(day.requests):
        recorder.record(group)
    recorder.close()


def _groups(requests: list[Received]) -> Iterator[list[Received]]:
    for first in range(0, len(requests), GROUP):
        yield requests[first : first + GROUP]


# ---- the honest: most leave soon, some stay for hours, a few love everything ----


def _honest(day: Day) -> None:
    rng, viewer = day.rng, day.new_viewer(Who.HONEST)
    restless = rng.uniform(0.4, 1.2)
    views, seen = 1 + int(rng.lognormal(2.3, 1.3)), set[int]()
    loves_all = rng.random() < 0.02

    def posts() -> list[int]:
        # What is flicked past in less than half a second is no exposure: a later one stands first.
        listed = day.posts(seen)[int(rng.random() < 0.1) :]
        seen.update(post for post in listed if rng.random() < 0.9)
        return listed

    day.watch(
        viewer,
        views=min(views, 700),
        pause=lambda: 600 + 7_000 * rng.lognormal(0, restless),
        likes=0.45 if loves_all else 0.04,
        watches=loves_all or rng.random() < 0.8,
        posts=posts,
    )


# ---- the others ----


def _target(day: Day) -> int:
    return POSTS + 1 + int(day.rng.integers(0, TARGETS))


def _one_phone(day: Day) -> None:
    """One phone, the same clip again and again."""
    target, rng, viewer = _target(day), day.rng, day.new_viewer(Who.ONE_PHONE)
    day.watch(
        viewer,
        views=80,
        pause=lambda: 1_000 + 5_000 * rng.lognormal(0, 0.8),
        likes=0,
        posts=lambda: [target],
    )


def _script(day: Day) -> None:
    """A script that leafs through everything."""
    rng, viewer = day.rng, day.new_viewer(Who.SCRIPT)
    day.watch(viewer, views=400, pause=lambda: rng.uniform(100, 500), likes=0, watches=False)


def _all_day(day: Day) -> None:
    """A script that never tires, with pauses like a person's."""
    rng, viewer = day.rng, day.new_viewer(Who.ALL_DAY)
    day.watch(viewer, views=1_800, pause=lambda: 700 + 2_000 * rng.lognormal(0, 0.7), likes=0)


def _likes(day: Day) -> None:
    """Hearts for hire; every second one pretends to watch."""
    rng = day.rng
    for watches in (False, True):
        day.watch(
            day.new_viewer(Who.LIKES),
            views=90,
            pause=lambda: 500 + 2_500 * rng.lognormal(0, 0.9),
            likes=0.9,
            watches=watches,
        )


def _accounts(day: Day) -> None:
    """One hand, eighty new accounts: each looks for one clip in its list and tells of that only."""
    target, rng = _target(day), day.rng
    for _ in range(80):
        viewer = day.new_viewer(Who.ACCOUNTS)
        place = int(rng.integers(0, LIST))
        listed = day.posts()
        listed[place] = target
        at_ms = MORNING_MS + int(rng.integers(0, 600 * MINUTE_MS))
        stayed = int(rng.uniform(3_000, 9_000))
        deeds = [
            (place, 0, Kind.EXPOSURE, 0),
            (place, 100, Kind.PLAY, 0),
            (place, stayed, Kind.WATCH, stayed),
        ]
        day.show(viewer, listed, at_ms, deeds)


def _farm(day: Day) -> None:
    """A rack of phones that runs one program: a swipe every few seconds, give or take a third."""
    rng = day.rng
    for _ in range(8):
        beat = rng.uniform(2_000, 6_000)
        day.watch(
            day.new_viewer(Who.FARM),
            views=int(rng.integers(40, 120)),
            pause=lambda beat=beat: beat * rng.uniform(0.67, 1.33),
            likes=0.1,
        )


def _patient(day: Day) -> None:
    """People paid to behave like people: nothing in the log tells them from others."""
    rng = day.rng
    for _ in range(4):
        day.watch(
            day.new_viewer(Who.PATIENT),
            views=int(rng.integers(10, 60)),
            pause=lambda: 600 + 7_000 * rng.lognormal(0, 0.9),
            likes=0.2,
        )


ATTACKS: dict[Who, Callable[[Day], None]] = {
    Who.ONE_PHONE: _one_phone,
    Who.SCRIPT: _script,
    Who.ALL_DAY: _all_day,
    Who.LIKES: _likes,
    Who.ACCOUNTS: _accounts,
    Who.FARM: _farm,
    Who.PATIENT: _patient,
}
