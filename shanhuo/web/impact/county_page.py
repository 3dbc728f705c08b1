"""A county's page: where it is, what it is known as, what grows there, and what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shanhuo.content import queries as content
from shanhuo.content.queries import PostCard
from shanhuo.goods import queries as goods
from shanhuo.goods.queries import ProductCard
from shanhuo.impact import queries as impact
from shanhuo.impact.examinations import with_examinations
from shanhuo.impact.metrics import BY_ID, Unit
from shanhuo.impact.queries import Figure, Report
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock
from shanhuo.regions import queries as regions

SALES = ("orders", "paid_gmv", "refunded", "settled")
LIVE = ("live_sessions", "live_minutes", "live_orders", "live_paid")
ATTENTION = ("exposures", "plays", "viewers", "not_believed")
HOUSEHOLDS = ("farm_gate", "households", "income_gain")
MOST_PRODUCTS, MOST_POSTS = 8, 6
MOST_COLUMNS, DAYS_A_WEEK = 100, 7


@dataclass(frozen=True, slots=True)
class CountyPage:
    """Everything the template shows; `published` are figures about households of a release, which
    may change after `next_look_at`."""

    county: Any
    city_tier_name: str
    has_map: bool
    window: Window
    report: Report
    sales: list[Figure]
    live: list[Figure]
    attention: list[Figure]
    published: list[Figure]
    next_look_at: datetime
    exact: list[Figure]
    products: list[ProductCard]
    posts: list[PostCard]
    projects: list[Any]

    @property
    def is_by_week(self) -> bool:
        """Whether the charts have a column for each week."""
        return self.window.day_count > MOST_COLUMNS

    @property
    def has_orders(self) -> bool:
        return bool(self.report.figures["orders"].value)

    @property
    def has_live(self) -> bool:
        return any(figure.value for figure in self.live)

    @property
    def has_plays(self) -> bool:
        return bool(self.report.figures["plays"].value)


def county_page(county: Any, window: Window, *, may_see_households: bool) -> CountyPage:
    """Figures of the window. `exact` household figures only for those who may see them."""
    report = impact.report(window, county=county.adcode)
    publication = impact.publication(county.adcode, now=clock.now())
    audited = {
        figure.metric.id: figure
        for figure in with_examinations(
            [*report.figures.values(), *publication.figures], county=county.adcode
        )
    }
    exact = impact.household_figures(window, county=county.adcode) if may_see_households else {}
    on_sale = goods.products_on_sale().filter(county=county)[:MOST_PRODUCTS]
    return CountyPage(
        county=county,
        city_tier_name=regions.city_tier_name_of(county),
        has_map=regions.has_outline(county),
        window=window,
        report=report,
        sales=[audited[name] for name in SALES],
        live=[audited[name] for name in LIVE],
        attention=[audited[name] for name in ATTENTION],
        published=[audited[figure.metric.id] for figure in publication.figures],
        next_look_at=publication.next_look_at,
        exact=[exact[name] for name in HOUSEHOLDS if name in exact],
        posts=content.cards(content.published_posts().filter(county=county)[:MOST_POSTS]),
        products=goods.cards(on_sale, day=clock.today()),
        projects=list(impact.projects(county.pk)[:6]),
    )


def chart_of(report: Report, metric_id: str) -> list[tuple[str, int]]:
    """(day, number) for the column chart, by week in a long window: a column must be wide enough to
    point at. Money in whole yuan, since columns show no fen; empty where the metric is withheld."""
    per_unit = 100 if BY_ID[metric_id].unit is Unit.FEN else 1
    by_day = report.by_day.get(metric_id, [])
    step = DAYS_A_WEEK if len(by_day) > MOST_COLUMNS else 1
    return [
        (f"{by_day[first][0]:%m-%d}", sum(value for _day, value in part) // per_unit)
        for first in range(0, len(by_day), step)
        if (part := by_day[first : first + step])
    ]
