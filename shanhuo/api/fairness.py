"""Who is shown how much, what that costs, and what is left when support has ended."""

from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema

from shanhuo.api.windows import WindowQuery
from shanhuo.impact.fairness import measures
from shanhuo.impact.fairness import queries as fair
from shanhuo.impact.survival import queries as survival
from shanhuo.impact.windows import EARLIEST, LATEST
from shanhuo.kernel import clock
from shanhuo.people.access import Access

router = Router(tags=["impact"])
ACCESS = {
    "GET /api/fairness": Access.ANYONE,
    "GET /api/survival": Access.ANYONE,
}


class BetweenOut(Schema):
    """A ratio, or a difference of ratios, between the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


class FairFigureOut(Schema):
    """`value` from 0 to 1; null: nothing to divide by, or withheld (see the report)."""

    metric: str
    value: float | None


class ClassOut(Schema):
    """A class of counties (key, lifted, other) or of creators by size (0 to 4). `shown` null: fewer
    than ten creators are in it, or it would give such a class away."""

    name: str
    members: int
    shown: int | None


class LaneOut(Schema):
    """Slots by the reason why they were filled: ranked, new, supported, chance, live. `rate`
    is long views per exposure, `difference` that to the ranked ones; null: too few viewers."""

    name: str
    shown: int
    rate: BetweenOut | None
    difference: BetweenOut | None


class FloorOut(Schema):
    """What one floor (counties, newcomers, sessions) gave up for each list, in points of the
    ranker's score; weighed for one viewer in 31."""

    name: str
    per_list: BetweenOut


class FairnessOut(Schema):
    """`is_private`: fewer than ten viewers or creators are behind the window, nothing is told."""

    figures: list[FairFigureOut]
    county_classes: list[ClassOut]
    size_classes: list[ClassOut]
    lanes: list[LaneOut]
    floors: list[FloorOut]
    shown: int
    lists: int
    whole_lists: int
    is_private: bool
    counted_at: datetime | None
    missing_days: list[date]
    damaged_days: list[date]


class SurvivalQuery(Schema):
    """The newest night until `until_day`; `programme`: public id, "" for all."""

    until_day: date | None = Field(None, ge=EARLIEST, le=LATEST)
    programme: str = Field("", max_length=16)


class SpanOut(Schema):
    """`creators` whose `days` have passed; `there` of them, from 0 to 1, null with fewer than ten.
    `others`: the part of comparable creators whom no grant ever lifted; not causal. `ready_on`: the
    day for which there can be a first figure. `difference`: creators with comparable ones, less
    those. Bounds are of chance alone, as if creators were independent of one another."""

    days: int
    creators: int
    there_count: int | None
    there: float | None
    others_count: int
    others: float | None
    ready_on: date | None
    there_between: BetweenOut | None
    others_between: BetweenOut | None
    difference: BetweenOut | None


class SurvivalOut(Schema):
    """As of the end of `day`."""

    day: date
    over: int
    under_way: int
    lines: list[SpanOut]


@router.get("/fairness", response=FairnessOut, summary="Who is shown how much, and what it costs")
def fairness(request: HttpRequest, window: Query[WindowQuery]) -> FairnessOut:
    """Of the whole platform; definitions stand at `/metrics`."""
    found = fair.report(window.window())
    figures = found.figures.values()
    return FairnessOut(
        figures=[FairFigureOut(metric=one.metric.id, value=_share(one.value)) for one in figures],
        county_classes=[_class_out(one) for one in found.county_classes],
        size_classes=[_class_out(one) for one in found.size_classes],
        lanes=[_lane_out(one) for one in found.lanes],
        floors=[_floor_out(one) for one in found.floors],
        shown=found.shown,
        lists=found.lists,
        whole_lists=found.whole_lists,
        is_private=found.is_private,
        counted_at=found.counted_at,
        missing_days=found.missing_days,
        damaged_days=found.damaged_days,
    )


@router.get("/survival", response=SurvivalOut, summary="Creators after support has ended")
def creators_after_support(request: HttpRequest, query: Query[SurvivalQuery]) -> Any:
    """404 before the first night, and for a programme of which nothing was noted."""
    until_day = query.until_day or clock.today()
    found = survival.report(until_day=until_day, programme=query.programme)
    if found is None:
        raise Http404
    return found


def _share(parts: int | None) -> float | None:
    return None if parts is None else parts / measures.WHOLE


def _class_out(one: fair.Part) -> ClassOut:
    return ClassOut(name=one.name, members=one.members, shown=one.shown)


def _lane_out(one: fair.LaneLine) -> LaneOut:
    return LaneOut(
        name=one.lane.name.lower(),
        shown=one.shown,
        rate=_between_out(one.rate),
        difference=_between_out(one.difference),
    )


def _floor_out(one: fair.FloorLine) -> FloorOut:
    per_list = one.per_list
    return FloorOut(
        name=one.floor.name.lower(),
        per_list=BetweenOut(value=per_list.value, low=per_list.low, high=per_list.high),
    )


def _between_out(one: measures.Between | None) -> BetweenOut | None:
    return None if one is None else BetweenOut(value=one.value, low=one.low, high=one.high)
