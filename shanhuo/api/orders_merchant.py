"""Selling: orders to send, money to give back, the statement, and slips that pay households."""

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from shanhuo.api import orders_shapes as shapes
from shanhuo.api.goods_schemas import PublicId
from shanhuo.api.once import KEY, NEEDED_KEY, key_of, once
from shanhuo.api.orders_schemas import (
    HouseholdSheetOut,
    OrderOut,
    OrdersFilter,
    OrdersOut,
    PayeesOut,
    PeriodFilter,
    RefundIn,
    RefundsFilter,
    RefundsOut,
    ShipIn,
    ShipmentsFilter,
    ShipmentsOut,
    SlipBalanceOut,
    SlipIn,
    SlipOut,
    SlipsFilter,
    SlipsOut,
    StatementFilter,
    StatementOut,
)
from shanhuo.goods import queries as goods
from shanhuo.kernel import audit, clock
from shanhuo.orders import queries, services
from shanhuo.people import queries as people
from shanhuo.people import rules
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of

router = Router(tags=["selling"])
ACCESS = {
    "GET /api/seller/orders": Access.SELLER,
    "GET /api/seller/orders/{public_id}": Access.SELLER,
    "POST /api/seller/orders/{public_id}/ship": Access.SELLER,
    "POST /api/seller/orders/{public_id}/refund": Access.SELLER,
    "GET /api/seller/shipments": Access.SELLER,
    "GET /api/seller/refunds": Access.SELLER,
    "GET /api/seller/household-sheet": Access.SELLER,
    "GET /api/seller/slip-balance": Access.SELLER,
    "GET /api/seller/statement": Access.SELLER | Access.CREATOR,
    "GET /api/seller/households": Access.SELLER,
    "GET /api/seller/slips": Access.SELLER,
    "POST /api/seller/slips": Access.SELLER,
    "GET /api/seller/slips/{public_id}": Access.SELLER,
    "POST /api/seller/slips/{public_id}/reverse": Access.SELLER,
}


@router.get("/seller/orders", response=OrdersOut, summary="Orders at one's merchants")
def seller_orders(request: HttpRequest, wanted: Query[OrdersFilter]) -> dict[str, Any]:
    found = queries.orders_of_merchants(request.user)
    return shapes.orders(found, wanted)


@router.get("/seller/shipments", response=ShipmentsOut, summary="Parcels sent, newest first")
def shipments(request: HttpRequest, wanted: Query[ShipmentsFilter]) -> dict[str, Any]:
    return shapes.shipments(queries.shipments_of_merchants(request.user), wanted)


@router.get("/seller/refunds", response=RefundsOut, summary="Money given back, newest first")
def refunds(request: HttpRequest, wanted: Query[RefundsFilter]) -> dict[str, Any]:
    return shapes.refunds(queries.refunds_of_merchants(request.user), wanted)


