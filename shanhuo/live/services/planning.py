"""A session before air: drafted by its host, checked by other people, announced, reminded of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.content import words
from shanhuo.kernel import facts
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.rows import insert
from shanhuo.live import rules
from shanhuo.live.events import SessionCancelled
from shanhuo.live.formats import format_of
from shanhuo.live.models import Cast, Check, Reminder, Session
from shanhuo.live.readiness import Missing, missing_of
from shanhuo.live.states import CastRole, SessionStatus
from shanhuo.live.transitions import WrongStatus, move
from shanhuo.people import queries as people
from shanhuo.people import rules as who

if TYPE_CHECKING:
    from shanhuo.people.models import User

WHOLE = 10_000
SOONEST = timedelta(minutes=-10)
LATEST = timedelta(days=90)
BEFORE_AIR = frozenset({SessionStatus.DRAFT, SessionStatus.SUBMITTED, SessionStatus.SCHEDULED})
TO_COME = frozenset({SessionStatus.SCHEDULED, SessionStatus.ON_AIR, SessionStatus.INTERRUPTED})


class NotAHost(Refusal):
    code = "not_a_host"
    status = 403
    message = _("Only people of verified cooperatives, creators and county offices go live.")


class NotForThisOrganisation(Refusal):
    code = "not_for_this_organisation"
    status = 403
    message = _("Choose a verified organisation that you work for.")


class AgeNotStated(Refusal):
    code = "age_not_stated"
    status = 422
    message = _("Whoever is on camera says that he or she is 18 or older.")


class NotInYouthMode(Refusal):
    code = "youth_mode"
    status = 403
    message = _("Youth mode is on: nobody goes live or has a part in it.")


class BadTime(Refusal):
    code = "bad_time"
    status = 422
    message = _("A session begins within the next 90 days.")


class NotTheDirector(Refusal):
    code = "not_the_director"
    status = 403
    message = _("Only its host and co-hosts change a session.")


class SharesDoNotSum(Refusal):
    code = "shares_do_not_sum"
    status = 422
    message = _("The shares of host and co-hosts make 100 % together; others have none.")


class CastIsOdd(Refusal):
    code = "cast_is_odd"
    status = 422
    message = _("Everybody stands in the cast once, and the host stays the host.")


class NotInTheCast(Refusal):
    code = "not_in_the_cast"
    status = 404
    message = _("You are not in the cast of this session.")


class NotReady(Refusal):
    """Details name what is missing, by code."""

    code = "not_ready"
    status = 409
    message = _("Something is still missing before the check.")

    def __init__(self, missing: Sequence[Missing]) -> None:
        super().__init__(missing=[one.code for one in missing])


class MayNotCheck(Refusal):
    code = "may_not_check"
    status = 403
    message = _("An operator who has no part in the session checks it.")


class CheckedAlready(Refusal):
    code = "checked_already"
    status = 409
    message = _("You have agreed to it already; somebody else must look too.")


class ListedWords(Refusal):
    code = "listed_words"
    status = 422
    message = _("The reason holds words that are not allowed here: %(words)s.")


class ReasonMissing(Refusal):
    code = "reason_missing"
    status = 422
    message = _("Say why: the host has a right to it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Somebody's place in the cast, and for which organisation."""

    user_id: int
    role: CastRole
    organisation_id: int | None = None
    share_basis_points: int = 0


@transaction.atomic
def draft(
    *,
    host: "User",
    organisation_id: int,
    kind: str,
    title: str,
    starts_at: datetime,
    is_adult: bool,
    notice: str = "",
    script: str = "",
    now: datetime,
) -> Session:
    """A new session, seen by its host alone. Its county is that of the organisation.

    Raises NotAHost, NotForThisOrganisation, NotInYouthMode, AgeNotStated, BadTime.
    """
    _must_be_grown_up(host, is_adult=is_adult)
    if not rules.can_host(host):
        raise NotAHost
    house = _organisation_of(host, organisation_id)
    _must_be_soon(starts_at, now=now)
    shape = format_of(kind)
    session = Session.objects.create(
        kind=shape.kind,
        title=title,
        notice=notice,
        script=script,
        organisation=house,
        county_id=house.county_id,
        host=host,
        is_official=shape.is_official or house.kind == "county_office",
        created_at=now,
        starts_at=starts_at,
        grace_seconds=shape.grace_seconds,
        slow_mode_seconds=shape.slow_mode_seconds,
    )
    Cast.objects.create(
        session=session,
        user=host,
        role=CastRole.HOST,
        organisation=house,
        county_id=house.county_id,
        share_basis_points=WHOLE,
        agreed_at=now,
    )
    return session


