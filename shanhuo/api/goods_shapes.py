"""Rows of goods turned into the shapes of the API."""

from dataclasses import asdict
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

from shanhuo.goods import certificate as certificates
from shanhuo.goods import listing, queries, season
from shanhuo.kernel import clock

PAGE = 20


def page_of(rows: QuerySet[Any], number: int) -> Page[Any]:
    """The page of that number; what lies beyond the last is the last."""
    return Paginator(rows, PAGE).get_page(number)


def numbers(page: Page[Any]) -> dict[str, Any]:
    """How many rows there are, and the number of the next page or null."""
    return {
        "count": page.paginator.count,
        "next_page": page.next_page_number() if page.has_next() else None,
    }


def cards(products: QuerySet[Any], number: int) -> dict[str, Any]:
    """A page of product cards."""
    page = page_of(products, number)
    start = max(page.start_index() - 1, 0)
    shown = queries.cards(products[start : page.end_index()], day=clock.today())
    return {"products": [card(each) for each in shown], **numbers(page)}


def card(shown: queries.ProductCard) -> dict[str, Any]:
    return {
        **asdict(shown),
        "id": shown.public_id,
        "county": shown.adcode,
        "months": season.months_of(shown.season_mask),
    }


def product(found: queries.AnyProduct) -> dict[str, Any]:
    """A product as buyers see it."""
    page = queries.product_page(found, day=clock.today())
    dossier = page.dossier
    return {
        **_head(found),
        "story": found.story,
        "storage_note": found.storage_note,
        "eating_note": found.eating_note,
        "licence_number": found.licence_number,
        "standard": queries.standard_of(found),
        "photos": page.photos,
        "offers": [{**asdict(line), "id": line.public_id} for line in page.skus],
        "lots": [lot(each) for each in page.lots],
        "brand_name": found.brand.name if found.brand else "",
        "dossier": dossier,
        "is_in_pool": page.is_in_pool,
    }


def seller_product(found: queries.AnyProduct) -> dict[str, Any]:
    """A product as its seller sees it."""
    return {
        **_head(found),
        "gaps": [gap.value for gap in listing.gaps_of(found, day=clock.today())],
        "photos": queries.photos_of(found),
        "skus": [sku(each) for each in found.skus.order_by("grams_per_unit", "pk")],
        "lots": [lot(each) for each in found.lots.order_by("-created_at")],
    }


def sku(found: queries.AnySku) -> dict[str, Any]:
    return {
        "id": found.public_id,
        "name": found.name,
        "grams_per_unit": found.grams_per_unit,
        "is_active": found.is_active,
        "stock_count": found.stock_count,
        "held_count": found.held_count,
        "price_fen": found.price_fen,
        "price_number": found.price_number,
        "chain": found,
    }


def lot(found: queries.AnyLot) -> dict[str, Any]:
    names = (
        "number", "goods_name", "origin", "promiser", "declared_grams", "free_grams",
        "harvest_from", "harvest_until", "valid_until", "status",
    )  # fmt: skip
    return {"id": found.public_id, **{name: getattr(found, name) for name in names}}


def certificate(found: queries.AnyLot, *, origin: str) -> dict[str, Any]:
    """The certificate in public."""
    sheet = certificates.sheet_of(found, origin=origin, full_contact=False)
    return {
        "lot": lot(found),
        "certificate_number": found.certificate_number,
        "quantity": sheet.quantity,
        "contact": sheet.contact,
        "promises": found.promises,
        "proof_method": found.proof_method,
        "issued_on": found.issued_on,
        "address": sheet.address,
        "code": sheet.code,
    }


def pool_entry(entry: queries.AnyPoolEntry) -> dict[str, Any]:
    names = ("status", "checked_at", "exited_at", "exit_reason", "exit_note")
    return {
        "id": entry.public_id,
        "product": entry.product.public_id,
        "product_title": entry.product.title,
        "county": entry.product.county.adcode,
        "county_name": entry.product.county.name,
        "merchant_name": entry.product.merchant.name,
        **{name: getattr(entry, name) for name in names},
    }


def desk_entry(entry: queries.AnyPoolEntry) -> dict[str, Any]:
    """An entry with the people and notes that the public does not see."""
    return {
        **pool_entry(entry),
        "reason": entry.reason,
        "nominated_by": entry.nominated_by.display_name,
        "nominated_at": entry.nominated_at,
        "checked_by": entry.checked_by.display_name if entry.checked_by else "",
        "check_note": entry.check_note,
    }


def brand(found: queries.AnyBrand) -> dict[str, Any]:
    return {
        "id": found.public_id,
        "name": found.name,
        "keeper": found.organisation.name,
        "county": found.county.adcode,
        "slogan": found.current.slogan if found.current else "",
        "version": found.current.number if found.current else None,
    }


def _head(found: queries.AnyProduct) -> dict[str, Any]:
    [shown] = queries.cards(queries.products_by_id(found.pk), day=clock.today())
    return card(shown)