@router.get("/seller/orders/{public_id}", response=OrderOut, summary="One order to send")
def seller_order(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    return shapes.order(_order(request, public_id))


@router.post("/seller/orders/{public_id}/ship", response=OrderOut, summary="A parcel leaves")
def ship(request: HttpRequest, public_id: PublicId, body: ShipIn) -> dict[str, Any]:
    """409 `parcel_known` (a retry), `nothing_to_ship`, `wrong_status`."""
    found = _order(request, public_id)
    services.ship(
        order_id=found.pk,
        carrier=body.carrier,
        tracking_number=body.tracking_number,
        quantities=shapes.units_of(found, body.units),
        actor=actor_of(request),
        now=clock.now(),
    )
    return shapes.order(_order(request, public_id))


@router.post(
    "/seller/orders/{public_id}/refund",
    response=OrderOut,
    summary="Give money back",
    openapi_extra={"parameters": [KEY]},
)
def refund(request: HttpRequest, public_id: PublicId, body: RefundIn) -> dict[str, Any]:
    """To the fen what the units cost the buyer. With an `Idempotency-Key` a retry gives nothing
    twice. 409 `nothing_to_refund`, `wrong_status`."""
    found = _order(request, public_id)
    once(request, scope="orders.refund", act=lambda: _refund(request, found, body))
    return shapes.order(_order(request, public_id))


@router.get("/seller/statement", response=StatementOut, summary="What was settled in a period")
def statement(request: HttpRequest, wanted: Query[StatementFilter]) -> dict[str, Any]:
    owners = rules.creator_ids if wanted.as_creator else rules.merchant_ids
    found = queries.statement_of(
        owners(request.user),
        **_days(wanted),
        as_creator=wanted.as_creator,
        q=wanted.q,
    )
    page = shapes.page_of(found.rows, wanted.page)
    sums = ("goods_fen", "fee_fen", "commission_fen", "net_fen")
    return {
        "since": found.since,
        "until": found.until,
        "rows": list(page),
        **shapes.numbers(page),
        **{name: found.total(name) for name in sums},
    }


@router.get("/seller/households", response=PayeesOut, summary="Whom slips may be written for")
def payable_households(request: HttpRequest) -> dict[str, Any]:
    """Households of the county that agreed; their names are masked."""
    return {"households": [shapes.payee(one) for one in people.payable_households(request.user)]}


@router.get("/seller/slips", response=SlipsOut, summary="One's purchase slips, newest first")
def slips(request: HttpRequest, wanted: Query[SlipsFilter]) -> dict[str, Any]:
    found = queries.find_slips(
        queries.slips_of_merchants(request.user),
        q=wanted.q,
        state=wanted.state or "",
        since=wanted.since,
        until=wanted.until,
    )
    page = shapes.page_of(found, wanted.page)
    payees = _payees(request)
    return {"slips": [shapes.slip(each, payees) for each in page], **shapes.numbers(page)}


@router.post(
    "/seller/slips",
    response={201: SlipOut},
    summary="Pay a household",
    openapi_extra={"parameters": [NEEDED_KEY]},
)
def write_slip(request: HttpRequest, body: SlipIn) -> Status[dict[str, Any]]:
    """A retry with the same key pays once. 422 `bad_weight`, `bad_slip_price`, `not_yet_bought`,
    `idempotency_key_reused`; 404 for a household that has not agreed or a lot of others."""
    household = people.payable_household(request.user, body.household)
    if household is None:
        raise Http404
    public_id = services.pay_household(
        actor=actor_of(request),
        household=household,
        lot=get_object_or_404(goods.lots_editable_by(request.user), public_id=body.lot),
        grams=body.grams,
        price_fen_per_kg=body.price_fen_per_kg,
        baseline_fen_per_kg=body.baseline_fen_per_kg,
        means=body.means,
        bought_on=body.bought_on,
        key=key_of(request),
        now=clock.now(),
    )
    return Status(201, _shown(request, public_id))


@router.get(
    "/seller/household-sheet", response=HouseholdSheetOut, summary="What each household got"
)
def household_sheet(request: HttpRequest, wanted: Query[PeriodFilter]) -> dict[str, Any]:
    """In a period, without one in this month. Reading it is noted in the audit trail."""
    days = _days(wanted)
    lines = queries.household_sheet(queries.slips_of_merchants(request.user), **days)
    audit.record(
        verb="orders.household_sheet",
        subject="orders.PurchaseSlip",
        actor=actor_of(request),
        detail={"households": len(lines)},
        now=clock.now(),
    )
    payees = _payees(request)
    return {**days, "households": [shapes.household_line(line, payees) for line in lines]}


@router.get("/seller/slip-balance", response=SlipBalanceOut, summary="Slips against settlement")
def slip_balance(request: HttpRequest, wanted: Query[PeriodFilter]) -> dict[str, Any]:
    """By product, in a period; without one in this month."""
    days = _days(wanted)
    return {**days, "products": queries.lot_balances(request.user, **days)}


@router.get("/seller/slips/{public_id}", response=SlipOut, summary="One slip")
def slip(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    return _shown(request, public_id)


@router.post(
    "/seller/slips/{public_id}/reverse", response={201: SlipOut}, summary="Take a slip back"
)
def reverse_slip(request: HttpRequest, public_id: PublicId) -> Status[dict[str, Any]]:
    """By one of negatives, which is the answer. 409 `slip_reversed_before`."""
    made = services.reverse_slip(
        slip_id=_slip(request, public_id).pk, actor=actor_of(request), now=clock.now()
    )
    return Status(201, _shown(request, made.public_id))


def _refund(request: HttpRequest, order: Any, body: RefundIn) -> None:
    units = shapes.units_of(order, body.units)
    who = {"order_id": order.pk, "actor": actor_of(request), "now": clock.now()}
    if body.was_shipped:
        services.refund_shipped(quantities=units or {}, reason=body.reason, **who)
    else:
        services.refund_unshipped(quantities=units, reason=body.reason, **who)


def _order(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.orders_of_merchants(request.user), public_id=public_id)


def _slip(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.slips_of_merchants(request.user), public_id=public_id)


def _shown(request: HttpRequest, public_id: str) -> dict[str, Any]:
    return shapes.slip(_slip(request, public_id), _payees(request))


def _days(wanted: PeriodFilter) -> dict[str, date]:
    today = clock.today()
    return {"since": wanted.since or today.replace(day=1), "until": wanted.until or today}


def _payees(request: HttpRequest) -> dict[int, people.PayableHousehold]:
    return {one.id: one for one in people.payable_households(request.user)}
