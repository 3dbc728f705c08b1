"""Buying: the basket, addresses, the checkout, one's orders and what became of their money.

That an order is paid is never said here: only the payment company's signed word makes it so.
"""

from contextlib import suppress
from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from shanhuo.api import orders_shapes as shapes
from shanhuo.api.goods_schemas import PublicId
from shanhuo.api.once import KEY, NEEDED_KEY, key_of, once
from shanhuo.api.orders_schemas import (
    AddressesOut,
    AddressIn,
    AddressOut,
    BasketIn,
    BasketOut,
    CheckoutFilter,
    CheckoutOut,
    HandOverOut,
    OrderOut,
    OrdersFilter,
    OrdersOut,
    PayIn,
    PaymentOut,
    PlacedOut,
    PlaceIn,
    QuantityIn,
    ReceiptOut,
    TakeBackIn,
)
from shanhuo.api.orders_sources import source_in
from shanhuo.api.schemas import RefusalOut
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.orders import queries, services
from shanhuo.orders.choices import RefundReason
from shanhuo.people import phones
from shanhuo.people import rules as people
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of
from shanhuo.regions import queries as regions

router = Router(tags=["orders"])
ACCESS = {
    "GET /api/basket": Access.SIGNED_IN,
    "POST /api/basket": Access.SIGNED_IN,
    "PUT /api/basket/{sku}": Access.SIGNED_IN,
    "DELETE /api/basket/{sku}": Access.SIGNED_IN,
    "GET /api/addresses": Access.SIGNED_IN,
    "POST /api/addresses": Access.SIGNED_IN,
    "PUT /api/addresses/{public_id}": Access.SIGNED_IN,
    "DELETE /api/addresses/{public_id}": Access.SIGNED_IN,
    "GET /api/checkout": Access.SIGNED_IN,
    "GET /api/payments/{public_id}": Access.SIGNED_IN,
    "POST /api/payments/{public_id}/hand-over": Access.SIGNED_IN,
    "POST /api/payments/{public_id}/cancel": Access.SIGNED_IN,
    "GET /api/orders": Access.SIGNED_IN,
    "POST /api/orders": Access.SIGNED_IN,
    "GET /api/orders/{public_id}": Access.SIGNED_IN,
    "GET /api/orders/{public_id}/receipt": Access.SIGNED_IN,
    "POST /api/orders/{public_id}/receive": Access.SIGNED_IN,
    "POST /api/orders/{public_id}/take-back": Access.SIGNED_IN,
}


@router.get("/basket", response=BasketOut, summary="One's basket at the prices of now")
def basket(request: HttpRequest) -> queries.CheckoutView:
    return queries.checkout_view(buyer=actor_of(request), now=clock.now(), coupons=())


@router.post("/basket", response=BasketOut, summary="Put some more of a SKU in")
def put_in(request: HttpRequest, body: BasketIn) -> queries.CheckoutView:
    """A wish: nothing is held. 422 `bad_quantity`, 409 `basket_full`, 403 `youth_mode`."""
    _refuse_minors(request)
    sku_id, product = _sku(body.sku)
    services.add_to_basket(
        buyer=actor_of(request),
        sku_id=sku_id,
        quantity=body.quantity,
        now=clock.now(),
        source=source_in(request, body, product=product),
    )
    return basket(request)


@router.put("/basket/{sku}", response=BasketOut, summary="Want so many of it")
def set_quantity(request: HttpRequest, sku: PublicId, body: QuantityIn) -> queries.CheckoutView:
    """404 if the basket has none of it; 422 `bad_quantity`."""
    changed = services.set_quantity(
        buyer=actor_of(request), sku_id=_sku(sku)[0], quantity=body.quantity, now=clock.now()
    )
    if not changed:
        raise Http404
    return basket(request)


@router.delete("/basket/{sku}", response={204: None}, summary="Take it out")
def take_out(request: HttpRequest, sku: PublicId) -> Status[None]:
    if not services.take_out(buyer=actor_of(request), sku_id=_sku(sku)[0]):
        raise Http404
    return Status(204, None)


