"""Hot sales as buyers and their sellers see them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.orders.choices import SaleState
from shanhuo.orders.models import Address, HotClaim, HotSale
from shanhuo.orders.queries.basket import CheckoutView, parcel_view
from shanhuo.orders.services.hot import parcel_of
from shanhuo.people import rules as people

_KEPT = Q(claims__status=HotClaim.Status.HELD)
_ORDERED = Q(claims__status=HotClaim.Status.ORDERED)
_PAID = Q(claims__line__order__paid_at__isnull=False)
_UNIT_PAID = F("claims__line__unit_price_fen") - F("claims__line__unit_discount_fen")


def sales_in_public() -> QuerySet[HotSale]:
    """Sales of what is on sale, the first to close first."""
    shown = HotSale.objects.filter(sku__product__in=goods.products_on_sale())
    return _named(shown).order_by("closes_at", "pk")


def sales_visible_to(user: Any) -> QuerySet[HotSale]:
    """The public ones, those that the user has a share of, and those of the user's merchants."""
    claims = HotClaim.objects.filter(buyer=getattr(user, "pk", None)).values("sale")
    public = Q(sku__product__in=goods.products_on_sale())
    mine = Q(merchant__in=people.merchant_ids(user)) | Q(pk__in=claims)
    return _named(HotSale.objects.filter(public | mine))


def sales_of_merchants(user: Any) -> QuerySet[HotSale]:
    """Sales of the user's merchants with what came of them, the latest opening first.

    `kept_units` wait for their buyers' order, `ordered_units` are in orders; `paid_units` of these
    are paid, with `paid_fen`, freight and later refunds left out.
    """
    mine = HotSale.objects.filter(merchant__in=people.merchant_ids(user))
    return (
        _named(mine)
        .annotate(
            kept_units=Sum("claims__quantity", filter=_KEPT, default=0),
            ordered_units=Sum("claims__quantity", filter=_ORDERED, default=0),
            paid_units=Sum("claims__quantity", filter=_PAID, default=0),
            paid_fen=Sum(F("claims__quantity") * _UNIT_PAID, filter=_PAID, default=0),
            buyer_count=Count("claims", filter=_KEPT | _ORDERED),
        )
        .order_by("-opens_at", "-pk")
    )


def find_sales(
    sales: QuerySet[HotSale], *, now: datetime, q: str = "", state: str = ""
) -> QuerySet[HotSale]:
    """The filters above a list of sales: words of the product's title, and the state."""
    if q:
        sales = sales.filter(sku__product__title__icontains=q)
    over = Q(closes_at__lte=now) | Q(ended_at__isnull=False)
    states = {
        SaleState.COMING: ~over & Q(opens_at__gt=now),
        SaleState.RUNNING: ~over & Q(opens_at__lte=now, left_count__gt=0),
        SaleState.SOLD_OUT: ~over & Q(opens_at__lte=now, left_count=0),
        SaleState.OVER: over,
    }
    return sales.filter(states[SaleState(state)]) if state else sales


def still_to_come(sales: QuerySet[HotSale], *, now: datetime) -> QuerySet[HotSale]:
    """Those that are open or will be, in the order of opening."""
    return sales.filter(closes_at__gt=now, ended_at=None).order_by("opens_at", "pk")


@dataclass(frozen=True, slots=True)
class SaleView:
    """A hot sale as its page shows it.

    `claim` is the looking buyer's share, if there is one; `waits_for_order` while it is kept.
    """

    sale: HotSale
    state: SaleState
    offer: goods.Offer
    claim: HotClaim | None
    waits_for_order: bool

    @property
    def opens_ms(self) -> int:
        """For the countdown: milliseconds since 1970."""
        return int(self.sale.opens_at.timestamp() * 1000)

    @property
    def closes_ms(self) -> int:
        return int(self.sale.closes_at.timestamp() * 1000)

    @property
    def is_open_to_wishes(self) -> bool:
        """Pressing the button makes sense, now or soon."""
        return self.claim is None and self.state is not SaleState.OVER


def sale_views(sales: Iterable[HotSale], *, user: Any, now: datetime) -> list[SaleView]:
    """In the order of `sales`, in a fixed number of statements."""
    rows = list(sales)
    offers = goods.offers([row.sku.public_id for row in rows], day=clock.day_of(now))
    claims = _claims_of(user, rows)
    return [
        SaleView(
            sale=row,
            state=row.state_at(now),
            offer=offers[row.sku.public_id],
            claim=claims.get(row.pk),
            waits_for_order=row.pk in claims and claims[row.pk].is_kept_at(now),
        )
        for row in rows
    ]


def claim_checkout(
    sale: HotSale, *, buyer: Any, address: Address | None, now: datetime
) -> CheckoutView:
    """What ordering one's share would be and cost; without a parcel if nothing is kept."""
    claim = (
        HotClaim.objects.filter(sale=sale, buyer=buyer, status=HotClaim.Status.HELD)
        .filter(expires_at__gt=now)
        .select_related("sale__sku__product__merchant", "sale__sku__product__county")
        .first()
    )
    if claim is None:
        return CheckoutView(parcels=[], address=address)
    parcel = parcel_of(claim, county_adcode=address.county.adcode if address else "")
    offers = goods.offers([sale.sku.public_id], day=clock.day_of(now))
    view = parcel_view(parcel, offers, knows_freight=address is not None)
    # Its units are kept in the sale, whatever the shelf still has.
    wishes = [replace(wish, available_count=wish.quantity) for wish in view.wishes]
    return CheckoutView(parcels=[replace(view, wishes=wishes)], address=address)


def _claims_of(user: Any, sales: Iterable[HotSale]) -> dict[int, HotClaim]:
    claims = HotClaim.objects.filter(buyer=getattr(user, "pk", None), sale__in=sales)
    return {claim.sale_id: claim for claim in claims.select_related("line__order__payment")}


def _named(sales: QuerySet[HotSale]) -> QuerySet[HotSale]:
    return sales.select_related("sku__product", "merchant")
