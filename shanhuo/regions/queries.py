"""What can be asked about places."""

import json
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import Case, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from shanhuo.config import config
from shanhuo.regions import drawing, pinyin
from shanhuo.regions.drawing import Nation, Outline
from shanhuo.regions.models import Boundary, CityTier, County, Prefecture, Province, Village
from shanhuo.regions.pack import NINE_DASH_LINE

Level = Literal["province", "prefecture", "county"]


@dataclass(frozen=True, slots=True)
class PlaceFound:
    """A place that a search found, with the names of what it lies in."""

    level: Level
    adcode: str
    name: str
    path_name: str


def counties() -> QuerySet[County]:
    """All counties, with province and prefecture at hand."""
    return County.objects.select_related("province", "prefecture")


def county_of(adcode: str) -> County | None:
    return counties().filter(adcode=adcode).first()


def counties_in(adcodes: Collection[str]) -> QuerySet[County]:
    return counties().filter(adcode__in=adcodes)


def provinces() -> QuerySet[Province]:
    return Province.objects.order_by("adcode")


def villages_of(county_id: int) -> QuerySet[Village]:
    return Village.objects.filter(county_id=county_id)


def village_named(county_id: int, name: str) -> int | None:
    """Row id of the one village of the county that is called so; None where none is, or several."""
    found = list(villages_of(county_id).filter(name=name.strip()).values_list("pk", flat=True)[:2])
    return found[0] if len(found) == 1 else None


def search_villages(county_id: int, text: str) -> QuerySet[Village]:
    """The villages of a county by name or pinyin; all of them for an empty text."""
    villages = villages_of(county_id)
    return _found(villages, text, key="pk") if text.strip() else villages


def floor_counties() -> dict[str, bool]:
    """Adcodes of the counties of the 832 and of the key counties; whether each is a key county."""
    listed = County.objects.exclude(exit_year=None, key_county_basis="")
    return {
        adcode: bool(basis) for adcode, basis in listed.values_list("adcode", "key_county_basis")
    }


def city_tier_of(county: County) -> str:
    """Commercial tier ("1" … "5") of the city a county belongs to, "" if it belongs to none."""
    parent = county.prefecture or county.province
    return parent.city_tier


_TIER_NAMES = {
    CityTier.FIRST: _("First-tier city"),
    CityTier.NEW_FIRST: _("New first-tier city"),
    CityTier.SECOND: _("Second-tier city"),
    CityTier.THIRD: _("Third-tier city"),
    CityTier.FOURTH: _("Fourth-tier city"),
    CityTier.FIFTH: _("Fifth-tier city"),
}


def city_tier_name_of(county: County) -> str:
    """一线城市 … 五线城市, or ""."""
    tier = (county.prefecture or county.province).city_tier
    return str(_TIER_NAMES[CityTier(tier)]) if tier else ""


def has_outline(county: County) -> bool:
    """Whether `county_map` can draw it."""
    return Boundary.objects.filter(level=Boundary.Level.COUNTY, adcode=county.adcode).exists()


def search_counties(text: str, *, limit: int = 20) -> list[County]:
    """Counties by name, former name, code, pinyin or initials; the closest name first."""
    return list(_found(counties(), text)[:limit])


def search_places(text: str, *, limit: int = 20) -> list[PlaceFound]:
    """Provinces, prefectures and counties, larger places first; at most `limit` of each."""
    found = [PlaceFound("province", p.adcode, p.name, p.name) for p in _found(provinces(), text)]
    prefectures = _found(Prefecture.objects.select_related("province"), text)[:limit]
    found += [
        PlaceFound("prefecture", p.adcode, p.name, f"{p.province.name} · {p.name}")
        for p in prefectures
    ]
    return found + [
        PlaceFound("county", c.adcode, c.name, c.path_name)
        for c in search_counties(text, limit=limit)
    ]


def map_approval_number() -> str:
    """The review number (审图号) to print under every map, "" while the operator has set none."""
    return config().map_approval_number


