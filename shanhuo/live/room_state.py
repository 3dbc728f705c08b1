"""What a room shows to everybody: the content of `room.json` beside the playlist, and of the page.

The file is a small public object that the room process replaces by renaming: whoever only watches
polls it from the web server or a CDN and needs no socket. The page renders the same shape.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from shanhuo.live.models import Session
from shanhuo.live.queries import room as queries
from shanhuo.live.queries.clinic import Queue, queue_of
from shanhuo.live.queries.coupons import coupons_out
from shanhuo.live.queries.room import RoomNow, ShownLine
from shanhuo.live.queries.showcase import ItemView, OfferView, shown_items
from shanhuo.orders.queries import AnyBatch

FILE = "room.json"


@dataclass(frozen=True, slots=True)
class OfferState:
    """A limited offer on an item. `left`: units that nobody has claimed."""

    id: str
    price_fen: int
    opens_at: datetime
    closes_at: datetime
    left: int
    sold_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemState:
    """A product of the showcase. `left`: units on the shelf, beside those of the offer."""

    id: int
    title: str
    price_fen: int
    state: str
    left: int
    address: str
    offer: OfferState | None


@dataclass(frozen=True, slots=True)
class CouponsOut:
    """Coupons that the hosts give out: `off_fen` off goods from `threshold_fen` on; `left`: nobody
    has taken them; `address`: where one is taken; `only_here`: on no page but this room's."""

    id: str
    merchant: str
    off_fen: int
    threshold_fen: int
    left: int
    use_by: datetime
    address: str
    only_here: bool


@dataclass(frozen=True, slots=True)
class RoomState:
    """`now`: when this was true; `since`: first picture; `version` rises with every change but
    the counts and the lines."""

    now: datetime
    state: str
    since: datetime | None
    viewers: int
    likes: int
    version: int
    announcement: str
    pinned: ItemState | None
    items: list[ItemState]
    coupons: list[CouponsOut]
    messages: list[ShownLine]
    questions: Queue


@dataclass(frozen=True, slots=True)
class Showcase:
    """The goods and coupons of a session and the questions that wait, as they stood at `at`."""

    at: datetime
    pinned: ItemState | None
    items: list[ItemState]
    coupons: list[CouponsOut]
    questions: Queue

    @property
    def runs_out(self) -> bool:
        """What is left of an offer or of coupons changes from second to second."""
        offers = (item.offer for item in self.items if item.offer)
        is_open = (one.left and one.opens_at <= self.at < one.closes_at for one in offers)
        return any(is_open) or any(one.left for one in self.coupons)


def state_of(
    room: RoomNow,
    *,
    viewers: int,
    likes: int,
    showcase: Showcase,
    lines: Iterable[ShownLine],
    now: datetime,
) -> RoomState:
    """Everything that is known of a room, put together."""
    return RoomState(
        now=now,
        state=room.status,
        since=room.on_air_at,
        viewers=viewers,
        likes=likes,
        version=room.version,
        announcement=room.announcement,
        pinned=showcase.pinned,
        items=showcase.items,
        coupons=showcase.coupons,
        messages=list(lines),
        questions=showcase.questions,
    )


def read(session_id: int, *, now: datetime) -> RoomState:
    """The same for a page, with what all room processes have told. Raises KeyError."""
    return state_of(
        queries.rooms_now([session_id], now=now)[session_id],
        viewers=queries.viewers_of([session_id], now=now)[session_id],
        likes=queries.likes_of([session_id])[session_id],
        showcase=showcase_of(session_id, now=now),
        lines=queries.last_lines(session_id),
        now=now,
    )


def path_of(media_key: str) -> Path:
    """Where the file of a session lies."""
    return Path(settings.MEDIA_DIR) / "live" / media_key / FILE


def address_of(media_key: str) -> str:
    """Its public address."""
    return f"/media/live/{media_key}/{FILE}"


def showcase_of(session_id: int, *, now: datetime) -> Showcase:
    """What the session sells, in the host's order."""
    session = Session.objects.get(pk=session_id)
    shown = shown_items(session, now=now)
    items = [(view.is_pinned, _item(view, session.public_id)) for view in shown]
    pinned = next((item for is_pinned, item in items if is_pinned), None)
    return Showcase(
        at=now,
        pinned=pinned,
        items=[item for _, item in items],
        coupons=[_coupons(batch, session.public_id) for batch in coupons_out(session_id, now=now)],
        questions=queue_of(session_id),
    )


def _item(view: ItemView, session: str) -> ItemState:
    return ItemState(
        id=view.id,
        title=view.title,
        price_fen=view.price_fen,
        state=view.state,
        left=view.left_count,
        # The way to the order says which session brought the buyer.
        address=f"/g/{view.product}?session={session}",
        offer=_offer(view.offer) if view.offer else None,
    )


def _coupons(batch: AnyBatch, session: str) -> CouponsOut:
    return CouponsOut(
        id=batch.public_id,
        merchant=batch.merchant.name,
        off_fen=batch.off_fen,
        threshold_fen=batch.threshold_fen,
        left=batch.left_count,
        use_by=batch.use_by,
        address=f"/live/{session}/coupons/{batch.public_id}",
        only_here=bool(batch.session),
    )


def _offer(offer: OfferView) -> OfferState:
    return OfferState(
        id=offer.public_id,
        price_fen=offer.price_fen,
        opens_at=offer.opens_at,
        closes_at=offer.closes_at,
        left=offer.left_count,
        sold_out_at=offer.sold_out_at,
    )
