from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanhuo.regions import queries
from shanhuo.regions.models import County

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]


@pytest.mark.parametrize(
    "typed",
    ["巫山县", "巫山", "wushanxian", "wushan", "Wu Shan", "wsx", "500237", "５００２３７"],
)
def test_wushan_is_found_however_it_is_typed(typed: str) -> None:
    assert "巫山县" in [county.name for county in queries.search_counties(typed)]


def test_two_characters_are_enough_and_the_nearest_name_comes_first() -> None:
    assert [county.name for county in queries.search_counties("巫山")] == ["巫山县"]
    assert queries.search_counties("城关区")[0].name == "城关区"


@pytest.mark.parametrize(
    ("former", "today"),
    [("冷湖", "632803"), ("崇礼县", "130709"), ("错那县", "540581"), ("540530", "540581")],
)
def test_former_names_and_codes_lead_to_the_county_of_today(former: str, today: str) -> None:
    assert [county.adcode for county in queries.search_counties(former)] == [today]


@pytest.mark.parametrize("nothing", ["", "   ", "|", "%", "_", "不存在的地方", "'; --", "\x00"])
def test_what_names_no_place_finds_no_place(nothing: str) -> None:
    assert queries.search_places(nothing) == []


def test_a_search_answers_provinces_before_counties() -> None:
    places = queries.search_places("重庆")
    assert (places[0].level, places[0].path_name) == ("province", "重庆市")


def test_a_county_map_stays_within_15_kilobytes_in_every_province() -> None:
    first_of = {county.province_id: county for county in queries.counties().order_by("-adcode")}
    maps = [queries.county_map(county, title=county.path_name) for county in first_of.values()]
    assert len(maps) == 33  # Taiwan has no county split
    assert max(len((svg or "").encode()) for svg in maps) <= 15_000


def test_a_county_map_is_sound_and_says_what_it_shows() -> None:
    county = queries.county_of("500237")
    assert county is not None
    svg = queries.county_map(county, title="巫山县 <&>")
    assert svg is not None
    assert ElementTree.fromstring(svg)[0].text == "巫山县 <&>"  # noqa: S314 - our own text


def test_the_locator_asks_the_database_twice() -> None:
    county = queries.county_of("500237")
    assert county is not None
    with CaptureQueriesContext(connection) as asked:
        queries.county_map(county, title="巫山县")
    assert len(asked) == 2


def test_a_county_newer_than_the_boundaries_has_no_map() -> None:
    county = County.objects.select_related("province", "prefecture").get(adcode="659011")
    assert queries.county_map(county, title="新星市") is None


def test_a_map_of_the_country_has_every_province_and_the_dashed_line() -> None:
    shades = {province.adcode: 1 for province in queries.provinces()}
    labels = {"500000": "重庆市：<3>"}
    root = ElementTree.fromstring(  # noqa: S314 - our own text
        queries.nation_choropleth(title="全国", shade_of=shades, label_of=labels)
    )
    group = root[1]
    areas = [path for path in group if path.get("fill") == "#f6d9b8"]
    dashes = group[-1].get("d") or ""
    assert len(areas) == 34
    assert dashes.count("M") == 10
    assert [title.text for path in areas for title in path] == ["重庆市：<3>"]


def test_a_province_map_shades_its_counties_and_no_other() -> None:
    svg = queries.province_choropleth(
        "500000", title="重庆", shade_of={"500237": 5, "511525": 5}, label_of={"500237": "巫山县"}
    )
    assert svg.count("#8a2a16") == 1


def test_a_city_tier_is_that_of_the_city_a_county_belongs_to() -> None:
    wushan, gulin = queries.county_of("500237"), queries.county_of("510525")
    assert wushan is not None and gulin is not None
    assert (queries.city_tier_of(wushan), queries.city_tier_of(gulin)) == ("1.5", "4")
