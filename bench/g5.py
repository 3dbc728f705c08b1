"""G5: everything at once. Counties, creators and products overlap; six slots per answer; no viewer
counts more than three times for a contract; one slot in twenty is never seen; and four processes
share the budgets by leases, of which one is killed (-9) at noon, with exposures not yet reported.

Requests are each third one of the KuaiRand day. The bound is the linear programme of that day with
quotas raised by what nobody sees, without caps and in one process: no real engine can reach it.
"""

import os
import signal
import struct
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from bench._kuairand import AVAILABLE, SCORED_DAY, SCORED_PAST, world
from bench._pacing import DualDescent, Policy, ProportionalIntegral
from bench.lib import Figure
from shanhuo.traffic.pacing.controller import Controller, Plan
from shanhuo.traffic.pacing.forecast import Forecast
from shanhuo.traffic.pacing.leases import Leases
from shanhuo.traffic.pacing.offers import Bundles, Floats, Numbers, Offers
from shanhuo.traffic.pacing.shadow import best_total, shadow_prices

SLOTS, EVERY_NTH, PROCESSES = 6, 3, 4
COUNTIES, CREATORS, PRODUCTS, SHARE = 20, 150, 60, 0.2
SEEN, CAP = 0.95, 3
ROUND, LEASE, AIR = 40, 3.0, 1
"""Requests per round of all processes; rounds until a lease lapses; rounds until a slot is seen."""

DONE_BY, NOON = 23.0, 12.0
MOST_PER_LEASE = 8
_RECORD = struct.Struct("<III")


@dataclass(frozen=True)
class Day:
    offers: Offers
    hours: Floats
    users: Numbers


@dataclass
class Result:
    """Worth in points of the day without contracts; counts per contract. rivals: (excess, met)."""

    excess: float
    price: float
    realised: float
    delivered: Numbers
    quotas: Numbers
    recovered: int
    lost: int
    rivals: dict[str, tuple[float, float]]


def run(quick: bool) -> list[Figure]:
    """Seeds 0–9; the quick run plays one."""
    results = [play_seed(seed) for seed in range(1 if quick else 10)]
    excess = [one.excess for one in results]
    share = [one.delivered / one.quotas for one in results]
    met = [100 * float(np.mean(one >= 1)) for one in share]
    spread = f"{min(excess):.3f} to {max(excess):.3f}, {len(results)} seeds"
    price, realised = (np.mean([getattr(one, n) for one in results]) for n in ("price", "realised"))
    note = f"price of the LP {price:.2f}; {spread}; of outcomes as drawn {realised:.2f}"
    rivals = {
        name: np.mean([one.rivals[name] for one in results], axis=0) for name in results[0].rivals
    }
    return [
        Figure(
            "g5", "excess_points", float(np.mean(excess)), "points",
            baselines={name: float(one[0]) for name, one in rivals.items()},
            limit=0.0, goal=0.5, higher_is_better=False, note=note,
        ),
        Figure(
            "g5", "most_delivered", 100 * max(float(one.max()) for one in share), "%",
            must=101.0, higher_is_better=False, note="seen, over the quota; worst contract",
        ),
        Figure(
            "g5", "contracts_met", float(np.mean(met)), "%",
            baselines={name: float(one[1]) for name, one in rivals.items()}, must=99.0, goal=100.0,
            note=f"least delivered {min(float(one.min()) for one in share):.3f}",
        ),
        Figure(
            "g5", "exposures_lost", float(sum(one.lost for one in results)), "exposures",
            must=0.0, higher_is_better=False,
            note=f"{sum(one.recovered for one in results)} recovered from killed processes' logs",
        ),
    ]  # fmt: skip


