"""What a merchant asks for parcels, and prices cut for a while by merchant or platform."""

from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status

from shanhuo.api.goods_schemas import Fen, PublicId
from shanhuo.api.once import KEY, once
from shanhuo.api.orders_schemas import Id
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.orders import queries, services
from shanhuo.orders.choices import Funder
from shanhuo.people import queries as people
from shanhuo.people import rules
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of

router = Router(tags=["selling"])
ACCESS = {
    "GET /api/seller/merchants/{public_id}/freight": Access.SELLER,
    "PUT /api/seller/merchants/{public_id}/freight": Access.SELLER,
    "GET /api/seller/price-cuts": Access.SELLER,
    "POST /api/seller/price-cuts": Access.SELLER,
    "DELETE /api/seller/price-cuts/{public_id}": Access.SELLER,
    "GET /api/ops/price-cuts": Access.OPERATOR | Access.AUDITOR,
    "POST /api/ops/price-cuts": Access.OPERATOR,
    "DELETE /api/ops/price-cuts/{public_id}": Access.OPERATOR,
}


class FreightRule(Schema):
    """The first kilogram, each further one begun, free from a sum (null: never), and what remote
    provinces always add."""

    base_fen: Fen
    per_kg_fen: Fen
    free_over_fen: Fen | None = None
    remote_fen: Fen = 0


class CutIn(Schema):
    """So much off every piece from now on, for some days."""

    sku: Id
    off_fen: Fen = Field(ge=1)
    days: int = Field(strict=True, ge=1, le=30)


class CutOut(Schema):
    """funder: merchant or platform; who bears it stands in statement and receipt."""

    id: str
    sku: str
    product: str
    title: str
    sku_name: str
    off_fen: int
    funder: str
    starts_at: datetime
    ends_at: datetime


class CutsOut(Schema):
    """Those that run or will, the first to end first."""

    cuts: list[CutOut]


@router.get(
    "/seller/merchants/{public_id}/freight", response=FreightRule, summary="A merchant's freight"
)
def freight(request: HttpRequest, public_id: PublicId) -> Any:
    """All zero where sending is free."""
    rule = queries.freight_rule(_merchant(request, public_id))
    return rule or FreightRule(base_fen=0, per_kg_fen=0)


@router.put(
    "/seller/merchants/{public_id}/freight", response=FreightRule, summary="Ask other freight"
)
def set_freight(request: HttpRequest, public_id: PublicId, body: FreightRule) -> Any:
    """From the next order on; placed orders keep theirs."""
    merchant_id = _merchant(request, public_id)
    services.set_freight(merchant_id=merchant_id, **body.dict())
    return queries.freight_rule(merchant_id)


@router.get("/seller/price-cuts", response=CutsOut, summary="Price cuts of one's goods")
def price_cuts(request: HttpRequest) -> dict[str, Any]:
    """Also those that the platform bears."""
    cuts = queries.price_cuts_of(rules.merchant_ids(request.user), now=clock.now())
    return {"cuts": [_shape(cut) for cut in cuts]}


@router.post(
    "/seller/price-cuts",
    response={201: CutsOut},
    summary="Cut a price at one's own cost",
    openapi_extra={"parameters": [KEY]},
)
def cut_price(request: HttpRequest, body: CutIn) -> Status[dict[str, Any]]:
    """422 `bad_cut` for the whole price or more. With an `Idempotency-Key` a retry cuts once."""
    sku = get_object_or_404(goods.skus_editable_by(request.user), public_id=body.sku)
    _cut(request, sku, body, funder=Funder.MERCHANT)
    return Status(201, price_cuts(request))


@router.delete("/seller/price-cuts/{public_id}", response={204: None}, summary="End a price cut")
def end_price_cut(request: HttpRequest, public_id: PublicId) -> Status[None]:
    """One's own; placed orders keep their price. 404 once it is over."""
    cuts = queries.price_cuts_of(rules.merchant_ids(request.user), now=clock.now())
    return _end(request, cuts.filter(funder=Funder.MERCHANT), public_id)


@router.get("/ops/price-cuts", response=CutsOut, summary="Price cuts that the platform bears")
def price_cuts_of_platform(request: HttpRequest) -> dict[str, Any]:
    return {"cuts": [_shape(cut) for cut in queries.price_cuts_of_platform(now=clock.now())]}


@router.post(
    "/ops/price-cuts",
    response={201: CutsOut},
    summary="Cut a price at the platform's cost",
    openapi_extra={"parameters": [KEY]},
)
def cut_price_for_merchant(request: HttpRequest, body: CutIn) -> Status[dict[str, Any]]:
    """The merchant gets the full price at settlement; the books show it under `funder:platform`.
    404 for what is not on sale; 422 `bad_cut`."""
    sku = get_object_or_404(goods.skus_of(goods.products_on_sale()), public_id=body.sku)
    _cut(request, sku, body, funder=Funder.PLATFORM)
    return Status(201, price_cuts_of_platform(request))


@router.delete("/ops/price-cuts/{public_id}", response={204: None}, summary="End such a cut")
def end_price_cut_of_platform(request: HttpRequest, public_id: PublicId) -> Status[None]:
    return _end(request, queries.price_cuts_of_platform(now=clock.now()), public_id)


def _cut(request: HttpRequest, sku: Any, body: CutIn, *, funder: Funder) -> None:
    now = clock.now()

    def act() -> None:
        services.cut_price(
            sku_id=sku.pk,
            price_fen=sku.price_fen,
            off_fen=body.off_fen,
            funder=funder,
            starts_at=now,
            ends_at=now + timedelta(days=body.days),
            actor=actor_of(request),
        )

    once(request, scope="orders.price_cut", act=act)


def _end(request: HttpRequest, cuts: Any, public_id: str) -> Status[None]:
    cut = get_object_or_404(cuts, public_id=public_id)
    services.end_price_cut(cut_id=cut.pk, actor=actor_of(request), now=clock.now())
    return Status(204, None)


def _merchant(request: HttpRequest, public_id: str) -> int:
    found = people.merchants_of(request.user).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found.pk


def _shape(cut: Any) -> dict[str, Any]:
    names = ("off_fen", "funder", "starts_at", "ends_at")
    return {
        "id": cut.public_id,
        "sku": cut.sku.public_id,
        "product": cut.sku.product.public_id,
        "title": cut.sku.product.title,
        "sku_name": cut.sku.name,
        **{name: getattr(cut, name) for name in names},
    }
