"""Reports, from roll-ups alone: never a raw log at view time."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet, Sum

from shanhuo.impact.fairness.metrics import FairMetric
from shanhuo.impact.metrics import BY_ID, METRICS, Merge, Metric, Status
from shanhuo.impact.models import (
    Cell,
    Check,
    Erratum,
    Examination,
    Fill,
    HouseholdDay,
    Project,
    Release,
)
from shanhuo.impact.publishing import published_value
from shanhuo.impact.sketch import Sketch
from shanhuo.impact.survival.metrics import SurvivalMetric
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and what must stand beside it: metric (unit, status, definition) and window.

    `value` None: not published, because too few households stand behind it, or because the log of
    a day cannot be read whole (`is_damaged`). `examination`: what an auditor said of this figure.
    """

    metric: Metric
    value: int | None
    window: Window
    is_damaged: bool = False
    examination: Examination | None = None

    @property
    def status(self) -> Status:
        """Audited while a sign-off holds, else how firm the metric itself is."""
        one = self.examination
        return Status.AUDITED if one and one.status == "signed" else self.metric.status


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one place in one window.

    `by_day` has each metric that adds up, zeros filled in. `counted_at` is when the part that was
    counted longest ago was counted. Of `missing_days` nothing is known: they were never counted.
    """

    figures: dict[str, Figure]
    by_day: dict[str, list[tuple[date, int]]]
    counted_at: datetime | None
    missing_days: list[date]
    damaged_days: list[date]


def report(window: Window, *, county: str = "", product: str = "") -> Report:
    """Everything but households, for anybody. "" is the whole country, or all products."""
    daily, states = _daily(window, county, product)
    fills = _fills(window)
    damaged = {log for _day, log, _at, is_damaged in fills if is_damaged}
    return Report(
        figures={
            name: _figure(BY_ID[name], value, window, damaged)
            for name, value in _values(daily, states).items()
        },
        by_day={
            metric.id: [(day, daily[metric.id][day]) for day in window.days]
            for metric in _public(Merge.SUM)
            if metric.log not in damaged
        },
        counted_at=_counted_at(fills),
        missing_days=_missing_days(fills, window),
        damaged_days=sorted({day for day, _log, _at, is_damaged in fills if is_damaged}),
    )


def _figure(metric: Metric, value: int, window: Window, damaged: set[str]) -> Figure:
    is_damaged = metric.log in damaged
    return Figure(metric, None if is_damaged else value, window, is_damaged)


def _values(daily: dict[str, dict[date, int]], states: dict[str, list[Sketch]]) -> dict[str, int]:
    values = {metric.id: sum(daily[metric.id].values()) for metric in _public(Merge.SUM)}
    for metric in _public(Merge.VIEWERS):
        values[metric.id] = Sketch.union(states[metric.id]).count()
    return values


def household_figures(window: Window, *, county: str = "", product: str = "") -> dict[str, Figure]:
    """The exact figures about households, for those who may see them (`rules`)."""
    place = {"county": county, "product": product}
    chosen = {column: value for column, value in place.items() if value}
    rows = HouseholdDay.objects.filter(**_days(window), **chosen)
    totals = rows.values_list("household").annotate(paid=Sum("paid_fen"), gain=Sum("gain_fen"))
    households = [(paid, gain) for _household, paid, gain in totals]
    values = {
        "farm_gate": sum(paid for paid, _gain in households),
        "households": sum(1 for paid, _gain in households if paid > 0),
        "income_gain": sum(gain for _paid, gain in households),
    }
    return {name: Figure(BY_ID[name], value, window) for name, value in values.items()}


def rolled_up(metric: Metric, window: Window, *, county: str = "", product: str = "") -> int:
    """One exact figure, as the roll-ups have it; also where it is withheld from pages."""
    if metric.is_sensitive:
        return household_figures(window, county=county, product=product)[metric.id].value or 0
    return _values(*_daily(window, county, product))[metric.id]


def unknown_days(metric: Metric, window: Window) -> list[date]:
    """The days of the window that were never counted for the metric, or cannot be read whole."""
    fills = Fill.objects.filter(log=metric.log, is_damaged=False, **_days(window))
    known = set(fills.values_list("day", flat=True))
    return [day for day in window.days if day not in known]


def first_counted_day() -> date | None:
    """The day with which the roll-ups begin."""
    return Fill.objects.order_by("day").values_list("day", flat=True).first()


def is_damaged(metric: Metric, window: Window) -> bool:
    """Whether figures of the window are withheld, because a day of its log cannot be read."""
    fills = Fill.objects.filter(log=metric.log, is_damaged=True, **_days(window))
    return fills.exists()


def by_county(metric: Metric, window: Window) -> dict[str, int]:
    """Adcode -> value of a metric that adds up; counties without any are left out."""
    cells = Cell.objects.filter(metric=metric.id, product="", **_starts(window)).exclude(county="")
    return dict(cells.values_list("county").annotate(total=Sum("value")))


def hours_of(metric: Metric, day: date, *, county: str = "") -> list[int]:
    """The 24 hours of a day, of a metric that adds up."""
    start, end = clock.day_bounds(day)
    cells = Cell.objects.filter(
        metric=metric.id,
        county=county,
        product="",
        grain=Cell.Grain.HOUR,
        start__gte=start,
        start__lt=end,
    )
    hours = [0] * 24
    for at, value in cells.values_list("start", "value"):
        hours[at.astimezone(clock.SHANGHAI).hour] += value
    return hours


def latest_release(county: str) -> Release | None:
    """What is published about the households of a county."""
    return Release.objects.filter(county=county).order_by("-through_day").first()


def published_figures(county: str, product: str = "") -> list[Figure]:
    """What the newest release says of a county or a product of it; empty if there is none.

    Its window runs from the first slip through the day of the release; money is rounded.
    """
    release = latest_release(county)
    if release is None:
        return []
    figures = release.figures.get(product) or {}
    window = Window(release.since_day, release.through_day)
    return [
        Figure(metric, _published(metric, figures.get(metric.id)), window)
        for metric in METRICS
        if metric.is_sensitive
    ]


def _published(metric: Metric, value: int | None) -> int | None:
    return None if value is None else published_value(metric, value)


@dataclass(frozen=True, slots=True)
class Publication:
    """What the public reads about the households of a place, and when it may next change.

    `figures` is empty before the first release. The next look is taken within an hour after
    `next_look_at`; it publishes only what `suppression` lets through.
    """

    figures: list[Figure]
    next_look_at: datetime


def publication(county: str, product: str = "", *, now: datetime) -> Publication:
    """The newest release, and the next midnight of Shanghai: then a day is over."""
    _start, next_look_at = clock.day_bounds(clock.day_of(now))
    return Publication(published_figures(county, product), next_look_at)


def unreleased_figures(county: str, *, today: date) -> list[Figure]:
    """What was paid since the newest release, or ever, for those who may see it; empty if no slip
    was."""
    release = latest_release(county)
    rows = HouseholdDay.objects.filter(county=county)
    if release is not None:
        rows = rows.filter(day__gt=release.through_day)
    first = rows.order_by("day").values_list("day", flat=True).first()
    if first is None:
        return []
    return list(household_figures(Window(first, max(first, today)), county=county).values())


def projects(county_id: int | None = None) -> QuerySet[Project]:
    rows = Project.objects.select_related("county__province", "product")
    return rows if county_id is None else rows.filter(county_id=county_id)


def search_projects(text: str) -> QuerySet[Project]:
    """Projects with the text in their own, their product's or their county's name; "" finds all."""
    fits = (
        Q(name__icontains=text)
        | Q(product__title__icontains=text)
        | Q(county__name__icontains=text)
    )
    return projects().filter(fits) if text else projects()


def project_of(public_id: str) -> Project | None:
    return projects().filter(public_id=public_id).first()


def window_of(project: Project, *, today: date) -> Window:
    """From the project's first day through its last, or today while it runs."""
    return Window(project.starts_on, max(project.starts_on, min(project.ends_on, today)))


