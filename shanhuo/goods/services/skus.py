"""Sizes, their prices and how many there are."""

from dataclasses import asdict
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.goods.choices import Change
from shanhuo.goods.models import PriceVersion, Sku
from shanhuo.goods.prices import LARGEST_PRICE_FEN, BadPrice, FeeTooSmall, PriceChain
from shanhuo.goods.services.products import tell_change
from shanhuo.kernel import audit
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.money import share_of, yuan

MOST_STOCK = 1_000_000


class SkuExists(Refusal):
    code = "sku_exists"
    message = _("This product already has a size of that name.")


class BadStock(Refusal):
    code = "bad_stock"
    status = 422
    message = _("Stock is a whole number from 0 to 1,000,000.")


class StockBelowHeld(Refusal):
    code = "stock_below_held"
    message = _("%(held)s units are promised to orders that are being paid. Stock cannot be less.")


class StockMoved(Refusal):
    code = "stock_moved"
    message = _(
        "Meanwhile the stock became %(stock)s units, because something was sold or came back. "
        "Look again before you change it."
    )


@transaction.atomic
def add_sku(
    *,
    product_id: int,
    name: str,
    grams_per_unit: int,
    chain: PriceChain,
    stock_count: int,
    actor_id: int,
    now: datetime,
) -> Sku:
    """A new size. Its weight never changes; another weight is another size.

    Raises BadPrice, FeeTooSmall, BadStock or SkuExists.
    """
    _check_price(chain)
    _check_stock(stock_count)
    sku = Sku(
        product_id=product_id,
        name=name,
        grams_per_unit=grams_per_unit,
        stock_count=stock_count,
        price_fen=chain.retail_fen,
        **asdict(chain),
    )
    _save_named(sku)
    _remember_price(sku, chain, actor_id=actor_id, now=now)
    return sku


@transaction.atomic
def rename_sku(*, sku_id: int, name: str, is_active: bool) -> None:
    """Another name, or on and off the shelf. Raises SkuExists."""
    sku = Sku.objects.select_for_update(no_key=True).get(pk=sku_id)
    sku.name, sku.is_active = name, is_active
    _save_named(sku)


@transaction.atomic
def set_price(*, sku_id: int, chain: PriceChain, actor_id: int, now: datetime) -> Sku:
    """A new price with its chain. Orders placed before keep theirs.

    Raises BadPrice or FeeTooSmall.
    """
    _check_price(chain)
    sku = Sku.objects.select_for_update(no_key=True).get(pk=sku_id)
    sku.price_fen = chain.retail_fen
    for name, fen in chain.parts():
        setattr(sku, name, fen)
    sku.price_number += 1
    sku.save(update_fields=["price_fen", *asdict(chain), "price_number"])
    _remember_price(sku, chain, actor_id=actor_id, now=now)
    tell_change(sku.product, Change.PRICE, now=now)
    return sku


@transaction.atomic
def set_stock(
    *, sku_id: int, stock_count: int, seen_count: int, actor: audit.Actor, now: datetime
) -> None:
    """Count the warehouse anew. `seen_count` is the figure the seller had before the eyes.

    Raises BadStock; StockMoved if units were sold or came back since; StockBelowHeld.
    """
    _check_stock(stock_count)
    sku = Sku.objects.select_for_update(no_key=True).get(pk=sku_id)
    if sku.stock_count != seen_count:
        raise StockMoved(stock=sku.stock_count)
    if stock_count < sku.held_count:
        raise StockBelowHeld(held=sku.held_count)
    sku.stock_count = stock_count
    sku.save(update_fields=["stock_count"])
    if not sku.free_count:
        tell_change(sku.product, Change.STOCK_GONE, now=now)
    audit.record(
        verb="sku.stock",
        actor=actor,
        subject=f"goods.Sku:{sku.public_id}",
        detail={"from": seen_count, "to": stock_count},
        now=now,
    )


def _save_named(sku: Sku) -> None:
    try:
        with transaction.atomic():
            sku.save()
    except IntegrityError as error:
        raise SkuExists from error


def _check_price(chain: PriceChain) -> None:
    parts = [fen for _name, fen in chain.parts()]
    if min(parts) < 0 or not 0 < sum(parts) <= LARGEST_PRICE_FEN:
        raise BadPrice
    share = settings.PLATFORM_FEE_BASIS_POINTS
    if chain.platform_fee_fen < (least := share_of(chain.retail_fen, basis_points=share)):
        raise FeeTooSmall(least=yuan(least))


def _check_stock(stock_count: int) -> None:
    if not 0 <= stock_count <= MOST_STOCK:
        raise BadStock


def _remember_price(sku: Sku, chain: PriceChain, *, actor_id: int, now: datetime) -> None:
    PriceVersion.objects.create(
        sku=sku,
        number=sku.price_number,
        set_at=now,
        set_by_id=actor_id,
        price_fen=chain.retail_fen,
        **asdict(chain),
    )
