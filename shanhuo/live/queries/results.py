"""What came of a session: who watched, what was said, what was sold and what became of the money.

Money has the words of the house: *paid* was confirmed by a payment company, refunds stand beside
it, *settled* was divided among the parties. They are never added. Freight is left out.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum

from shanhuo.kernel import money
from shanhuo.live import rules
from shanhuo.live.models import (
    Cast,
    RoomArrivals,
    RoomMinute,
    Session,
    SessionStep,
    ShowcaseItem,
)
from shanhuo.live.states import Arrival, SessionStatus
from shanhuo.orders import queries as orders
from shanhuo.people import rules as people


@dataclass(frozen=True, slots=True)
class ProductResult:
    """One product of a showcase. sold_out_after: from the opening of its limited offer."""

    product_id: int
    title: str
    public_id: str
    orders: int
    units: int
    paid_fen: int
    refunded_fen: int
    sold_out_after: timedelta | None


@dataclass(frozen=True, slots=True)
class ShareResult:
    """A part of the credit of a session, as the cast agreed before the check."""

    name: str
    for_whom: str
    county: str
    basis_points: int
    paid_fen: int


@dataclass(frozen=True, slots=True)
class ArrivalResult:
    """How often viewers entered from one place. `key` is the name of an `Arrival`."""

    key: str
    label: str
    joins: int


@dataclass(frozen=True, slots=True)
class SessionResult:
    """joins count entries, not persons; most_viewers were there in the fullest minute; arrivals
    are the same entries by what led the viewers there, the most first."""

    public_id: str
    title: str
    kind: str
    host: str
    operator: str
    county: str
    began_at: datetime | None
    ended_at: datetime | None
    on_air: timedelta
    joins: int
    arrivals: tuple[ArrivalResult, ...]
    most_viewers: int
    likes: int
    messages: int
    orders: int
    units: int
    paid_fen: int
    refunded_fen: int
    settled_fen: int
    products: tuple[ProductResult, ...]
    shares: tuple[ShareResult, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of some sessions, under one name: a host's, a county's, or all of them."""

    name: str
    sessions: int
    on_air: timedelta
    joins: int
    orders: int
    units: int
    paid_fen: int
    refunded_fen: int
    settled_fen: int


def results_of(sessions: Iterable[Session]) -> list[SessionResult]:
    """In the order of `sessions` (with county, organisation and host), in a fixed number of
    statements."""
    rows = list(sessions)
    ids = [row.public_id for row in rows]
    on_air, room, shares = _on_air(rows), _room(rows), _shares(rows)
    settled, counts = orders.settled_of_sessions(ids), orders.order_counts_of_sessions(ids)
    sold: dict[str, list[orders.SessionSales]] = defaultdict(list)
    for sale in orders.sales_of_sessions(ids):
        sold[sale.session].append(sale)
    shown, arrivals = _showcases(rows), arrivals_of([row.pk for row in rows])
    return [
        _result(
            row,
            arrivals=arrivals[row.pk],
            on_air=on_air.get(row.pk, timedelta()),
            room=room.get(row.pk, (0, 0, 0, 0)),
            sales=sold[row.public_id],
            order_count=counts.get(row.public_id, 0),
            settled_fen=settled.get(row.public_id, 0),
            items=shown[row.pk],
            cast=shares[row.pk],
        )
        for row in rows
    ]


def totals(name: str, results: Sequence[SessionResult]) -> Totals:
    """The sums under one name."""
    return Totals(
        name=name,
        sessions=len(results),
        on_air=sum((one.on_air for one in results), timedelta()),
        joins=sum(one.joins for one in results),
        orders=sum(one.orders for one in results),
        units=sum(one.units for one in results),
        paid_fen=sum(one.paid_fen for one in results),
        refunded_fen=sum(one.refunded_fen for one in results),
        settled_fen=sum(one.settled_fen for one in results),
    )


def totals_by(field: str, results: Iterable[SessionResult]) -> list[Totals]:
    """Sums by "host" or "county", the largest amount first."""
    groups: dict[str, list[SessionResult]] = defaultdict(list)
    for one in results:
        groups[getattr(one, field)].append(one)
    found = [totals(name, group) for name, group in groups.items()]
    return sorted(found, key=lambda one: (-one.paid_fen, one.name))


def results_visible_to(user: Any) -> QuerySet[Session]:
    """Of whom the user was in the cast or sells for, of the officer's counties; all for operators
    and auditors. The latest first."""
    roles = people.roles_of(user)
    if roles.is_operator or roles.is_auditor:
        return sessions_with_results(Session.objects.all())
    mine = Session.objects.filter(cast__user=user).values("pk")
    wanted = (
        Q(pk__in=mine) | Q(organisation__in=roles.merchant_ids) | Q(county__in=roles.county_ids)
    )
    return sessions_with_results(Session.objects.filter(wanted))


