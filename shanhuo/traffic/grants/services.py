"""What can happen to programmes and grants. One verb, one transaction."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, clock, facts
from shanhuo.kernel.errors import Refusal
from shanhuo.regions import queries as regions
from shanhuo.traffic import rules
from shanhuo.traffic.events import GrantApproved, GrantEnded
from shanhuo.traffic.grants import book, targets
from shanhuo.traffic.grants import terms as conditions
from shanhuo.traffic.grants.book import Book, Kind
from shanhuo.traffic.grants.targets import Target
from shanhuo.traffic.grants.terms import OutsideProgramme, Terms, TooMuchAsked, Wish
from shanhuo.traffic.models import Contract, Grant, Programme, RateCard
from shanhuo.traffic.models.grants import Means, Placement

Status = Grant.Status
Ended = Contract.EndReason
UNDER_WAY = (Status.APPROVED, Status.RUNNING)
LIVING = (Status.REQUESTED, *UNDER_WAY)


class NotOperator(Refusal):
    code = "not_operator"
    status = 403
    message = _("Only operators may do this.")


class NotYourCounty(Refusal):
    code = "not_your_county"
    status = 403
    message = _("Only the office of this county, or an operator, may ask for it.")


class OwnRequest(Refusal):
    code = "own_request"
    status = 403
    message = _("You asked for it, so somebody else decides.")


class AlreadyDecided(Refusal):
    code = "already_decided"
    message = _("This was decided already.")


class NotUnderWay(Refusal):
    code = "not_under_way"
    message = _("This grant is not under way.")


class ReasonNeeded(Refusal):
    code = "reason_needed"
    status = 422
    message = _("Give a reason: the county will read it.")


class BudgetShort(Refusal):
    code = "budget_short"
    message = _("The programme has %(free)s exposures left, the grant needs %(needed)s.")


class NothingLeft(Refusal):
    code = "nothing_left"
    message = _("Everything that was asked for is gone since. Refuse it; the county can ask anew.")


class ProgrammeClosed(Refusal):
    code = "programme_closed"
    message = _("This programme gives out nothing any more.")


class NotForThisCounty(Refusal):
    code = "not_for_this_county"
    status = 422
    message = _("This programme is for counties that the county floor serves.")


class SessionElsewhen(Refusal):
    code = "session_elsewhen"
    status = 422
    message = _("%(name)s is announced for %(day)s, outside the days of the grant.")


class ObjectsOverlap(Refusal):
    code = "objects_overlap"
    message = _("%(name)s is in the grant “%(grant)s” of this programme on the same days.")


@transaction.atomic
def open_programme(
    *,
    operator: Any,
    name: str,
    purpose: str,
    budget_count: int,
    most_per_grant: int,
    starts_on: date,
    ends_on: date,
    floor_counties_only: bool = False,
    feed_cap: int = 3,
    banner_cap: int | None = 3,
    splash_cap: int | None = 1,
    now: datetime,
) -> Programme:
    """Promise a budget of exposures for some days. Caps: to one viewer in one day; None where each
    grant must name its own.

    Raises NotOperator, and a BadTerms for figures and days that cannot be meant.
    """
    if not rules.may_open_programme(operator):
        raise NotOperator
    _check_budget(name, budget_count, most_per_grant)
    conditions.check_days(starts_on, ends_on, today=clock.day_of(now))
    caps = {Placement.FEED: feed_cap, Placement.BANNER: banner_cap, Placement.SPLASH: splash_cap}
    for placement, cap in caps.items():
        if cap is not None:
            conditions.check_cap(placement, cap)
    programme = Programme.objects.create(
        name=name.strip(),
        purpose=purpose.strip(),
        budget_count=budget_count,
        most_per_grant=most_per_grant,
        starts_on=starts_on,
        ends_on=ends_on,
        floor_counties_only=floor_counties_only,
        feed_cap=feed_cap,
        banner_cap=banner_cap,
        splash_cap=splash_cap,
        opened_by=operator,
        opened_at=now,
    )
    ledger = Book(programme.pk, now=now)
    ledger.move(Kind.ISSUE, budget_count)
    ledger.write()
    _audit("programme.open", programme, operator, {"exposures": budget_count}, now)
    return programme


def _check_budget(name: str, budget_count: int, most_per_grant: int) -> None:
    """Raises a BadTerms."""
    conditions.check_count(name, budget_count)
    conditions.check_count(name, most_per_grant)
    if most_per_grant > budget_count:
        raise TooMuchAsked(count=most_per_grant, most=budget_count)


@transaction.atomic
def set_rate(
    *, operator: Any, means: Means, fen_per_thousand: int, starts_on: date, now: datetime
) -> RateCard:
    """What a thousand exposures are worth from a day on, for reports. Raises NotOperator."""
    if not rules.may_open_programme(operator):
        raise NotOperator
    rate, _created = RateCard.objects.update_or_create(
        means=means,
        starts_on=starts_on,
        defaults={"fen_per_thousand": fen_per_thousand, "set_by": operator},
    )
    audit.record(
        verb="rate.set",
        actor=operator,
        subject=f"traffic.RateCard:{means}:{starts_on}",
        detail={"fen_per_thousand": fen_per_thousand},
        now=now,
    )
    return rate


@transaction.atomic
def request_grant(
    *, requester: Any, programme_id: int, county_id: int, terms: Terms, now: datetime
) -> Grant:
    """Ask for exposures. Nothing is promised until somebody else approves.

    Raises NotYourCounty, ProgrammeClosed, NotForThisCounty, ObjectUnknown, NothingToShow,
    SessionElsewhen, ObjectsOverlap, and a BadTerms for terms that cannot be meant.
    """
    if not rules.may_request(requester, county_id):
        raise NotYourCounty
    conditions.check(terms, today=clock.day_of(now))
    programme = Programme.objects.select_for_update().get(pk=programme_id)
    county = regions.counties().get(pk=county_id)
    _check_programme(programme, county, terms)
    caps = conditions.settled_caps(terms, programme.caps)
    found = [targets.find(wish, adcode=county.adcode) for wish in terms.wishes]
    _refuse_other_days(terms, found, today=clock.day_of(now))
    _refuse_overlap(programme, terms, found)
    grant = Grant.objects.create(
        programme=programme,
        county=county,
        title=terms.title.strip(),
        reason=terms.reason.strip(),
        means=terms.means,
        asked_count=terms.asked_count,
        starts_on=terms.starts_on,
        ends_on=terms.ends_on,
        audience=terms.audience,
        viewer_cap=caps[Placement.FEED],
        banner_cap=caps[Placement.BANNER],
        splash_cap=caps[Placement.SPLASH],
        least_finish_percent=terms.least_finish_percent,
        is_pooled=terms.is_pooled,
        requested_by=requester,
        requested_at=now,
    )
    Contract.objects.bulk_create(
        _contract(grant, wish, target) for wish, target in zip(terms.wishes, found, strict=True)
    )
    _audit("grant.request", grant, requester, {"exposures": grant.asked_count}, now)
    return grant


def _contract(grant: Grant, wish: Wish, target: Target) -> Contract:
    return Contract(
        grant=grant,
        kind=target.kind,
        target=target.id,
        target_public_id=target.public_id,
        name=target.name,
        placement=wish.placement,
        airs_at=target.airs_at,
        quota_count=wish.quota_count,
        day_cap=wish.day_cap,
    )


@transaction.atomic
def approve_grant(*, operator: Any, grant_id: int, now: datetime) -> Grant:
    """Promise what was asked for, out of the programme's budget. What is promised to objects that
    are gone since goes back with the next booking.

    Raises NotOperator, OwnRequest, AlreadyDecided, DatesWrong, NothingLeft, BudgetShort.
    """
    grant = _to_decide(operator, grant_id)
    conditions.check_days(
        max(grant.starts_on, clock.day_of(now)), grant.ends_on, today=clock.day_of(now)
    )
    contracts = list(grant.contracts.order_by("pk"))
    if all(contract.ended_at for contract in contracts):
        raise NothingLeft
    ledger = Book(grant.programme_id, now=now)
    free = book.free_budget(grant.programme_id)
    if grant.asked_count > free:
        raise BudgetShort(free=free, needed=grant.asked_count)
    ledger.move(Kind.GRANT, grant.asked_count, grant_id=grant.pk)
    for contract in contracts:
        ledger.move(Kind.ASSIGN, contract.quota_count, contract=contract)
    ledger.write()
    _decide(grant, Status.APPROVED, operator, "", now)
    facts.record(
        GrantApproved(
            grant=grant.public_id,
            programme=grant.programme.public_id,
            county=grant.county.adcode,
            means=grant.means,
            exposures=grant.asked_count,
            contracts=[contract.pk for contract in contracts],
        ),
        now=now,
    )
    return grant


@transaction.atomic
def refuse_grant(*, operator: Any, grant_id: int, reason: str, now: datetime) -> Grant:
    """Raises NotOperator, OwnRequest, AlreadyDecided, ReasonNeeded."""
    grant = _to_decide(operator, grant_id)
    if not reason.strip():
        raise ReasonNeeded
    _decide(grant, Status.REFUSED, operator, reason, now)
    return grant


@transaction.atomic
def stop_grant(*, operator: Any, grant_id: int, reason: str, now: datetime) -> Grant:
    """End a grant before its time; what is unused goes back once nothing can be charged any more.

    Raises NotOperator, ReasonNeeded, NotUnderWay.
    """
    if not rules.may_stop(operator):
        raise NotOperator
    if not reason.strip():
        raise ReasonNeeded
    grant = Grant.objects.select_for_update().get(pk=grant_id)
    if grant.status not in UNDER_WAY:
        raise NotUnderWay
    _end_contracts(grant.contracts.all(), Ended.STOPPED, now)
    _end_grant(grant, Status.STOPPED, now)
    Grant.objects.filter(pk=grant.pk).update(decision_reason=reason.strip()[:300])
    _audit("grant.stop", grant, operator, {"reason": reason}, now)
    grant.refresh_from_db()
    return grant


@transaction.atomic
def end_contracts_on(
    *, kind: Contract.Kind, public_ids: Iterable[str], reason: Ended, now: datetime
) -> int:
    """These objects are gone: their contracts end at once, those that are only asked for too.
    Safe to run twice.

    Returns how many ended.
    """
    rows = Contract.objects.filter(kind=kind, target_public_id__in=list(public_ids))
    return _end_contracts(rows.filter(grant__status__in=LIVING), reason, now)


def note_air(*, session: str, now: datetime) -> None:
    """A session began: what it was promised is due from now on. Safe to run twice."""
    rows = Contract.objects.filter(kind=Contract.Kind.SESSION, target_public_id=session)
    rows.filter(ended_at=None).update(airs_at=now)


def end_sold_out_sessions(*, now: datetime) -> int:
    """End contracts on sessions on air that have nothing left to sell; how many ended."""
    supported = Contract.objects.filter(kind=Contract.Kind.SESSION, ended_at=None)
    if not supported.filter(grant__status__in=UNDER_WAY).exists():
        return 0
    return end_contracts_on(
        kind=Contract.Kind.SESSION,
        public_ids=targets.sold_out_sessions(now=now),
        reason=Ended.NO_STOCK,
        now=now,
    )


def end_unsellable(*, now: datetime, public_ids: Iterable[str] | None = None) -> int:
    """End contracts on products (all, or these) that nobody can buy, and on clips about them."""
    rows = Contract.objects.filter(
        kind=Contract.Kind.PRODUCT, grant__status__in=UNDER_WAY, ended_at=None
    )
    if public_ids is not None:
        rows = rows.filter(target_public_id__in=list(public_ids))
    ended = 0
    for public_id in set(rows.values_list("target_public_id", flat=True)):
        stock = targets.has_stock(public_id, now=now)
        if not stock:
            reason = Ended.EXITED if stock is None else Ended.NO_STOCK
            ended += _end_product(public_id, reason, now)
    return ended


def _end_product(public_id: str, reason: Ended, now: datetime) -> int:
    clips = targets.clips_about(public_id)
    of_product = end_contracts_on(
        kind=Contract.Kind.PRODUCT, public_ids=[public_id], reason=reason, now=now
    )
    of_clips = end_contracts_on(kind=Contract.Kind.POST, public_ids=clips, reason=reason, now=now)
    return of_product + of_clips


@transaction.atomic
def turn(*, now: datetime) -> None:
    """What the calendar does: grants begin and end, programmes close. Safe to run late or twice."""
    today = clock.day_of(now)
    Grant.objects.filter(status=Status.APPROVED, starts_on__lte=today).update(status=Status.RUNNING)
    over = Contract.objects.filter(grant__status__in=UNDER_WAY, grant__ends_on__lt=today)
    _end_contracts(over, Ended.OVER, now)
    # What is left of an ended contract may be on its way to the county.
    to_pool = Q(settled_at=None, grant__is_pooled=True, grant__ends_on__gte=today)
    going_on = Contract.objects.filter(Q(ended_at=None) | to_pool, grant=OuterRef("pk"))
    for grant in Grant.objects.filter(status__in=UNDER_WAY).exclude(Exists(going_on)):
        _end_grant(grant, Status.ENDED, now)
    for programme in Programme.objects.filter(ends_on__lt=today, closed_at=None):
        _close_if_settled(programme, now)


def _close_if_settled(programme: Programme, now: datetime) -> None:
    """When every grant has given back what it did not use, the rest of the budget expires."""
    waiting = Contract.objects.filter(grant__programme=programme, settled_at=None)
    if (
        waiting.exclude(grant__status=Status.REFUSED)
        .exclude(grant__status=Status.REQUESTED)
        .exists()
    ):
        return
    ledger = Book(programme.pk, now=now)
    ledger.move(Kind.EXPIRE, book.free_budget(programme.pk))
    ledger.write()
    Programme.objects.filter(pk=programme.pk).update(closed_at=now)


def _check_programme(programme: Programme, county: Any, terms: Terms) -> None:
    if programme.closed_at is not None:
        raise ProgrammeClosed
    if programme.floor_counties_only and not (county.was_poor_county or county.is_key_county):
        raise NotForThisCounty
    if terms.starts_on < programme.starts_on or terms.ends_on > programme.ends_on:
        raise OutsideProgramme(first=programme.starts_on, last=programme.ends_on)
    if terms.asked_count > programme.most_per_grant:
        raise TooMuchAsked(count=terms.asked_count, most=programme.most_per_grant)


def _refuse_other_days(terms: Terms, found: Iterable[Target], *, today: date) -> None:
    for target in found:
        if target.airs_at is None:
            continue
        # What is late, or on air since yesterday, is of today.
        day = max(today, clock.day_of(target.airs_at))
        if not terms.starts_on <= day <= terms.ends_on:
            raise SessionElsewhen(name=target.name, day=day)


def _refuse_overlap(programme: Programme, terms: Terms, found: Iterable[Target]) -> None:
    """Within a programme an object is asked for once for a placement at a time; two programmes may
    meet on it, and so may what a pool has for the county."""
    living = Contract.objects.filter(
        grant__programme=programme,
        grant__status__in=LIVING,
        grant__starts_on__lte=terms.ends_on,
        grant__ends_on__gte=terms.starts_on,
        ended_at=None,
        quota_count__gt=0,
    ).select_related("grant")
    for wish, target in zip(terms.wishes, found, strict=True):
        same = living.filter(kind=target.kind, target=target.id, placement=wish.placement)
        other = same.first()
        if other is not None:
            raise ObjectsOverlap(name=target.name, grant=other.grant.title)


def _to_decide(operator: Any, grant_id: int) -> Grant:
    grants = Grant.objects.select_for_update(of=("self",)).select_related("programme", "county")
    grant = grants.get(pk=grant_id)
    if not rules.may_stop(operator):
        raise NotOperator
    if not rules.may_decide(operator, grant):
        raise OwnRequest
    if grant.status != Status.REQUESTED:
        raise AlreadyDecided
    return grant


def _decide(grant: Grant, status: Status, operator: Any, reason: str, now: datetime) -> None:
    grant.status, grant.decided_by, grant.decided_at = status, operator, now
    grant.decision_reason = reason.strip()[:300]
    grant.save(update_fields=["status", "decided_by", "decided_at", "decision_reason"])
    _audit(f"grant.{status}", grant, operator, {"reason": grant.decision_reason}, now)


def _end_contracts(rows: "QuerySet[Contract]", reason: Ended, now: datetime) -> int:
    # The last condition is the claim: PostgreSQL looks at it again when it has waited for a row,
    # and not at what is asked of the grant.
    claimed = Contract.objects.filter(pk__in=rows.values("pk"), ended_at=None)
    return claimed.update(ended_at=now, end_reason=reason)


def _end_grant(grant: Grant, status: Status, now: datetime) -> None:
    """The update is the claim: of two that end it, one records the fact."""
    under_way = Grant.objects.filter(pk=grant.pk, status__in=UNDER_WAY)
    if under_way.update(status=status, ended_at=now):
        stopped = status == Status.STOPPED
        facts.record(
            GrantEnded(grant=grant.public_id, county=grant.county.adcode, stopped=stopped), now=now
        )


def _audit(
    verb: str, row: Grant | Programme, actor: Any, detail: Mapping[str, object], now: datetime
) -> None:
    subject = f"traffic.{type(row).__name__}:{row.public_id}"
    audit.record(verb=verb, actor=actor, subject=subject, detail=detail, now=now)