@router.get("/addresses", response=AddressesOut, summary="One's addresses, the default first")
def addresses(request: HttpRequest) -> dict[str, Any]:
    kept = queries.addresses_of(actor_of(request))
    return {"addresses": [shapes.address(each) for each in kept]}


@router.post("/addresses", response={201: AddressOut}, summary="Write an address down")
def keep_address(request: HttpRequest, body: AddressIn) -> Status[dict[str, Any]]:
    """The first becomes the default. 422 `not_a_phone`; 409 `too_many_addresses`."""
    return Status(201, _kept(request, body))


@router.put("/addresses/{public_id}", response=AddressOut, summary="Correct an address")
def correct_address(request: HttpRequest, public_id: PublicId, body: AddressIn) -> dict[str, Any]:
    """The corrected address has a new id; orders keep the copy they have. 422 `not_a_phone`."""
    get_object_or_404(queries.addresses_of(actor_of(request)), public_id=public_id)
    return _kept(request, body, replaces=public_id)


@router.delete("/addresses/{public_id}", response={204: None}, summary="Forget an address")
def remove_address(request: HttpRequest, public_id: PublicId) -> Status[None]:
    """Orders keep their own copy."""
    owner = actor_of(request)
    if not services.remove_address(owner=owner, public_id=public_id, now=clock.now()):
        raise Http404
    return Status(204, None)


@router.get("/checkout", response=CheckoutOut, summary="What an order would be and cost")
def checkout(request: HttpRequest, wanted: Query[CheckoutFilter]) -> dict[str, Any]:
    """Nothing is held, and no coupon is used that was not asked for: the parcels name those that
    fit. 404 for an address that is not yours."""
    kept = queries.addresses_of(actor_of(request))
    one = get_object_or_404(kept, public_id=wanted.address) if wanted.address else kept.first()
    view = queries.checkout_view(
        buyer=actor_of(request),
        now=clock.now(),
        address=one,
        only=wanted.sku or None,
        coupons=wanted.coupon,
    )
    return {
        "parcels": view.parcels,
        "goods_fen": view.goods_fen,
        "freight_fen": view.freight_fen,
        "total_fen": view.total_fen,
        "can_be_ordered": view.can_be_ordered,
        "address": shapes.address(one) if one else None,
    }


@router.post(
    "/orders",
    response={201: PlacedOut},
    summary="Order what the checkout showed",
    openapi_extra={"parameters": [NEEDED_KEY]},
)
def place_order(request: HttpRequest, body: PlaceIn) -> Status[dict[str, Any]]:
    """One order per merchant under one payment, and its stock held. A retry with the same key
    orders nothing twice; with another body it is 422 `idempotency_key_reused`.

    409 `price_changed`, `basket_changed`, `out_of_stock`, `too_many_unpaid`, `coupon_not_usable`;
    422 `not_delivered`, `no_such_address`, `bad_quantity`; 403 `youth_mode`. Then nothing is
    ordered or held.
    """
    placed = services.place_order(
        buyer=actor_of(request),
        address=body.address,
        wanted=[services.Wanted(**line.dict()) for line in body.lines],
        total_seen_fen=body.total_seen_fen,
        key=key_of(request),
        now=clock.now(),
        coupons=body.coupons,
    )
    return Status(201, asdict(placed))


