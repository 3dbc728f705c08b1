"""What the county explorer shows: the country by province, or one province by county."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shanhuo.regions import queries as regions
from shanhuo.regions.drawing import SHADES


@dataclass(frozen=True, slots=True)
class ProvinceLine:
    """A province with its counties, and those of them that were on the list of 832."""

    adcode: str
    name: str
    county_count: int
    lifted_count: int


@dataclass(frozen=True, slots=True)
class CountyLine:
    """One county as the lists name it; `exit_year` is None for those never on the list."""

    adcode: str
    name: str
    path_name: str
    exit_year: int | None
    is_key: bool


def provinces() -> list[ProvinceLine]:
    """All provinces, in the order of their codes."""
    rows = regions.provinces().annotate(
        county_count=Count("counties"),
        lifted_count=Count("counties", filter=Q(counties__exit_year__isnull=False)),
    )
    return [ProvinceLine(row.adcode, row.name, row.county_count, row.lifted_count) for row in rows]


def counties_of(province_adcode: str) -> list[CountyLine]:
    """The counties of a province; an unknown one has none."""
    rows = regions.counties().filter(province__adcode=province_adcode).order_by("adcode")
    return [_line(county) for county in rows]


def found(text: str) -> list[CountyLine]:
    """Counties by name, former name, code, pinyin or initials."""
    return [_line(county) for county in regions.search_counties(text, limit=30)]


def nation_map(lines: Collection[ProvinceLine]) -> str:
    """The country, darker where more counties left the list of 832."""
    counts = {line.adcode: line.lifted_count for line in lines}
    labels = {line.adcode: _lifted_label(line) for line in lines}
    title = _("Former national poor counties by province")
    return regions.nation_choropleth(title=title, shade_of=shades(counts), label_of=labels)


def province_map(province: ProvinceLine, lines: Collection[CountyLine]) -> str:
    """One province; its former national poor counties are dark."""
    shade_of = {line.adcode: 3 if line.exit_year else 0 for line in lines}
    title = _("Former national poor counties of %(province)s") % {"province": province.name}
    labels = {line.adcode: line.name for line in lines}
    return regions.province_choropleth(
        province.adcode, title=title, shade_of=shade_of, label_of=labels
    )


def shades(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts -> the steps of a map: 0 for none, the darkest for the largest."""
    steps = len(SHADES) - 1
    largest = max(counts.values(), default=0) or 1
    return {key: -(-steps * count // largest) for key, count in counts.items()}


def _lifted_label(line: ProvinceLine) -> str:
    words = ngettext("%(count)d county", "%(count)d counties", line.lifted_count)
    return f"{line.name} {words % {'count': line.lifted_count}}"


def _line(county: Any) -> CountyLine:
    return CountyLine(
        adcode=county.adcode,
        name=county.name,
        path_name=county.path_name,
        exit_year=county.exit_year,
        is_key=county.is_key_county,
    )
