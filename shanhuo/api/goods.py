"""Goods as everybody sees them: shelves, products, certificates, the public pool."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router

from shanhuo.api import goods_shapes as shapes
from shanhuo.api.goods_schemas import (
    CertificateOut,
    LabelCode,
    PoolFilter,
    PoolOut,
    ProductCardsOut,
    ProductOut,
    PublicId,
    ShelfFilter,
)
from shanhuo.goods import queries
from shanhuo.kernel import ids
from shanhuo.people.access import Access

router = Router(tags=["goods"])
ACCESS = {
    "GET /api/products": Access.ANYONE,
    "GET /api/products/{public_id}": Access.ANYONE,
    "GET /api/lots/{code}/certificate": Access.ANYONE,
    "GET /api/pool": Access.ANYONE,
}


@router.get("/products", response=ProductCardsOut, summary="What is on sale, newest first")
def products(request: HttpRequest, filters: Query[ShelfFilter]) -> dict[str, Any]:
    found = queries.products_on_sale()
    if filters.county:
        found = found.filter(county__adcode=filters.county)
    if filters.pool:
        found = queries.in_pool(found)
    category = filters.category or ""
    found = queries.find_products(found, q=filters.q, category=category, month=filters.month)
    return shapes.cards(found, filters.page)


@router.get("/products/{public_id}", response=ProductOut, summary="One product, whole")
def product(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """Drafts are seen by their own shop only."""
    found = queries.products_visible_to(request.user)
    return shapes.product(get_object_or_404(found, public_id=public_id))


@router.get("/lots/{code}/certificate", response=CertificateOut, summary="A lot's certificate")
def certificate(request: HttpRequest, code: LabelCode) -> dict[str, Any]:
    """`code` as typed from a label: any case, with or without dashes."""
    lot = get_object_or_404(queries.lots_in_public(), public_id=ids.as_typed(code))
    return shapes.certificate(lot, origin=f"{settings.PUBLIC_ORIGIN}/")


@router.get("/pool", response=PoolOut, summary="What counties admitted, what left and why")
def pool(request: HttpRequest, filters: Query[PoolFilter]) -> dict[str, Any]:
    found = queries.find_pool_entries(
        queries.pool_in_public(), q=filters.q, county=filters.county, status=filters.status
    )
    page = shapes.page_of(found, filters.page)
    return {"entries": [shapes.pool_entry(entry) for entry in page], **shapes.numbers(page)}
