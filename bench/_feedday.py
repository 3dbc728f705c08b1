"""A day of the real feed with promises: its `Feed`, `Delivery`, leases in the database, signal log
and rehearsal, on the requests of KuaiRand. Only the ranker is given: what a video is worth to a
viewer is known, so that a list can be held against the same list without grants.

`python -m bench._feedday <seed> <every nth request> <day> <day before>` plays one seed in a process
of its own (a process has one database) and prints an `Outcome` as JSON.
"""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import django
import numpy as np
from django.core.management import call_command

from bench._kuairand import world
from shanhuo.traffic.pacing.offers import Floats
from shanhuo.traffic.slate import Rules

SHARE = 0.2
"""Of the authors, so many live in the counties that are supported."""

REHEARSED_EVERY = timedelta(hours=1)
NOON = 12.0
VANISHING = 0.1
"""Of the creators, so many leave at noon; their contracts end, and are not counted as feasible."""

RULES = Rules(from_newcomers=0)
"""Everything here had its chance already."""

STAYS = 0.92
"""A viewer goes on to the next place of a list with this chance."""

ADCODE = 500_100


@dataclass
class Outcome:
    """Of one policy. excess, price: points of the worth of the day without grants. met, over: of
    contracts whose objects stayed; most: delivered over quota, worst of all."""

    excess: float
    price: float
    met: float
    least: float
    most: float
    supported: int


@dataclass(frozen=True)
class Requests:
    at: list[datetime]
    viewers: list[int]


@dataclass(frozen=True)
class Market:
    """Who is there: logit(worth) = viewers[u] @ videos[v]."""

    viewers: Any
    videos: Any
    authors: Any


@dataclass(frozen=True)
class Size:
    """How many contracts of which kind, with quotas for a day; creators get 0.7 to 1.4 times
    theirs. Processes, and how long between two steps."""

    counties: tuple[int, int] = (10, 120)
    creators: tuple[int, int] = (60, 10)
    products: tuple[int, int] = (25, 10)
    processes: int = 4
    step: timedelta = timedelta(minutes=20)


class Known:
    """A ranker that knows what every video is worth to every viewer."""

    policy = 9

    def __init__(self, market: Market) -> None:
        self._viewers, self._videos = market.viewers, market.videos

    def rank(self, candidates: Any, viewer: Any, memory: Any, board: Any) -> Any:
        return self.worth(viewer.key, candidates.rows)

    def worth(self, viewer: int, rows: Any) -> Any:
        logit = self._videos[rows] @ self._viewers[viewer]
        return (1 / (1 + np.exp(-logit))).astype("f4")


@dataclass
class Town:
    """Videos as posts, from some counties, by some creators, about some products; and contracts.

    `quotas` by (kind, target)."""

    ranker: Known
    catalogue: Any
    board: Any
    counters: Any
    quotas: dict[tuple[str, int], int]
    size: Size

    @classmethod
    def of(cls, seed: int, market: Market, size: Size) -> "Town":
        from shanhuo.traffic.catalogue import Catalogue  # noqa: PLC0415
        from shanhuo.traffic.counters import Counters  # noqa: PLC0415

        rng = np.random.default_rng(seed)
        names, author = np.unique(market.authors, return_inverse=True)
        at_home = rng.integers(0, size.counties[0], len(names))
        home = np.where(rng.random(len(names)) < SHARE, at_home, -1)
        about = rng.integers(1, size.products[0] + 1, len(author))
        sells = (rng.random(len(author)) < 0.4) & (home[author] >= 0)
        catalogue, counters = Catalogue(), Counters()
        catalogue.put(_cards(author, home, np.where(sells, about, 0)))
        counters.add(_reception(market))
        town = cls(Known(market), catalogue, None, counters, {}, size)
        town.board = town.new_board(START)
        chosen = rng.permutation(np.flatnonzero(home >= 0))[: size.creators[0]]
        town.quotas = {("county", ADCODE + n): size.counties[1] for n in range(size.counties[0])}
        for one, part in zip(chosen.tolist(), rng.uniform(0.7, 1.4, len(chosen)), strict=True):
            town.quotas["creator", one + 1] = max(3, round(part * size.creators[1]))
        for one in range(size.products[0]):
            town.quotas["goods", one + 1] = max(3, size.products[1])
        return town

    def new_board(self, now: datetime) -> Any:
        from shanhuo.traffic import board as boards  # noqa: PLC0415
        from shanhuo.traffic.bodies import Bodies  # noqa: PLC0415

        bodies = Bodies(self.catalogue, self.counters)
        return boards.build(self.catalogue, self.counters, bodies, {}, now=now)


