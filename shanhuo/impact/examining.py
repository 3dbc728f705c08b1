"""What happens in an audit of a figure: opened, counted again by a job, signed or objected to, and
void as soon as the logs say something else.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.impact import fingerprint, queries, rules
from shanhuo.impact.fingerprint import DayPrint
from shanhuo.impact.metrics import BY_ID, FromSignals, Metric
from shanhuo.impact.models import Examination
from shanhuo.impact.recount import product_of, recount
from shanhuo.impact.windows import Window
from shanhuo.kernel import audit, clock, jobs
from shanhuo.kernel.errors import Refusal
from shanhuo.regions import queries as regions
from shanhuo.traffic import queries as traffic

Status = Examination.Status
CHECKED_A_NIGHT = 20


class NotAnAuditor(Refusal):
    code = "not_an_auditor"
    status = 403
    message = _("Only an auditor who runs neither the platform nor this county's office may audit.")


class PeriodNotClosed(Refusal):
    code = "period_not_closed"
    status = 409
    message = _("The period is not closed: its last day is over, for every phone, two hours later.")


class PeriodNotCounted(Refusal):
    code = "period_not_counted"
    status = 409
    message = _("%(count)d days of the period were never counted or cannot be read.")


class AlreadyExamined(Refusal):
    code = "already_examined"
    status = 409
    message = _("This figure of this period is signed off or being examined already.")


class NothingToDecide(Refusal):
    code = "nothing_to_decide"
    status = 409
    message = _("The figure is not recounted yet, or somebody decided already.")


class NumbersDiffer(Refusal):
    code = "numbers_differ"
    status = 409
    message = _("The recount gave another number than the page: it cannot be signed off.")


class ReasonNeeded(Refusal):
    code = "reason_needed"
    status = 422
    message = _("An objection needs a reason; everybody reads it.")


@transaction.atomic
def open_examination(
    *,
    metric: Metric,
    window: Window,
    county: Any | None,
    product: Any | None,
    organisation: Any,
    auditor: Any,
    now: datetime,
) -> Examination:
    """Begin to audit a figure of a closed period; the job `recount_again` does the counting.

    county: a county, or None for the country; product: one of that county, or None for all.
    Raises NotAnAuditor, PeriodNotClosed, PeriodNotCounted, AlreadyExamined.
    """
    if not rules.may_sign(auditor, county.pk if county else None):
        raise NotAnAuditor
    _check_closed(metric, window, now=now)
    place = {
        "county": county.adcode if county else "",
        "product": product.public_id if product else "",
    }
    days = {"since_day": window.since_day, "until_day": window.until_day}
    try:
        with transaction.atomic():
            opened = Examination.objects.create(
                metric=metric.id,
                organisation=organisation,
                auditor=auditor,
                opened_at=now,
                **place,
                **days,
            )
    except IntegrityError as taken:
        raise AlreadyExamined from taken
    _note(opened, "figure.examine", auditor, now=now)
    recount_again.enqueue(opened.public_id)
    return opened


def _check_closed(metric: Metric, window: Window, *, now: datetime) -> None:
    _start, end = window.bounds
    if end > traffic.complete_until(now=now):
        raise PeriodNotClosed
    if unknown := queries.unknown_days(metric, window):
        raise PeriodNotCounted(count=len(unknown))


@jobs.task()
def recount_again(public_id: str) -> None:
    """The recount of an audit; its row says how many days are read."""
    examine(Examination.objects.get(public_id=public_id))


def examine(examination: Examination) -> None:
    """Read every entry, day by day, then count them again. Safe to run twice, or after a kill."""
    rows = Examination.objects.filter(pk=examination.pk, status=Status.COUNTING)
    metric, window, place = _question(examination)
    prints: list[DayPrint] = []
    try:
        for number, one in enumerate(fingerprint.day_prints(metric, window, **place), start=1):
            prints.append(one)
            rows.update(days_read=number)
        recounted = recount(metric, window, **place)
    except traffic.LogDamaged as damaged:
        rows.update(status=Status.UNREADABLE, evidence={"damaged": damaged.files})
        return
    rows.update(
        status=Status.COUNTED,
        shown=_rolled_up(examination),
        recounted=recounted,
        entry_count=sum(one.entry_count for one in prints),
        fingerprint=fingerprint.whole(prints),
        evidence=_evidence(metric, window, prints),
    )


def _evidence(metric: Metric, window: Window, prints: Iterable[DayPrint]) -> dict[str, Any]:
    """The days that have entries, and the files of the log as they were cut at that time."""
    since, until = window.bounds
    is_signals = isinstance(metric.source, FromSignals)
    files = traffic.log_files(since=since, until=until) if is_signals else []
    days = [[str(one.day), one.entry_count, one.digest] for one in prints if one.entry_count]
    return {"days": days, "files": [asdict(file) for file in files]}


@transaction.atomic
def sign_off(*, examination: Examination, auditor: Any, named: bool, now: datetime) -> None:
    """Put the auditor's organisation, and if they wish their own name, to the figure.

    Raises NotAnAuditor, NothingToDecide, NumbersDiffer.
    """
    locked = _to_decide(examination, auditor)
    if not locked.shown == locked.recounted == _rolled_up(locked):
        raise NumbersDiffer
    changes = {"is_named": named, "decided_at": now, "checked_at": now}
    _decide(locked, Status.SIGNED, auditor=auditor, **changes)
    _note(locked, "figure.sign_off", auditor, now=now)


@transaction.atomic
def object_to(
    *, examination: Examination, auditor: Any, reason: str, named: bool, now: datetime
) -> None:
    """Say in public why the figure is not right. Raises NotAnAuditor, NothingToDecide,
    ReasonNeeded."""
    if not reason.strip():
        raise ReasonNeeded
    locked = _to_decide(examination, auditor)
    changes = {"is_named": named, "decided_at": now, "reason": reason.strip()}
    _decide(locked, Status.OBJECTED, auditor=auditor, **changes)
    _note(locked, "figure.object", auditor, now=now)


def _to_decide(examination: Examination, auditor: Any) -> Examination:
    locked = Examination.objects.select_for_update(of=("self",)).get(pk=examination.pk)
    county = regions.county_of(locked.county)
    if not rules.may_sign(auditor, county.pk if county else None):
        raise NotAnAuditor
    if locked.status != Status.COUNTED:
        raise NothingToDecide
    return locked


def _decide(locked: Examination, status: str, **fields: Any) -> None:
    for name, value in {"status": status, **fields}.items():
        setattr(locked, name, value)
    locked.save(update_fields=["status", *fields])


def void_changed(days: Iterable[date], *, now: datetime) -> int:
    """After days were counted anew: void the sign-offs whose number is now another."""
    counted = sorted(days)
    if not counted:
        return 0
    touched = Examination.objects.filter(
        status=Status.SIGNED, since_day__lte=counted[-1], until_day__gte=counted[0]
    )
    changed = [(one, value) for one in touched if (value := _rolled_up(one)) != one.recounted]
    for one, value in changed:
        _void(one, value, now=now)
    return len(changed)


def check_signed(*, now: datetime) -> int:
    """By night: read the logs behind the sign-offs that were not looked at for longest; void those
    whose entries are not the same any more. A log that cannot be read is tried another night."""
    signed = Examination.objects.filter(status=Status.SIGNED).order_by("checked_at", "pk")
    voided = 0
    for one in signed[:CHECKED_A_NIGHT]:
        metric, window, place = _question(one)
        try:
            now_reads = fingerprint.whole(fingerprint.day_prints(metric, window, **place))
            value = recount(metric, window, **place)
        except traffic.LogDamaged:
            continue
        if (value, now_reads) != (one.recounted, one.fingerprint):
            voided += _void(one, value, now=now)
        else:
            Examination.objects.filter(pk=one.pk).update(checked_at=now)
    return voided


@transaction.atomic
def _void(one: Examination, value: int, *, now: datetime) -> bool:
    signed = Examination.objects.filter(pk=one.pk, status=Status.SIGNED)
    if not signed.update(status=Status.VOID, voided_at=now, found_later=value, checked_at=now):
        return False
    _note(one, "figure.sign_off_void", None, now=now)
    return True


def _question(one: Examination) -> tuple[Metric, Window, dict[str, Any]]:
    """What a recount is asked."""
    place = {"county": one.county, "product": product_of(one.product)}
    return BY_ID[one.metric], Window(one.since_day, one.until_day), place


def _rolled_up(one: Examination) -> int:
    window = Window(one.since_day, one.until_day)
    return queries.rolled_up(BY_ID[one.metric], window, county=one.county, product=one.product)


def period_to_offer(now: datetime) -> Window:
    """The last calendar month that is closed; of a young platform, the closed days it has."""
    last_day = clock.day_of(traffic.complete_until(now=now)) - timedelta(days=1)
    month_end = clock.day_of(traffic.complete_until(now=now)).replace(day=1) - timedelta(days=1)
    since_day = max(month_end.replace(day=1), queries.first_counted_day() or date.min)
    until_day = month_end if since_day <= month_end else last_day
    return Window(min(since_day, until_day), until_day)


def _note(one: Examination, verb: str, actor: Any | None, *, now: datetime) -> None:
    detail = {
        "metric": one.metric,
        "county": one.county,
        "product": one.product,
        "from": str(one.since_day),
        "to": str(one.until_day),
        "fingerprint": one.fingerprint,
    }
    subject = f"impact.Examination:{one.public_id}"
    audit.record(verb=verb, actor=actor, subject=subject, detail=detail, now=now)
