"""A season of the city, day by day, with grants or without."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np

from shanhuo.console.simulation import behaviour
from shanhuo.console.simulation.chance import draw, uniform, whole
from shanhuo.console.simulation.city import FIRST_ADCODE, City, Flags, Ints, Reals
from shanhuo.console.simulation.stage import Sheet, Stage, signals
from shanhuo.console.simulation.support import Support
from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.feed import Feed
from shanhuo.traffic.grants import samples
from shanhuo.traffic.kinds import Flags as ViewerFlags
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.records import RECORD, Records
from shanhuo.traffic.slate import LENGTH
from shanhuo.traffic.viewers import Viewer

FIRST_DAY = date(2026, 9, 1)
BEFORE, DURING, AFTER = range(3)
HOURS = (8, 5, 3, 3, 3, 5, 12, 22, 30, 34, 38, 48, 62, 56, 44, 40, 42, 50, 62, 76, 92, 100, 78, 36)
"""When people come, by the hour; each hour begins with a new board and new prices."""
A_LIST_MS = 20
LISTS = (0.5, 0.25)
"""The chance to look at a second list, and at a third."""

REVIEW_DAYS, REVIEWS_KEPT = 10, 3
QUIT_ALWAYS, QUIT_UNSEEN = 0.02, 0.20
ENOUGH = 0.5
"""A creator gives up within 10 days with chance QUIT_ALWAYS + QUIT_UNSEEN * exp(-seen / ENOUGH):
`seen` is exposures of the last 30 days, as a share of what an active creator has on average."""


@dataclass(slots=True)
class Tally:
    """Sums over the panel. By phase (before, during, after support) and county: exposures, those
    charged to a grant, expected long views, expected income of households and shops in yuan.
    learned_days: days with a model of the ranker; rehearsals: of those that were due, made."""

    exposures: Reals
    supported: Reals
    long_views: Reals
    income: Reals
    by_creator: Ints
    left_on: Ints
    learned_days: int = 0
    rehearsals: int = 0
    rehearsals_due: int = 0

    @classmethod
    def of(cls, city: City) -> "Tally":
        counties, creators = city.options.counties, len(city.creator_county)
        return cls(
            exposures=np.zeros((3, counties)),
            supported=np.zeros((3, counties)),
            long_views=np.zeros((3, counties)),
            income=np.zeros((3, counties)),
            by_creator=np.zeros(creators, np.int64),
            left_on=np.full(creators, city.options.days),
        )


@dataclass(slots=True)
class Season:
    """One run. `support` without a quota is a season without grants."""

    city: City
    support: Support
    stage: Stage
    feed: Feed = field(init=False)
    tally: Tally = field(init=False)
    active: Flags = field(init=False)
    _heard: list[Records] = field(default_factory=list)
    _reviews: list[Ints] = field(default_factory=list)

    def __post_init__(self) -> None:
        creators = len(self.city.creator_county)
        self.feed = Feed(ranker=self.stage.ranker, pricing=self.support)
        self.tally = Tally.of(self.city)
        self.active = np.ones(creators, bool)

    def play(self, on_day: Callable[[], object] = lambda: None) -> Tally:
        """All days; `on_day` is called after each."""
        for day in range(self.city.options.days):
            self._play_day(day)
            on_day()
        self.tally.rehearsals = self.support.rehearsals
        self.tally.rehearsals_due = self.support.rehearsals_due
        return self.tally

    def _play_day(self, day: int) -> None:
        if day and day % REVIEW_DAYS == 0:
            self._let_creators_go(day)
        begin = clock.start_of(FIRST_DAY + timedelta(days=day))
        self._publish(day, now=begin)
        self.support.new_day()
        self.stage.learn(now=begin)
        self.tally.learned_days += self.stage.ranker.stage == "learned"
        people = self._who_comes(day)
        for hour, coming in enumerate(people):
            now = begin + timedelta(hours=hour)
            self.stage.turn(now=now)
            for person in coming:
                self._visit(person, day, now)
            self.stage.hear(self._news(), now=now)

    def _who_comes(self, day: int) -> list[list[int]]:
        """People of the panel by the hour of this day in which they come."""
        everybody = np.arange(len(self.city.activity))
        comes = uniform(self.city.seed, 50, everybody, day) < self.city.activity
        edges = np.cumsum(HOURS) / sum(HOURS)
        hour = np.searchsorted(edges, uniform(self.city.seed, 55, everybody, day), side="right")
        return [np.flatnonzero(comes & (hour == one)).tolist() for one in range(len(HOURS))]

    def _publish(self, day: int, *, now: datetime) -> None:
        on = self.city.published_on
        due = np.flatnonzero(on <= 0 if day == 0 else on == day)
        self.stage.publish(due[self.active[self.city.author[due]]], now=now)

    def _visit(self, person: int, day: int, now: datetime) -> None:
        """One person looks at one to three lists."""
        another = draw(self.city.seed, 52, person, day)
        for nth in range(1 + sum(another < chance for chance in LISTS)):
            self._look(person, day, nth, now)

    def _look(self, person: int, day: int, nth: int, now: datetime) -> None:
        city, home = self.city, int(self.city.home[person])
        place = FIRST_ADCODE + home if home >= 0 else 0
        viewer = Viewer(person + 1, ViewerFlags.SIGNED_IN, place)
        memory: Memory = self.stage.memories.of(viewer.key)
        self.feed.random = Random(whole(city.seed, 53, person, day, nth))  # noqa: S311 - a model
        shown = self.feed.list_for(self.stage.board, viewer, memory, length=LENGTH)
        rows = [slot.row for slot in shown]
        memory.served.add(rows)
        posts = self.stage.posts_in(rows)
        seen = behaviour.watch(city, person, posts, day=day, nth=nth)
        charged = self.support.charge(shown, len(seen.posts), viewer)
        self._count(seen, charged, day)
        sheet = Sheet(
            number=(person * city.options.days + day) * 4 + nth,
            viewer=viewer.key,
            at_ms=moments.to_ms(now) + A_LIST_MS * len(self._heard),
            shown=shown,
            grants=charged,
            policy=self.feed.ranker.policy,
        )
        self._heard.append(signals(city, seen.posts, seen.done, sheet))

    def _count(self, seen: behaviour.Watched, charged: list[int], day: int) -> None:
        tally, county = self.tally, self.city.county_of(seen.posts)
        days = self.city.options.support_days
        phase = BEFORE if day < days.start else DURING if day < days.stop else AFTER
        np.add.at(tally.exposures[phase], county, 1)
        np.add.at(tally.supported[phase], county, np.array(charged) > 0)
        np.add.at(tally.long_views[phase], county, seen.likes_it)
        np.add.at(tally.income[phase], county, seen.orders * self.city.income_yuan[county])
        np.add.at(tally.by_creator, self.city.author[seen.posts], 1)

    def _news(self) -> Records:
        heard, self._heard = self._heard, []
        return np.concatenate(heard) if heard else np.empty(0, RECORD)

    def _let_creators_go(self, day: int) -> None:
        """Whoever was hardly seen for a month posts no more; what they posted stays."""
        self._reviews = [*self._reviews, self.tally.by_creator.copy()][-1 - REVIEWS_KEPT :]
        if len(self._reviews) < 2:
            return
        seen = (self._reviews[-1] - self._reviews[0]).astype(float)
        judged = self.active & (self.city.joined_on <= day - 2 * REVIEW_DAYS)
        if not judged.any():
            return
        usual = max(seen[self.active].mean(), 1e-9)
        chance = QUIT_ALWAYS + QUIT_UNSEEN * np.exp(-seen / usual / ENOUGH)
        drawn = uniform(self.city.seed, 54, np.arange(len(seen)), day)
        quits = judged & (drawn < chance)
        self.active &= ~quits
        self.tally.left_on[quits] = day


def play(city: City, *, with_grants: bool, on_day: Callable[[], object]) -> Tally:
    """A season from its first day to its last."""
    quota = quota_of(city) if with_grants else 0
    with TemporaryDirectory() as folder:
        root = Path(folder)
        support = Support(city, quota, first_day=FIRST_DAY, folder=root / samples.FOLDER)
        return Season(city, support, Stage(city, support, folder=root)).play(on_day)


def quota_of(city: City) -> int:
    """Exposures of the panel promised to each supported county: the support percentage of what is
    looked at in the middle third, in equal parts."""
    lists = city.activity.sum() * (1 + sum(LISTS)) * len(city.options.support_days)
    looked = float(lists) * sum(behaviour.GO_ON**place for place in range(LENGTH))
    return max(1, round(looked * city.options.support_percent / 100 / int(city.is_supported.sum())))