def _cards(author: Any, home: Any, product: Any) -> Iterator[Any]:
    """Everybody else lives in counties of their own, far from any list's cap."""
    from shanhuo.traffic.catalogue import Card  # noqa: PLC0415

    at_ms = int(START.timestamp() * 1000) - 30 * 86_400_000
    county = np.where(home < 0, 100 + np.arange(len(home)) % 800, home)[author] + ADCODE
    rows = zip(author.tolist(), county.tolist(), product.tolist(), strict=True)
    for video, (whose, where, what) in enumerate(rows, 1):
        yield Card(video, whose + 1, where, what, (), 0, at_ms, where < ADCODE + 100, b"")


def _reception(market: Market) -> Any:
    """As if everybody had been shown a hundred times, and liked for what they are worth."""
    from shanhuo.traffic.kinds import Kind, Surface  # noqa: PLC0415
    from shanhuo.traffic.records import RECORD  # noqa: PLC0415

    liked = np.round(30 / (1 + np.exp(-(market.videos @ market.viewers.mean(0))))).astype(int)
    videos = np.arange(1, len(liked) + 1)
    records = np.zeros(100 * len(liked) + liked.sum(), RECORD)
    records["object"] = np.concatenate([np.repeat(videos, 100), np.repeat(videos, liked)])
    records["kind"][: 100 * len(liked)] = Kind.EXPOSURE
    records["kind"][100 * len(liked) :] = Kind.FINISH
    records["object_kind"], records["surface"] = 1, Surface.FEED
    records["at_ms"] = int(START.timestamp() * 1000)
    return records


def requests_of(date: int, every: int, day: datetime) -> Requests:
    mine = np.flatnonzero(world().dates == date)[::every]
    hours = world().clock(mine, [date])
    at = [day + timedelta(hours=float(min(hour, 23.99))) for hour in hours]
    return Requests(at, world().users[mine].tolist())


# --- The house ------------------------------------------------------------------------------------


@dataclass
class Process:
    """One web process: its own delivery and feed."""

    delivery: Any
    feed: Any
    follower: Any


@dataclass
class House:
    """Processes over one database and one log."""

    town: Town
    root: Path
    rehearses: bool
    seed: int
    processes: list[Process] = field(default_factory=list)
    free: float = 0.0
    shown: float = 0.0
    given: int = 0
    samples: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        from shanhuo.traffic.log import SignalLog  # noqa: PLC0415
        from shanhuo.traffic.recorder import Recorder  # noqa: PLC0415

        self.log, self.luck = SignalLog(self.root), Random(self.seed)
        self.ranker = self.town.ranker
        self.recorder = Recorder(self.root, now_ms=0)
        self.memories: dict[int, Any] = {}

    def open(self, count: int) -> None:
        """So many new processes, in the place of those there are."""
        from shanhuo.traffic.feed import Feed  # noqa: PLC0415
        from shanhuo.traffic.follower import Follower  # noqa: PLC0415

        self.processes = []
        for _ in range(count):
            follower = Follower(self.log)
            delivery = _judge(self, self.root / "pacing", rehearses=self.rehearses)
            delivery.take(follower.begin(self.log.snapshot()))
            feed = Feed(ranker=self.ranker, pricing=delivery, explore=0.0, rules=RULES)
            self.processes.append(Process(delivery, feed, follower))

    def forget(self) -> None:
        """A new day is scored by itself."""
        self.free = self.shown = 0.0
        self.samples, self.given = [], 0
        self.memories.clear()

    def live(self, requests: Requests, *, on_step: Any) -> None:
        """A day, step by step; between two steps the lists, and what viewers see of them."""
        turn, step = 0, self.town.size.step
        begin = requests.at[0].replace(hour=0, minute=0, second=0, microsecond=0)
        for number in range(int(timedelta(days=1) / step)):
            now = begin + number * step
            on_step(self, now)
            for process in self.processes:
                process.delivery.take(process.follower.news())
                process.delivery.step(
                    self.town.catalogue, self.town.counters, self.town.board.score, now=now
                )
            seen: list[Any] = []
            while turn < len(requests.at) and requests.at[turn] < now + step:
                seen += self._answer(requests.viewers[turn], requests.at[turn])
                turn += 1
            self._record(seen)

    def _answer(self, user: int, now: datetime) -> Iterator[Any]:
        from shanhuo.traffic.feed import Feed, seal_list  # noqa: PLC0415
        from shanhuo.traffic.memory import Memory  # noqa: PLC0415
        from shanhuo.traffic.viewers import Viewer  # noqa: PLC0415

        process = self.processes[user % len(self.processes)]
        viewer, memory = Viewer(user), self.memories.setdefault(user, Memory())
        board, now_ms = self.town.board, int(now.timestamp() * 1000)
        plain = Feed(ranker=self.ranker, explore=0.0, rules=RULES).list_for(board, viewer, memory)
        shown = process.feed.list_for(board, viewer, memory)
        charged = process.delivery.charge([one.grant for one in shown], viewer)
        shown = [
            one if counts else one._replace(grant=0)
            for one, counts in zip(shown, charged, strict=True)
        ]
        self.free += float(self.ranker.worth(user, [one.row for one in plain]).sum())
        self.shown += float(self.ranker.worth(user, [one.row for one in shown]).sum())
        self.given += sum(charged)
        memory.served.add([one.row for one in shown])
        sheet, token = seal_list(shown, board, viewer, policy=9, now_ms=now_ms)
        process.delivery.gave(sheet, [one.grant for one in shown], now_ms=now_ms)
        for slot in range(len(shown)):
            yield token, user, slot, now_ms + 10_000 * slot
            if self.luck.random() > STAYS:
                return

    def _record(self, seen: list[Any]) -> None:
        from shanhuo.traffic.intake import Batch, Received  # noqa: PLC0415
        from shanhuo.traffic.kinds import Kind  # noqa: PLC0415

        exposure = Kind.EXPOSURE.value
        group = [
            Received(Batch([token], [(0, slot, exposure, 0, 0)]), user, at_ms)
            for token, user, slot, at_ms in seen
        ]
        if group:
            self.recorder.record(group)


