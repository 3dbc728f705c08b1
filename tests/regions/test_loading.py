from pathlib import Path

import pytest

from shanhuo.regions import loading, services
from shanhuo.regions.models import County, Prefecture, Province
from shanhuo.regions.pack import BUNDLED, DataPack

pytestmark = pytest.mark.django_db


@pytest.fixture
def small_pack(tmp_path: Path) -> DataPack:
    """Chongqing with Wushan, and nothing else, in a folder that a test may edit."""
    for name in ("china_divisions", "poor_counties_832", "city_tiers_2025"):
        lines = (BUNDLED / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.startswith(("500000", "500237"))]
        (tmp_path / f"{name}.csv").write_text("\n".join([lines[0], *kept]), encoding="utf-8")
    (tmp_path / "revitalization_key_counties_2021_partial.csv").write_text("adcode,name\n")
    for level in ("province", "prefecture", "county"):
        (tmp_path / f"china_{level}.geojson").write_text('{"features": []}')
    return DataPack(tmp_path)


def edit(pack: DataPack, name: str, before: str, after: str) -> None:
    path = pack.folder / name
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


def test_a_second_pack_is_reported_field_by_field(small_pack: DataPack) -> None:
    loading.load_regions(pack=small_pack)
    edit(small_pack, "china_divisions.csv", "巫山县", "巫山市")
    counties = loading.load_regions(pack=small_pack)[2]
    assert (counties.added, counties.missing, counties.unchanged_count) == ([], [], 0)
    assert next((c.key, c.field, c.before, c.after) for c in counties.changed) == (
        "500237",
        "name",
        "巫山县",
        "巫山市",
    )
    assert County.objects.get(adcode="500237").name == "巫山市"


def test_what_the_pack_no_longer_has_is_reported_and_kept(small_pack: DataPack) -> None:
    loading.load_regions(pack=small_pack)
    edit(small_pack, "china_divisions.csv", "500237", "500238")
    edit(small_pack, "poor_counties_832.csv", "500237", "500238")
    counties = loading.load_regions(pack=small_pack)[2]
    assert (counties.added, counties.missing) == (["500238"], ["500237"])
    assert County.objects.filter(adcode="500237").exists()


def test_a_key_county_named_by_an_officer_survives_loading(
    small_pack: DataPack, wang: object, noon: object
) -> None:
    loading.load_regions(pack=small_pack)
    county = County.objects.get(adcode="500237")
    services.name_key_county(
        county=county,
        source="渝府发〔2021〕1号",
        actor=wang,
        office_county_ids=frozenset({county.pk}),
        now=noon,
    )
    assert loading.load_regions(pack=small_pack)[2].is_quiet
    assert County.objects.get(adcode="500237").key_county_basis == "officer"


def test_a_broken_pack_changes_nothing(small_pack: DataPack) -> None:
    (small_pack.folder / "china_county.geojson").write_text("not json")
    with pytest.raises(ValueError, match="Expecting value"):
        loading.load_regions(pack=small_pack)
    assert (Province.objects.count(), Prefecture.objects.count()) == (0, 0)
