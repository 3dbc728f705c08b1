"""Brings the tables in line with a data pack, and says what was different.

Nothing is ever deleted: a county that left the list of divisions still has orders and households.
It is reported as missing, and a person decides.
"""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import models, transaction

from shanhuo.regions import pinyin
from shanhuo.regions.models import Boundary, County, PovertyListing, Prefecture, Province
from shanhuo.regions.pack import Area, DataPack

BATCH = 400
LONGEST_SHOWN = 60

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one row that the pack says otherwise; long values are cut."""

    table: str
    key: str
    field: str
    before: str
    after: str


@dataclass(slots=True)
class TableReport:
    """What loading did to one table. `missing` rows are in the database and not in the pack."""

    table: str
    added: list[str] = field(default_factory=list)
    changed: list[Difference] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unchanged_count: int = 0

    @property
    def is_quiet(self) -> bool:
        return not (self.added or self.changed or self.missing)


@transaction.atomic
def load_regions(*, pack: DataPack | None = None) -> list[TableReport]:
    """Load divisions, designations and boundaries; a second run of the same pack changes nothing.

    Returns one report per table, provinces first.
    """
    pack = pack or DataPack()
    areas = pack.areas()
    names = _names_to_find(areas, pack)
    provinces = _reconcile(Province, _province_rows(areas, names, pack))
    prefectures = _reconcile(Prefecture, _prefecture_rows(areas, names, pack))
    counties = _reconcile(County, _county_rows(areas, names, pack))
    listings = _reconcile(PovertyListing, _listing_rows(pack), key=("county_id", "name"))
    boundaries = _reconcile(Boundary, _boundary_rows(pack), key=("level", "adcode"))
    return [provinces, prefectures, counties, listings, boundaries]


def search_keys(names: Iterable[str], codes: Iterable[str] = ()) -> str:
    """`|name|former name|code|pinyin|initials|`: the text that searching looks through."""
    names = list(dict.fromkeys(names))
    spellings = [spelling for name in names for spelling in pinyin.keys_of(name)]
    return "|" + "|".join(dict.fromkeys([*names, *codes, *spellings])) + "|"


def _reconcile(
    model: type[models.Model], rows: Iterable[Fields], *, key: tuple[str, ...] = ("adcode",)
) -> TableReport:
    report = TableReport(model._meta.model_name or "")
    present = {_key_of(vars(row), key): row for row in model._default_manager.all()}
    added: list[models.Model] = []
    changed: list[models.Model] = []
    for wanted in rows:
        name = _key_of(wanted, key)
        row = present.pop(name, None)
        if row is None:
            added.append(model(**wanted))
            report.added.append(name)
        elif differences := _differences(report.table, name, row, wanted):
            changed.append(row)
            report.changed += differences
        else:
            report.unchanged_count += 1
    report.missing = list(present)
    model._default_manager.bulk_create(added, batch_size=BATCH)
    if changed:
        fields = sorted({difference.field for difference in report.changed})
        model._default_manager.bulk_update(changed, fields, batch_size=BATCH)
    return report


def _differences(table: str, name: str, row: models.Model, wanted: Fields) -> list[Difference]:
    """Sets the fields that differ on `row`, and returns them."""
    differences = []
    for column, after in wanted.items():
        before = getattr(row, column)
        if before != after:
            setattr(row, column, after)
            differences.append(Difference(table, name, column, _shown(before), _shown(after)))
    return differences


def _key_of(fields: Fields, key: tuple[str, ...]) -> str:
    return " ".join(str(fields[column]) for column in key)


def _shown(value: object) -> str:
    return str(value)[:LONGEST_SHOWN]


def _names_to_find(areas: list[Area], pack: DataPack) -> dict[str, str]:
    """Adcode -> search keys of today's name, former names and former codes."""
    former_names: dict[str, list[str]] = defaultdict(list)
    for listing in pack.listings():
        former_names[listing.adcode].append(listing.name)
    earlier = pack.earlier_adcodes()
    return {
        area.adcode: search_keys(
            [area.name, *former_names[area.adcode]],
            [area.adcode, *sorted(earlier.get(area.adcode, ()))],
        )
        for area in areas
    }


def _area_row(area: Area, names: dict[str, str]) -> Fields:
    return {
        "adcode": area.adcode,
        "name": area.name,
        "search_keys": names[area.adcode],
        "seat_lng_gcj02": area.seat.lng if area.seat else None,
        "seat_lat_gcj02": area.seat.lat if area.seat else None,
    }


def _province_rows(areas: list[Area], names: dict[str, str], pack: DataPack) -> list[Fields]:
    tiers = pack.city_tiers()
    return [
        _area_row(area, names) | {"city_tier": tiers.get(area.adcode, "")}
        for area in areas
        if area.level == "province"
    ]


def _prefecture_rows(areas: list[Area], names: dict[str, str], pack: DataPack) -> list[Fields]:
    tiers = pack.city_tiers()
    province_ids = _ids_of(Province)
    return [
        _area_row(area, names)
        | {
            "province_id": province_ids[area.province_adcode],
            "city_tier": tiers.get(area.adcode, ""),
        }
        for area in areas
        if area.level == "prefecture"
    ]


def _county_rows(areas: list[Area], names: dict[str, str], pack: DataPack) -> list[Fields]:
    province_ids, prefecture_ids = _ids_of(Province), _ids_of(Prefecture)
    exit_years = {listing.adcode: listing.exit_year for listing in pack.listings()}
    bases = _key_county_bases(pack)
    return [
        _area_row(area, names)
        | {
            "province_id": province_ids[area.province_adcode],
            "prefecture_id": prefecture_ids.get(area.prefecture_adcode),
            "exit_year": exit_years.get(area.adcode),
            "key_county_basis": bases.get(area.adcode, ""),
        }
        for area in areas
        if area.level == "county"
    ]


def _key_county_bases(pack: DataPack) -> dict[str, str]:
    """The pack's list is a part of the real one: what officers added stays."""
    basis = County.KeyCountyBasis
    by_officers = County.objects.filter(key_county_basis=basis.OFFICER)
    bases = dict.fromkeys(by_officers.values_list("adcode", flat=True), basis.OFFICER.value)
    return bases | dict.fromkeys(pack.key_counties(), basis.PACK.value)


def _listing_rows(pack: DataPack) -> list[Fields]:
    county_ids = _ids_of(County)
    return [
        {
            "county_id": county_ids[listing.adcode],
            "name": listing.name,
            "adcode": listing.adcode_at_listing,
            "exit_year": listing.exit_year,
            "note": listing.note,
        }
        for listing in pack.listings()
    ]


def _boundary_rows(pack: DataPack) -> list[Fields]:
    return [
        {
            "level": shape.level,
            "adcode": shape.adcode,
            "province_adcode": shape.province_adcode,
            "rings_gcj02": json.dumps(shape.rings, separators=(",", ":")),
        }
        for shape in pack.shapes()
    ]


def _ids_of(model: type[models.Model]) -> dict[str, int]:
    return dict(model._default_manager.values_list("adcode", "pk"))
