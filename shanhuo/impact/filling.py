"""Counts one day of a log into cells. A day is replaced whole, so filling it twice is harmless.

Late entries (a phone that was offline, a transaction that committed after the count) make the
number of entries in the log differ from the number counted; `stale_days` finds such days.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
from django.db import transaction
from duckdb import DuckDBPyConnection
from duckdb import Error as DuckDBError

from shanhuo.content import queries as content
from shanhuo.impact.fairness.tally import read
from shanhuo.impact.metrics import (
    FACT_TYPES,
    FARM_GATE,
    INCOME_GAIN,
    METRICS,
    Entry,
    FromFacts,
    FromSignals,
    Merge,
    Metric,
)
from shanhuo.impact.models import Cell, CreatorDay, ExposureDay, Fill, HouseholdDay, PostProduct
from shanhuo.impact.sketch import Sketch
from shanhuo.impact.survival import traces
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock, facts
from shanhuo.live import queries as live
from shanhuo.regions import queries as regions
from shanhuo.traffic import moments
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.fakes import judge
from shanhuo.traffic.kinds import ObjectKind

BATCH = 1000
HOUR_MS = 3_600_000
Log = Fill.Log


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a figure is kept: "" as county is the whole country, "" as product all products."""

    metric: str
    county: str
    product: str
    start: datetime


Sums = Counter[Spot]


def stale_days(log: str, window: Window) -> list[date]:
    """The days of which the log holds another number of entries than was counted, and those that
    could not be read last time."""
    fills = Fill.objects.filter(log=log, day__gte=window.since_day, day__lte=window.until_day)
    counted = dict(fills.filter(is_damaged=False).values_list("day", "entry_count"))
    held = _entries_by_day(log, window)
    return [day for day in window.days if held.get(day, 0) != counted.get(day)]


def damaged_days(window: Window) -> list[date]:
    """The days of the window whose signals cannot be read whole."""
    return [day for day in window.days if not _is_whole(day)]


def _is_whole(day: date) -> bool:
    since, until = clock.day_bounds(day)
    try:
        with traffic.signal_log().open(since=since, until=until, proved=True):
            return True
    except traffic.LogDamaged:
        return False


@transaction.atomic
def withhold(log: str, day: date, *, now: datetime) -> None:
    """Note that a day of a log cannot be read: its figures are not shown until it can be again."""
    _claim(log, day, now=now)
    Fill.objects.filter(log=log, day=day).update(is_damaged=True)


def _entries_by_day(log: str, window: Window) -> dict[date, int]:
    """How many entries the log holds of each day."""
    if log == Log.SIGNALS:
        return _signals_by_day(window)
    return {day: _facts_on(day) for day in window.days}


def _facts_on(day: date) -> int:
    since, until = clock.day_bounds(day)
    return facts.count_log(FACT_TYPES, since=since, until=until)


def _signals_by_day(window: Window) -> dict[date, int]:
    """As the log says it; -1 for days that it cannot tell, so that they are found to be stale."""
    try:
        return _count_signals(window)
    except (DuckDBError, traffic.LogDamaged):
        if window.day_count == 1:
            return {window.since_day: -1}
    counts = [_signals_by_day(Window(day, day)) for day in window.days]
    return {day: count for one in counts for day, count in one.items()}


def _count_signals(window: Window) -> dict[date, int]:
    since, until = window.bounds
    by_hour = "SELECT at_ms // 3600000, count(*) FROM signals GROUP BY 1"
    with traffic.signal_log().open(since=since, until=until) as signals:
        rows = signals.execute(by_hour).fetchall()
    days: Counter[date] = Counter()
    for hour, count in rows:
        days[clock.day_of(moments.from_ms(hour * HOUR_MS))] += count
    return days


def fill(log: str, day: date, *, now: datetime) -> None:
    """Count a day of a log anew. Raises LogDamaged; then the day stands as it stood."""
    (_fill_facts if log == Log.FACTS else _fill_signals)(day, now=now)


# ---- facts ----