def _judge(house: House, folder: Path, *, rehearses: bool) -> Any:
    """A delivery of which every list is kept for the bound, and some as samples as usual."""
    from shanhuo.traffic.grants.control import CurveController  # noqa: PLC0415
    from shanhuo.traffic.grants.delivery import Delivery  # noqa: PLC0415

    class Judge(Delivery):
        is_sample = False

        def watched(self) -> Any:
            self.is_sample = super().watched() is not None
            return self._watch and self._watch.rows

        def note(self, chances: Any, viewer: Any) -> None:
            full = frozenset(self._views.full_of(viewer.key))
            offers = list(self._watch.offers(chances, viewer, full))
            house.samples.append((chances.free, offers))
            if self.is_sample:
                super().note(chances, viewer)

    judge = Judge(folder)
    if not rehearses:
        judge._controller = CurveController()
    return judge


# --- One seed -------------------------------------------------------------------------------------

START = datetime.fromisoformat("2026-07-01T00:00:00+08:00")


def play(
    town: Callable[[], Town], days: tuple[Requests, Requests], root: Path, *, seed: int
) -> dict[str, Outcome]:
    """Ours and the curve alone, each on the same second day after the same first one."""
    return {name: play_one(town(), name, days, root, seed=seed) for name in ("ours", "curve")}


def play_one(
    town: Town, name: str, days: tuple[Requests, Requests], root: Path, *, seed: int
) -> Outcome:
    """The first day is watched only; the second is paced, and goes wrong at noon."""
    from shanhuo.traffic.grants import rehearsal  # noqa: PLC0415
    from shanhuo.traffic.models import Contract, Grant  # noqa: PLC0415

    house = House(town, root / name, name == "ours", seed)
    contracts = _promise(town)
    creators = [one.target for one in contracts if one.kind == "creator"]
    leaving = creators[: int(VANISHING * len(creators))]
    rehearsed_at: list[datetime] = []

    def watch_only(house: House, now: datetime) -> None:
        for process in house.processes:
            process.delivery._controller = _Nothing()

    def on_step(house: House, now: datetime) -> None:
        if house.rehearses and (not rehearsed_at or now - rehearsed_at[-1] >= REHEARSED_EVERY):
            rehearsed_at.append(now)
            folder = house.root / "pacing"
            rehearsal.save(rehearsal.rehearse(house.log, folder, now=now), folder)
        if now.hour + now.minute / 60 == NOON:
            del house.processes[1]
            _vanish(house, leaving, now)

    house.open(town.size.processes)
    house.live(days[0], on_step=watch_only)
    for process in house.processes:
        process.delivery.close(now=START + timedelta(days=1))
    Grant.objects.update(starts_on=(START + timedelta(days=1)).date())
    house.forget()
    house.open(town.size.processes)
    house.live(days[1], on_step=on_step)
    outcome = _outcome(house, contracts)
    Contract.objects.all().delete()
    return outcome


class _Nothing:
    def prices(self, standing: Any, *, now_ms: int) -> Any:
        return np.zeros(len(standing.contract))


