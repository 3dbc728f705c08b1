"""The fairness page's figures, from the tallies of days alone."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from shanhuo.impact.fairness import measures
from shanhuo.impact.fairness.measures import LEAST_PEOPLE, Between, CountyClass, Seen
from shanhuo.impact.fairness.metrics import FAIRNESS, FairMetric
from shanhuo.impact.fairness.tally import Floor, Lane, Noted, Tally
from shanhuo.impact.models import ExposureDay, Fill
from shanhuo.impact.windows import Window
from shanhuo.regions import queries as regions

BEFORE_DAYS = 30


@dataclass(frozen=True, slots=True)
class FairFigure:
    """A figure as pages read it; `value` None: nothing to divide by, too few people, or a day of
    the log that cannot be read (`is_damaged`)."""

    metric: FairMetric
    value: int | None
    window: Window
    is_damaged: bool = False

    @property
    def status(self) -> object:
        return self.metric.status


@dataclass(frozen=True, slots=True)
class Part:
    """A class of counties or creators. None: fewer than ten creators are behind it."""

    name: str
    members: int
    shown: int | None
    ratio: float | None


@dataclass(frozen=True, slots=True)
class LaneLine:
    """Long views of one kind of slot. `fewer`: how many long views fewer so many exposures brought
    than ranked ones would have; `difference` per exposure, with its interval."""

    lane: Lane
    shown: int
    rate: Between | None
    difference: Between | None

    @property
    def fewer(self) -> Between | None:
        if self.difference is None or self.lane is Lane.RANKED:
            return None
        one, shown = self.difference, self.shown
        return Between(-one.value * shown, -one.high * shown, -one.low * shown)


@dataclass(frozen=True, slots=True)
class FloorLine:
    """What one floor gave up: points for each list, and in all `lists` of the window."""

    floor: Floor
    per_list: Between
    lists: int

    @property
    def in_all(self) -> Between:
        one, lists = self.per_list, self.lists
        return Between(one.value * lists, one.low * lists, one.high * lists)


@dataclass(frozen=True, slots=True)
class FairDay:
    """One day of the window: exposures, and shares of them (None where nobody was shown)."""

    day: date
    shown: int
    floor_ratio: float | None
    supported_ratio: float | None


@dataclass(frozen=True, slots=True)
class FairReport:
    """Everything of a window. `is_private`: fewer than ten viewers or creators, so nothing is told;
    `shown` and `lists` are 0 then. `missing_days` were never counted.
    """

    figures: dict[str, FairFigure]
    county_classes: list[Part]
    size_classes: list[Part]
    lanes: list[LaneLine]
    floors: list[FloorLine]
    days: list[FairDay]
    shown: int
    lists: int
    whole_lists: int
    is_private: bool
    counted_at: datetime | None
    missing_days: list[date]
    damaged_days: list[date]


def report(window: Window) -> FairReport:
    """All figures of the window."""
    tallies = _tallies(_with_before(window))
    seen = _seen(tallies, window)
    fills = Fill.objects.filter(
        log=Fill.Log.SIGNALS, day__gte=window.since_day, day__lte=window.until_day
    )
    rows = list(fills.values_list("day", "filled_at", "is_damaged"))
    damaged = sorted(day for day, _at, is_damaged in rows if is_damaged)
    private = is_private(seen)
    hidden = private or bool(damaged)
    return FairReport(
        figures={
            metric.id: FairFigure(
                metric, None if hidden else metric.measure(seen), window, bool(damaged)
            )
            for metric in FAIRNESS
        },
        county_classes=[] if hidden else _county_classes(seen),
        size_classes=[] if hidden else _size_classes(seen),
        lanes=[] if hidden else [_lane(seen.tally, lane) for lane in Lane],
        floors=[] if hidden else _floors(seen.tally),
        days=[] if hidden else [_day(day, tallies.get(day), seen) for day in window.days],
        shown=0 if hidden else seen.tally.shown,
        lists=0 if hidden else int(seen.tally.lists[Noted.LISTS]),
        whole_lists=0 if hidden else int(seen.tally.lists[Noted.WHOLE]),
        is_private=private,
        counted_at=max((at for _day, at, _damaged in rows), default=None),
        missing_days=sorted(set(window.days) - {day for day, *_rest in rows}),
        damaged_days=damaged,
    )


def rolled_up(metric: FairMetric, window: Window) -> int:
    """One figure, also where pages withhold it; 0 where there is nothing to divide by."""
    return metric.measure(_seen(_tallies(_with_before(window)), window)) or 0


def seen_of(tally: Tally, before: Tally) -> Seen:
    """A window's and its month before's tally, with the classes of the counties of today."""
    classes = {
        int(adcode): CountyClass.KEY if is_key else CountyClass.LIFTED
        for adcode, is_key in regions.floor_counties().items()
    }
    return Seen(tally, before, lambda county: classes.get(county, CountyClass.OTHER))


def month_before(window: Window) -> Window:
    return Window.last_days(BEFORE_DAYS, until_day=window.since_day - timedelta(days=1))


def is_private(seen: Seen) -> bool:
    """Whether too few people stand behind a window to say anything of it."""
    creators = len(seen.tally.by_author())
    return creators < LEAST_PEOPLE or not measures.enough_viewers(seen.tally)


def _with_before(window: Window) -> Window:
    return Window(month_before(window).since_day, window.until_day)


def _tallies(window: Window) -> dict[date, Tally]:
    rows = ExposureDay.objects.filter(day__gte=window.since_day, day__lte=window.until_day)
    return {day: Tally.from_bytes(bytes(state)) for day, state in rows.values_list("day", "state")}


def _seen(tallies: dict[date, Tally], window: Window) -> Seen:
    within = [one for day, one in tallies.items() if day >= window.since_day]
    before = [one for day, one in tallies.items() if day < window.since_day]
    return seen_of(Tally.sum_of(within), Tally.sum_of(before))


def _county_classes(seen: Seen) -> list[Part]:
    counties = seen.tally.by_county()
    return [
        Part(
            name=one.value,
            members=sum(seen.class_of(county) is one for county in counties),
            shown=seen.shown_in(one),
            ratio=_float(seen.shown_in(one), seen.tally.shown),
        )
        for one in CountyClass
    ]


def _size_classes(seen: Seen) -> list[Part]:
    """Small classes are left out, and never only one: the rest would give it back."""
    classes = seen.by_size()
    hidden = {place for place, (creators, _) in enumerate(classes) if 0 < creators < LEAST_PEOPLE}
    if len(hidden) == 1:
        others = [
            place for place in range(len(classes)) if classes[place][0] and place not in hidden
        ]
        hidden |= set(sorted(others, key=lambda place: classes[place])[:1])
    return [
        Part(
            name=str(place),
            members=creators,
            shown=None if place in hidden else shown,
            ratio=None if place in hidden else _float(shown, seen.tally.shown),
        )
        for place, (creators, shown) in enumerate(classes)
    ]


def _lane(tally: Tally, lane: Lane) -> LaneLine:
    return LaneLine(
        lane=lane,
        shown=int(tally.lanes[lane, :, 0].sum()),
        rate=measures.rate_of(tally, lane),
        difference=None if lane is Lane.RANKED else measures.rate_difference(tally, lane),
    )


def _floors(tally: Tally) -> list[FloorLine]:
    """None with too few people whose lists were weighed."""
    found = [
        (floor, measures.floor_cost_between(tally, floor))
        for floor in (Floor.COUNTIES, Floor.NEWCOMERS, Floor.SESSIONS)
    ]
    lists = int(tally.lists[Noted.LISTS])
    return [FloorLine(floor, between, lists) for floor, between in found if between]


def _day(day: date, tally: Tally | None, seen: Seen) -> FairDay:
    if tally is None or not tally.shown or not measures.enough_viewers(tally):
        return FairDay(day, 0, None, None)
    that_day = Seen(tally, Tally(), seen.class_of)
    floored = that_day.shown_in(CountyClass.KEY) + that_day.shown_in(CountyClass.LIFTED)
    supported = int(tally.pairs["supported"].sum())
    return FairDay(day, tally.shown, _float(floored, tally.shown), _float(supported, tally.shown))


def _float(part: int, whole: int) -> float | None:
    return part / whole if whole else None