@transaction.atomic
def _fill_facts(day: date, *, now: datetime) -> None:
    _claim(Log.FACTS, day, now=now)
    # Counted first: a fact that arrives in between makes the day stale, not wrong for ever.
    entry_count = _facts_on(day)
    sums: Sums = Counter()
    for metric in _metrics(FromFacts, Merge.SUM):
        for at, entries in _entries(metric, day):
            _add(sums, metric, at, entries)
    _replace_cells(FromFacts, day, _cells_of(sums, day))
    _replace_households(day)
    _note(Log.FACTS, day, entry_count, now)


def _entries(metric: Metric, day: date) -> Iterator[tuple[datetime, list[Entry]]]:
    """What each fact of a day adds to a metric that is read off facts."""
    since, until = clock.day_bounds(day)
    if isinstance(metric.source, FromFacts):
        for fact_type, read in metric.source.readers.items():
            for fact in facts.read_log(fact_type, since=since, until=until):
                yield fact.at, read(fact.payload)


def _add(sums: Sums, metric: Metric, at: datetime, entries: list[Entry]) -> None:
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    amounts = [
        (Spot(metric.id, county, product, hour), entry.amount)
        for entry in entries
        for county, product in _places(entry)
    ]
    if isinstance(metric.source, FromFacts) and metric.source.once:
        amounts = [(spot, 1) for spot in dict.fromkeys(spot for spot, _amount in amounts)]
    for spot, amount in amounts:
        sums[spot] += amount


def _places(entry: Entry) -> list[tuple[str, str]]:
    """The country, the county, and the product of the county where there is one."""
    places = [("", ""), (entry.county, "")]
    return [*places, (entry.county, entry.product)] if entry.product else places


def _replace_households(day: date) -> None:
    totals: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for column, metric in enumerate((FARM_GATE, INCOME_GAIN)):
        for _at, entries in _entries(metric, day):
            for entry in entries:
                totals[entry.county, entry.product, entry.household][column] += entry.amount
    HouseholdDay.objects.filter(day=day).delete()
    rows = [
        HouseholdDay(
            county=county,
            product=product,
            household=household,
            day=day,
            paid_fen=paid_fen,
            gain_fen=gain_fen,
        )
        for (county, product, household), (paid_fen, gain_fen) in totals.items()
        if paid_fen or gain_fen
    ]
    HouseholdDay.objects.bulk_create(rows, batch_size=BATCH)


# ---- signals ----


@transaction.atomic
def _fill_signals(day: date, *, now: datetime) -> None:
    _claim(Log.SIGNALS, day, now=now)
    since, until = clock.day_bounds(day)
    with traffic.signal_log().open(since=since, until=until, proved=True) as signals:
        entry_count = _count(signals)
        judge(signals)
        _add_products(signals)
        sums = _signal_sums(signals)
        viewers = _viewer_cells(signals, since)
        authors = content.authors_of_posts()
        tally = read(
            signals,
            author_of=authors,
            host_of=live.hosts_of_sessions(),
            floor_counties=regions.floor_counties().keys(),
        )
        traced = traces.read(signals, author_of=authors)
    CreatorDay.objects.update_or_create(day=day, defaults={"state": traces.to_bytes(traced)})
    ExposureDay.objects.update_or_create(day=day, defaults={"state": tally.to_bytes()})
    _replace_cells(FromSignals, day, [*_cells_of(sums, day), *viewers])
    _note(Log.SIGNALS, day, entry_count, now)


def _count(signals: DuckDBPyConnection) -> int:
    return int(signals.execute("SELECT count(*) FROM signals").fetchall()[0][0])


_PLACED = """
    CREATE TEMP TABLE placed AS
    SELECT marked.at_ms // 3600000 AS hour, viewer, marked.kind, fault = 0 AS believed,
        lpad(marked.county::VARCHAR, 6, '0') AS county,
        coalesce(product_of.product, '') AS product
    FROM marked LEFT JOIN product_of
        ON product_of.post = marked.object AND marked.object_kind = $posts
    WHERE marked.kind IN (SELECT unnest($kinds)) AND marked.county > 0
"""
_SUMS = """
    SELECT kind, believed, coalesce(county, ''), coalesce(product, ''), hour, count(*)
    FROM placed
    GROUP BY kind, believed, hour, GROUPING SETS ((), (county), (county, product))
    HAVING grouping(product) = 1 OR product <> ''
"""
_VIEWERS = """
    SELECT coalesce(county, ''), coalesce(product, ''), list(DISTINCT viewer)
    FROM placed WHERE kind = $kind AND believed
    GROUP BY GROUPING SETS ((), (county), (county, product))
    HAVING (grouping(product) = 1 OR product <> '') AND count(*) > 0
"""


