"""The fingerprint of everything that was counted for a figure.

It is taken over the entries of the logs, day by day and in an order of their own, and not over
files: compaction cuts the same signals into other files without changing what they say.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

import numpy as np

from shanhuo.impact.metrics import FromFacts, FromSignals, Metric
from shanhuo.impact.recount import Product, Wanted, kept_facts, wanted_signals
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock
from shanhuo.kernel.facts import RecordedFact
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.fakes import judge

SIGNAL_COLUMNS = ("at_ms", "sheet", "slot", "kind", "viewer", "object_kind", "object", "county")


@dataclass(frozen=True, slots=True)
class DayPrint:
    """How many entries of a day count, and the SHA-256 of them in order."""

    day: date
    entry_count: int
    digest: str


def day_prints(
    metric: Metric, window: Window, *, county: str = "", product: Product | None = None
) -> Iterator[DayPrint]:
    """One day after the other, so that a job can say how far it is. Raises LogDamaged."""
    source = metric.source
    if isinstance(source, FromFacts):
        public_id = product.public_id if product else ""
        return (_of_facts(source, day, county, public_id) for day in window.days)
    return _of_signal_days(source, window, county, product)


def whole(prints: Iterable[DayPrint]) -> str:
    """The fingerprint of a window: SHA-256 over its days."""
    lines = "".join(f"{one.day} {one.entry_count} {one.digest}\n" for one in prints)
    return sha256(lines.encode()).hexdigest()


def _of_facts(source: FromFacts, day: date, county: str, product: str) -> DayPrint:
    kept = kept_facts(source, Window(day, day), county, product)
    counting = [fact for fact, entries in kept if entries]
    digest = sha256()
    for fact in sorted(counting, key=lambda fact: fact.id):
        digest.update(_line(fact).encode())
    return DayPrint(day, len(counting), digest.hexdigest())


def _line(fact: RecordedFact) -> str:
    micros = int(fact.at.timestamp() * 1_000_000)
    payload = json.dumps(fact.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{fact.id} {micros} {payload}\n"


def _of_signal_days(
    source: FromSignals, window: Window, county: str, product: Product | None
) -> Iterator[DayPrint]:
    _since, until = window.bounds
    wanted = wanted_signals(source, until=until, county=county, product=product)
    for day in window.days:
        yield _of_signals(day, clock.day_bounds(day), wanted)


def _of_signals(day: date, bounds: tuple[datetime, datetime], wanted: Wanted) -> DayPrint:
    since, until = bounds
    columns = ", ".join(f'"{name}"' for name in SIGNAL_COLUMNS)
    statement = (
        f"SELECT {columns} FROM marked WHERE {wanted.condition}"  # noqa: S608 - ours
        " ORDER BY sheet, slot, kind"
    )
    with traffic.signal_log().open(since=since, until=until, proved=True) as signals:
        judge(signals)
        found = signals.execute(statement, wanted.values).fetchnumpy()
    digest = sha256()
    for name in SIGNAL_COLUMNS:
        digest.update(np.ascontiguousarray(found[name]).astype("<u8").tobytes())
    return DayPrint(day, len(found["sheet"]), digest.hexdigest())
