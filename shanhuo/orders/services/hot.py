"""Hot sales around the writer: opened by a seller, ordered by a winner, given back, ended."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from shanhuo.goods import services as goods
from shanhuo.kernel import audit, idempotency, ids, tokens
from shanhuo.kernel.errors import Refusal
from shanhuo.orders import line
from shanhuo.orders.choices import Funder, SaleState
from shanhuo.orders.hot import Answer, State, Wish
from shanhuo.orders.models import BasketLine, HotClaim, HotSale, PriceCut
from shanhuo.orders.models.basket import LARGEST_QUANTITY
from shanhuo.orders.services import placing
from shanhuo.orders.services.basket import NOWHERE, Source
from shanhuo.people import rules as people

if TYPE_CHECKING:
    from shanhuo.people.models import User

TOKEN_PURPOSE = "hot.buy"  # noqa: S105 (a name, not a secret)
PLACE_PURPOSE = "hot.place"
PLACE_KEPT_FOR = timedelta(minutes=10)


class BadSale(Refusal):
    code = "bad_sale"
    status = 422
    message = _("A sale needs units, at most the usual price, and a time to close after it opens.")


class ClaimOver(Refusal):
    code = "claim_over"
    message = _("What was kept for you has been given back, or is ordered already.")


class SoldOut(Refusal):
    code = "sold_out"
    message = _("Sold out. Pieces that others do not order in time come back: look again later.")


class SaleNotOpen(Refusal):
    code = "not_open"
    message = _("The sale has not opened yet.")


class SaleOver(Refusal):
    code = "closed"
    message = _("The sale is over.")


class TooManyWanted(Refusal):
    code = "too_many"
    message = _("That is more than one person may have.")


class GivenBack(Refusal):
    code = "given_back"
    message = _("What was kept for you was not ordered in time and went to others.")


class TryAgain(Refusal):
    code = "try_again"
    status = 503
    message = _("Nothing was taken. Press the button once more.")


class InLine(Refusal):
    code = "waiting"
    status = 503
    message = _(
        "Many want this. You are about number %(place)s in the line and keep this place. "
        "Press the button again in %(seconds)s s."
    )


_REFUSALS: dict[State, type[Refusal]] = {
    State.SOLD_OUT: SoldOut,
    State.NOT_OPEN: SaleNotOpen,
    State.CLOSED: SaleOver,
    State.TOO_MANY: TooManyWanted,
    State.GIVEN_BACK: GivenBack,
    State.NO_SALE: SaleOver,
    State.TRY_AGAIN: TryAgain,
}


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """What a buyer's token says: who may claim in which sale, and from when on."""

    sale_id: int
    buyer_id: int
    opens_us: int

    def is_early_at(self, now: datetime) -> bool:
        """Nobody gets a place before the sale opens."""
        return now.timestamp() * 1_000_000 < self.opens_us


def entry_token(*, sale: HotSale, buyer: "User", now: datetime) -> str:
    """Lets this buyer claim in this sale, by the hot door, until it closes. Raises YouthMode."""
    _refuse_minors(buyer)
    opens_us = int(sale.opens_at.timestamp() * 1_000_000)
    payload = msgspec.msgpack.encode(Entry(sale.pk, buyer.pk, opens_us))
    return tokens.sign(TOKEN_PURPOSE, payload, expires_at=max(sale.closes_at, now))


def read_entry(token: str, *, now: datetime) -> Entry:
    """Raises tokens.BadToken."""
    return msgspec.msgpack.decode(tokens.read(TOKEN_PURPOSE, token, now=now), type=Entry)


class Place(msgspec.Struct, array_like=True, frozen=True):
    """What a ticket says: when this buyer joined the line of this sale."""

    sale_id: int
    buyer_id: int
    arrived_us: int


def place_ticket(*, sale_id: int, buyer_id: int, arrived_us: int, now: datetime) -> str:
    """Keeps a place in the line for as long as anybody could wait."""
    payload = msgspec.msgpack.encode(Place(sale_id, buyer_id, arrived_us))
    return tokens.sign(PLACE_PURPOSE, payload, expires_at=now + PLACE_KEPT_FOR)


