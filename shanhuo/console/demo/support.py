"""Traffic support: the operator's programme, and what three counties ask of it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from shanhuo.console.demo.cast import Cast, Place
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.traffic.grants import services
from shanhuo.traffic.grants.terms import Terms, Wish
from shanhuo.traffic.grants.words import KINDS, MEANS_OF, PLACEMENT_OF

BUDGET, LARGEST = 1_000_000, 50_000
BEGINS_ON = 9
ASKED = (500, 200)
ON_PAGES = 2_000
"""Of a banner and of opening cards: so many that whoever opens the demo is shown both."""
RUNS_ON = timedelta(days=20)
TEN_THOUSAND = 10_000


def open_support(cast: Cast, *, now: datetime) -> int:
    """Opens a programme and returns its id; two grants are approved by a second person and run, one
    with a banner for a product, one with opening cards for its county."""
    today = clock.day_of(now)
    programme = services.open_programme(
        operator=cast.operator,
        name="山货上头条·秋季（演示）",
        purpose="让脱贫县和重点帮扶县的当季山货被更多人看见。只许曝光次数，不折算金额。",
        budget_count=BUDGET,
        most_per_grant=LARGEST,
        starts_on=today,
        ends_on=today + timedelta(days=60),
        now=now,
    )
    services.set_rate(
        operator=cast.operator,
        means=MEANS_OF["product"],
        fen_per_thousand=2_000,
        starts_on=today,
        now=now,
    )
    on_pages = [_banner, _opening_card]
    for place, exposures, card in zip(cast.places, ASKED, on_pages, strict=False):
        wishes = (_county(place, exposures), card(place))
        grant_id = _ask(place, programme.pk, wishes, today, today + RUNS_ON, now=now)
        services.approve_grant(operator=cast.helper, grant_id=grant_id, now=now)
    return programme.pk


def ask_for_ten_thousand(cast: Cast, programme_id: int, *, now: datetime) -> None:
    """The request that waits for whoever plays the operator: today and tomorrow of the demo."""
    first = clock.day_of(now) + timedelta(days=1)
    place, last = cast.places[2], first + timedelta(days=1)
    _ask(place, programme_id, (_county(place, TEN_THOUSAND),), first, last, now=now)


def _county(place: Place, exposures: int) -> Wish:
    return Wish(KINDS["county"], place.county.adcode, exposures)


def _banner(place: Place) -> Wish:
    product = goods.products_on_sale().filter(county=place.county).order_by("pk")[0]
    return Wish(KINDS["goods"], product.public_id, ON_PAGES, placement=PLACEMENT_OF["banner"])


def _opening_card(place: Place) -> Wish:
    return replace(_county(place, ON_PAGES), placement=PLACEMENT_OF["splash"])


def _ask(
    place: Place,
    programme_id: int,
    wishes: tuple[Wish, ...],
    first: date,
    last: date,
    *,
    now: datetime,
) -> int:
    terms = Terms(
        title=f"{place.county.name}当季山货（演示）",
        reason="正当采收，合作社备好了货，县里希望更多人看到。",
        means=MEANS_OF["product"],
        starts_on=first,
        ends_on=last,
        wishes=wishes,
    )
    grant = services.request_grant(
        requester=place.officer,
        programme_id=programme_id,
        county_id=place.county.pk,
        terms=terms,
        now=now,
    )
    return grant.pk
