"""A metric over the country: a ranking of counties, and a map by province."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from shanhuo.impact.metrics import Metric
from shanhuo.regions import queries as regions
from shanhuo.regions.drawing import SHADES


@dataclass(frozen=True, slots=True)
class Ranked:
    """A county and its value."""

    adcode: str
    path_name: str
    value: int


def ranking(totals: Mapping[str, int], *, limit: int) -> list[Ranked]:
    """The counties with most, largest first."""
    best = sorted(totals, key=lambda adcode: (-totals[adcode], adcode))[:limit]
    names = {county.adcode: county.path_name for county in regions.counties_in(best)}
    return [
        Ranked(adcode, names[adcode], totals[adcode])
        for adcode in best
        if adcode in names and totals[adcode] > 0
    ]


def map_of(metric: Metric, totals: Mapping[str, int]) -> SafeString:
    """The country by province, darker where there is more."""
    by_province: Counter[str] = Counter()
    for adcode, value in totals.items():
        by_province[f"{adcode[:2]}0000"] += value
    largest = max(by_province.values(), default=0)
    steps = len(SHADES) - 1
    names = {province.adcode: province.name for province in regions.provinces()}
    svg = regions.nation_choropleth(
        title=str(metric.name),
        shade_of={
            adcode: -(-steps * by_province[adcode] // largest) if largest > 0 else 0
            for adcode in names
        },
        label_of=names,
    )
    # Drawn by us from names and numbers that the drawing escapes.
    return mark_safe(svg)  # noqa: S308
