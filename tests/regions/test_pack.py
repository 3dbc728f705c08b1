"""What the bundled data pack says about the country."""

import pytest

from shanhuo.regions import loading
from shanhuo.regions.models import County, PovertyListing

pytestmark = pytest.mark.django_db


def test_the_bundled_pack_holds_the_whole_country(loaded: list[loading.TableReport]) -> None:
    assert {report.table: len(report.added) for report in loaded} == {
        "province": 34,
        "prefecture": 333,
        "county": 2874,
        "povertylisting": 832,
        "boundary": 3280,
    }
    assert County.objects.exclude(exit_year=None).count() == 831
    assert County.objects.exclude(key_county_basis="").count() == 90


def test_loading_the_same_pack_again_changes_nothing(loaded: list[loading.TableReport]) -> None:
    assert all(report.is_quiet for report in loading.load_regions())


def test_wushan_stands_with_its_designation(loaded: list[loading.TableReport]) -> None:
    wushan = County.objects.select_related("province", "prefecture").get(adcode="500237")
    assert wushan.path_name == "重庆市 · 巫山县"
    assert wushan.exit_year == 2017
    assert wushan.province.city_tier == "1.5"


def test_two_listings_may_lead_to_one_county_of_today(loaded: list[loading.TableReport]) -> None:
    names = PovertyListing.objects.filter(county__adcode="632803").values_list("name", flat=True)
    assert set(names) == {"冷湖行委", "茫崖行委"}
