"""What a room shows to everybody: the content of `room.json` beside the playlist, and of the page.

The file is a small public object that the room process replaces by renaming: whoever only watches
polls it from the web server or a CDN and needs no socket. The page renders the same shape.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.live.models import ShowcaseItem
from shanhuo.live.queries import room as queries
from shanhuo.live.queries.clinic import Queue, queue_of
from shanhuo.live.queries.room import RoomNow, ShownLine

FILE = "room.json"


@dataclass(frozen=True, slots=True)
class OfferState:
    """A limited offer on an item. `left`: units that nobody has claimed."""

    opens_at: datetime
    closes_at: datetime
    left: int
    sold_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemState:
    """A product of the showcase. `left`: whether a unit could be bought now, as 0 or 1."""

    id: str
    title: str
    price_fen: int | None
    state: str
    left: int
    address: str
    offer: OfferState | None


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
    messages: list[ShownLine]
    questions: Queue


@dataclass(frozen=True, slots=True)
class Showcase:
    """The goods of a session and the questions that wait, as they stood at `at`."""

    at: datetime
    pinned: ItemState | None
    items: list[ItemState]
    questions: Queue

    @property
    def has_open_offer(self) -> bool:
        """Its figures change from second to second."""
        offers = (item.offer for item in self.items if item.offer)
        return any(one.left and one.opens_at <= self.at < one.closes_at for one in offers)


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
    """What the session sells, in its order; what is no longer on sale is left out."""
    rows = ShowcaseItem.objects.filter(session=session_id, removed_at=None)
    rows = rows.select_related("hot_sale")
    cards = goods.cards_by_id([row.product_id for row in rows], day=clock.day_of(now))
    items = {row: _item(row, cards[row.product_id]) for row in rows if row.product_id in cards}
    pinned = next((item for row, item in items.items() if row.pinned_at), None)
    waiting = queue_of(session_id)
    return Showcase(at=now, pinned=pinned, items=list(items.values()), questions=waiting)


def _item(row: ShowcaseItem, card: goods.ProductCard) -> ItemState:
    sale, offer = row.hot_sale, None
    if sale:
        offer = OfferState(sale.opens_at, sale.closes_at, sale.left_count, sale.sold_out_at)
    return ItemState(
        id=card.public_id,
        title=card.title,
        price_fen=sale.price_fen if sale else card.price_from_fen,
        state=row.state,
        left=int(card.is_available),
        address=f"/g/{card.public_id}",
        offer=offer,
    )
