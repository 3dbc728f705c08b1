"""Everything that can be asked about live sessions."""

from shanhuo.live.queries.evidence import bundles
from shanhuo.live.queries.sessions import sessions_visible_to
from shanhuo.live.queries.showcase import (
    ItemView,
    OfferView,
    PinView,
    desk_items,
    items_to_pass,
    pins_of,
    shown_items,
)
from shanhuo.live.queries.takes import (
    OpenTake,
    open_takes,
    shown_takes,
    take_of_session,
    takes_since,
)

__all__ = [
    "ItemView",
    "OfferView",
    "OpenTake",
    "PinView",
    "bundles",
    "desk_items",
    "items_to_pass",
    "open_takes",
    "pins_of",
    "sessions_visible_to",
    "shown_items",
    "shown_takes",
    "take_of_session",
    "takes_since",
]