def play_seed(seed: int, days: tuple[int, int] = (SCORED_DAY, SCORED_PAST)) -> Result:
    terms = _terms(seed)
    day = _day(days[0], terms[0], seed=seed)
    past = _day(days[1], terms[0], seed=seed + 5000)
    bundles, quotas = terms[1], terms[2]
    raised = quotas / SEEN
    best = best_total(day.offers, bundles, shadow_prices(day.offers, bundles, raised), raised)
    plan = Plan.rehearse(past.offers, bundles, raised, requests=len(past.offers))
    forecast = Forecast.of_day(past.hours[past.hours < DONE_BY])
    with tempfile.TemporaryDirectory() as folder:
        house = _House(day, Controller(plan, forecast, quotas), quotas, Path(folder), seed)
        house.run()
    free = best_total(day.offers, bundles, np.zeros(len(quotas)), raised)
    worth, outcomes = house.worth, house.outcomes
    held = sum(int(one.units.sum()) for one in house.leases.held.values())
    leases = house.leases
    found = int((leases.free + leases.air + leases.seen).sum()) + held
    return Result(
        excess=100 * (best - worth) / free,
        price=100 * (free - best) / free,
        realised=100 * (best - outcomes) / free,
        delivered=leases.seen,
        quotas=quotas,
        recovered=house.recovered,
        lost=abs(int(quotas.sum()) - found),
        rivals={
            name: _alone(day, bundles, policy, raised, best, free)
            for name, policy in _rivals(day, past, bundles, raised).items()
        },
    )


def _rivals(day: Day, past: Day, bundles: Bundles, quotas: Floats) -> dict[str, Policy]:
    """They have it easier: one process, every slot seen, no caps, and the traffic is known."""
    count = len(day.offers)
    start = shadow_prices(past.offers, bundles, quotas * len(past.offers) / count)
    return {
        "PI": ProportionalIntegral(count, quotas, every=20),
        "dual warm+deficit": DualDescent(count, quotas, every=20, start=start),
    }


def _alone(
    day: Day, bundles: Bundles, policy: Policy, quotas: Floats, best: float, free: float
) -> tuple[float, float]:
    """Excess in points and contracts met in percent. A policy's prices are per contract here."""
    worth, shown = 0.0, np.zeros(len(quotas))
    for request in range(len(day.offers)):
        policy.before(request)
        mine = slice(day.offers.starts[request], day.offers.starts[request + 1])
        bundle = day.offers.bundle[mine]
        priced = day.offers.worth[mine] + bundles.prices(policy.prices[1:])[bundle]
        slate = np.argpartition(-priced, SLOTS)[:SLOTS]
        worth += float(day.offers.worth[mine][slate].sum())
        for contract in bundles.pairs(bundle[slate])[1].tolist():
            shown[contract] += 1
            policy.shown(contract + 1)
    return 100 * (best - worth) / free, 100 * float(np.mean(shown >= np.floor(quotas)))


# --- The contracts and the requests ---------------------------------------------------------------


def _terms(seed: int) -> tuple[Numbers, Bundles, Numbers]:
    """Bundle of each video, the bundles, and quotas: counties, then creators, then products."""
    rng = np.random.default_rng(seed)
    names, author = np.unique(world().authors, return_inverse=True)
    home = np.where(rng.random(len(names)) < SHARE, rng.integers(0, COUNTIES, len(names)), -1)
    chosen = rng.permutation(np.flatnonzero(home >= 0))[:CREATORS]
    creator = np.full(len(names), -1)
    creator[chosen] = np.arange(CREATORS)
    product = np.where(rng.random(len(author)) < 0.4, rng.integers(0, PRODUCTS, len(author)), -1)
    found: dict[tuple[int, ...], int] = {}
    bundle = np.zeros(len(author), np.int64)
    for video in np.flatnonzero(home[author] >= 0):
        members = [int(home[author[video]])]
        if creator[author[video]] >= 0:
            members.append(COUNTIES + int(creator[author[video]]))
        if product[video] >= 0:
            members.append(COUNTIES + CREATORS + int(product[video]))
        bundle[video] = found.setdefault(tuple(members), len(found) + 1)
    quotas = np.concatenate(
        [np.full(COUNTIES, 250), rng.integers(7, 31, CREATORS), np.full(PRODUCTS, 25)]
    )
    return bundle, Bundles(list(found), len(quotas)), quotas