def sessions_with_results(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Those that were on air, the latest first."""
    shown = sessions.filter(on_air_at__isnull=False)
    return shown.select_related("county", "organisation", "host").order_by("-on_air_at", "-pk")


def _result(
    row: Session,
    *,
    arrivals: tuple[ArrivalResult, ...],
    on_air: timedelta,
    room: tuple[int, int, int, int],
    sales: list[orders.SessionSales],
    order_count: int,
    settled_fen: int,
    items: list[ShowcaseItem],
    cast: list[Cast],
) -> SessionResult:
    joins, most_viewers, likes, messages = room
    paid_fen = sum(sale.paid_fen for sale in sales)
    return SessionResult(
        public_id=row.public_id,
        title=row.title,
        kind=row.get_kind_display(),
        host=row.host.display_name,
        operator=row.organisation.name,
        county=row.county.name,
        began_at=row.on_air_at,
        ended_at=row.ended_at,
        on_air=on_air,
        joins=joins,
        arrivals=arrivals,
        most_viewers=most_viewers,
        likes=likes,
        messages=messages,
        orders=order_count,
        units=sum(sale.unit_count for sale in sales),
        paid_fen=paid_fen,
        refunded_fen=sum(sale.refunded_fen for sale in sales),
        settled_fen=settled_fen,
        products=tuple(_products(items, sales)),
        shares=tuple(_credit(cast, paid_fen)),
    )


def _products(
    items: list[ShowcaseItem], sales: list[orders.SessionSales]
) -> Iterable[ProductResult]:
    """What sold first; a product that was put in twice stands here once."""
    of_product = {sale.product_id: sale for sale in sales}
    found = {}
    for item in items:
        sale = of_product.get(item.product_id)
        offer = item.hot_sale
        found[item.product_id] = ProductResult(
            product_id=item.product_id,
            title=item.product.title,
            public_id=item.product.public_id,
            orders=sale.order_count if sale else 0,
            units=sale.unit_count if sale else 0,
            paid_fen=sale.paid_fen if sale else 0,
            refunded_fen=sale.refunded_fen if sale else 0,
            sold_out_after=offer.sold_out_after if offer else None,
        )
    return sorted(found.values(), key=lambda one: (-one.paid_fen, one.title))


def _credit(cast: list[Cast], paid_fen: int) -> Iterable[ShareResult]:
    """The parts add up to what was paid, to the fen."""
    parts = money.split(paid_fen, weights=[one.share_basis_points for one in cast]) if cast else []
    for one, part_fen in zip(cast, parts, strict=True):
        yield ShareResult(
            name=one.user.display_name,
            for_whom=one.organisation.name if one.organisation else "",
            county=one.county.name if one.county else "",
            basis_points=one.share_basis_points,
            paid_fen=part_fen,
        )


def _on_air(rows: list[Session]) -> dict[int, timedelta]:
    """Pictures shown, gaps left out; of a session that is still on air, up to its last step."""
    spans: dict[int, timedelta] = defaultdict(timedelta)
    since: dict[int, datetime] = {}
    steps = SessionStep.objects.filter(session__in=rows).order_by("at", "pk")
    for session_id, before, after, at in steps.values_list("session", "before", "after", "at"):
        if after == SessionStatus.ON_AIR:
            since[session_id] = at
        elif before == SessionStatus.ON_AIR and session_id in since:
            spans[session_id] += at - since[session_id]
    return spans


def _room(rows: list[Session]) -> dict[int, tuple[int, int, int, int]]:
    minutes = RoomMinute.objects.filter(session__in=rows).values("session")
    told = minutes.annotate(
        entries=Sum("joins"), most=Max("most_viewers"), hearts=Sum("likes"), lines=Sum("messages")
    )
    columns = ("session", "entries", "most", "hearts", "lines")
    return {row[0]: row[1:] for row in told.values_list(*columns)}


def arrivals_of(session_ids: Collection[int]) -> dict[int, tuple[ArrivalResult, ...]]:
    """Session id -> where its viewers came from so far, the most first."""
    rows = RoomArrivals.objects.filter(session__in=session_ids).order_by("-joins", "source")
    found: dict[int, list[ArrivalResult]] = {pk: [] for pk in session_ids}
    for pk, source, joins in rows.values_list("session", "source", "joins"):
        place = Arrival(source)
        found[pk].append(ArrivalResult(place.name.lower(), str(place.label), joins))
    return {pk: tuple(places) for pk, places in found.items()}


def _showcases(rows: list[Session]) -> dict[int, list[ShowcaseItem]]:
    found: dict[int, list[ShowcaseItem]] = defaultdict(list)
    items = ShowcaseItem.objects.filter(session__in=rows).select_related("product", "hot_sale")
    for item in items.order_by("pk"):
        found[item.session_id].append(item)
    return found


def _shares(rows: list[Session]) -> dict[int, list[Cast]]:
    found: dict[int, list[Cast]] = defaultdict(list)
    cast = Cast.objects.filter(
        session__in=rows, role__in=rules.ON_STAGE, share_basis_points__gt=0
    ).select_related("user", "organisation", "county")
    for one in cast.order_by("pk"):
        found[one.session_id].append(one)
    return found
