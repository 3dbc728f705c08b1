"""The goods of a session as viewers, its hosts and its record see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.prepared import prepared
from shanhuo.live import rules
from shanhuo.live.models import Cast, Pin, Session, ShowcaseItem
from shanhuo.live.showcase import problem_of, screen_price_fen
from shanhuo.live.states import ExplainState, ItemProblem, UnpinReason
from shanhuo.orders.choices import SaleState
from shanhuo.people import rules as people


@dataclass(frozen=True, slots=True)
class OfferView:
    """A limited offer of an item; its page, and its button, are those of the hot sale."""

    public_id: str
    price_fen: int
    usual_fen: int
    stock_count: int
    left_count: int
    per_person: int
    opens_at: datetime
    closes_at: datetime
    sold_out_at: datetime | None
    state: SaleState


@dataclass(frozen=True, slots=True)
class ItemView:
    """A product of a showcase this second.

    `price_fen` is the lowest price shown, `left_count` what the shelf has beside the offer;
    `certificate` the public id of the lot that is sold first; `problem` keeps it off the screen.
    """

    id: int
    product_id: int
    product: str
    title: str
    thumb: str
    county_name: str
    adcode: str
    merchant_id: int
    merchant_name: str
    price_fen: int
    left_count: int
    certificate: str
    state: ExplainState
    is_pinned: bool
    pinned_at: datetime | None
    offer: OfferView | None
    problem: ItemProblem | None

    @property
    def is_buyable(self) -> bool:
        """Somebody who presses the button now, or at the opening, may get one."""
        return self.problem is None


def shown_items(session: Session, *, now: datetime) -> list[ItemView]:
    """What viewers see, in the host's order: looked at, on sale; sold out goods say so."""
    hidden = {ItemProblem.WITHDRAWN, ItemProblem.POOL, ItemProblem.UNCHECKED}
    return [item for item in desk_items(session, now=now) if item.problem not in hidden]


def desk_items(session: Session, *, now: datetime) -> list[ItemView]:
    """What the hosts see: everything that was not taken out, each with its problem."""
    items = _items(session_id=session.pk)
    day = clock.day_of(now)
    products = goods.products_now([item.product_id for item in items], day=day)
    return [_view(item, products.get(item.product_id), session, now=now) for item in items]


@prepared
def _items(session_id: int) -> QuerySet[ShowcaseItem]:
    items = ShowcaseItem.objects.filter(session=session_id, removed_at__isnull=True)
    return items.select_related("hot_sale__sku").order_by("position", "pk")


def _view(
    item: ShowcaseItem, product: goods.ProductNow | None, session: Session, *, now: datetime
) -> ItemView:
    problem = problem_of(item, product, session, now=now)
    seen = product or goods.NO_PRODUCT
    return ItemView(
        id=item.pk,
        product_id=item.product_id,
        product=seen.public_id,
        title=seen.title,
        thumb=seen.thumb,
        county_name=seen.county_name,
        adcode=seen.adcode,
        merchant_id=seen.merchant_id,
        merchant_name=seen.merchant_name,
        price_fen=screen_price_fen(item, seen, now=now),
        left_count=seen.left_count,
        certificate=seen.certificate,
        state=ExplainState(item.state),
        is_pinned=item.pinned_at is not None,
        pinned_at=item.pinned_at,
        offer=_offer(item, now=now),
        problem=problem,
    )


def _offer(item: ShowcaseItem, *, now: datetime) -> OfferView | None:
    sale = item.hot_sale
    if sale is None:
        return None
    return OfferView(
        public_id=sale.public_id,
        price_fen=sale.price_fen,
        usual_fen=sale.sku.price_fen,
        stock_count=sale.stock_count,
        left_count=sale.left_count,
        per_person=sale.per_person,
        opens_at=sale.opens_at,
        closes_at=sale.closes_at,
        sold_out_at=sale.sold_out_at,
        state=sale.state_at(now),
    )


def late_items_for(user: Any) -> QuerySet[ShowcaseItem]:
    """What came after the check and waits for this person's look, the longest waiting first: of all
    sessions for an operator, of the counties for an officer, never of one's own session."""
    roles = people.roles_of(user)
    waiting = ShowcaseItem.objects.filter(
        removed_at=None,
        passed_at=None,
        added_at__gt=F("session__submitted_at"),
        session__status__in=rules.SHOWN,
    )
    if not roles.is_operator:
        waiting = waiting.filter(session__county__in=roles.county_ids)
    own = Cast.objects.filter(user=user).values("session")
    return (
        waiting.exclude(session__in=own)
        .select_related("session", "product__merchant")
        .order_by("added_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class PinView:
    """A price that stood on the screen, for the record."""

    product: str
    title: str
    price_fen: int
    pinned_at: datetime
    ended_at: datetime | None
    ended_why: str

    @property
    def why_words(self) -> str:
        return str(UnpinReason(self.ended_why).label) if self.ended_why else ""


@dataclass(frozen=True, slots=True)
class ItemTalk:
    """A product of a showcase, also one that was taken off, and when it was talked about.

    talks: (from, until); one that goes on has no end.
    """

    item_id: int
    product_id: int
    talks: tuple[tuple[datetime, datetime | None], ...]


def talks_of(session: Session) -> list[ItemTalk]:
    """Everything that was in the showcase."""
    items = ShowcaseItem.objects.filter(session=session).prefetch_related("explanations")
    return [
        ItemTalk(
            item.pk,
            item.product_id,
            tuple((one.started_at, one.ended_at) for one in item.explanations.all()),
        )
        for item in items.order_by("pk")
    ]


def pins_of(session: Session) -> list[PinView]:
    """Every price that viewers were shown, in the order of time."""
    pins = Pin.objects.filter(item__session=session).order_by("pinned_at", "pk")
    names = ("item__product__public_id", "item__product__title", "price_fen", "pinned_at")
    return [PinView(*row) for row in pins.values_list(*names, "ended_at", "ended_why")]
