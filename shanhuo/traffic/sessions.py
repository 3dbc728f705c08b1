"""Live sessions on air, as the feed needs them, from the room that owns them."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
import numpy as np
from django.conf import settings

from shanhuo.goods import queries as goods
from shanhuo.goods.queries import ProductCard
from shanhuo.kernel import clock
from shanhuo.live import queries as live
from shanhuo.live import room_state
from shanhuo.live.queries import SessionOnAir
from shanhuo.traffic import moments
from shanhuo.traffic.catalogue import Card, Catalogue, key_of_session
from shanhuo.traffic.posts import product_shown

MOST_TOPICS = 3


def on_air(*, now: datetime) -> frozenset[int]:
    """Ids of the sessions that may be shown at this moment."""
    return live.ids_on_air(now=now)


def cards(ids: Collection[int], catalogue: Catalogue, *, now: datetime) -> list[Card]:
    """Cards of these sessions, beside the clips of the catalogue."""
    if not ids:
        return []
    found = live.sessions_among(ids)
    wanted = {product for session in found for product in session.product_ids}
    products = goods.cards_by_id(wanted, day=clock.day_of(now)) if wanted else {}
    topics = _topics_of(wanted, catalogue)
    return [_card(session, products, topics) for session in found]


def _topics_of(products: Collection[int], catalogue: Catalogue) -> dict[int, Counter[str]]:
    """How often each topic stands on the clips that show a product."""
    columns = catalogue.columns
    rows = np.flatnonzero(columns["shown"] & np.isin(columns["product"], [*products]))
    found: dict[int, Counter[str]] = {product: Counter() for product in products}
    pairs = zip(columns["product"][rows].tolist(), columns["topics"][rows].tolist(), strict=True)
    for product, combination in pairs:
        found[product].update(catalogue.combinations.all[combination])
    return found


def _card(
    session: SessionOnAir, products: dict[int, ProductCard], topics: dict[int, Counter[str]]
) -> Card:
    """A session has the topics that its goods have on clips, and no single product."""
    said = sum((topics[product] for product in session.product_ids), Counter[str]())
    chosen = tuple(topic for topic, _times in said.most_common(MOST_TOPICS))
    return Card(
        post_id=key_of_session(session.id),
        author_id=session.host_id,
        county=int(session.adcode),
        product_id=0,
        topics=chosen,
        season_mask=0,
        published_ms=moments.to_ms(session.on_air_at),
        priority=session.county_has_floor,
        body=_body(session, chosen, _shelf(session, products)),
    )


def _shelf(session: SessionOnAir, products: dict[int, ProductCard]) -> list[ProductCard]:
    """Its goods that are on sale, in the host's order."""
    return [products[one] for one in session.product_ids if one in products]


def _body(session: SessionOnAir, topics: tuple[str, ...], shelf: Sequence[ProductCard]) -> bytes:
    """As that of a post (`posts`), with `live`: the format of the session, and the address that
    says how the room is this second. `product` is the first that can be bought."""
    first = next((one for one in shelf if one.is_available), shelf[0] if shelf else None)
    shown = {
        "id": session.public_id,
        "kind": "live",
        "caption": session.title,
        "topics": topics,
        "cover": f"{settings.MEDIA_URL}{first.cover}" if first and first.cover else "",
        "photos": (),
        "video": None,
        "author": {"id": session.host_public_id, "name": session.host_name},
        "county": {"code": session.adcode, "name": session.county_name},
        "product": None if first is None else product_shown(first),
        "published_at": session.on_air_at,
        "live": {"format": session.kind, "room": room_state.address_of(session.media_key)},
    }
    return msgspec.json.encode(shown)[1:-1]
