"""What is still missing before a session may be checked: the list on the plan, and the gate."""

from collections import Counter
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.live import rules
from shanhuo.live.formats import format_of
from shanhuo.live.models import Cast, Session
from shanhuo.live.states import CastRole

SCRIPT_AT_LEAST = 20
_ROLES: dict[CastRole, tuple[str, Promise]] = {
    CastRole.COHOST: ("cohost", _("A co-host.")),
    CastRole.EXPERT: ("expert", _("An expert.")),
    CastRole.MODERATOR: ("moderator", _("A moderator.")),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """`code` for programs, `text` for people."""

    code: str
    text: str | Promise


def missing_of(session: Session) -> list[Missing]:
    """In the order in which a host deals with them; empty: it may be submitted."""
    cast = list(session.cast.all())
    return [*_words(session), *_goods(session), *_people(session, cast), *_counties(session, cast)]


def _words(session: Session) -> list[Missing]:
    if len(session.script.strip()) >= SCRIPT_AT_LEAST:
        return []
    return [Missing("script", _("A script: what is said, in which order."))]


def _goods(session: Session) -> list[Missing]:
    wanted = format_of(session.kind).goods
    there = session.items.filter(removed_at=None).count()
    if there >= wanted:
        return []
    return [Missing("goods", _("Goods in the showcase."))]


def _people(session: Session, cast: list[Cast]) -> list[Missing]:
    held = Counter(part.role for part in cast)
    wanted = format_of(session.kind).roles
    missing = [Missing(*_ROLES[role]) for role, count in wanted.items() if held[role] < count]
    if any(part.agreed_at is None for part in cast if part.role in rules.ON_STAGE):
        missing.append(Missing("agreement", _("Every co-host agrees to the part and the share.")))
    return missing


def _counties(session: Session, cast: list[Cast]) -> list[Missing]:
    on_stage = {part.county_id for part in cast if part.role in rules.ON_STAGE}
    if len(on_stage) >= format_of(session.kind).counties:
        return []
    return [Missing("counties", _("Hosts from different counties."))]
