"""Hot sales: announced by sellers, claimed and ordered by buyers.

The claim itself is the hot door `POST /hot/buy` with the `entry` of a sale; `POST
/api/sales/{public_id}/claim` does the same one by one, for programs that are in no hurry.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from pydantic import AfterValidator, AwareDatetime

from shanhuo.api import orders_shapes as shapes
from shanhuo.api.goods_schemas import Count, Fen, PublicId
from shanhuo.api.once import NEEDED_KEY, key_of
from shanhuo.api.orders_schemas import Id, ListFilter, PlacedOut, QuantityIn, Total, WayIn
from shanhuo.api.orders_sources import source_in
from shanhuo.api.schemas import RefusalOut
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock, idempotency
from shanhuo.orders import queries, services
from shanhuo.orders.choices import SaleState
from shanhuo.people import rules
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of

router = Router(tags=["hot sales"])
ACCESS = {
    "GET /api/sales": Access.ANYONE,
    "GET /api/sales/{public_id}": Access.ANYONE,
    "POST /api/sales/{public_id}/claim": Access.SIGNED_IN,
    "GET /api/sales/{public_id}/checkout": Access.SIGNED_IN,
    "POST /api/sales/{public_id}/order": Access.SIGNED_IN,
    "GET /api/seller/sales": Access.SELLER,
    "POST /api/seller/sales": Access.SELLER,
    "GET /api/seller/sales/{public_id}": Access.SELLER,
    "POST /api/seller/sales/{public_id}/close": Access.SELLER,
}
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def _of_this_century(moment: datetime) -> datetime:
    """Far from the ends of the calendar, where another time zone has no such day."""
    if not _FIRST <= moment <= _LAST:
        raise ValueError("not a moment of this century")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_of_this_century)]


class SalesFilter(ListFilter):
    """q: part of the product's title; days of opening."""

    state: SaleState | None = None


class SaleIn(Schema):
    """`stock_count` pieces of a size for `price_fen`, at most `per_person` for one buyer."""

    sku: Id
    price_fen: Fen = Field(ge=1)
    stock_count: int = Field(strict=True, ge=1, le=99_999)
    per_person: Count = Field(1, ge=1, le=999)
    opens_at: Moment
    closes_at: Moment


class ShareOut(Schema):
    """A buyer's share: held until `expires_at`, ordered (then `payment` is set), or expired."""

    quantity: int
    status: str
    expires_at: datetime
    payment: str | None


class SaleOut(Schema):
    """`entry`: what `POST /hot/buy` wants as token, for a signed-in buyer without a share."""

    id: str
    state: SaleState
    sku: str
    product: str
    title: str
    sku_name: str
    price_fen: int
    usual_fen: int
    stock_count: int
    left_count: int
    per_person: int
    opens_at: datetime
    closes_at: datetime
    sold_out_at: datetime | None
    share: ShareOut | None
    entry: str


class SalesOut(Schema):
    sales: list[SaleOut]
    count: int
    next_page: int | None


class KeptOut(Schema):
    """Kept until `expires_at`: order it before."""

    quantity: int
    expires_at: datetime


class SaleCheckoutOut(Schema):
    """What ordering one's share would cost with this address."""

    goods_fen: int
    freight_fen: int
    total_fen: int


class AddressFilter(Schema):
    address: Id


class OrderShareIn(AddressFilter, WayIn):
    """What the checkout of the share showed. If it differs by now, nothing is ordered."""

    total_seen_fen: Total


class SellerSaleOut(Schema):
    """A sale and what came of it; `paid_fen` without freight and before refunds."""

    id: str
    state: SaleState
    sku: str
    title: str
    sku_name: str
    price_fen: int
    stock_count: int
    left_count: int
    per_person: int
    opens_at: datetime
    closes_at: datetime
    sold_out_at: datetime | None
    ended_at: datetime | None
    buyer_count: int
    kept_units: int
    ordered_units: int
    paid_units: int
    paid_fen: int


class SellerSalesOut(Schema):
    sales: list[SellerSaleOut]
    count: int
    next_page: int | None


@router.get("/sales", response=SalesOut, summary="Hot sales that are open or will be")
def sales(request: HttpRequest, wanted: Query[SalesFilter]) -> dict[str, Any]:
    found = queries.still_to_come(queries.sales_in_public(), now=clock.now())
    page = shapes.page_of(_found(found, wanted), wanted.page)
    return {"sales": _shown(request, page.object_list), **shapes.numbers(page)}


