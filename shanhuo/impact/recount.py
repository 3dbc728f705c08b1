"""Counts one figure again from the raw logs, by another way than the roll-ups.

Nothing here reads a roll-up, and nothing is counted by the hour or day: one pass over the whole
window. What the two ways share is the declaration of the metric, which is the thing to be checked.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from shanhuo.content.events import PostPublished
from shanhuo.goods import queries as goods
from shanhuo.impact.metrics import Entry, FromFacts, FromSignals, Merge, Metric
from shanhuo.impact.sketch import Sketch
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock, facts
from shanhuo.kernel.facts import RecordedFact
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.fakes import judge
from shanhuo.traffic.kinds import ObjectKind

THE_BEGINNING = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Product:
    """A product as the two logs know it: facts by public id, posts by row id."""

    id: int
    public_id: str


def product_of(public_id: str) -> Product | None:
    """A product by its public id, also one that left the shop: its figures stay."""
    found = goods.product_of(public_id)
    return Product(found.pk, public_id) if found else None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which signals count: a condition of SQL with its values."""

    condition: str
    values: list[object]


def recount(
    metric: Metric, window: Window, *, county: str = "", product: Product | None = None
) -> int:
    """The figure of a county (adcode; "" is the country) and product (None is all of them).

    Raises LogDamaged: a log that cannot be read whole gives no number.
    """
    if isinstance(metric.source, FromSignals):
        return _recount_signals(metric, metric.source, window, county, product)
    public_id = product.public_id if product else ""
    kept = [entries for _, entries in kept_facts(metric.source, window, county, public_id)]
    if metric.source.once:
        return sum(1 for entries in kept if entries)
    if metric.id == "households":
        paid: Counter[str] = Counter()
        for entries in kept:
            for entry in entries:
                paid[entry.household] += entry.amount
        return sum(1 for amount in paid.values() if amount > 0)
    return sum(entry.amount for entries in kept for entry in entries)


def kept_facts(
    source: FromFacts, window: Window, county: str, product: str
) -> Iterator[tuple[RecordedFact, list[Entry]]]:
    """Each fact of the window, with those of its entries that belong to the place."""
    since, until = window.bounds
    for fact_type, read in source.readers.items():
        for fact in facts.read_log(fact_type, since=since, until=until):
            yield (
                fact,
                [
                    entry
                    for entry in read(fact.payload)
                    if county in ("", entry.county) and product in ("", entry.product)
                ],
            )


def wanted_signals(
    source: FromSignals, *, until: datetime, county: str, product: Product | None
) -> Wanted:
    """What a signal must be to count for the place, in the view `marked` of `traffic.fakes`."""
    fault = "fault = 0" if source.believed else "fault > 0"
    condition = f"kind = ? AND {fault} AND county > 0"
    if county:
        condition += f" AND county = {int(county)}"
    values: list[object] = [int(source.kind)]
    if product is not None:
        condition += f" AND object_kind = {ObjectKind.POST.value} AND object IN (SELECT unnest(?))"
        values.append(_posts_about(product, until))
    return Wanted(condition, values)


def _recount_signals(
    metric: Metric, source: FromSignals, window: Window, county: str, product: Product | None
) -> int:
    since, until = window.bounds
    wanted = wanted_signals(source, until=until, county=county, product=product)
    what = "list(DISTINCT viewer)" if metric.merge is Merge.VIEWERS else "count(*)"
    statement = f"SELECT {what} FROM marked WHERE {wanted.condition}"  # noqa: S608 - ours
    with traffic.signal_log().open(since=since, until=until, proved=True) as signals:
        judge(signals)
        (row,) = signals.execute(statement, wanted.values).fetchall()
    if metric.merge is Merge.VIEWERS:
        return Sketch.of(np.array(row[0] or [], np.uint64)).count()
    return int(row[0])


def _posts_about(product: Product, until: datetime) -> list[int]:
    since = clock.start_of(THE_BEGINNING)
    return [
        fact.payload["post_id"]
        for fact in facts.read_log(PostPublished, since=since, until=until)
        if fact.payload["product_id"] == product.id
    ]
