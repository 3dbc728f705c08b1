"""Stock is promised, given back or handed over; each share remembers its lot.

Every verb locks in the same order: SKUs by pk, then lots by pk. Two baskets that overlap queue for
the rows instead of deadlocking. The locks give the polite refusal; the CHECK constraints on
`held_count` and `committed_grams` catch the bug.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.goods.choices import Change
from shanhuo.goods.models import Lot, Product, Sku, StockShare
from shanhuo.goods.prices import PART_NAMES, PriceChain, chain_of
from shanhuo.goods.services.products import tell_change
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.prepared import prepared
from shanhuo.kernel.rows import change, insert, standing_cursor, whole_numbers


class OutOfStock(Refusal):
    code = "out_of_stock"
    message = _("There is not enough left of something in this basket. Nothing was taken.")


class NotForSale(Refusal):
    code = "not_for_sale"
    message = _("Something in this basket is not for sale any more. Nothing was taken.")


class BadQuantity(Refusal):
    code = "bad_quantity"
    status = 422
    message = _("Order at least one and at most %(most)s whole units.")


MOST_UNITS = 99_999
# What a hold needs and no more: the other columns, one of them encrypted, would double its cost.
_SKU_COLUMNS = (
    "name",
    "is_active",
    "stock_count",
    "held_count",
    "grams_per_unit",
    "price_fen",
    "price_number",
    *PART_NAMES,
    "product__public_id",
    "product__title",
    "product__status",
    "product__county",
    "product__merchant__status",
)
_LOT_COLUMNS = ("product", "harvest_from", "declared_grams", "committed_grams")


@dataclass(frozen=True, slots=True)
class HeldUnit:
    """One unit of a SKU as it stood under the lock: what it costs and whose it is."""

    sku_id: int
    sku_name: str
    price_fen: int
    price_number: int
    chain: PriceChain
    grams_per_unit: int
    product_id: int
    product_public_id: str
    product_title: str
    merchant_id: int
    county_id: int


@transaction.atomic
def hold_stock(
    *, quantities: Mapping[int, int], reference: str, now: datetime
) -> dict[int, HeldUnit]:
    """Promise stock to an order that is not paid yet.

    quantities: SKU id -> whole units (件), 1 to 99,999.
    reference: whose promise it is, for example the order's public id; used once.
    Returns SKU id -> price and price chain of one unit, as they stood under the lock.
    Raises NotForSale or OutOfStock, naming every such SKU; then nothing is held.
    """
    _check_quantities(quantities)
    skus = _lock_skus(quantities)
    _refuse_unsold(quantities, skus)
    lots = _lock_lots({sku.product_id for sku in skus.values()}, now=now)
    shares = _share_out(quantities, skus, lots, reference=reference)
    _add(Sku, ("held_count",), {sku_id: (units,) for sku_id, units in quantities.items()})
    _commit_grams(shares, sign=1)
    insert(shares)
    _tell_what_ran_out(quantities, skus, lots, now=now)
    return {sku_id: _held_unit(sku) for sku_id, sku in skus.items()}


@transaction.atomic
def return_held_stock(*, reference: str) -> bool:
    """Give back what `hold_stock` promised under this reference, to the same SKUs and lots.

    False if nothing was held any more: given back or taken before. Safe to call twice.
    """
    shares = _claim(reference, was=StockShare.Status.HELD, becomes=StockShare.Status.RETURNED)
    _add(Sku, ("held_count",), {sku_id: (-units,) for sku_id, units in _units_of(shares)})
    _commit_grams(shares, sign=-1)
    return bool(shares)


@transaction.atomic
def take_held_stock(*, reference: str) -> bool:
    """The order is paid: what was held leaves the warehouse. Its grams stay committed for good.

    False if nothing was held any more. Safe to call twice.
    """
    shares = _claim(reference, was=StockShare.Status.HELD, becomes=StockShare.Status.TAKEN)
    gone = {sku_id: (-units, -units) for sku_id, units in _units_of(shares)}
    _add(Sku, ("held_count", "stock_count"), gone)
    return bool(shares)


@transaction.atomic
def move_held_stock(*, reference: str, to: str, units: Mapping[int, int]) -> None:
    """Held units change whose promise they are: from a sale's hold to one buyer's order.

    units: SKU id -> how many. Raises OutOfStock if the first reference holds fewer.
    """
    held = StockShare.objects.filter(reference=reference, status=StockShare.Status.HELD)
    shares = list(held.filter(sku_id__in=units).order_by("pk").select_for_update(no_key=True))
    moved = _cut_off(shares, units)
    if dict(_units_of(moved)) != dict(units):
        raise OutOfStock(sku_ids=list(units))
    for piece in moved:
        piece.reference, piece.status = to, StockShare.Status.HELD
    insert(moved)


@transaction.atomic
def put_back_taken_stock(*, reference: str, units: Mapping[int, int]) -> None:
    """Units of a paid order are cancelled before they were shipped: they go back on sale.

    units: SKU id -> how many. More than was taken and not put back yet is not put back.
    """
    taken = StockShare.objects.filter(reference=reference, status=StockShare.Status.TAKEN)
    shares = list(taken.filter(sku_id__in=units).order_by("pk").select_for_update(no_key=True))
    returned = _cut_off(shares, units)
    _add(Sku, ("stock_count",), {sku_id: (count,) for sku_id, count in _units_of(returned)})
    _commit_grams(returned, sign=-1)


def _tell_what_ran_out(
    quantities: Mapping[int, int],
    skus: Mapping[int, Sku],
    lots: Mapping[int, Sequence[Lot]],
    *,
    now: datetime,
) -> None:
    """Once for every product of which this hold took the last unit of a size."""
    gone = {
        sku.product_id: sku.product
        for sku_id, sku in skus.items()
        if sku.free_count == quantities[sku_id]
        or all(lot.free_grams < sku.grams_per_unit for lot in lots[sku.product_id])
    }
    for product in gone.values():
        tell_change(product, Change.STOCK_GONE, now=now)


def _cut_off(shares: Sequence[StockShare], units: Mapping[int, int]) -> list[StockShare]:
    """Make locked shares smaller by so many units of each SKU; what was cut off is not saved."""
    wanted = dict(units)
    pieces = []
    for share in shares:
        count = min(wanted[share.sku_id], share.unit_count)
        if not count:
            continue
        wanted[share.sku_id] -= count
        grams = count * share.grams // share.unit_count
        piece = StockShare(sku_id=share.sku_id, lot_id=share.lot_id, unit_count=count, grams=grams)
        pieces.append(piece)
        if count == share.unit_count:
            share.status = StockShare.Status.RETURNED
        else:
            share.unit_count -= count
            share.grams -= grams
        share.save(update_fields=["status", "unit_count", "grams"])
    return pieces


def _check_quantities(quantities: Mapping[int, int]) -> None:
    wrong = [
        sku_id
        for sku_id, units in quantities.items()
        if type(units) is not int or not 1 <= units <= MOST_UNITS
    ]
    if wrong or not quantities:
        raise BadQuantity(most=MOST_UNITS, sku_ids=wrong)


def _lock_skus(quantities: Mapping[int, int]) -> dict[int, Sku]:
    return {sku.pk: sku for sku in _locked_skus(ids=list(quantities))}


@prepared
def _locked_skus(ids: Sequence[int]) -> QuerySet[Sku]:
    rows = Sku.objects.filter(pk__in=ids).select_related("product__merchant")
    return rows.only(*_SKU_COLUMNS).order_by("pk").select_for_update(of=("self",), no_key=True)


def _lock_lots(product_ids: Iterable[int], *, now: datetime) -> dict[int, list[Lot]]:
    """The lots that may be sold today and are not used up, by product, first harvest first."""
    by_product = defaultdict(list)
    for lot in _locked_lots(product_ids=list(product_ids), day=clock.day_of(now)):
        by_product[lot.product_id].append(lot)
    for lots in by_product.values():
        lots.sort(key=lambda lot: (lot.harvest_from, lot.pk))
    return by_product


@prepared
def _locked_lots(product_ids: Sequence[int], day: date) -> QuerySet[Lot]:
    rows = Lot.objects.sellable_on(day).filter(
        product_id__in=product_ids, committed_grams__lt=F("declared_grams")
    )
    return rows.only(*_LOT_COLUMNS).order_by("pk").select_for_update(no_key=True)


def _refuse_unsold(quantities: Mapping[int, int], skus: Mapping[int, Sku]) -> None:
    unsold = [sku_id for sku_id in quantities if not _is_for_sale(skus.get(sku_id))]
    if unsold:
        raise NotForSale(sku_ids=unsold)


def _is_for_sale(sku: Sku | None) -> bool:
    return (
        sku is not None
        and sku.is_active
        and sku.product.status == Product.Status.LISTED
        and sku.product.merchant.status == "verified"
    )


def _share_out(
    quantities: Mapping[int, int],
    skus: Mapping[int, Sku],
    lots: Mapping[int, Sequence[Lot]],
    *,
    reference: str,
) -> list[StockShare]:
    """Fill every unit from one lot, first harvest first. Raises OutOfStock naming what is short."""
    shares: list[StockShare] = []
    short = []
    for sku_id, units in quantities.items():
        sku = skus[sku_id]
        found, missing = _fill(sku, units, lots.get(sku.product_id, ()), reference=reference)
        shares += found
        if missing or units > sku.free_count:
            short.append(sku_id)
    if short:
        raise OutOfStock(sku_ids=short)
    return shares


def _fill(
    sku: Sku, units: int, lots: Sequence[Lot], *, reference: str
) -> tuple[list[StockShare], int]:
    """Shares for as many units as the lots can fill, and how many units stay unfilled.

    Counts what it takes on the lots in memory, so that the next SKU of the basket sees less.
    """
    shares = []
    for lot in lots:
        taken = min(units, lot.free_grams // sku.grams_per_unit)
        if taken:
            grams = taken * sku.grams_per_unit
            lot.committed_grams += grams
            units -= taken
            shares.append(
                StockShare(reference=reference, sku=sku, lot=lot, unit_count=taken, grams=grams)
            )
    return shares, units


def _claim(
    reference: str, *, was: StockShare.Status, becomes: StockShare.Status
) -> list[StockShare]:
    """Turn this reference's shares; of two callers, exactly one gets them."""
    locked = _locked_shares(reference=reference, status=was.value)
    change(locked, status=becomes)
    return locked