def county_map(county: County, *, title: str) -> str | None:
    """An SVG that shows where a county is, at most 15 KB; None if the pack has no outline of it."""
    outlines = _outlines(
        Boundary.objects.filter(province_adcode=county.province.adcode).exclude(
            level=Boundary.Level.COUNTY
        )
        | Boundary.objects.filter(level=Boundary.Level.COUNTY, adcode=county.adcode)
    )
    own, nation = outlines[Boundary.Level.COUNTY], _nation()
    if not own or nation is None:
        return None
    return drawing.locator(
        title=title,
        county=own[0],
        seat=county.seat,
        province=outlines[Boundary.Level.PROVINCE][0],
        prefectures=outlines[Boundary.Level.PREFECTURE],
        nation=nation,
    )


def nation_choropleth(
    *, title: str, shade_of: Mapping[str, int], label_of: Mapping[str, str]
) -> str:
    """An SVG of the country by province; mappings are by adcode (see `drawing.SHADES`).

    "" while no boundaries are loaded.
    """
    nation = _nation()
    if nation is None:
        return ""
    everything = [*nation.provinces, nation.sea_line]
    return drawing.choropleth(
        title=title,
        outlines=nation.provinces,
        frame_of=[ring for outline in everything for ring in outline.rings],
        shade_of=shade_of,
        label_of=label_of,
        lines=[nation.sea_line],
        size=320,
    )


def province_choropleth(
    province_adcode: str,
    *,
    title: str,
    shade_of: Mapping[str, int],
    label_of: Mapping[str, str],
) -> str:
    """An SVG of one province by county; mappings are by adcode. "" if the pack has no outline."""
    outlines = _outlines(Boundary.objects.filter(province_adcode=province_adcode))
    provinces = outlines[Boundary.Level.PROVINCE]
    if not provinces:
        return ""
    return drawing.choropleth(
        title=title,
        outlines=outlines[Boundary.Level.COUNTY],
        frame_of=[ring for outline in provinces for ring in outline.rings],
        shade_of=shade_of,
        label_of=label_of,
        lines=provinces,
        size=260,
    )


def _nation() -> Nation | None:
    """None unless the dashed line is there: a map of the country is not drawn without it."""
    outlines = _outlines(Boundary.objects.filter(level=Boundary.Level.PROVINCE))["province"]
    by_adcode = {outline.adcode: outline for outline in outlines}
    sea_line = by_adcode.pop(NINE_DASH_LINE, None)
    return Nation(list(by_adcode.values()), sea_line) if sea_line else None


def _outlines(rows: QuerySet[Boundary]) -> dict[str, list[Outline]]:
    """Outlines by level."""
    by_level: dict[str, list[Outline]] = {level: [] for level in Boundary.Level.values}
    for row in rows.order_by("adcode"):
        by_level[row.level].append(Outline(row.adcode, json.loads(row.rings_gcj02)))
    return by_level


def _found(areas: QuerySet[Any], text: str, *, key: str = "adcode") -> QuerySet[Any]:
    """Rows whose keys hold the Chinese words, or begin with the letters or digits, of `text`."""
    # A bar ends a key, and PostgreSQL takes no NUL.
    words = unicodedata.normalize("NFKC", text).translate({ord("|"): "", 0: ""}).strip()
    start = f"|{_key_typed(words)}"
    if start == "|":
        return areas.none()
    closeness = Case(
        When(name=words, then=Value(0)),
        When(search_keys__contains=start, then=Value(1)),
        default=Value(2),
    )
    needle = words if _is_chinese(words) else start
    return areas.filter(search_keys__contains=needle).order_by(closeness, key)


def _key_typed(words: str) -> str:
    return words if _is_chinese(words) or words.isdigit() else pinyin.typed(words)


def _is_chinese(text: str) -> bool:
    return any(character >= "\u2e80" for character in text)
