"""What happens here: days are counted, figures checked and published, projects opened."""

import logging
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.impact import examining, filling, queries, releasing, rules
from shanhuo.impact.fairness import queries as fairness
from shanhuo.impact.fairness.metrics import FAIRNESS
from shanhuo.impact.fairness.recount import recount_seen
from shanhuo.impact.metrics import FACT_TYPES, METRICS
from shanhuo.impact.models import Cell, Check, Fill, Project, SurvivalNote
from shanhuo.impact.recount import recount
from shanhuo.impact.survival import queries as survival
from shanhuo.impact.survival.metrics import SURVIVAL
from shanhuo.impact.survival.outliving import Survival
from shanhuo.impact.survival.recount import recount_survival
from shanhuo.impact.windows import Window
from shanhuo.kernel import audit, clock, facts
from shanhuo.kernel.errors import Refusal
from shanhuo.traffic import queries as traffic

_log = logging.getLogger(__name__)

RECENT_DAYS = 3
CHECKED_DAYS = 30
CHECKED_COUNTIES = 3
MONDAY = 0


class LogNotReadable(Refusal):
    code = "log_not_readable"
    status = 503
    message = _("The log of a day of this window cannot be read whole; its figures are withheld.")


class NotYourCounty(Refusal):
    code = "not_your_county"
    status = 403
    message = _("Only officers of this county may do this.")


class WrongCounty(Refusal):
    code = "wrong_county"
    status = 422
    message = _("The product is from another county.")


class EndsBeforeItStarts(Refusal):
    code = "ends_before_it_starts"
    status = 422
    message = _("The last day is before the first.")


class ProjectsOverlap(Refusal):
    code = "projects_overlap"
    status = 409
    message = _("These days overlap with the project %(name)s of the same product.")


def fill_recent(*, now: datetime) -> int:
    """Count what changed in the last days; returns how many days of a log were counted anew."""
    window = Window.last_days(RECENT_DAYS, until_day=clock.day_of(now))
    return _fill_stale(window, now=now)


def fill_everything(*, now: datetime) -> int:
    """Count every day since the logs began that was not counted, or not completely."""
    first = _first_day(now)
    return _fill_stale(Window(first, clock.day_of(now)), now=now)


def _fill_stale(window: Window, *, now: datetime) -> int:
    stale = [(log, day) for log in Fill.Log.values for day in filling.stale_days(log, window)]
    filled = [day for log, day in stale if _fill(log, day, now=now)]
    # Nothing came since: today's figures are as fresh as if they had been counted now.
    today = Fill.objects.filter(day=clock.day_of(now), is_damaged=False, filled_at__lt=now)
    today.update(filled_at=now)
    examining.void_changed(filled, now=now)
    return len(filled)


def _fill(log: str, day: date, *, now: datetime) -> bool:
    """Whether the day could be counted; else it is withheld, and the others go on."""
    try:
        filling.fill(log, day, now=now)
    except traffic.LogDamaged as damaged:
        _log.error("day not counted: log=%s day=%s files=%s", log, day, damaged.files)
        filling.withhold(log, day, now=now)
        return False
    return True


def withhold_damaged(*, now: datetime) -> list[date]:
    """Compare the files of the last month with what was written; days that fail are not shown."""
    yesterday = clock.day_of(now) - timedelta(days=1)
    damaged = filling.damaged_days(Window.last_days(CHECKED_DAYS, until_day=yesterday))
    for day in damaged:
        filling.withhold(Fill.Log.SIGNALS, day, now=now)
    return damaged


def _first_day(now: datetime) -> date:
    known = [facts.first_at(FACT_TYPES), traffic.first_signal_at()]
    return clock.day_of(min([now, *filter(None, known)]))


def check_figures(*, now: datetime) -> list[Check]:
    """Recount every metric of the last month from the raw logs and note both figures.

    The country, and a few counties that change from night to night. What cannot be read whole is
    withheld already and left out here.
    """
    yesterday = clock.day_of(now) - timedelta(days=1)
    window = Window.last_days(CHECKED_DAYS, until_day=yesterday)
    damaged = Fill.objects.filter(is_damaged=True, day__gte=window.since_day).values_list("log")
    unreadable = {log for (log,) in damaged}
    checks = [
        Check(
            at=now,
            metric=metric.id,
            county=county,
            since_day=window.since_day,
            until_day=window.until_day,
            rolled_up=queries.rolled_up(metric, window, county=county),
            recounted=recount(metric, window, county=county),
        )
        for county in ["", *_counties_of_the_night(window)]
        for metric in METRICS
        if metric.log not in unreadable
    ]
    if Fill.Log.SIGNALS not in unreadable:
        checks += _check_fairness(window, now=now)
    return Check.objects.bulk_create(checks)