@prepared
def _locked_shares(reference: str, status: str) -> QuerySet[StockShare]:
    shares = StockShare.objects.filter(reference=reference, status=status)
    return shares.order_by("pk").select_for_update(no_key=True)


def _units_of(shares: Iterable[StockShare]) -> Iterable[tuple[int, int]]:
    """Units of each SKU."""
    units: Counter[int] = Counter()
    for share in shares:
        units[share.sku_id] += share.unit_count
    return units.items()


def _commit_grams(shares: Iterable[StockShare], *, sign: int) -> None:
    grams: Counter[int] = Counter()
    for share in shares:
        grams[share.lot_id] += sign * share.grams
    _add(Lot, ("committed_grams",), {lot_id: (change,) for lot_id, change in grams.items()})


def _add(
    model: type[Sku] | type[Lot],
    columns: Sequence[str],
    changes: Mapping[int, tuple[int, ...]],
) -> None:
    """Add to counters, row by row in ascending pk: the order in which rows are locked everywhere.

    Plain SQL, sent at once: building the same through the ORM costs more than the database does,
    and every buyer goes through this door.
    """
    setting = ", ".join(f"{column} = {column} + %s" for column in columns)
    statement = f"UPDATE {model._meta.db_table} SET {setting} WHERE id = %s"  # noqa: S608
    with standing_cursor(connection) as cursor:
        for pk in sorted(changes):
            cursor.execute(statement, whole_numbers(*changes[pk], pk))


def _held_unit(sku: Sku) -> HeldUnit:
    return HeldUnit(
        sku_id=sku.pk,
        sku_name=sku.name,
        price_fen=sku.price_fen,
        price_number=sku.price_number,
        chain=chain_of(sku),
        grams_per_unit=sku.grams_per_unit,
        product_id=sku.product_id,
        product_public_id=sku.product.public_id,
        product_title=sku.product.title,
        merchant_id=sku.product.merchant_id,
        county_id=sku.product.county_id,
    )
