"""The desks of the house, and what waits on each of them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from shanhuo.people.access import Access, may_enter


@dataclass(frozen=True, slots=True)
class Desk:
    """A place to work: its address, name, icon, and the role that opens it."""

    url: str
    name: str
    sign: str
    role: str


@dataclass(frozen=True, slots=True)
class Todo:
    """A line of a desk's front page: `count` things wait, the page at `url` deals with them."""

    count: int
    text: str
    url: str
    sign: str


@dataclass(frozen=True, slots=True)
class Deed:
    """Something often done at a desk: the page at `url` begins it."""

    text: str
    url: str
    sign: str


def desks_of(user: Any) -> list[Desk]:
    """The desks that the user may sit at."""
    every = [
        (Access.SELLER, Desk(reverse("seller:home"), _("Seller desk"), "box", _("Seller"))),
        (Access.OFFICER, Desk(reverse("county:home"), _("County desk"), "mountain", _("Officer"))),
        (
            Access.OPERATOR | Access.AUDITOR,
            Desk(reverse("ops:home"), _("Operator desk"), "list", _("Operator")),
        ),
        (
            Access.TECHNICIAN,
            Desk(reverse("admin:index"), _("Back office"), "gear", _("Technician")),
        ),
    ]
    return [desk for wanted, desk in every if may_enter(user, wanted)]


def waiting(*todos: Todo) -> list[Todo]:
    """What really waits, in the order given."""
    return [todo for todo in todos if todo.count]