def _day(date: int, bundle: Numbers, *, seed: int) -> Day:
    """Each request offers all supported videos that are there, and the best of the others."""
    rng, known = np.random.default_rng(seed), world()
    mine = np.flatnonzero(known.dates == date)[::EVERY_NTH]
    hours = known.clock(mine, [date])
    supported = np.flatnonzero(bundle)
    others = np.flatnonzero(bundle == 0)
    counts, worth, kinds = [], [], []
    for user in known.users[mine]:
        logit = known.videos @ known.viewers[user]
        there = rng.random(len(logit)) < AVAILABLE
        best = np.sort(logit[others[there[others]]])[-SLOTS - 1 :]
        here = supported[there[supported]]
        counts.append(len(best) + len(here))
        worth += [best, logit[here]]
        kinds += [np.zeros(len(best), np.int64), bundle[here]]
    starts = np.concatenate(([0], np.cumsum(counts)))
    chances = 1 / (1 + np.exp(-np.concatenate(worth).astype(np.float64)))
    return Day(Offers(starts, chances, np.concatenate(kinds), SLOTS), hours, known.users[mine])


# --- Four processes and the house that lends to them ----------------------------------------------


@dataclass(frozen=True)
class Task:
    """What a process is told for one round."""

    at: float
    arrived: int
    requests: list[int]
    left: Numbers
    units: Numbers
    counted: dict[int, Counter[int]]
    dies: bool


