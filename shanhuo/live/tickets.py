"""The ticket with which a viewer enters the room of a session: signed, and known without a row.

It says who may sit where until when. Whether a line may be written, and whether somebody was sent
out, is asked of the database when it matters (`services.room`), however old the ticket is.
"""

import struct
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from shanhuo.kernel import tokens
from shanhuo.live.states import Arrival
from shanhuo.people import rules as people

PURPOSE = "live.room"
LIFE = timedelta(hours=6)
"""Longer than a show: a room that restarts gets its viewers back without asking the pages."""

_FORM = struct.Struct(">QQQ?B")


class Ticket(NamedTuple):
    """`viewer` is the key of `traffic.viewers`; `user_id` is 0 for whoever is not signed in;
    `came`: what led them here, an `Arrival`."""

    session_id: int
    viewer: int
    user_id: int = 0
    may_write: bool = False
    came: int = Arrival.DIRECT


def ticket_for(
    *, session_id: int, viewer: int, user: Any, now: datetime, came: Arrival = Arrival.DIRECT
) -> str:
    """A ticket for this person; who is signed in and not in youth mode may write with it."""
    user_id = user.pk if getattr(user, "is_authenticated", False) else 0
    return write(Ticket(session_id, viewer, user_id, people.may_trade(user), came), now=now)


def write(ticket: Ticket, *, now: datetime) -> str:
    """The ticket as it stands in an address."""
    return tokens.sign(PURPOSE, _FORM.pack(*ticket), expires_at=now + LIFE)


def read(text: str, *, now: datetime) -> Ticket:
    """Raises BadToken: forged, for another purpose, or past its time."""
    try:
        return Ticket(*_FORM.unpack(tokens.read(PURPOSE, text, now=now)))
    except struct.error as error:
        raise tokens.BadToken from error


def address_for(host: str) -> str:
    """Where the page that was asked of `host` ("name:port") finds its room."""
    if settings.ROOMS_URL:
        return settings.ROOMS_URL
    scheme = "wss" if settings.PUBLIC_ORIGIN.startswith("https://") else "ws"
    # An IPv6 name keeps its brackets; only what follows the last of its colons is a port.
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return f"{scheme}://{name}:{settings.ROOMS_PORT}/room"