@transaction.atomic
def edit(
    *,
    session_id: int,
    by: "User",
    title: str,
    starts_at: datetime,
    notice: str,
    script: str,
    now: datetime,
) -> Session:
    """Change the words or the time. Words that were sent to the check, or have passed it, are
    another session's words once they change: it is a draft again.

    Raises NotTheDirector, WrongStatus, BadTime.
    """
    session = _locked(session_id, by)
    if session.status not in BEFORE_AIR:
        raise WrongStatus
    if starts_at != session.starts_at:
        _must_be_soon(starts_at, now=now)
    texts = {"title": title, "notice": notice, "script": script}
    changed = any(getattr(session, name) != value for name, value in texts.items())
    Session.objects.filter(pk=session.pk).update(starts_at=starts_at, **texts)
    if changed:
        reopen(session=session, by=by, note="words changed", now=now)
    session.refresh_from_db()
    return session


@transaction.atomic
def set_cast(*, session_id: int, by: "User", parts: Sequence[Part], now: datetime) -> None:
    """Who is in it, and how its credit is divided among those on stage.

    Whoever is new, or whose part changes, must agree (`agree`) before the session is checked.
    Raises NotTheDirector, WrongStatus, CastIsOdd, SharesDoNotSum, NotAHost, NotInYouthMode.
    """
    session = _locked(session_id, by)
    if session.status not in BEFORE_AIR:
        raise WrongStatus
    _must_fit(session, parts)
    reopen(session=session, by=by, note="cast changed", now=now)
    standing = {row.user_id: row for row in session.cast.all()}
    session.cast.exclude(user__in=[part.user_id for part in parts]).delete()
    for part in parts:
        _seat(session, part, standing.get(part.user_id), by=by, now=now)


@transaction.atomic
def agree(*, session_id: int, user: "User", is_adult: bool, now: datetime) -> None:
    """Somebody takes the part that stands for them. Raises NotInTheCast, AgeNotStated (on stage),
    NotInYouthMode."""
    part = Cast.objects.select_for_update().filter(session=session_id, user=user).first()
    if part is None:
        raise NotInTheCast
    _must_be_grown_up(user, is_adult=is_adult or part.role not in rules.ON_STAGE)
    Cast.objects.filter(pk=part.pk).update(agreed_at=now)


@transaction.atomic
def submit(*, session_id: int, by: "User", now: datetime) -> None:
    """Ask for the check. Raises NotTheDirector, NotReady, WrongStatus."""
    session = _locked(session_id, by)
    missing = missing_of(session)
    if missing:
        raise NotReady(missing)
    _must_be_soon(session.starts_at, now=now)
    move(session, to=SessionStatus.SUBMITTED, actor=by, now=now, submitted_at=now)


@transaction.atomic
def check(
    *, session_id: int, checker: "User", agreed: bool, reason: str = "", now: datetime
) -> None:
    """One operator's look at script and goods; official sessions need two who agree.

    Raises MayNotCheck, ReasonMissing (to refuse), CheckedAlready, WrongStatus.
    """
    session = Session.objects.select_for_update().get(pk=session_id)
    if not rules.can_check(checker, session):
        raise MayNotCheck
    if session.status != SessionStatus.SUBMITTED or session.submitted_at is None:
        raise WrongStatus
    if not agreed and not reason.strip():
        raise ReasonMissing
    look = Check(
        session=session,
        checker=checker,
        at=now,
        agreed=agreed,
        reason=reason.strip()[:300],
        submitted_at=session.submitted_at,
    )
    if not insert([look], unless_there=True):
        raise CheckedAlready
    if not agreed:
        move(session, to=SessionStatus.DRAFT, actor=checker, now=now, note=look.reason[:200])
    elif rules.checks_missing(session) == 0:
        move(session, to=SessionStatus.SCHEDULED, actor=checker, now=now)


@transaction.atomic
def take_back(*, session_id: int, by: "User", now: datetime) -> None:
    """The host wants to work on it again. Raises NotTheDirector, WrongStatus."""
    session = _locked(session_id, by)
    move(session, to=SessionStatus.DRAFT, actor=by, now=now, note="taken back")