def _work(pipe: Connection, log: Path, day: Day, controller: Controller) -> None:
    """A serving process: prices, shows, writes its log before it answers, reports."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        task: Task = pipe.recv()
        controller.left[:], controller.may_charge[:] = task.left, task.units
        controller.refresh(task.at, task.arrived)
        for place, request in enumerate(task.requests):
            if task.dies and place >= len(task.requests) // 2:
                pipe.send("half")
                signal.pause()
            counted = task.counted.setdefault(int(day.users[request]), Counter())
            os.write(file, b"".join(_show(day, request, controller, counted)))
        pipe.send("done")


def _show(day: Day, request: int, controller: Controller, counted: Counter[int]) -> Iterator[bytes]:
    """One slate: a record per slot and contract that it counts for (0 stands for none)."""
    first, end = day.offers.starts[request], day.offers.starts[request + 1]
    bundle = day.offers.bundle[first:end]
    capped = {contract for contract, times in counted.items() if times >= CAP}
    priced = day.offers.worth[first:end] + controller.prices_without(capped)[bundle]
    for place in np.argpartition(-priced, SLOTS)[:SLOTS].tolist():
        served = controller.charge(int(bundle[place]), capped=capped)
        for contract in served:
            counted[contract] += 1
            if counted[contract] >= CAP:
                capped.add(contract)
        for number in (0, *(one + 1 for one in served)):
            yield _RECORD.pack(request, first + place, number)


class _House:
    """Lends, routes viewers, reads logs, buries the dead. Time is counted in rounds."""

    def __init__(
        self, day: Day, controller: Controller, quotas: Numbers, folder: Path, seed: int
    ) -> None:
        self.day, self.leases = day, Leases(quotas.copy())
        self.rng = np.random.default_rng(seed + 99)
        self.worth = self.outcomes = 0.0
        self.recovered = 0
        self.counted: dict[int, Counter[int]] = {}
        self.landing: list[tuple[int, Numbers, Numbers]] = []
        self.unreported: dict[str, Numbers] = {}
        self.pipes, self.people, self.logs = {}, {}, {}
        context = get_context("fork")
        for number in range(PROCESSES):
            name, log = f"p{number}", folder / f"p{number}.log"
            log.touch()
            near, far = context.Pipe()
            process = context.Process(target=_work, args=(far, log, day, controller), daemon=True)
            process.start()
            self.pipes[name], self.people[name], self.logs[name] = near, process, log.open("rb")
            self.unreported[name] = np.zeros_like(quotas)

    def run(self) -> None:
        waiting: list[int] = []
        rounds = -(-len(self.day.offers) // ROUND)
        killed_in = int(np.searchsorted(self.day.hours, NOON)) // ROUND
        for now in range(rounds):
            fresh = range(now * ROUND, min((now + 1) * ROUND, len(self.day.offers)))
            waiting = self._round(now, waiting + list(fresh), kills=now == killed_in)
        for process in self.people.values():
            process.kill()
            process.join()
        for name in list(self.leases.held):
            self._close(name)
        self._land(rounds + AIR)

    def _round(self, now: int, requests: list[int], *, kills: bool) -> list[int]:
        """Returns the requests that nobody answered: their viewers ask again."""
        self._land(now)
        for name in self.leases.lapsed(now=now):
            self.recovered += int(self.unreported[name].sum())
            self._close(name)
        alive = [name for name, process in self.people.items() if process.is_alive()]
        routed: dict[str, list[int]] = {name: [] for name in alive}
        for request in requests:
            routed[alive[int(self.day.users[request]) % len(alive)]].append(request)
        turn = now % len(alive)
        for name in alive[turn:] + alive[:turn]:
            self._send(name, now, routed[name], dies=kills and name == alive[1])
        unanswered: list[int] = []
        for name in alive:
            if self.pipes[name].recv() == "half":
                self.people[name].kill()
                self.people[name].join()
                unanswered = routed[name][len(routed[name]) // 2 :]
            self._read(name, now)
        return unanswered

    def _send(self, name: str, now: int, requests: list[int], *, dies: bool) -> None:
        left, alive = self.leases.left, PROCESSES
        wanted = np.minimum(-(-left // alive), MOST_PER_LEASE)
        given, self.unreported[name] = self.unreported[name], np.zeros_like(left)
        units = self.leases.renew(name, given, wanted, now=now, until=now + LEASE)
        users = {int(self.day.users[request]) for request in requests}
        counted = {user: self.counted.get(user, Counter()) for user in users}
        first = now * ROUND
        at = float(self.day.hours[first])
        self.pipes[name].send(Task(at, first, requests, self.leases.left, units, counted, dies))

    def _close(self, name: str) -> None:
        """The process will not report any more: its log says what it gave out."""
        self.leases.recover(name, self.unreported[name])
        self.unreported[name] = np.zeros_like(self.unreported[name])

    def _read(self, name: str, now: int) -> None:
        """The log is the truth: what was shown, to whom, and (some time later) whether seen."""
        seen, unseen = np.zeros_like(self.leases.free), np.zeros_like(self.leases.free)
        is_seen = True
        for request, offer, number in _RECORD.iter_unpack(self.logs[name].read()):
            if number == 0:
                chance = float(self.day.offers.worth[offer])
                self.worth += chance
                self.outcomes += self.rng.random() < chance
                is_seen = self.rng.random() < SEEN
                continue
            self.unreported[name][number - 1] += 1
            (seen if is_seen else unseen)[number - 1] += 1
            user = int(self.day.users[request])
            self.counted.setdefault(user, Counter())[number - 1] += 1
        self.landing.append((now + AIR, seen, unseen))

    def _land(self, now: int) -> None:
        """Signals of earlier rounds arrive, once the lease they belong to has been closed."""
        later = []
        for due, seen, unseen in self.landing:
            if now > due and (seen + unseen <= self.leases.air).all():
                self.leases.land(seen=seen, unseen=unseen)
            else:
                later.append((due, seen, unseen))
        self.landing = later
