"""Coupons: offered by sellers, agreed to by operators, taken by buyers and used at the checkout."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from shanhuo.api import orders_shapes as shapes
from shanhuo.api.goods_schemas import Fen, PublicId
from shanhuo.api.once import NEEDED_KEY, key_of
from shanhuo.api.orders_sales import Moment
from shanhuo.api.orders_schemas import Id, ListFilter
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock, idempotency
from shanhuo.live import queries as live
from shanhuo.orders import queries, services
from shanhuo.orders.choices import CouponState
from shanhuo.people import queries as people
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of

router = Router(tags=["coupons"])
ACCESS = {
    "GET /api/products/{public_id}/coupons": Access.ANYONE,
    "POST /api/coupons/{public_id}/take": Access.SIGNED_IN,
    "GET /api/coupons": Access.SIGNED_IN,
    "GET /api/seller/coupons": Access.SELLER,
    "POST /api/seller/merchants/{public_id}/coupons": Access.SELLER,
    "POST /api/seller/coupons/{public_id}/stop": Access.SELLER,
    "GET /api/ops/coupons": Access.OPERATOR | Access.AUDITOR,
    "POST /api/ops/coupons/{public_id}/agree": Access.OPERATOR,
    "POST /api/ops/coupons/{public_id}/stop": Access.OPERATOR,
}


class CouponsFilter(ListFilter):
    """q: merchant, product or number; days of opening."""

    state: CouponState | None = None


class PageFilter(Schema):
    page: int = Field(1, ge=1, le=10_000)


class BatchIn(Schema):
    """`off_fen` off goods for `threshold_fen` or more, freight apart. No products: all of the
    merchant. session: a session of one's own in which alone they are given out."""

    products: list[Id] = Field(default_factory=list, max_length=200)
    threshold_fen: Fen
    off_fen: Fen
    platform_basis_points: int = Field(0, strict=True, ge=0, le=10_000)
    stock_count: int = Field(strict=True, ge=1, le=1_000_000)
    per_person: int = Field(1, strict=True, ge=1, le=20)
    opens_at: Moment
    closes_at: Moment
    use_by: Moment
    session: str = Field("", max_length=16)


class BatchOut(Schema):
    """What everybody sees of coupons that can be taken."""

    id: str
    merchant: str
    merchant_name: str
    threshold_fen: int
    off_fen: int
    stock_count: int
    left_count: int
    per_person: int
    opens_at: datetime
    closes_at: datetime
    use_by: datetime
    state: CouponState


class BatchesOut(Schema):
    """The most off first."""

    coupons: list[BatchOut]


class OwnBatchOut(BatchOut):
    """With who bears what, and what came of it."""

    products: list[str]
    session: str
    platform_basis_points: int
    used_count: int
    paid_count: int
    paid_off_fen: int


class OwnBatchesOut(Schema):
    coupons: list[OwnBatchOut]
    count: int
    next_page: int | None


class CouponOut(Schema):
    """One's own. `order`: what it is used for; empty while it can be used."""

    id: str
    batch: str
    merchant_name: str
    products: list[str]
    threshold_fen: int
    off_fen: int
    use_by: datetime
    taken_at: datetime
    order: str


class CouponsOut(Schema):
    coupons: list[CouponOut]
    count: int
    next_page: int | None


