"""The registry of fairness: what each of its figures means. They are figures of the whole platform;
a place has none of them. docs/fairness.md says it in prose."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.impact.fairness import measures
from shanhuo.impact.fairness.measures import CountyClass, Seen
from shanhuo.impact.fairness.tally import Floor, Lane, Noted
from shanhuo.impact.metrics import Status, Unit

Measure = Callable[[Seen], int | None]


@dataclass(frozen=True, slots=True)
class FairMetric:
    """One declared figure: ten-thousandths, counted from the signal log."""

    id: str
    name: str | Promise
    definition: str | Promise
    unit: Unit
    measure: Measure

    dedupe = _("Exposure sheet and slot; exposures that the published rules exclude do not count.")
    status = Status.COUNTED
    log = "signals"
    is_sensitive = False
    merge = "none"


def _class_share(*classes: CountyClass) -> Measure:
    return lambda seen: measures.ratio(sum(seen.shown_in(one) for one in classes), seen.tally.shown)


def _newcomers(seen: Seen) -> int | None:
    return measures.ratio(seen.by_size()[0][1], seen.tally.shown)


def _top(most: int) -> Measure:
    return lambda seen: measures.top_share(seen.creators(), most)


def _kept(rule: Noted, among: Noted) -> Measure:
    return lambda seen: measures.kept(seen.tally, rule, among)


def _long(lane: Lane) -> Measure:
    return lambda seen: measures.long_view_ratio(seen.tally, lane)


def _floor(floor: Floor) -> Measure:
    return lambda seen: measures.floor_cost(seen.tally, floor)


def _supported(seen: Seen) -> int | None:
    return measures.ratio(int(seen.tally.pairs["supported"].sum()), seen.tally.shown)


def _price(seen: Seen) -> int | None:
    """Ten-thousandths of a point, per supported exposure."""
    supported = int(seen.tally.pairs["supported"].sum())
    return measures.ratio(seen.tally.price_micro, supported * 1_000_000)


FAIRNESS: tuple[FairMetric, ...] = (
    FairMetric(
        "share_floor_counties",
        _("Exposures for counties with a floor"),
        _(
            "The share of the feed's exposures that showed something from a county of the 832 or "
            "from a key county for revitalisation: the counties that the county floor serves."
        ),
        Unit.RATIO,
        _class_share(CountyClass.KEY, CountyClass.LIFTED),
    ),
    FairMetric(
        "share_newcomers",
        _("Exposures for new creators"),
        _(
            "The share of the feed's exposures that showed creators without a single exposure in "
            "the 30 days before the window."
        ),
        Unit.RATIO,
        _newcomers,
    ),
    FairMetric(
        "share_supported",
        _("Supported exposures"),
        _(
            "The share of the feed's exposures that a grant lifted into the list: without grants "
            "the same list would not have held them."
        ),
        Unit.RATIO,
        _supported,
    ),
    FairMetric(
        "gini_creators",
        _("Gini of creators"),
        _(
            "How unequally the feed's exposures are spread over the creators shown in the window "
            "or in the 30 days before it: 0 if all are shown as often, near 1 if one is for all."
        ),
        Unit.INDEX,
        lambda seen: measures.gini(seen.creators()),
    ),
    FairMetric(
        "gini_counties",
        _("Gini of counties"),
        _(
            "How unequally the feed's exposures are spread over the counties shown in the window "
            "or in the 30 days before it: 0 if all are shown as often, near 1 if one is for all."
        ),
        Unit.INDEX,
        lambda seen: measures.gini(seen.counties()),
    ),
    FairMetric(
        "share_top_1",
        _("Share of the most shown creator"),
        _("The share of the feed's exposures that the most shown creator had."),
        Unit.RATIO,
        _top(1),
    ),
    FairMetric(
        "share_top_10",
        _("Share of the 10 most shown creators"),
        _("The share of the feed's exposures that the 10 most shown creators had together."),
        Unit.RATIO,
        _top(10),
    ),
    FairMetric(
        "share_top_100",
        _("Share of the 100 most shown creators"),
        _("The share of the feed's exposures that the 100 most shown creators had together."),
        Unit.RATIO,
        _top(100),
    ),
    FairMetric(
        "hhi_creators",
        _("Concentration on creators (HHI)"),
        _(
            "The sum of the squared shares of all creators (Herfindahl-Hirschman): 1 if one "
            "creator has every exposure, one over their number if all are shown as often."
        ),
        Unit.INDEX,
        lambda seen: measures.concentration(seen.creators()),
    ),
    FairMetric(
        "county_floor_kept",
        _("Lists that kept the county floor"),
        _(
            "Of the lists of the feed that were seen to the end, the share with at least three of "
            "ten clips from counties that the floor serves. Nobody knows it of the other lists."
        ),
        Unit.RATIO,
        _kept(Noted.COUNTY_FLOOR, Noted.WHOLE),
    ),
    FairMetric(
        "newcomer_floor_kept",
        _("Lists that kept the newcomer floor"),
        _(
            "Of the lists of the feed that were seen to the end, the share with at least one slot "
            "that the log calls new. A list whose new clip came from another source is not counted "
            "as kept, nor is one of a day without new clips: it is the least that was kept."
        ),
        Unit.RATIO,
        _kept(Noted.NEWCOMER_FLOOR, Noted.WHOLE),
    ),
    FairMetric(
        "author_cap_kept",
        _("Lists that kept the author cap"),
        _("The share of the feed's lists in which nobody saw more than two clips of one creator."),
        Unit.RATIO,
        _kept(Noted.AUTHOR_CAP, Noted.LISTS),
    ),
    FairMetric(
        "long_views_ranked",
        _("Long views of ranked slots"),
        _(
            "Of the exposures that the ranker alone chose, the share that was finished or watched "
            "for 18 seconds on the same day."
        ),
        Unit.RATIO,
        _long(Lane.RANKED),
    ),
    FairMetric(
        "long_views_new",
        _("Long views of slots for new clips"),
        _(
            "Of the exposures that the log calls new, the share that was finished or watched for "
            "18 seconds on the same day. Most of them are places that the newcomer floor gave."
        ),
        Unit.RATIO,
        _long(Lane.NEW),
    ),
    FairMetric(
        "long_views_supported",
        _("Long views of supported slots"),
        _(
            "Of the supported exposures, the share that was finished or watched for 18 seconds on "
            "the same day."
        ),
        Unit.RATIO,
        _long(Lane.SUPPORTED),
    ),
    FairMetric(
        "long_views_chance",
        _("Long views of slots of chance"),
        _(
            "Of the exposures that were drawn by lot, the share that was finished or watched for "
            "18 seconds on the same day."
        ),
        Unit.RATIO,
        _long(Lane.CHANCE),
    ),
    FairMetric(
        "support_price",
        _("Price of a supported exposure"),
        _(
            "What grants added to the score of a supported exposure on average, as logged. The "
            "score without it was at most so much below that of the clip it took the place of; it "
            "is counted in points, one for an expected long view once a model ranks."
        ),
        Unit.INDEX,
        _price,
    ),
    FairMetric(
        "floor_cost_counties",
        _("Price of the county floor"),
        _(
            "What the county floor gave up in a list on average, in points of the ranker's score: "
            "the score of the clips that would have stood there without floors, less that of the "
            "clips that do, of what was seen. Weighed for one viewer in 31. A point is an expected "
            "long view once a model ranks."
        ),
        Unit.INDEX,
        _floor(Floor.COUNTIES),
    ),
    FairMetric(
        "floor_cost_newcomers",
        _("Price of the newcomer floor"),
        _(
            "What places for new clips gave up in a list on average, in points of the ranker's "
            "score, weighed like the price of the county floor. What new clips bring once they are "
            "known is not in it."
        ),
        Unit.INDEX,
        _floor(Floor.NEWCOMERS),
    ),
    FairMetric(
        "floor_cost_sessions",
        _("Price of the place kept for a live session"),
        _(
            "What the place kept for a live session gave up in a list on average, counted like the "
            "price of the county floor. A session that would stand there anyway costs nothing."
        ),
        Unit.INDEX,
        _floor(Floor.SESSIONS),
    ),
    FairMetric(
        "share_live_place",
        _("Lists that needed the place kept for a live session"),
        _(
            "Of the feed's lists, how many showed a session that stood there by the place kept for "
            "one alone, of what was seen."
        ),
        Unit.RATIO,
        lambda seen: measures.ratio(
            int(seen.tally.lanes[Lane.LIVE, :, 0].sum()), int(seen.tally.lists[Noted.LISTS])
        ),
    ),
    FairMetric(
        "long_views_live",
        _("Long views of the place kept for a live session"),
        _(
            "Of the exposures of that place, the share whose room was watched for 18 seconds or "
            "longer on the same day. Observed, not causal."
        ),
        Unit.RATIO,
        _long(Lane.LIVE),
    ),
)

FAIR_BY_ID: dict[str, FairMetric] = {metric.id: metric for metric in FAIRNESS}
