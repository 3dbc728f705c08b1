"""What a page shows to whom, sealed: so that its signals count, and an order can say from where."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from shanhuo.content.queries import PostCard
from shanhuo.goods.queries import AnyProduct, ProductCard
from shanhuo.live import queries as live
from shanhuo.traffic import moments
from shanhuo.traffic.kinds import ObjectKind, Source, Surface
from shanhuo.traffic.sheets import MOST_SLOTS, NotASheet, Slot, seal
from shanhuo.web.viewers import own_slot, viewer_of


@dataclass(frozen=True, slots=True)
class Showing:
    """The sheet of a page, and the slot of each thing on it."""

    sheet: str
    slots: dict[tuple[ObjectKind, int], int]


def show(
    request: HttpRequest,
    surface: Surface,
    source: Source,
    *,
    products: Iterable[ProductCard] = (),
    posts: Iterable[PostCard] = (),
    also: Iterable[Slot] = (),
) -> Showing | None:
    """Seal what a page shows, in this order. None where it shows nothing. `also`: slots of other
    things.

    `source` is why: CHOSEN where the viewer asked for it, PLACE where it stands for its county.
    """
    slots = [_slot(ObjectKind.PRODUCT, card, source) for card in products]
    slots += [_slot(ObjectKind.POST, card, source) for card in posts]
    slots += also
    if not slots:
        return None
    viewer = viewer_of(request)
    _id, sheet = seal(
        slots[:MOST_SLOTS],
        viewer=viewer.key,
        surface=surface,
        flags=viewer.flags,
        now_ms=moments.now_ms(),
    )
    numbered = enumerate(slots[:MOST_SLOTS])
    return Showing(sheet, {(slot.object_kind, slot.object): number for number, slot in numbered})


def item_of_session(request: HttpRequest, product: AnyProduct) -> list[Slot]:
    """The slot by which a page of a product tells that somebody came from a live session
    (`?session=`); none where no session showed it."""
    session = request.GET.get("session", "")
    item = live.item_shown(session, product=product.public_id) if session else None
    if item is None:
        return []
    adcode = int(product.county.adcode)
    return [Slot(ObjectKind.SHOWCASE_ITEM, item, adcode, Source.CHOSEN)]


def _slot(kind: ObjectKind, card: ProductCard | PostCard, source: Source) -> Slot:
    return Slot(kind, card.id, int(card.adcode), source)


@dataclass(frozen=True, slots=True)
class Entry:
    """By which showing somebody came to a page: its signals count for that slot."""

    sheet: str
    slot: int


def entry_of(request: HttpRequest, session: Any) -> Entry:
    """Of the room of a live session: the card that led there, if it was shown to this browser, else
    the page itself, which somebody chose."""
    token, slot = request.GET.get("sheet", ""), request.GET.get("slot", "")
    try:
        sheet, number = own_slot(request, token=token, slot=slot)
    except NotASheet:
        return Entry(_sheet_of_session(request, session), 0)
    shown = sheet.slots[number]
    if (shown["object_kind"], shown["object"]) == (ObjectKind.SESSION, session.pk):
        return Entry(token, number)
    return Entry(_sheet_of_session(request, session), 0)


def _sheet_of_session(request: HttpRequest, session: Any) -> str:
    viewer = viewer_of(request)
    slot = Slot(ObjectKind.SESSION, session.pk, int(session.county.adcode), Source.CHOSEN)
    _, token = seal(
        [slot],
        viewer=viewer.key,
        surface=Surface.LIVE_SQUARE,
        flags=viewer.flags,
        now_ms=moments.now_ms(),
    )
    return token