@router.get("/products/{public_id}/coupons", response=BatchesOut, summary="Coupons for a product")
def of_product(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    product = get_object_or_404(goods.products_on_sale(), public_id=public_id)
    found = queries.coupons_of_product(product.pk, product.merchant_id, now=clock.now())
    return {"coupons": [_batch(batch) for batch in found]}


@router.post("/coupons/{public_id}/take", response={201: CouponOut}, summary="Take a coupon")
def take(request: HttpRequest, public_id: PublicId) -> Status[dict[str, Any]]:
    """409 `enough_coupons`, `coupons_all_taken`, `coupons_over`; 403 `youth_mode`."""
    now = clock.now()
    batch = get_object_or_404(queries.coupons_in_public(now=now), public_id=public_id)
    coupon = services.take_coupon(batch_id=batch.pk, by=actor_of(request), now=now)
    return Status(201, _coupon(coupon))


@router.get("/coupons", response=CouponsOut, summary="One's coupons, those to use first")
def mine(request: HttpRequest, wanted: Query[PageFilter]) -> dict[str, Any]:
    page = shapes.page_of(queries.coupons_of(actor_of(request)), wanted.page)
    return {"coupons": [_coupon(each) for each in page], **shapes.numbers(page)}


@router.get("/seller/coupons", response=OwnBatchesOut, summary="One's batches and their results")
def batches(request: HttpRequest, wanted: Query[CouponsFilter]) -> dict[str, Any]:
    return _page(queries.batches_of_merchants(request.user), wanted)


@router.post(
    "/seller/merchants/{public_id}/coupons",
    response={201: OwnBatchOut},
    summary="Offer coupons",
    openapi_extra={"parameters": [NEEDED_KEY]},
)
def offer(request: HttpRequest, public_id: PublicId, body: BatchIn) -> Status[dict[str, Any]]:
    """A retry with the same key makes one batch. Where the platform shall bear a part it waits for
    an operator. 422 `bad_coupons`; 404 for merchants, products and sessions of others."""
    actor, terms = actor_of(request), body.dict(exclude={"products"})
    merchant = get_object_or_404(people.merchants_of(request.user), public_id=public_id)
    editable = goods.products_editable_by(request.user)
    chosen = [get_object_or_404(editable, public_id=one).pk for one in body.products]
    if body.session:
        get_object_or_404(live.sessions_directed_by(request.user), public_id=body.session)

    def act() -> str:
        batch = services.offer_coupons(
            merchant_id=merchant.pk, product_ids=chosen, actor=actor, now=clock.now(), **terms
        )
        return str(batch.public_id)

    made = idempotency.run(
        owner=actor.public_id,
        scope=f"orders.coupons:{actor.public_id}",
        key=key_of(request),
        body=f"{public_id} {body.json()}".encode(),
        now=clock.now(),
        act=act,
    )
    return Status(201, _own(queries.batches_of_merchants(request.user).get(public_id=made)))


@router.post("/seller/coupons/{public_id}/stop", response=OwnBatchOut, summary="Give out no more")
def stop(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """Safe to call again. What people have stays good."""
    mine = queries.batches_of_merchants(request.user)
    return _act(request, mine, public_id, services.stop_coupons)


@router.get("/ops/coupons", response=OwnBatchesOut, summary="Those the platform pays a part of")
def batches_of_platform(request: HttpRequest, wanted: Query[CouponsFilter]) -> dict[str, Any]:
    return _page(queries.batches_of_platform(), wanted)


@router.post("/ops/coupons/{public_id}/agree", response=OwnBatchOut, summary="Bear the part")
def agree(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """Safe to call again."""
    return _act(request, queries.batches_of_platform(), public_id, services.agree_to_coupons)


@router.post("/ops/coupons/{public_id}/stop", response=OwnBatchOut, summary="Decline, or stop")
def stop_for_merchant(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    return _act(request, queries.batches_of_platform(), public_id, services.stop_coupons)


def _act(request: HttpRequest, batches: Any, public_id: str, deed: Any) -> dict[str, Any]:
    batch = get_object_or_404(batches, public_id=public_id)
    deed(batch_id=batch.pk, actor=actor_of(request), now=clock.now())
    return _own(batches.get(pk=batch.pk))


def _page(found: Any, wanted: CouponsFilter) -> dict[str, Any]:
    found = queries.find_batches(found, now=clock.now(), q=wanted.q, state=wanted.state or "")
    found = queries.in_days(found, "opens_at", since=wanted.since, until=wanted.until)
    page = shapes.page_of(found, wanted.page)
    return {"coupons": [_own(batch) for batch in page], **shapes.numbers(page)}


_TERMS = ("threshold_fen", "off_fen", "stock_count", "left_count", "per_person")
_TIMES = ("opens_at", "closes_at", "use_by")
_OUTCOME = ("session", "platform_basis_points", "used_count", "paid_count", "paid_off_fen")


def _batch(batch: Any) -> dict[str, Any]:
    return {
        "id": batch.public_id,
        "merchant": batch.merchant.public_id,
        "merchant_name": batch.merchant.name,
        "state": batch.state_at(clock.now()),
        **{name: getattr(batch, name) for name in (*_TERMS, *_TIMES)},
    }


def _own(batch: Any) -> dict[str, Any]:
    return {
        **_batch(batch),
        "products": [product.public_id for product in batch.products.all()],
        **{name: getattr(batch, name) for name in _OUTCOME},
    }


def _coupon(coupon: Any) -> dict[str, Any]:
    batch = coupon.batch
    return {
        "id": coupon.public_id,
        "batch": batch.public_id,
        "merchant_name": batch.merchant.name,
        "products": [product.public_id for product in batch.products.all()],
        "threshold_fen": batch.threshold_fen,
        "off_fen": batch.off_fen,
        "use_by": batch.use_by,
        "taken_at": coupon.taken_at,
        "order": coupon.order.public_id if coupon.order else "",
    }
