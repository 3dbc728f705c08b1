"""What the platform holds about a person, room by room.

Rooms above keep orders, posts and comments; people knows none of them. Each tells here, once, when
its app starts, what it holds about a user, what stands in the way of deletion, and how it erases.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shanhuo.people import phones
from shanhuo.people.models import Membership, Passkey, User, Verification


def _nothing(_user: User) -> list[str]:
    return []


def _keep(_user: User, _now: datetime) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One room's share: `export` gives plain values, `unfinished` sentences, `erase` writes."""

    export: Callable[[User], Any]
    unfinished: Callable[[User], list[str]] = _nothing
    erase: Callable[[User, datetime], None] = _keep


_holdings: dict[str, Holding] = {}


def holds(section: str, holding: Holding) -> None:
    """Register a room's share under the name it has in the exported file."""
    _holdings[section] = holding


def export(user: User) -> Mapping[str, Any]:
    """Everything, by section, as plain values for JSON; the room's own share comes first."""
    others = {section: holding.export(user) for section, holding in _holdings.items()}
    return {"account": _account(user), "organisations": _organisations(user), **others}


def unfinished(user: User) -> list[str]:
    """What must be finished before the account can go, e.g. an order under way."""
    return [what for holding in _holdings.values() for what in holding.unfinished(user)]


def erase(user: User, *, now: datetime) -> None:
    """Let every room erase its share, in the caller's transaction."""
    for holding in _holdings.values():
        holding.erase(user, now)


def _account(user: User) -> dict[str, Any]:
    return {
        "id": user.public_id,
        "name": user.display_name,
        "phone": phones.local(user.phone),
        "joined_at": _iso(user.joined_at),
        "last_signed_in_at": _iso(user.last_login),
        "youth_mode": bool(user.youth_pin),
        "passkeys": [
            {
                "name": passkey.name,
                "added_at": _iso(passkey.added_at),
                "used_at": _iso(passkey.used_at),
            }
            for passkey in Passkey.objects.filter(user=user)
        ],
    }


def _organisations(user: User) -> dict[str, Any]:
    """Memberships past and present, and papers handed in."""
    memberships = Membership.objects.filter(user=user).select_related("organisation")
    papers = Verification.objects.filter(applied_by=user).select_related("organisation")
    return {
        "memberships": [
            {
                "organisation": row.organisation.name,
                "role": row.role,
                "started_at": _iso(row.started_at),
                "ended_at": _iso(row.ended_at),
            }
            for row in memberships.order_by("pk")
        ],
        "papers": [
            {
                "organisation": row.organisation.name,
                "status": row.status,
                "applied_at": _iso(row.applied_at),
            }
            for row in papers.order_by("pk")
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