def _add_products(signals: DuckDBPyConnection) -> None:
    """The table `placed`: signals that count, each with its county and the product of its post."""
    signals.execute("CREATE TEMP TABLE product_of (post UBIGINT, product VARCHAR)")
    rows = list(PostProduct.objects.values_list("post_id", "product__public_id"))
    if rows:
        posts, products = zip(*rows, strict=True)
        columns = {"post": np.array(posts, np.uint64), "product": np.array(products, object)}
        signals.register("product_columns", columns)
        signals.execute("INSERT INTO product_of SELECT post, product FROM product_columns")
    kinds = sorted({int(source.kind) for source in _signal_sources()})
    signals.execute(_PLACED, {"posts": ObjectKind.POST.value, "kinds": kinds})


def _signal_sources() -> list[FromSignals]:
    sources = (metric.source for metric in METRICS)
    return [source for source in sources if isinstance(source, FromSignals)]


def _signal_sums(signals: DuckDBPyConnection) -> Sums:
    metric_of = {
        (int(metric.source.kind), metric.source.believed): metric.id
        for metric in _metrics(FromSignals, Merge.SUM)
        if isinstance(metric.source, FromSignals)
    }
    return Counter(
        {
            Spot(metric_of[kind, believed], county, product, moments.from_ms(hour * HOUR_MS)): count
            for kind, believed, county, product, hour, count in signals.execute(_SUMS).fetchall()
            if (kind, believed) in metric_of
        }
    )


def _viewer_cells(signals: DuckDBPyConnection, start: datetime) -> list[Cell]:
    cells = []
    for metric in _metrics(FromSignals, Merge.VIEWERS):
        kind = metric.source.kind if isinstance(metric.source, FromSignals) else 0
        for county, product, viewers in signals.execute(_VIEWERS, {"kind": int(kind)}).fetchall():
            sketch = Sketch.of(np.array(viewers, np.uint64))
            spot = Spot(metric.id, county, product, start)
            cells.append(_cell(spot, Cell.Grain.DAY, sketch.count(), sketch.to_bytes()))
    return cells


# ---- both ----


def _claim(log: str, day: date, *, now: datetime) -> None:
    """Two workers that count the same day queue here; the later one reads the log anew."""
    unknown = {"entry_count": 0, "filled_at": now}
    Fill.objects.get_or_create(log=log, day=day, defaults=unknown)
    Fill.objects.select_for_update().get(log=log, day=day)


def _metrics(source: type[FromFacts] | type[FromSignals], merge: Merge) -> list[Metric]:
    return [m for m in METRICS if isinstance(m.source, source) and m.merge is merge]


def _cells_of(sums: Sums, day: date) -> list[Cell]:
    """Cells of the hours, and of the day that they add up to; zeros are left out."""
    start, _end = clock.day_bounds(day)
    days: Sums = Counter()
    for spot, value in sums.items():
        days[replace(spot, start=start)] += value
    hourly = [_cell(spot, Cell.Grain.HOUR, value) for spot, value in sums.items() if value]
    return hourly + [_cell(spot, Cell.Grain.DAY, value) for spot, value in days.items() if value]


def _cell(spot: Spot, grain: str, value: int, state: bytes | None = None) -> Cell:
    return Cell(
        metric=spot.metric,
        county=spot.county,
        product=spot.product,
        grain=grain,
        start=spot.start,
        value=value,
        state=state,
    )


def _replace_cells(
    source: type[FromFacts] | type[FromSignals], day: date, cells: list[Cell]
) -> None:
    since, until = clock.day_bounds(day)
    metric_ids = [metric.id for metric in METRICS if isinstance(metric.source, source)]
    Cell.objects.filter(start__gte=since, start__lt=until, metric__in=metric_ids).delete()
    Cell.objects.bulk_create(cells, batch_size=BATCH)


def _note(log: str, day: date, entry_count: int, now: datetime) -> None:
    row = Fill.objects.filter(log=log, day=day)
    row.update(entry_count=entry_count, filled_at=now, is_damaged=False)
