"""Everything that can be asked about live sessions."""

from shanhuo.live.queries.evidence import bundles
from shanhuo.live.queries.sessions import sessions_visible_to
from shanhuo.live.queries.takes import (
    OpenTake,
    open_takes,
    shown_takes,
    take_of_session,
    takes_since,
)

__all__ = [
    "OpenTake",
    "bundles",
    "open_takes",
    "sessions_visible_to",
    "shown_takes",
    "take_of_session",
    "takes_since",
]