def read_place(ticket: str, *, entry: Entry, now: datetime) -> int | None:
    """When the owner of a ticket joined the line; None if it says nothing about this buyer here."""
    try:
        raw = tokens.read(PLACE_PURPOSE, ticket, now=now)
    except tokens.BadToken:
        return None
    place = msgspec.msgpack.decode(raw, type=Place)
    is_ours = (place.sale_id, place.buyer_id) == (entry.sale_id, entry.buyer_id)
    return max(place.arrived_us, entry.opens_us) if is_ours else None


def claim(*, sale: HotSale, buyer: "User", quantity: int, now: datetime) -> Answer:
    """The hot door's deed for who comes another way, one by one. Repeated, it answers alike.

    Raises YouthMode, SoldOut, SaleNotOpen, SaleOver, TooManyWanted, GivenBack, InLine or TryAgain.
    """
    _refuse_minors(buyer)
    wanted = quantity if 1 <= quantity <= sale.per_person else 0
    answer = line.ask_in_turn(Wish(sale.pk, buyer.pk, wanted), now=now)
    if answer.state is State.WAITING:
        raise InLine(place=answer.place, seconds=answer.again_s)
    if answer.state is not State.KEPT:
        raise _REFUSALS[answer.state]
    return answer


@transaction.atomic
def open_hot_sale(
    *,
    sku_id: int,
    usual_fen: int,
    price_fen: int,
    stock_count: int,
    per_person: int,
    opens_at: datetime,
    closes_at: datetime,
    actor: "User",
    now: datetime,
    session: str = "",
) -> HotSale:
    """Set units of a SKU aside for a sale. Raises BadSale, OutOfStock or NotForSale.

    session: public id of the live session whose showcase offers it, if one does.
    """
    if not 1 <= price_fen <= usual_fen or not opens_at < closes_at or closes_at <= now:
        raise BadSale
    if not 1 <= per_person <= min(stock_count, LARGEST_QUANTITY):
        raise BadSale
    public_id = ids.new_public_id()
    held = goods.hold_stock(
        quantities={sku_id: stock_count}, reference=_reference(public_id), now=now
    )
    sale = HotSale.objects.create(
        public_id=public_id,
        sku_id=sku_id,
        merchant_id=held[sku_id].merchant_id,
        price_fen=price_fen,
        stock_count=stock_count,
        left_count=stock_count,
        per_person=per_person,
        opens_at=opens_at,
        closes_at=closes_at,
        session=session,
    )
    audit.record(
        verb="orders.hot_sale",
        subject=f"orders.HotSale:{public_id}",
        actor=actor,
        detail={"stock_count": stock_count, "price_fen": price_fen},
        now=now,
    )
    return sale


def order_claim(
    *,
    buyer: "User",
    sale_id: int,
    address: str,
    total_seen_fen: int,
    key: str,
    now: datetime,
    source: Source = NOWHERE,
) -> placing.Placed:
    """A winner orders what was kept: the usual order, its stock out of the sale's hold. `source`
    brought the buyer.

    Idempotent by (buyer, key). Raises YouthMode, ClaimOver, PriceChanged, NoSuchAddress or
    NotDelivered.
    """
    _refuse_minors(buyer)
    answer = idempotency.run(
        owner=buyer.public_id,
        scope=f"orders.claim:{buyer.public_id}",
        key=key,
        body=repr((sale_id, address, total_seen_fen)).encode(),
        now=now,
        act=lambda: asdict(_order(buyer, sale_id, address, total_seen_fen, source, now=now)),
    )
    return placing.Placed(**answer)