@router.get("/payments/{public_id}", response=PaymentOut, summary="How a payment stands")
def payment(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """While it waits we ask the payment company, in case its notice is still under way."""
    found = _payment(request, public_id)
    if found.status == "waiting" and found.handed_over_at:
        with suppress(services.CompanyUnreachable):
            services.ask_back(payment_id=found.pk, now=clock.now())
        found = _payment(request, public_id)
    return shapes.payment(found)


@router.post(
    "/payments/{public_id}/hand-over",
    response={200: HandOverOut, 503: RefusalOut},
    summary="Where to pay it",
)
def hand_over(request: HttpRequest, public_id: PublicId, body: PayIn) -> dict[str, Any]:
    """Safe to call again. 409 `payment_over`; 503 `payment_company_unreachable`."""
    _refuse_minors(request)
    found = _payment(request, public_id)
    titles = [line.title for order in found.orders.all() for line in order.lines.all()]
    place = services.hand_over(
        payment=found,
        description="、".join(titles)[:60],
        client_address=request.META.get("REMOTE_ADDR") or "127.0.0.1",
        on_phone=body.on_phone,
        now=clock.now(),
    )
    return {"address": place.address, "as_code": place.as_code}


@router.post("/payments/{public_id}/cancel", response=PaymentOut, summary="Give it up unpaid")
def cancel(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """All its orders end and their stock is free. 409 `payment_over`."""
    found = _payment(request, public_id)
    if not services.cancel_unpaid(payment_id=found.pk, actor=actor_of(request), now=clock.now()):
        raise services.PaymentOver
    return shapes.payment(_payment(request, public_id))


@router.get("/orders", response=OrdersOut, summary="One's own orders, newest first")
def orders(request: HttpRequest, wanted: Query[OrdersFilter]) -> dict[str, Any]:
    found = queries.orders_of_buyer(request.user)
    return shapes.orders(found, wanted)


@router.get("/orders/{public_id}", response=OrderOut, summary="One order, whole")
def order(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    return shapes.order(_order(request, public_id))


@router.get("/orders/{public_id}/receipt", response=ReceiptOut, summary="Where its money goes")
def receipt(request: HttpRequest, public_id: PublicId) -> queries.Receipt:
    """404 until it is paid."""
    found = _order(request, public_id)
    if found.paid_at is None:
        raise Http404
    return queries.receipt_of(found)


@router.post("/orders/{public_id}/receive", response=OrderOut, summary="The goods are here")
def receive(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """Safe to call twice; an order that is not wholly shipped stays as it is."""
    found = _order(request, public_id)
    services.receive(order_id=found.pk, actor=actor_of(request), now=clock.now())
    return shapes.order(_order(request, public_id))


@router.post(
    "/orders/{public_id}/take-back",
    response=OrderOut,
    summary="Take units back that were not shipped",
    openapi_extra={"parameters": [KEY]},
)
def take_back(request: HttpRequest, public_id: PublicId, body: TakeBackIn) -> dict[str, Any]:
    """Goods and their share of the freight go back by themselves. With an `Idempotency-Key` a
    retry takes nothing back twice. 409 `nothing_to_refund`, `wrong_status`."""
    found = _order(request, public_id)

    def act() -> None:
        services.refund_unshipped(
            order_id=found.pk,
            quantities=shapes.units_of(found, body.units),
            reason=RefundReason.CHANGED_MIND,
            actor=actor_of(request),
            now=clock.now(),
        )

    once(request, scope="orders.take_back", act=act)
    return shapes.order(_order(request, public_id))


def _kept(request: HttpRequest, body: AddressIn, *, replaces: str = "") -> dict[str, Any]:
    county = regions.county_of(body.county)
    if county is None:
        raise Http404
    kept = services.keep_address(
        owner=actor_of(request),
        county_id=county.pk,
        recipient=body.recipient,
        phone=phones.normalise(body.phone),
        street=body.street,
        is_default=body.is_default,
        now=clock.now(),
        replaces=replaces,
    )
    return shapes.address(kept)


def _refuse_minors(request: HttpRequest) -> None:
    if not people.may_trade(request.user):
        raise services.YouthMode


def _sku(public_id: str) -> tuple[int, str]:
    """Id of the SKU and public id of its product."""
    found = goods.sku_ids(public_id)
    if found is None:
        raise Http404
    return found


def _order(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.orders_of_buyer(request.user), public_id=public_id)


def _payment(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.payments_of_buyer(request.user), public_id=public_id)