@router.get("/sales/{public_id}", response=SaleOut, summary="One hot sale")
def sale(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    return _shown(request, [_sale(request, public_id)])[0]


@router.post(
    "/sales/{public_id}/claim",
    response={200: KeptOut, 503: RefusalOut},
    summary="Take a share of a hot sale",
)
def claim(request: HttpRequest, public_id: PublicId, body: QuantityIn) -> Any:
    """Asked again, it answers alike and takes nothing more. 409 `sold_out`, `not_open`, `closed`,
    `too_many`, `given_back`; 403 `youth_mode`; 503 `try_again`, or `waiting` with `place` and
    `seconds`: the place is kept, ask again then."""
    return services.claim(
        sale=_sale(request, public_id),
        buyer=actor_of(request),
        quantity=body.quantity,
        now=clock.now(),
    )


@router.get(
    "/sales/{public_id}/checkout", response=SaleCheckoutOut, summary="What one's share costs"
)
def checkout(request: HttpRequest, public_id: PublicId, wanted: Query[AddressFilter]) -> Any:
    """404 without a share that waits for its order, or for an address that is not yours."""
    buyer = actor_of(request)
    address = get_object_or_404(queries.addresses_of(buyer), public_id=wanted.address)
    found = _sale(request, public_id)
    view = queries.claim_checkout(found, buyer=buyer, address=address, now=clock.now())
    if not view.parcels:
        raise Http404
    return view


@router.post(
    "/sales/{public_id}/order",
    response={201: PlacedOut},
    summary="Order one's share",
    openapi_extra={"parameters": [NEEDED_KEY]},
)
def order(request: HttpRequest, public_id: PublicId, body: OrderShareIn) -> Status[dict[str, Any]]:
    """Then pay it like any order. A retry with the same key orders once. 409 `claim_over`,
    `price_changed`; 422 `no_such_address`, `not_delivered`; 403 `youth_mode`."""
    found = _sale(request, public_id)
    placed = services.order_claim(
        buyer=actor_of(request),
        sale_id=found.pk,
        address=body.address,
        total_seen_fen=body.total_seen_fen,
        key=key_of(request),
        source=source_in(request, body, product=found.sku.product.public_id),
        now=clock.now(),
    )
    return Status(201, asdict(placed))


@router.get("/seller/sales", response=SellerSalesOut, summary="One's hot sales and their results")
def seller_sales(request: HttpRequest, wanted: Query[SalesFilter]) -> dict[str, Any]:
    page = shapes.page_of(_found(queries.sales_of_merchants(request.user), wanted), wanted.page)
    return {"sales": [_result(each) for each in page], **shapes.numbers(page)}


@router.post(
    "/seller/sales",
    response={201: SellerSaleOut},
    summary="Announce a hot sale",
    openapi_extra={"parameters": [NEEDED_KEY]},
)
def open_sale(request: HttpRequest, body: SaleIn) -> Status[dict[str, Any]]:
    """Its pieces leave the shelf at once. A retry with the same key opens one sale. 422 `bad_sale`;
    409 `out_of_stock`, `not_for_sale`; 404 for a size of others."""
    actor = actor_of(request)
    sku = get_object_or_404(goods.skus_editable_by(request.user), public_id=body.sku)

    def act() -> str:
        opened = services.open_hot_sale(
            sku_id=sku.pk,
            usual_fen=sku.price_fen,
            actor=actor,
            now=clock.now(),
            **body.dict(exclude={"sku"}),
        )
        return str(opened.public_id)

    public_id = idempotency.run(
        owner=actor.public_id,
        scope=f"orders.hot_sale:{actor.public_id}",
        key=key_of(request),
        body=body.json().encode(),
        now=clock.now(),
        act=act,
    )
    return Status(201, _result(_own(request, public_id)))


@router.get("/seller/sales/{public_id}", response=SellerSaleOut, summary="What came of one")
def seller_sale(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    return _result(_own(request, public_id))


@router.post(
    "/seller/sales/{public_id}/close", response=SellerSaleOut, summary="End it before its time"
)
def close_sale(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """Safe to call again. What is kept for buyers stays kept."""
    found = _own(request, public_id)
    services.close_hot_sale(sale_id=found.pk, actor=actor_of(request), now=clock.now())
    return _result(_own(request, public_id))


def _found(sales: Any, wanted: SalesFilter) -> Any:
    found = queries.find_sales(sales, now=clock.now(), q=wanted.q, state=wanted.state or "")
    return queries.in_days(found, "opens_at", since=wanted.since, until=wanted.until)


def _sale(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.sales_visible_to(request.user), public_id=public_id)


def _own(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.sales_of_merchants(request.user), public_id=public_id)


def _shown(request: HttpRequest, sales: Any) -> list[dict[str, Any]]:
    now = clock.now()
    views = queries.sale_views(sales, user=request.user, now=now)
    return [_view(request, view, now) for view in views]


def _view(request: HttpRequest, view: queries.SaleView, now: datetime) -> dict[str, Any]:
    names = (
        "price_fen", "stock_count", "left_count", "per_person", "opens_at", "closes_at",
        "sold_out_at",
    )  # fmt: skip
    may_ask = view.is_open_to_wishes and rules.may_trade(request.user)
    entry = (
        services.entry_token(sale=view.sale, buyer=actor_of(request), now=now) if may_ask else ""
    )
    return {
        "id": view.sale.public_id,
        "state": view.state,
        "sku": view.offer.public_id,
        "product": view.offer.product_public_id,
        "title": view.offer.product_title,
        "sku_name": view.offer.name,
        "usual_fen": view.offer.price_fen,
        "share": _share(view.claim) if view.claim else None,
        "entry": entry,
        **{name: getattr(view.sale, name) for name in names},
    }


def _share(claim: Any) -> dict[str, Any]:
    names = ("quantity", "status", "expires_at")
    payment = claim.line.order.payment.public_id if claim.line else None
    return {"payment": payment, **{name: getattr(claim, name) for name in names}}


def _result(sale: Any) -> dict[str, Any]:
    names = (
        "price_fen", "stock_count", "left_count", "per_person", "opens_at", "closes_at",
        "sold_out_at", "ended_at", "buyer_count", "kept_units", "ordered_units", "paid_units",
        "paid_fen",
    )  # fmt: skip
    return {
        "id": sale.public_id,
        "state": sale.state_at(clock.now()),
        "sku": sale.sku.public_id,
        "title": sale.sku.product.title,
        "sku_name": sale.sku.name,
        **{name: getattr(sale, name) for name in names},
    }
