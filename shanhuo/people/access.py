"""Who a person is at the door: the roles that the access tables of all faces are written in."""

from collections.abc import Callable
from enum import Flag, auto
from typing import Any

from shanhuo.people import rules


class Access(Flag):
    """Whom an address serves. Roles combine: `Access.SELLER | Access.OPERATOR` lets either in.

    The door is the first check only; which rows a person sees is decided by `…_visible_to(user)`.
    """

    ANYONE = auto()
    SIGNED_IN = auto()
    CREATOR = auto()
    SELLER = auto()
    OFFICER = auto()
    OPERATOR = auto()
    AUDITOR = auto()
    TECHNICIAN = auto()


_ROLES: dict[Access, Callable[[Any], object]] = {
    Access.CREATOR: rules.creator_ids,
    Access.SELLER: rules.merchant_ids,
    Access.OFFICER: rules.officer_county_ids,
    Access.OPERATOR: rules.is_operator,
    Access.AUDITOR: rules.is_auditor,
    Access.TECHNICIAN: lambda user: user.is_staff,
}


def may_enter(user: Any, wanted: Access) -> bool:
    """Whether `user` (possibly anonymous) belongs to any of the `wanted` kinds; asks no more
    of the database than it must."""
    if Access.ANYONE in wanted:
        return True
    if not (getattr(user, "is_authenticated", False) and user.is_active):
        return False
    if Access.SIGNED_IN in wanted:
        return True
    return any(role in wanted and bool(holds(user)) for role, holds in _ROLES.items())


def roles_of(user: Any) -> Access:
    """Everything the user is at this moment."""
    held = Access.ANYONE
    if getattr(user, "is_authenticated", False) and user.is_active:
        held |= Access.SIGNED_IN
        for role, holds in _ROLES.items():
            if holds(user):
                held |= role
    return held