@transaction.atomic
def cancel(*, session_id: int, by: "User", reason: str, now: datetime) -> None:
    """It will not take place. Whoever opens its page reads the reason, so that listed words are
    refused in it. Raises NotTheDirector, WrongStatus, ListedWords."""
    if found := words.found_in(reason):
        raise ListedWords(words="、".join(found))
    session = _locked(session_id, by)
    move(session, to=SessionStatus.CANCELLED, actor=by, now=now, note=reason.strip()[:200])
    cancelled = SessionCancelled(
        session_id=session.pk, public_id=session.public_id, county=session.county.adcode
    )
    facts.record(cancelled, now=now)


@transaction.atomic
def remind(*, session_id: int, user: "User", wanted: bool, now: datetime) -> None:
    """Tell the person when it begins, or not. Raises WrongStatus once nothing is to come."""
    session = Session.objects.get(pk=session_id)
    if session.status not in TO_COME:
        raise WrongStatus
    if not wanted:
        Reminder.objects.filter(session=session, user=user).delete()
        return
    insert([Reminder(session=session, user=user, asked_at=now)], unless_there=True)


def tell_reminded(*, session_id: int, now: datetime) -> int:
    """The first picture was shown: everybody who asked finds it on their page."""
    return Reminder.objects.filter(session=session_id, told_at=None).update(told_at=now)


def reopen(*, session: Session, by: "User", note: str, now: datetime) -> None:
    """What was looked at has changed: a locked session needs a new check. A draft stays one."""
    if session.status in (SessionStatus.SUBMITTED, SessionStatus.SCHEDULED):
        move(session, to=SessionStatus.DRAFT, actor=by, now=now, note=note)


def _locked(session_id: int, by: "User") -> Session:
    session = Session.objects.select_for_update().get(pk=session_id)
    if not rules.can_direct(by, session):
        raise NotTheDirector
    return session


def _must_be_grown_up(user: "User", *, is_adult: bool) -> None:
    if not who.may_trade(user):
        raise NotInYouthMode
    if not is_adult:
        raise AgeNotStated


def _must_be_soon(starts_at: datetime, *, now: datetime) -> None:
    if not now + SOONEST <= starts_at <= now + LATEST:
        raise BadTime


def _organisation_of(user: "User", organisation_id: int | None) -> Any:
    for one in people.houses_of(user):
        if one.pk == organisation_id:
            return one
    raise NotForThisOrganisation


def _must_fit(session: Session, parts: Sequence[Part]) -> None:
    """Whether the parts can be a cast at all. Raises CastIsOdd, SharesDoNotSum."""
    hosts = [part.user_id for part in parts if part.role == CastRole.HOST]
    if hosts != [session.host_id] or len({part.user_id for part in parts}) != len(parts):
        raise CastIsOdd
    on_stage = [part for part in parts if part.role in rules.ON_STAGE]
    shares = [part.share_basis_points for part in parts]
    earned = sum(part.share_basis_points for part in on_stage)
    if min(shares) < 0 or earned != WHOLE or sum(shares) != WHOLE:
        raise SharesDoNotSum


def _seat(
    session: Session, part: Part, standing: Cast | None, *, by: "User", now: datetime
) -> None:
    """Write one part; what somebody agreed to holds only while it stays the same."""
    person = people.accounts().get(pk=part.user_id)
    if not who.may_trade(person):
        raise NotInYouthMode
    house = None
    if part.role in rules.ON_STAGE:
        if not rules.can_host(person):
            raise NotAHost
        house = _house_on_stage(person, part, standing)
    values = {
        "role": part.role,
        "organisation": house,
        "county_id": house.county_id if house else None,
        "share_basis_points": part.share_basis_points,
    }
    if standing and all(getattr(standing, name) == value for name, value in values.items()):
        return
    agreed_at = now if person.pk == by.pk and standing and standing.agreed_at else None
    Cast.objects.update_or_create(
        session=session, user=person, defaults={**values, "agreed_at": agreed_at}
    )


def _house_on_stage(person: "User", part: Part, standing: Cast | None) -> Any:
    """For whom somebody stands there: the one named, the one of before, or the only one."""
    houses = people.houses_of(person)
    named = part.organisation_id or (standing.organisation_id if standing else None)
    if named is None and houses:
        return houses[0]
    return _organisation_of(person, named)