def _order(
    buyer: "User",
    sale_id: int,
    address_id: str,
    total_seen_fen: int,
    source: Source,
    *,
    now: datetime,
) -> placing.Placed:
    claim = (
        HotClaim.objects.select_for_update(of=("self",), no_key=True)
        .filter(sale=sale_id, buyer=buyer, status=HotClaim.Status.HELD, expires_at__gt=now)
        .select_related("sale__sku__product__merchant", "sale__sku__product__county")
        .first()
    )
    if claim is None:
        raise ClaimOver
    address = placing.address_of(buyer, address_id)
    parcel = parcel_of(claim, source, county_adcode=address.county.adcode)
    if parcel.total_fen != total_seen_fen:
        raise placing.PriceChanged(prices={})
    # What was kept stays kept as long as it was promised, not longer.
    placed = placing.write_checkout(buyer, [parcel], address, expires_at=claim.expires_at, now=now)
    for order in placed.orders:
        goods.move_held_stock(
            reference=_reference(claim.sale.public_id),
            to=order.public_id,
            units={claim.sale.sku_id: claim.quantity},
        )
    claim.status, claim.line = HotClaim.Status.ORDERED, parcel.lines[0]
    claim.save(update_fields=["status", "line"])
    return placed.answer()


def parcel_of(claim: HotClaim, source: Source = NOWHERE, *, county_adcode: str) -> placing.Parcel:
    """What the winner orders. The difference to the usual price is the merchant's discount."""
    sku = claim.sale.sku
    wish = BasketLine(
        buyer=claim.buyer,
        sku=sku,
        quantity=claim.quantity,
        creator_id=source.creator_id,
        via_post=source.post,
        via_exposure=source.exposure,
        via_session=source.session,
        credit=list(source.credit),
    )
    off_fen = sku.price_fen - claim.sale.price_fen
    cut = PriceCut(sku=sku, off_fen=max(off_fen, 0), funder=Funder.MERCHANT)
    return placing.parcel_for(wish, cut, county_adcode=county_adcode)


@transaction.atomic
def give_claim_back(*, claim_id: int, now: datetime) -> bool:
    """What was kept and not ordered in time is free again. Safe to call late or twice."""
    claim = HotClaim.objects.get(pk=claim_id)
    sale = HotSale.objects.select_for_update(no_key=True).get(pk=claim.sale_id)
    overdue = HotClaim.objects.filter(pk=claim_id, status=HotClaim.Status.HELD, expires_at__lte=now)
    # The update is the claim: of two workers, exactly one sees a row change.
    if not overdue.update(status=HotClaim.Status.EXPIRED):
        return False
    HotSale.objects.filter(pk=sale.pk).update(
        left_count=F("left_count") + claim.quantity, sold_out_at=None
    )
    return True


@transaction.atomic
def close_hot_sale(*, sale_id: int, actor: "User", now: datetime) -> bool:
    """End a sale before its time; False if it is over. What is kept for buyers stays kept.

    A sale that has not opened ends whole, and its units go back at once.
    """
    sale = HotSale.objects.select_for_update(no_key=True).get(pk=sale_id)
    state = sale.state_at(now)
    if state is SaleState.OVER:
        return False
    if now <= sale.opens_at:
        _give_rest_back(sale, now=now)
    else:
        HotSale.objects.filter(pk=sale.pk).update(closes_at=now)
    audit.record(
        verb="orders.hot_sale_closed",
        subject=f"orders.HotSale:{sale.public_id}",
        actor=actor,
        detail={"state": state, "left_count": sale.left_count},
        now=now,
    )
    return True


@transaction.atomic
def end_hot_sale(*, sale_id: int, now: datetime) -> bool:
    """After closing, when nothing is kept any more: what is left goes back to the SKU, once."""
    sale = HotSale.objects.select_for_update(no_key=True).get(pk=sale_id)
    if sale.ended_at is not None or now < sale.closes_at:
        return False
    if HotClaim.objects.filter(sale=sale, status=HotClaim.Status.HELD).exists():
        return False
    _give_rest_back(sale, now=now)
    return True


def _give_rest_back(sale: HotSale, *, now: datetime) -> None:
    goods.return_held_stock(reference=_reference(sale.public_id))
    HotSale.objects.filter(pk=sale.pk).update(ended_at=now, left_count=0)


def _refuse_minors(buyer: "User") -> None:
    if not people.may_trade(buyer):
        raise placing.YouthMode


def _reference(public_id: str) -> str:
    return f"hot:{public_id}"
