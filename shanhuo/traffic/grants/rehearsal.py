"""Rehearsals: what yesterday's lists say about the contracts of today. The worker makes one every
few minutes; serving processes read it from disk, and pace by it while it is fresh.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from django.db.models import F

from shanhuo.kernel import clock
from shanhuo.traffic import moments
from shanhuo.traffic.grants import leases, samples
from shanhuo.traffic.grants.samples import Hour, Sample
from shanhuo.traffic.kinds import Kind, Surface
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.pacing.controller import Plan
from shanhuo.traffic.pacing.forecast import Forecast, Survival
from shanhuo.traffic.pacing.offers import Bundles, Floats, Numbers, Offers

LOOKED_BACK = timedelta(days=1)
CURVE_DAYS = 7
LEAST_HOURS = 20
"""Of a day, so many hours must have had exposures before its curve is believed."""

MOST_LISTS = 6_000
LEAST_LISTS = 200
LEAST_HEARD = 100
"""Fewer lists than this in which a contract could have been offered say nothing about it."""

STALE = timedelta(hours=2)
PRIOR_SLOTS = 200
"""Until so many supported slots were given out, they count as seen like any other."""

COUNTED_ON = 0.85
"""Of the traffic to come: what is given out is seen later, or not at all."""

HAZARD_DAYS = 90
PRIOR_CONTRACT_DAYS = 200.0
HOUR_MS = samples.HOUR_MS
FILE = "rehearsal.npz"

Vanished = (
    Contract.EndReason.WITHDRAWN,
    Contract.EndReason.BANNED,
    Contract.EndReason.NO_STOCK,
    Contract.EndReason.EXITED,
)


@dataclass(frozen=True)
class Traffic:
    """What is known of the platform's traffic. curve: lists' worth of seen places in each hour of
    a usual day (Shanghai). level: today over a usual day. seen: how often a supported place is
    seen, over any place. hazard: chance per day that an object vanishes."""

    curve: Floats
    midnight_ms: int
    level: float
    seen: float
    hazard: float

    def remaining(self, now_ms: int, ends_ms: Numbers) -> Floats:
        """Lists that contracts may still count on until they end."""
        hour = (now_ms - self.midnight_ms) / HOUR_MS
        found = {end: self._until(end).remaining(hour) for end in set(ends_ms.tolist())}
        return self.level * np.array([found[end] for end in ends_ms.tolist()])

    def _until(self, end_ms: int) -> Forecast:
        return _forecast(tuple(self.curve.tolist()), self.hazard, end_ms - self.midnight_ms)


@cache
def _forecast(curve: tuple[float, ...], hazard: float, span_ms: int) -> Forecast:
    hours = np.arange(max(1, span_ms // HOUR_MS) + 1, dtype=np.float64)
    arrived = np.concatenate(([0.0], np.cumsum(np.resize(np.array(curve), len(hours) - 1))))
    days = np.arange(24.0, hours[-1], 24.0)
    return Forecast(hours, arrived, Survival(days, (1 - hazard) ** (days / 24)))


@dataclass(frozen=True)
class Rehearsal:
    """A plan for the contracts named by number, and the traffic it counts on.

    unit: what one point of the plan is in points of the ranker's score.
    """

    made_ms: int
    lists: int
    unit: float
    contracts: Numbers
    plan: Plan
    traffic: Traffic

    def is_fresh(self, *, now_ms: int) -> bool:
        return abs(now_ms - self.made_ms) < STALE / timedelta(milliseconds=1)

    def prices(self, left: Numbers, ends_ms: Numbers, *, now_ms: int) -> Floats:
        """In points of the score, for the contracts of the plan, in their order."""
        remaining = COUNTED_ON * self.traffic.remaining(now_ms, ends_ms)
        # Of so many places given out one is seen: so many more are needed.
        wanted = left / self.traffic.seen
        level = self.plan.level(wanted, remaining)
        return self.unit * self.plan.prices(wanted, remaining, level=level)


class TooLittle(Exception):
    """There is no rehearsal yet, and why."""


NO_CONTRACT = "no contract is deliverable"
NO_CURVE = "the log has no whole day of traffic yet"
NO_LISTS = "fewer than 200 lists of the last day were kept"
ALL_NEW = "no contract was deliverable in 100 of them yet"


def rehearse(log: SignalLog, folder: Path, *, now: datetime) -> Rehearsal:
    """For what is deliverable, with the hazard of the last months. Raises TooLittle."""
    in_feed = leases.deliverable(now=now).filter(placement=Placement.FEED)
    contracts = list(in_feed.select_related("grant").order_by("pk"))
    if not contracts:
        raise TooLittle(NO_CONTRACT)
    return rehearse_for(contracts, log, folder, hazard=_hazard(now=now), now=now)


def rehearse_for(
    contracts: list[Contract], log: SignalLog, folder: Path, *, hazard: float, now: datetime
) -> Rehearsal:
    """From the samples of the last day and the curve of the last week, without the database.

    hazard: chance per day that an object vanishes. Raises TooLittle.
    """
    hours = list(samples.read(folder, since=now - LOOKED_BACK, until=now))
    traffic = _traffic(log, hours, hazard=hazard, now=now)
    chosen = _chosen(hours)
    if len(chosen) < LEAST_LISTS:
        raise TooLittle(NO_LISTS)
    past, bundles, heard = _offers(chosen, [one.pk for one in contracts])
    known = np.flatnonzero(heard >= LEAST_HEARD)
    if not len(known):
        raise TooLittle(ALL_NEW)
    if len(known) < len(contracts):
        contracts = [contracts[place] for place in known]
        past, bundles, heard = _offers(chosen, [one.pk for one in contracts])
    now_ms = moments.to_ms(now)
    left = np.array([one.promised_count + one.excluded_count - one.seen_count for one in contracts])
    ends = np.array([moments.to_ms(clock.start_of(_day_after(one))) for one in contracts])
    unit = _unit(past)
    plan = Plan.rehearse(
        replace(past, worth=past.worth / unit),
        bundles,
        np.maximum(left, 0) / traffic.seen,
        requests=np.maximum(traffic.remaining(now_ms, ends), 1.0),
        heard=heard,
    )
    numbers = np.array([one.pk for one in contracts], np.int64)
    return Rehearsal(now_ms, len(past), unit, numbers, plan, traffic)


def _day_after(contract: Contract) -> Any:
    return contract.grant.ends_on + timedelta(days=1)


def _unit(past: Offers) -> float:
    """Scores of any ranker, brought to about 0–1: nearly all differ by less than this."""
    low, high = np.quantile(past.worth, [0.005, 0.995])
    return max(float(high - low), 1e-6)


# --- Lists ----------------------------------------------------------------------------------------


def _chosen(hours: Sequence[Hour]) -> list[tuple[Hour, Sample]]:
    """Samples of all hours, as many of each as it had lists: a small picture of the whole day. An
    hour of which hardly any were kept, as after a start, gives those, and thins out no other."""
    kept = [one for one in hours if one.samples]
    if not kept:
        return []
    whole = [one for one in kept if len(one.samples) >= min(one.lists, samples.KEPT) / 2] or kept
    rate = min(min(len(one.samples) / one.lists for one in whole), 1.0)
    rate = min(rate, MOST_LISTS / sum(one.lists for one in kept))
    chosen = []
    for one in sorted(kept, key=lambda one: one.from_ms):
        wanted = max(1, round(rate * one.lists))
        # Samples of one hour stand in no order of time; any of them will do.
        chosen += [(one, sample) for sample in one.samples[:wanted]]
    return chosen


def _offers(
    chosen: Sequence[tuple[Hour, Sample]], contracts: Sequence[int]
) -> tuple[Offers, Bundles, Floats]:
    """Offers, bundles of places in `contracts`, and in how many lists each contract was heard."""
    place_of = {number: place for place, number in enumerate(contracts)}
    found: dict[tuple[int, ...], int] = {}
    numbers: dict[int, Numbers] = {}
    heard = np.zeros(len(contracts))
    counts, worth, bundle = [], [], []
    slots = max(len(sample.free) for _, sample in chosen)
    for hour, sample in chosen:
        if id(hour) not in numbers:
            numbers[id(hour)] = _numbers(hour, place_of, found)
        mine = numbers[id(hour)][sample.group]
        counted = mine > 0
        worth += [np.array(sample.free), np.array(sample.worth)[counted]]
        bundle += [np.zeros(len(sample.free), np.int64), mine[counted]]
        counts.append(len(sample.free) + int(counted.sum()))
        watched = [place_of[one] for one in hour.watches[sample.watch] if one in place_of]
        heard[watched] += 1
    starts = np.concatenate(([0], np.cumsum(counts)))
    offers = Offers(starts, np.concatenate(worth), np.concatenate(bundle), slots)
    return offers, Bundles(list(found), len(contracts)), heard


def _numbers(hour: Hour, place_of: dict[int, int], found: dict[tuple[int, ...], int]) -> Numbers:
    """The bundle of each group, contracts that are over left out; 0 where none is left."""
    numbers = []
    for group in hour.groups:
        members = tuple(place_of[one] for one in group if one in place_of)
        numbers.append(found.setdefault(members, len(found) + 1) if members else 0)
    return np.array(numbers, np.int64)


# --- Traffic --------------------------------------------------------------------------------------

_HOURS = f"""
SELECT at_ms // {HOUR_MS} AS hour, count(*) AS seen, count(*) FILTER ("grant" > 0) AS supported
FROM signals WHERE kind = {Kind.EXPOSURE.value} AND surface = {Surface.FEED.value}
GROUP BY hour ORDER BY hour
"""  # noqa: S608 - only our own numbers are put in


def _traffic(log: SignalLog, hours: Sequence[Hour], *, hazard: float, now: datetime) -> Traffic:
    """Raises TooLittle before a whole day of traffic lies behind."""
    midnight = clock.start_of(clock.day_of(now))
    since = midnight - timedelta(days=CURVE_DAYS)
    with log.open(since=since, until=now + timedelta(hours=1)) as connection:
        rows = connection.execute(_HOURS).fetchall()
    by_hour = {int(hour): (int(seen), int(supported)) for hour, seen, supported in rows}
    midnight_ms = moments.to_ms(midnight)
    curve = _usual_day({hour: seen for hour, (seen, _) in by_hour.items()}, midnight_ms // HOUR_MS)
    per_list = _slots(hours) / max(1, sum(one.lists for one in hours)) or 1.0
    return Traffic(
        curve=curve / per_list,
        midnight_ms=midnight_ms,
        level=_level(curve, by_hour, midnight_ms, moments.to_ms(now)),
        seen=_seen(by_hour, hours),
        hazard=hazard,
    )


def _slots(hours: Sequence[Hour]) -> int:
    return sum(one.slots for one in hours)


def _usual_day(seen: dict[int, int], midnight: int) -> Floats:
    """Exposures per hour of the day: means of the whole days before this one that had traffic."""
    days = [
        np.array([seen.get(midnight - 24 * back + hour, 0) for hour in range(24)], np.float64)
        for back in range(1, CURVE_DAYS + 1)
    ]
    whole = [day for day in days if np.count_nonzero(day) >= LEAST_HOURS]
    if not whole:
        raise TooLittle(NO_CURVE)
    mean: Floats = np.mean(whole, axis=0)
    return mean


def _level(
    curve: Floats, by_hour: dict[int, tuple[int, int]], midnight_ms: int, now_ms: int
) -> float:
    first = midnight_ms // HOUR_MS
    arrived = sum(seen for hour, (seen, _) in by_hour.items() if hour >= first)
    hours = np.arange(25.0)
    today = Forecast(hours, np.concatenate(([0.0], np.cumsum(curve))))
    return today.level((now_ms - midnight_ms) / HOUR_MS, float(arrived))


def _seen(by_hour: dict[int, tuple[int, int]], hours: Sequence[Hour]) -> float:
    """How often a supported place is seen, over any place: it stands lower in the list."""
    told = {one.from_ms // HOUR_MS for one in hours}
    seen, supported = (sum(by_hour.get(hour, (0, 0))[column] for hour in told) for column in (0, 1))
    slots, given = _slots(hours), sum(one.supported for one in hours)
    share = seen / slots if slots and seen else 1.0
    found = (supported + PRIOR_SLOTS * share) / (given + PRIOR_SLOTS) / share
    return float(np.clip(found, 0.1, 2.0))


def _hazard(*, now: datetime) -> float:
    """Objects that vanished per contract and day, over the last months; not those that were gone
    before anything was promised."""
    since = clock.day_of(now) - timedelta(days=HAZARD_DAYS)
    rows = Contract.objects.filter(grant__ends_on__gte=since, grant__starts_on__lte=now)
    rows = rows.exclude(ended_at__lt=F("grant__decided_at"))
    lives = rows.values_list("grant__starts_on", "grant__ends_on", "ended_at", "end_reason")
    vanished, days = 0, PRIOR_CONTRACT_DAYS
    for starts_on, ends_on, ended_at, reason in lives:
        last = min(ends_on, clock.day_of(ended_at or now))
        days += max(0, (last - max(starts_on, since)).days) + 1
        vanished += reason in Vanished
    return vanished / days


# --- On disk --------------------------------------------------------------------------------------


def save(rehearsal: Rehearsal, folder: Path) -> None:
    """In the place of the one before, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    plan, traffic = rehearsal.plan, rehearsal.traffic
    columns: dict[str, Any] = {
        "facts": np.array([rehearsal.made_ms, rehearsal.lists, rehearsal.unit]),
        "contracts": rehearsal.contracts,
    }
    for one in fields(plan):
        columns[f"plan_{one.name}"] = np.asarray(getattr(plan, one.name), np.float32)
    for one in fields(traffic):
        columns[f"traffic_{one.name}"] = np.asarray(getattr(traffic, one.name))
    with (folder / "rehearsal.part").open("wb") as file:
        np.savez(file, **columns)
    (folder / "rehearsal.part").replace(folder / FILE)


