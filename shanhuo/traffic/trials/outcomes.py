"""What people did with a grant's objects, by cell: from the two logs alone."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shanhuo.content import queries as content
from shanhuo.content.events import PostPublished
from shanhuo.kernel import clock, facts
from shanhuo.orders.events import OrderPaid
from shanhuo.traffic.experiments.assignment import HELD_OUT, Experiment, cell_of
from shanhuo.traffic.fakes import judge
from shanhuo.traffic.kinds import Kind, ObjectKind
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract, Grant

Reals = NDArray[np.float64]

REMEMBERED = timedelta(days=7)
"""How long before an order the exposure may lie that it names."""

_BEGINNING = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Per metric (cells,) sums; `unplaced_orders` name no exposure that the log knows."""

    by_metric: dict[str, Reals]
    unplaced_orders: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What a grant supports: its posts by row and public id, and what is sold under it."""

    posts: dict[int, str]
    counties: frozenset[str]
    products: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sale:
    """An order's lines that count: when, under which exposure sheet (0: none), for how much."""

    sheet: int
    fen: int


def outcomes(
    log: SignalLog, grant: Grant, experiment: Experiment, *, since: datetime, until: datetime
) -> Outcomes:
    """Plays, follows, orders and paid fen with `since <= at < until` of what the grant supports,
    whoever sold or showed it; exposures that the published rules exclude lead to nothing."""
    subject = _subject(grant, until=until)
    sales = list(_sales(subject, since=since, until=until))
    whole_days = clock.start_of(clock.day_of(since - REMEMBERED))
    with log.open(since=whole_days, until=until) as signals:
        judge(signals)
        acts = _acts(signals, subject, since=since)
        viewers = _viewers(signals, {sale.sheet for sale in sales} - {0})
    cells = _Cells(experiment)
    for kind, viewer, count in acts:
        cells.add("plays" if kind == Kind.PLAY else "follows", viewer, count)
    unplaced = 0
    for sale in sales:
        if sale.sheet not in viewers:
            unplaced += 1
            continue
        cells.add("orders", viewers[sale.sheet], 1)
        cells.add("sales", viewers[sale.sheet], sale.fen)
    return Outcomes(cells.sums, unplaced)


class _Cells:
    """Sums by cell; each viewer's cell is drawn once."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._cell_of: dict[int, int] = {}
        names = ("plays", "follows", "orders", "sales")
        self.sums: dict[str, Reals] = {name: np.zeros(experiment.cells) for name in names}

    def add(self, metric: str, viewer: int, amount: int) -> None:
        cell = self._cell_of.get(viewer)
        if cell is None:
            cell = self._cell_of[viewer] = cell_of(viewer, self._experiment)
        if cell != HELD_OUT:
            self.sums[metric][cell] += amount


_ACTS = f"""
SELECT kind, viewer, count(*) FROM signals
WHERE kind IN ({Kind.PLAY.value}, {Kind.FOLLOW.value}) AND at_ms >= $since_ms
    AND object_kind = {ObjectKind.POST.value} AND object IN (SELECT unnest($posts))
    AND NOT EXISTS (
        SELECT 1 FROM judged WHERE fault > 0
        AND judged.sheet = signals.sheet AND judged.slot = signals.slot
    )
GROUP BY kind, viewer
"""  # noqa: S608 - only our own numbers are put in


def _acts(
    signals: DuckDBPyConnection, subject: Subject, *, since: datetime
) -> list[tuple[int, int, int]]:
    """(kind, viewer, times) of plays and follows."""
    values = {"since_ms": int(since.timestamp() * 1000), "posts": list(subject.posts)}
    return signals.execute(_ACTS, values).fetchall()


def _viewers(signals: DuckDBPyConnection, sheets: Collection[int]) -> dict[int, int]:
    """Sheet -> who was shown it."""
    statement = "SELECT DISTINCT sheet, viewer FROM signals WHERE sheet IN (SELECT unnest(?))"
    return dict(signals.execute(statement, [list(sheets)]).fetchall()) if sheets else {}


def _subject(grant: Grant, *, until: datetime) -> Subject:
    contracts = list(grant.contracts.all())
    villages = [one.target for one in contracts if one.kind == Contract.Kind.VILLAGE]
    of_villages = set(
        content.published_posts().filter(village__in=villages).values_list("pk", flat=True)
    )
    posts = facts.read_log(PostPublished, since=clock.start_of(_BEGINNING), until=until)
    return Subject(
        posts={
            fact.payload["post_id"]: fact.payload["public_id"]
            for fact in posts
            if fact.payload["post_id"] in of_villages
            or any(_supports(one, fact.payload) for one in contracts)
        },
        counties=_named(contracts, Contract.Kind.COUNTY),
        products=_named(contracts, Contract.Kind.PRODUCT),
    )


def _supports(contract: Contract, post: dict[str, object]) -> bool:
    kind = Contract.Kind(contract.kind)
    if kind == Contract.Kind.COUNTY:
        return post["county"] == contract.target_public_id
    column = {"creator": "author_id", "goods": "product_id", "post": "post_id"}.get(kind.value)
    return column is not None and post[column] == contract.target


def _named(contracts: list[Contract], kind: Contract.Kind) -> frozenset[str]:
    return frozenset(one.target_public_id for one in contracts if one.kind == kind)


def _sales(subject: Subject, *, since: datetime, until: datetime) -> Iterator[Sale]:
    """Paid orders with lines of the subject: its counties, its products, or come by its posts."""
    posts = set(subject.posts.values())
    for fact in facts.read_log(OrderPaid, since=since, until=until):
        lines = [
            line
            for line in fact.payload["lines"]
            if line["county"] in subject.counties
            or line["product"] in subject.products
            or line["via_post"] in posts
        ]
        if lines:
            fen = sum(
                line["goods_fen"] - line["discount_fen"] + line["freight_fen"] for line in lines
            )
            exposures = [line["via_exposure"] for line in lines if line["via_exposure"]]
            sheet = int(exposures[0].partition(".")[0], 16) if exposures else 0
            yield Sale(sheet, fen)
