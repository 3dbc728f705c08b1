"""A seller's goods: products, photos, sizes, prices, stock, lots and brands."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from shanhuo.api import goods_shapes as shapes
from shanhuo.api.goods_schemas import (
    BrandOut,
    DossierIn,
    DossierOut,
    GoodsPageIn,
    LotIn,
    LotOut,
    LotsOut,
    NewBrandIn,
    NewProductIn,
    NewSkuIn,
    Photo,
    PriceChainIn,
    ProductCardsOut,
    ProductIn,
    PublicId,
    SellerFilter,
    SellerProductOut,
    SkuIn,
    SkuOut,
    StockIn,
)
from shanhuo.api.schemas import RefusalOut
from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.goods.prices import PriceChain, PriceDoesNotAddUp
from shanhuo.kernel import clock, money
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of
from shanhuo.people.queries import merchants_of, offices_of

router = Router(tags=["selling"])
_KEEPERS = Access.SELLER | Access.OFFICER
ACCESS = {
    "GET /api/seller/products": Access.SELLER,
    "POST /api/seller/products": Access.SELLER,
    "GET /api/seller/products/{public_id}": Access.SELLER,
    "PUT /api/seller/products/{public_id}": Access.SELLER,
    "POST /api/seller/products/{public_id}/list": Access.SELLER,
    "POST /api/seller/products/{public_id}/unlist": Access.SELLER,
    "POST /api/seller/products/{public_id}/photos": Access.SELLER,
    "DELETE /api/seller/products/{public_id}/photos/{name}": Access.SELLER,
    "PUT /api/seller/products/{public_id}/photos/{name}/cover": Access.SELLER,
    "POST /api/seller/products/{public_id}/skus": Access.SELLER,
    "PUT /api/seller/skus/{public_id}": Access.SELLER,
    "PUT /api/seller/skus/{public_id}/price": Access.SELLER,
    "PUT /api/seller/skus/{public_id}/stock": Access.SELLER,
    "GET /api/seller/lots": Access.SELLER,
    "POST /api/seller/products/{public_id}/lots": Access.SELLER,
    "PUT /api/seller/lots/{public_id}": Access.SELLER,
    "POST /api/seller/lots/{public_id}/certify": Access.SELLER,
    "POST /api/seller/lots/{public_id}/withdraw": Access.SELLER,
    "GET /api/brands": _KEEPERS,
    "POST /api/brands": _KEEPERS,
    "PUT /api/brands/{public_id}/dossier": _KEEPERS,
    "POST /api/brands/{public_id}/publish": _KEEPERS,
    "GET /api/brands/{public_id}/versions": _KEEPERS,
}


@router.get("/seller/products", response=ProductCardsOut, summary="One's own products")
def products(request: HttpRequest, filters: Query[SellerFilter]) -> dict[str, Any]:
    found = queries.search(queries.products_editable_by(request.user), filters.q)
    if filters.status:
        found = found.filter(status=filters.status)
    return shapes.cards(found.order_by("-created_at", "-pk"), filters.page)


@router.post("/seller/products", response={201: SellerProductOut}, summary="Begin a product")
def create_product(request: HttpRequest, body: NewProductIn) -> Status[dict[str, Any]]:
    """A draft that nobody else sees. 422 `unknown_brand`."""
    shops = merchants_of(request.user).exclude(county=None)
    shop = shops.filter(public_id=body.shop).first() if body.shop else shops.first()
    if shop is None or shop.county_id is None:
        raise Http404
    product = goods.create_product(
        merchant_id=shop.pk,
        county_id=shop.county_id,
        details=_details(request, body),
        now=clock.now(),
    )
    return Status(201, shapes.seller_product(product))


@router.get("/seller/products/{public_id}", response=SellerProductOut, summary="One's product")
def product(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """`gaps` says what keeps it off sale."""
    return shapes.seller_product(_product(request, public_id))


@router.put("/seller/products/{public_id}", response=SellerProductOut, summary="Rewrite it")
def edit_product(request: HttpRequest, public_id: PublicId, body: ProductIn) -> dict[str, Any]:
    """422 `unknown_brand`; `forbidden_claim` while it is on sale."""
    product = _product(request, public_id)
    goods.edit_product(product_id=product.pk, details=_details(request, body))
    return shapes.seller_product(_product(request, public_id))


@router.post("/seller/products/{public_id}/list", response=SellerProductOut, summary="Put on sale")
def list_product(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """422 `not_ready_to_list`: `details.gaps` names everything that is missing."""
    goods.list_product(product_id=_product(request, public_id).pk, now=clock.now())
    return shapes.seller_product(_product(request, public_id))


@router.post(
    "/seller/products/{public_id}/unlist", response=SellerProductOut, summary="Take off sale"
)
def unlist_product(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    product = _product(request, public_id)
    goods.unlist_product(product_id=product.pk, actor=actor_of(request), now=clock.now())
    return shapes.seller_product(_product(request, public_id))


@router.post(
    "/seller/products/{public_id}/photos",
    response={201: SellerProductOut, 413: RefusalOut},
    summary="Add a photo",
)
def add_photo(request: HttpRequest, public_id: PublicId, photo: Photo) -> Status[dict[str, Any]]:
    """JPEG, PNG, WebP or HEIC. 413 `picture_too_large`, 422 `not_a_picture`."""
    product = _product(request, public_id)
    goods.add_photo(product_id=product.pk, file=photo)
    return Status(201, shapes.seller_product(product))


@router.delete(
    "/seller/products/{public_id}/photos/{name}", response={204: None}, summary="Remove a photo"
)
def remove_photo(request: HttpRequest, public_id: PublicId, name: PublicId) -> Status[None]:
    goods.remove_photo(product_id=_product(request, public_id).pk, name=name)
    return Status(204, None)


@router.put(
    "/seller/products/{public_id}/photos/{name}/cover", response={204: None}, summary="As cover"
)
def make_cover(request: HttpRequest, public_id: PublicId, name: PublicId) -> Status[None]:
    product = _product(request, public_id)
    get_object_or_404(product.photos, name=name)
    goods.make_cover(product_id=product.pk, name=name)
    return Status(204, None)


@router.post("/seller/products/{public_id}/skus", response={201: SkuOut}, summary="Add a size")
def add_sku(request: HttpRequest, public_id: PublicId, body: NewSkuIn) -> Status[dict[str, Any]]:
    """422 `price_does_not_add_up`, `bad_price` or `fee_too_small`."""
    sku = goods.add_sku(
        product_id=_product(request, public_id).pk,
        name=body.name,
        grams_per_unit=body.grams_per_unit,
        stock_count=body.stock_count,
        chain=_chain(body),
        actor_id=actor_of(request).pk,
        now=clock.now(),
    )
    return Status(201, shapes.sku(sku))


@router.put("/seller/skus/{public_id}", response=SkuOut, summary="Rename or hide a size")
def rename_sku(request: HttpRequest, public_id: PublicId, body: SkuIn) -> dict[str, Any]:
    sku = _sku(request, public_id)
    goods.rename_sku(sku_id=sku.pk, name=body.name, is_active=body.is_active)
    return shapes.sku(_sku(request, public_id))


@router.put("/seller/skus/{public_id}/price", response=SkuOut, summary="Set a price")
def set_price(request: HttpRequest, public_id: PublicId, body: PriceChainIn) -> dict[str, Any]:
    """422 `price_does_not_add_up`, `bad_price` or `fee_too_small`.

    Orders placed before keep theirs.
    """
    sku = goods.set_price(
        sku_id=_sku(request, public_id).pk,
        chain=_chain(body),
        actor_id=actor_of(request).pk,
        now=clock.now(),
    )
    return shapes.sku(sku)


@router.put("/seller/skus/{public_id}/stock", response=SkuOut, summary="Count the stock anew")
def set_stock(request: HttpRequest, public_id: PublicId, body: StockIn) -> dict[str, Any]:
    """409 `stock_moved` if it is not `seen_count` any more, or `stock_below_held`."""
    goods.set_stock(
        sku_id=_sku(request, public_id).pk, actor=actor_of(request), now=clock.now(), **body.dict()
    )
    return shapes.sku(_sku(request, public_id))


@router.get("/seller/lots", response=LotsOut, summary="One's own lots, newest first")
def lots(request: HttpRequest, filters: Query[GoodsPageIn]) -> dict[str, Any]:
    found = queries.lots_editable_by(request.user).order_by("-created_at", "-pk")
    page = shapes.page_of(found, filters.page)
    return {"lots": [shapes.lot(each) for each in page], **shapes.numbers(page)}


@router.post("/seller/products/{public_id}/lots", response={201: LotOut}, summary="Enter a lot")
def enter_lot(request: HttpRequest, public_id: PublicId, body: LotIn) -> Status[dict[str, Any]]:
    """A draft. 409 `lot_exists`; 422 `lot_dates_wrong`, `bad_volume`, `bad_telephone`."""
    product = _product(request, public_id)
    lot = goods.enter_lot(product_id=product.pk, details=_lot_details(body), now=clock.now())
    return Status(201, shapes.lot(lot))


@router.put("/seller/lots/{public_id}", response=LotOut, summary="Complete a draft lot")
def edit_lot(request: HttpRequest, public_id: PublicId, body: LotIn) -> dict[str, Any]:
    """409 `lot_is_final` or `lot_exists`; 422 as when it is entered."""
    lot = _lot(request, public_id)
    return shapes.lot(goods.edit_lot(lot_id=lot.pk, details=_lot_details(body)))


@router.post("/seller/lots/{public_id}/certify", response=LotOut, summary="Issue the certificate")
def certify_lot(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """422 `certificate_incomplete`: `details.missing` names the fields. 409 `lot_is_final`."""
    lot = _lot(request, public_id)
    return shapes.lot(
        goods.certify_lot(lot_id=lot.pk, actor_id=actor_of(request).pk, now=clock.now())
    )


@router.post("/seller/lots/{public_id}/withdraw", response={204: None}, summary="Withdraw a lot")
def withdraw_lot(request: HttpRequest, public_id: PublicId) -> Status[None]:
    """Nothing more of it is sold; a draft is thrown away."""
    lot = _lot(request, public_id)
    goods.withdraw_lot(lot_id=lot.pk, actor=actor_of(request), now=clock.now())
    return Status(204, None)


@router.get("/brands", response=list[BrandOut], summary="Brands one may work on")
def brands(request: HttpRequest) -> list[dict[str, Any]]:
    found = queries.brands_editable_by(request.user).order_by("name")
    return [shapes.brand(each) for each in found]


@router.post("/brands", response={201: BrandOut}, summary="Begin a brand")
def create_brand(request: HttpRequest, body: NewBrandIn) -> Status[dict[str, Any]]:
    """409 `brand_exists`."""
    keeper = _keeper(request, body.keeper)
    brand = goods.create_brand(
        organisation_id=keeper.pk, county_id=keeper.county_id, name=body.name, now=clock.now()
    )
    return Status(201, shapes.brand(brand))


@router.put("/brands/{public_id}/dossier", response={204: None}, summary="Write the draft")
def save_dossier(request: HttpRequest, public_id: PublicId, body: DossierIn) -> Status[None]:
    """Buyers keep seeing the published version."""
    brand = _brand(request, public_id)
    goods.save_dossier(brand_id=brand.pk, dossier=goods.Dossier(**body.dict()))
    return Status(204, None)


@router.post("/brands/{public_id}/publish", response=DossierOut, summary="Publish the draft")
def publish_dossier(request: HttpRequest, public_id: PublicId) -> Any:
    """422 `dossier_incomplete` or `slogan_breaks_own_rule`."""
    brand = _brand(request, public_id)
    return goods.publish_dossier(brand_id=brand.pk, actor_id=actor_of(request).pk, now=clock.now())


@router.get("/brands/{public_id}/versions", response=list[DossierOut], summary="All versions")
def versions(request: HttpRequest, public_id: PublicId) -> QuerySet[Any]:
    """Newest first; a published version never changes."""
    return queries.published_versions(_brand(request, public_id))


def _product(request: HttpRequest, public_id: str) -> queries.AnyProduct:
    return get_object_or_404(queries.products_editable_by(request.user), public_id=public_id)


def _sku(request: HttpRequest, public_id: str) -> queries.AnySku:
    return get_object_or_404(queries.skus_editable_by(request.user), public_id=public_id)


def _lot(request: HttpRequest, public_id: str) -> queries.AnyLot:
    return get_object_or_404(queries.lots_editable_by(request.user), public_id=public_id)


def _brand(request: HttpRequest, public_id: str) -> queries.AnyBrand:
    return get_object_or_404(queries.brands_editable_by(request.user), public_id=public_id)


def _keeper(request: HttpRequest, public_id: str) -> Any:
    """One of the user's shops or offices; it has a county."""
    shop = merchants_of(request.user).exclude(county=None).filter(public_id=public_id).first()
    return shop or get_object_or_404(offices_of(request.user), public_id=public_id)


