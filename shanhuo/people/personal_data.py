"""What the platform holds about a person, room by room.

Rooms above keep orders, posts and comments; people knows none of them. Each tells here, once, when
its app starts, what it holds about a user, what stands in the way of deletion, and how it erases.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from shanhuo.people.models import User


def _nothing(_user: User) -> list[str]:
    return []


def _keep(_user: User) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One room's share: `export` gives plain values, `unfinished` sentences, `erase` writes."""

    export: Callable[[User], Any]
    unfinished: Callable[[User], list[str]] = _nothing
    erase: Callable[[User], None] = _keep


_holdings: dict[str, Holding] = {}


def holds(section: str, holding: Holding) -> None:
    """Register a room's share under the name it has in the exported file."""
    _holdings[section] = holding


def export(user: User) -> Mapping[str, Any]:
    """Everything, by section, as plain values for JSON."""
    return {section: holding.export(user) for section, holding in _holdings.items()}


def unfinished(user: User) -> list[str]:
    """What must be finished before the account can go, e.g. an order under way."""
    return [what for holding in _holdings.values() for what in holding.unfinished(user)]


def erase(user: User) -> None:
    """Let every room erase its share, in the caller's transaction."""
    for holding in _holdings.values():
        holding.erase(user)