def _promise(town: Town) -> list[Any]:
    from shanhuo.people.models import User  # noqa: PLC0415
    from shanhuo.regions.models import County, Province  # noqa: PLC0415
    from shanhuo.traffic.models import Contract, Grant, Programme  # noqa: PLC0415

    asks, decides = User.objects.create(display_name="王"), User.objects.create(display_name="运")
    province, _ = Province.objects.get_or_create(adcode="990000", name="某省")
    county, _ = County.objects.get_or_create(
        adcode="990001", defaults={"name": "某县", "province": province, "exit_year": 2018}
    )
    days = {"starts_on": START.date(), "ends_on": (START + timedelta(days=1)).date()}
    total = sum(town.quotas.values())
    programme = Programme.objects.create(
        name="山货", purpose="山货", budget_count=total, most_per_grant=total, opened_by=decides,
        opened_at=START, **days,
    )  # fmt: skip
    grant = Grant.objects.create(
        programme=programme, county=county, title="脆李", reason="丰收", means="product",
        status="running", asked_count=total, requested_by=asks, requested_at=START,
        viewer_cap=3, decided_by=decides, decided_at=START, **days,
    )  # fmt: skip
    return [
        Contract.objects.create(
            grant=grant, kind=kind, target=target, target_public_id=str(target), name=str(target),
            quota_count=quota,
        )
        for (kind, target), quota in town.quotas.items()
    ]  # fmt: skip


def _vanish(house: House, creators: list[int], now: datetime) -> None:
    """Creators take everything down; their contracts end as `end_unsellable` would end them."""
    from shanhuo.traffic.models import Contract  # noqa: PLC0415

    columns, town = house.town.catalogue.columns, house.town
    town.catalogue.withdraw(columns["post"][np.isin(columns["author"], creators)].tolist())
    town.board = town.new_board(now)
    Contract.objects.filter(kind="creator", target__in=creators).update(
        ended_at=now, end_reason=Contract.EndReason.WITHDRAWN
    )


def _outcome(house: House, contracts: list[Any]) -> Outcome:
    from shanhuo.traffic.models import Contract  # noqa: PLC0415

    begin = START + timedelta(days=1)
    with house.log.open(since=begin, until=begin + timedelta(days=2)) as connection:
        rows = connection.execute(
            'SELECT "grant", count(*) FROM signals WHERE kind = 1 AND "grant" > 0 GROUP BY ALL'
        ).fetchall()
    seen: Counter[int] = Counter(dict(rows))
    stayed = [one for one in Contract.objects.order_by("pk") if one.ended_at is None]
    share = np.array([seen[one.pk] / one.quota_count for one in stayed])
    most = max(seen[one.pk] / one.quota_count for one in contracts)
    best = _bound(house, stayed, seen)
    return Outcome(
        excess=100 * (best - (house.shown - house.free)) / house.free,
        price=-100 * best / house.free,
        met=100 * float(np.mean(share >= 1)),
        least=float(share.min()),
        most=100 * most,
        supported=sum(seen.values()),
    )


def _bound(house: House, stayed: list[Any], seen: Counter[int]) -> float:
    """What the best plan changes of the worth of these very lists, if it knew them all and met the
    quotas; each raised by what nobody saw of all that was given out."""
    from shanhuo.traffic.pacing.offers import Bundles, Offers  # noqa: PLC0415
    from shanhuo.traffic.pacing.shadow import best_total, shadow_prices  # noqa: PLC0415

    place_of = {one.pk: place for place, one in enumerate(stayed)}
    found: dict[tuple[int, ...], int] = {}
    counts, worth, bundle = [], [], []
    for free, offers in house.samples:
        mine = [
            (value, found.setdefault(members, len(found) + 1))
            for value, numbers in offers
            if (members := tuple(place_of[one] for one in numbers if one in place_of))
        ]
        counts.append(len(free) + len(mine))
        worth += [np.array(free), np.array([value for value, _ in mine])]
        bundle += [np.zeros(len(free), np.int64), np.array([one for _, one in mine], np.int64)]
    starts = np.concatenate(([0], np.cumsum(counts)))
    day = Offers(starts, np.concatenate(worth), np.concatenate(bundle), 3)
    bundles = Bundles(list(found), len(stayed))
    raised = house.given / max(1, sum(seen.values()))
    quotas: Floats = np.array([one.quota_count for one in stayed]) * raised
    prices = shadow_prices(day, bundles, quotas)
    return best_total(day, bundles, prices, quotas) - sum(sum(free) for free, _ in house.samples)


def main(seed: int, every: int, *dates: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    from django.conf import settings  # noqa: PLC0415

    known = world()
    market = Market(known.viewers, known.videos, known.authors)
    size = Size((10, 360 // every), (60, 30 // every), (25, 30 // every))
    days = tuple(
        requests_of(date, every, START + timedelta(days=number))
        for number, date in enumerate((dates[1], dates[0]))
    )
    found = play(
        lambda: Town.of(seed, market, size), (days[0], days[1]), settings.DATA_DIR, seed=seed
    )
    print(json.dumps({name: asdict(one) for name, one in found.items()}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