def checks_of(metric: Metric | FairMetric | SurvivalMetric, *, limit: int = 6) -> list[Check]:
    """The latest comparisons with the raw logs."""
    return list(Check.objects.filter(metric=metric.id)[:limit])


def errata_of(metric: Metric | FairMetric | SurvivalMetric) -> QuerySet[Erratum]:
    return Erratum.objects.filter(metric=metric.id).select_related("county")


def _public(merge: Merge) -> list[Metric]:
    return [metric for metric in METRICS if metric.merge is merge]


def _days(window: Window) -> dict[str, date]:
    return {"day__gte": window.since_day, "day__lte": window.until_day}


def _starts(window: Window) -> dict[str, object]:
    since, until = window.bounds
    return {"grain": Cell.Grain.DAY, "start__gte": since, "start__lt": until}


def _daily(
    window: Window, county: str, product: str
) -> tuple[dict[str, dict[date, int]], dict[str, list[Sketch]]]:
    """Per metric: the value of each day, and the sketches of the days that have one."""
    daily: dict[str, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    states: dict[str, list[Sketch]] = defaultdict(list)
    cells = Cell.objects.filter(county=county, product=product, **_starts(window))
    for metric, start, value, state in cells.values_list("metric", "start", "value", "state"):
        daily[metric][clock.day_of(start)] = value
        if state is not None:
            states[metric].append(Sketch.from_bytes(bytes(state)))
    return daily, states


_Fills = list[tuple[date, str, datetime, bool]]


def _fills(window: Window) -> _Fills:
    rows = Fill.objects.filter(**_days(window))
    return list(rows.values_list("day", "log", "filled_at", "is_damaged"))


def _counted_at(fills: _Fills) -> datetime | None:
    """When the newest day was counted, of that log of it that was counted longer ago."""
    newest_day = max((day for day, *_rest in fills), default=None)
    return min((at for day, _log, at, _damaged in fills if day == newest_day), default=None)


def _missing_days(fills: _Fills, window: Window) -> list[date]:
    """The days that were not counted in both logs."""
    counted = {(day, log) for day, log, _at, _damaged in fills}
    logs = Fill.Log.values
    return [day for day in window.days if any((day, log) not in counted for log in logs)]