def _details(request: HttpRequest, body: ProductIn) -> goods.ProductDetails:
    brand = queries.brand_by_public_id(body.brand)
    if body.brand and brand is None:
        raise goods.UnknownBrand
    written = body.dict(exclude={"months", "brand", "standard", "shop"})
    return goods.ProductDetails(
        **written,
        season_months=frozenset(body.months),
        brand_id=brand.pk if brand else None,
        standard=goods.Standard(**(body.standard.dict() if body.standard else {})),
    )


def _chain(body: PriceChainIn) -> PriceChain:
    """Raises PriceDoesNotAddUp."""
    chain = PriceChain(
        farm_gate_fen=body.farm_gate_fen,
        packing_fen=body.packing_fen,
        freight_fen=body.freight_fen,
        platform_fee_fen=body.platform_fee_fen,
        commission_fen=body.commission_fen,
    )
    if chain.retail_fen != body.price_fen:
        parts, price = money.yuan(chain.retail_fen), money.yuan(body.price_fen)
        raise PriceDoesNotAddUp(parts=parts, price=price)
    return chain


def _lot_details(body: LotIn) -> goods.LotDetails:
    written = body.dict(exclude={"promises", "proof_method"})
    return goods.LotDetails(
        **written, promises=tuple(body.promises), proof_method=body.proof_method or ""
    )