def _check_fairness(window: Window, *, now: datetime) -> list[Check]:
    """Figures of the whole platform, each from the tallies and from one pass over the raw log; none
    where the log of the month before, which they need too, cannot be read."""
    try:
        recounted = recount_seen(window)
    except traffic.LogDamaged:
        return []
    return [
        Check(
            at=now,
            metric=metric.id,
            since_day=window.since_day,
            until_day=window.until_day,
            rolled_up=fairness.rolled_up(metric, window),
            recounted=metric.measure(recounted) or 0,
        )
        for metric in FAIRNESS
    ]


def note_survival(*, now: datetime) -> bool:
    """Note what had become of supported creators by the end of yesterday; not while a day of the
    signal log is unknown. Mondays compare it with the raw logs. Returns whether it was noted."""
    yesterday = clock.day_of(now) - timedelta(days=1)
    if not survival.is_known(yesterday):
        return False
    found = survival.rolled_up(yesterday)
    SurvivalNote.objects.update_or_create(
        day=yesterday, defaults={"noted_at": now, "figures": survival.written(found)}
    )
    if clock.day_of(now).weekday() == MONDAY:
        Check.objects.bulk_create(_check_survival(found[""], yesterday, now=now))
    return True


def _check_survival(noted: Survival, day: date, *, now: datetime) -> list[Check]:
    """The figures of the whole platform: every day since the log began is read again."""
    try:
        recounted = recount_survival(day)[""]
    except traffic.LogDamaged:
        return []
    return [
        Check(
            at=now,
            metric=metric.id,
            since_day=day,
            until_day=day,
            rolled_up=survival.value_of(metric, noted),
            recounted=survival.value_of(metric, recounted),
        )
        for metric in SURVIVAL
    ]


def close_yesterday(*, now: datetime) -> bool:
    """Count what came late, compare, publish. Once a Shanghai day; returns whether it was now."""
    today = clock.start_of(clock.day_of(now))
    if Check.objects.filter(at__gte=today).exists():
        return False
    withhold_damaged(now=now)
    fill_everything(now=now)
    check_figures(now=now)
    note_survival(now=now)
    examining.check_signed(now=now)
    release_households(now=now)
    return True


def _counties_of_the_night(window: Window) -> list[str]:
    since, until = window.bounds
    cells = Cell.objects.filter(start__gte=since, start__lt=until).exclude(county="")
    active = sorted(set(cells.values_list("county", flat=True).distinct()))
    start = window.until_day.toordinal() * CHECKED_COUNTIES
    return [
        active[(start + step) % len(active)] for step in range(min(len(active), CHECKED_COUNTIES))
    ]


def release_households(*, now: datetime) -> int:
    """Publish household figures through yesterday wherever that gives nobody away."""
    yesterday = clock.day_of(now) - timedelta(days=1)
    released = [
        releasing.release(county, through_day=yesterday, now=now)
        for county in releasing.counties_with_households()
    ]
    return sum(1 for one in released if one is not None)


@transaction.atomic
def note_export(*, county: Any, window: Window, actor: audit.Actor, now: datetime) -> None:
    """Note that exact household figures of a county leave the house.

    Raises NotYourCounty.
    """
    if not rules.may_see_households(actor, county.pk):
        raise NotYourCounty
    audit.record(
        verb="households.export",
        actor=actor,
        subject=f"regions.County:{county.adcode}",
        detail={"from": str(window.since_day), "to": str(window.until_day)},
        now=now,
    )


@transaction.atomic
def open_project(
    *,
    county_id: int,
    product_id: int,
    product_county_id: int,
    name: str,
    starts_on: date,
    ends_on: date,
    actor: audit.Actor,
    now: datetime,
) -> Project:
    """Group a product's figures over some days under a name, for everybody to see.

    Raises NotYourCounty, WrongCounty, EndsBeforeItStarts, ProjectsOverlap.
    """
    if not rules.may_open_project(actor, county_id):
        raise NotYourCounty
    if product_county_id != county_id:
        raise WrongCounty
    if ends_on < starts_on:
        raise EndsBeforeItStarts
    of_product = Project.objects.filter(product_id=product_id)
    overlapping = of_product.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).first()
    if overlapping is not None:
        raise ProjectsOverlap(name=overlapping.name)
    project = Project.objects.create(
        county_id=county_id,
        product_id=product_id,
        name=name.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
    )
    audit.record(
        verb="project.open",
        actor=actor,
        subject=f"impact.Project:{project.public_id}",
        detail={"name": project.name, "from": str(starts_on), "to": str(ends_on)},
        now=now,
    )
    return project