def stamp(folder: Path) -> int:
    """Changes with each rehearsal; 0 when there is none."""
    try:
        return (folder / FILE).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


# Each was met by cutting such a file short, or turning one of its bytes around.
_DAMAGED = (OSError, EOFError, ValueError, KeyError, TypeError, NotImplementedError, BadZipFile)


def known_contracts(folder: Path) -> tuple[int, int, frozenset[int]] | None:
    """Of the newest one: when it was made (ms), of how many lists, and its contracts' numbers."""
    try:
        with np.load(BytesIO((folder / FILE).read_bytes()), allow_pickle=False) as kept:
            made_ms, lists, _ = kept["facts"].tolist()
            return int(made_ms), int(lists), frozenset(kept["contracts"].tolist())
    except _DAMAGED:
        return None


def load(folder: Path) -> Rehearsal | None:
    """The newest; None when there is none, or none that can be read."""
    try:
        with np.load(BytesIO((folder / FILE).read_bytes()), allow_pickle=False) as kept:
            made_ms, lists, unit = kept["facts"].tolist()
            plan = Plan(**{one.name: kept[f"plan_{one.name}"] for one in fields(Plan)})
            curve = kept["traffic_curve"]
            others = [one.name for one in fields(Traffic) if one.name != "curve"]
            traffic = Traffic(curve, **{name: kept[f"traffic_{name}"].item() for name in others})
            return Rehearsal(int(made_ms), int(lists), unit, kept["contracts"], plan, traffic)
    except _DAMAGED:
        return None
