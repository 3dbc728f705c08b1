"""Traffic support: the operator's programme, and what three counties ask of it."""

from datetime import date, datetime, timedelta

from shanhuo.console.demo.cast import Cast, Place
from shanhuo.kernel import clock
from shanhuo.traffic.grants import services
from shanhuo.traffic.grants.terms import Terms, Wish
from shanhuo.traffic.grants.words import KINDS, MEANS_OF

BUDGET, LARGEST = 1_000_000, 50_000
BEGINS_ON = 9
ASKED = (500, 200)
RUNS_ON = timedelta(days=20)
TEN_THOUSAND = 10_000


def open_support(cast: Cast, *, now: datetime) -> int:
    """Opens a programme and returns its id; two grants are approved by a second person and run."""
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
    for place, exposures in zip(cast.places, ASKED, strict=False):
        grant_id = _ask(place, programme.pk, exposures, today, today + RUNS_ON, now=now)
        services.approve_grant(operator=cast.helper, grant_id=grant_id, now=now)
    return programme.pk


def ask_for_ten_thousand(cast: Cast, programme_id: int, *, now: datetime) -> None:
    """The request that waits for whoever plays the operator: today and tomorrow of the demo."""
    first = clock.day_of(now) + timedelta(days=1)
    _ask(cast.places[2], programme_id, TEN_THOUSAND, first, first + timedelta(days=1), now=now)


def _ask(
    place: Place, programme_id: int, exposures: int, first: date, last: date, *, now: datetime
) -> int:
    terms = Terms(
        title=f"{place.county.name}当季山货（演示）",
        reason="正当采收，合作社备好了货，县里希望更多人看到。",
        means=MEANS_OF["product"],
        starts_on=first,
        ends_on=last,
        wishes=(Wish(KINDS["county"], place.county.adcode, exposures),),
    )
    grant = services.request_grant(
        requester=place.officer,
        programme_id=programme_id,
        county_id=place.county.pk,
        terms=terms,
        now=now,
    )
    return grant.pk
