"""The fairness page (公平): who was shown how much, whether the floors were kept, what it cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from shanhuo.impact.fairness import queries
from shanhuo.impact.fairness.measures import Between, CountyClass
from shanhuo.impact.fairness.queries import FairReport, LaneLine, Part
from shanhuo.impact.fairness.tally import Floor, Lane
from shanhuo.impact.survival.metrics import SURVIVAL_BY_ID
from shanhuo.kernel import sheets
from shanhuo.web.downloads import workbook
from shanhuo.web.impact import windows
from shanhuo.web.impact.survival import survival_of

PRESETS = (1, 7, 30)

COUNTY_CLASSES: dict[str, str | Promise] = {
    CountyClass.KEY: gettext_lazy("Key counties for revitalisation"),
    CountyClass.LIFTED: gettext_lazy("Other counties of the 832"),
    CountyClass.OTHER: gettext_lazy("All other counties"),
}
SIZE_CLASSES: tuple[str | Promise, ...] = (
    gettext_lazy("No exposure before: new"),
    gettext_lazy("1 to 99 exposures"),
    gettext_lazy("100 to 999"),
    gettext_lazy("1,000 to 9,999"),
    gettext_lazy("10,000 and more"),
)
LANES: dict[Lane, str | Promise] = {
    Lane.RANKED: gettext_lazy("Ranked: chosen for their worth to the viewer"),
    Lane.NEW: gettext_lazy("New clips: mostly places of the newcomer floor"),
    Lane.SUPPORTED: gettext_lazy("Supported: lifted into the list by a grant"),
    Lane.CHANCE: gettext_lazy("Chosen by lot"),
    Lane.LIVE: gettext_lazy("Live: in the list only by the place kept for a session"),
}

FLOOR_NAMES: dict[Floor, str | Promise] = {
    Floor.COUNTIES: gettext_lazy("County floor"),
    Floor.NEWCOMERS: gettext_lazy("Newcomer floor"),
    Floor.SESSIONS: gettext_lazy("Place kept for a live session"),
}

EVENNESS = ("gini_creators", "gini_counties", "hhi_creators")
TOP = ("share_top_1", "share_top_10", "share_top_100")
FLOORS = ("county_floor_kept", "newcomer_floor_kept", "author_cap_kept")
SHARES = ("share_floor_counties", "share_newcomers", "share_supported")


@dataclass(frozen=True, slots=True)
class Whisker:
    """A rate between its bounds, as places from 0 to 100 on a line of its own."""

    line: LaneLine
    name: str | Promise
    low: str
    high: str
    at: str


@require_safe
def fairness(request: HttpRequest) -> HttpResponse:
    """Everything of one window; the same as a file at `fairness/export`."""
    window = windows.chosen(request.GET)
    found = queries.report(window)
    context = {
        "windows": windows.choices(window, presets=PRESETS),
        "query": windows.query_of(window),
        "report": found,
        "shares": _figures(found, SHARES),
        "evenness": _figures(found, EVENNESS),
        "top": _figures(found, TOP),
        "floors": _figures(found, FLOORS),
        "price": found.figures["support_price"],
        "county_classes": _named(found.county_classes, COUNTY_CLASSES.values()),
        "size_classes": _named(found.size_classes, SIZE_CLASSES),
        "lanes": _whiskers(found.lanes),
        "floor_costs": [(FLOOR_NAMES[one.floor], one) for one in found.floors],
        "floor_by_day": _by_day(found, "floor_ratio"),
        "survival": survival_of(until_day=window.until_day),
        "supported_by_day": _by_day(found, "supported_ratio"),
    }
    return render(request, "web/impact/fairness.html", context)


def _figures(found: FairReport, names: Iterable[str]) -> list[queries.FairFigure]:
    return [found.figures[name] for name in names]


def _named(parts: Iterable[Part], names: Iterable[str | Promise]) -> list[Any]:
    return list(zip(names, parts, strict=False))


def _by_day(found: FairReport, name: str) -> list[tuple[str, int]]:
    """Whole percent by day; a day of which nothing is known has no column."""
    return [
        (f"{one.day:%m-%d}", round(100 * value))
        for one in found.days
        if (value := getattr(one, name)) is not None
    ]


def _whiskers(lanes: Iterable[LaneLine]) -> list[Whisker]:
    listed = list(lanes)
    widest = max((one.rate.high for one in listed if one.rate), default=1.0) or 1.0

    def place(value: float) -> str:
        return f"{min(100.0, max(0.0, 100 * value / widest)):.1f}"

    return [
        Whisker(
            line=one,
            name=LANES[one.lane],
            low=place(one.rate.low) if one.rate else "",
            high=place(one.rate.high) if one.rate else "",
            at=place(one.rate.value) if one.rate else "",
        )
        for one in listed
    ]


@require_safe
def fairness_export(request: HttpRequest) -> HttpResponse:
    """One row a figure: `?format=csv`, or Excel."""
    window = windows.chosen(request.GET)
    rows = [*_rows(queries.report(window)), *_survival_rows(window.until_day)]
    headings = [
        _("Metric"),
        _("Value"),
        _("Lower bound"),
        _("Upper bound"),
        _("First day"),
        _("Last day"),
        _("How it is counted"),
    ]
    dated = [[*row[:4], window.since_day, window.until_day, row[4]] for row in rows]
    if request.GET.get("format") != "csv":
        return workbook(_("fairness"), headings, dated)
    return HttpResponse(
        sheets.write_csv(headings, dated),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="shanhuo-fairness.csv"'},
    )


def _rows(found: FairReport) -> Iterable[list[Any]]:
    """Name, value, bounds, definition: the figures, then classes, then kinds of slots."""
    for one in found.figures.values():
        yield [str(one.metric.name), plain(one.value), None, None, str(one.metric.definition)]
    classes = [
        *_named(found.county_classes, COUNTY_CLASSES.values()),
        *_named(found.size_classes, SIZE_CLASSES),
    ]
    for name, part in classes:
        yield [str(name), part.ratio, None, None, _("Share of the feed's exposures")]
    for floor in found.floors:
        points = floor.per_list
        bounds = [points.value, points.low, points.high]
        yield [str(FLOOR_NAMES[floor.floor]), *bounds, _("Points given up per list, 95 % interval")]
    for line in found.lanes:
        if line.rate is not None:
            bounds = [line.rate.value, line.rate.low, line.rate.high]
            yield [str(LANES[line.lane]), *bounds, _("Long views per exposure, 95 % interval")]


def _survival_rows(until_day: date) -> Iterable[list[Any]]:
    """Figures of each span, all as of the night before; None where nobody may be told of."""
    found = survival_of(until_day=until_day).report
    for line in found.lines if found else []:
        for ending, value, between in (
            ("", line.there, line.there_between),
            ("_others", line.others, line.others_between),
        ):
            metric = SURVIVAL_BY_ID[f"survival_{line.days}{ending}"]
            yield [str(metric.name), value, *_bounds(between), str(metric.definition)]
        if line.difference is not None:
            name = _("Creators still there {days} days after support, less comparable ones")
            bounds = [line.difference.value, *_bounds(line.difference)]
            yield [name.format(days=line.days), *bounds, _("Not causal; 95 % interval")]


def _bounds(between: Between | None) -> list[float | None]:
    return [between.low, between.high] if between else [None, None]


def plain(value: int | None) -> float | None:
    """From 0 to 1, as spreadsheets and programs want it."""
    return None if value is None else value / 10_000
