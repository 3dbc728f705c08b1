"""The data pack: a folder of reference files that an operator may replace (data/SOURCES.md).

This module reads it and knows its columns; it decides nothing and writes nothing.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shanhuo.regions.datum import Gcj02

BUNDLED = Path(__file__).parent / "data"
LEVELS = ("province", "prefecture", "county")
NINE_DASH_LINE = "100000_JD"

Row = dict[str, str]
Ring = list[int]


@dataclass(frozen=True, slots=True)
class Area:
    """A province, prefecture or county as the pack has it. Blank parents are ""."""

    adcode: str
    level: str
    name: str
    province_adcode: str
    prefecture_adcode: str
    seat: Gcj02 | None


@dataclass(frozen=True, slots=True)
class Listing:
    """One line of the list of 832, as it stood when the list was made."""

    adcode: str
    name: str
    adcode_at_listing: str
    exit_year: int
    note: str


@dataclass(frozen=True, slots=True)
class Shape:
    """A boundary in GCJ-02, in ten-thousandths of a degree: each ring is lng, lat, lng, lat, …"""

    adcode: str
    level: str
    province_adcode: str
    rings: list[Ring]


@dataclass(frozen=True, slots=True)
class DataPack:
    """The files of one folder; each is read when it is asked for."""

    folder: Path = BUNDLED

    def areas(self) -> list[Area]:
        """Divisions of today, and listed counties that the division list leaves out."""
        areas = {row["adcode"]: _area(row, row["level"], row["name"]) for row in self._divisions()}
        for row in self._rows("poor_counties_832.csv"):
            if row["adcode"] not in areas:
                areas[row["adcode"]] = _area(row, "county", row["current_name"])
        return list(areas.values())

    def listings(self) -> list[Listing]:
        """The 832 former national poor counties (国家级贫困县) with the year each left the list."""
        return [
            Listing(
                adcode=row["adcode"],
                name=row["name_at_designation"],
                adcode_at_listing=row["source_adcode"],
                exit_year=int(row["exit_year"]),
                note=row["note"],
            )
            for row in self._rows("poor_counties_832.csv")
        ]

    def key_counties(self) -> frozenset[str]:
        """Adcodes on the list of 2021 (国家乡村振兴重点帮扶县): 90 of the 160."""
        rows = self._rows("revitalization_key_counties_2021_partial.csv")
        return frozenset(row["adcode"] for row in rows)

    def city_tiers(self) -> dict[str, str]:
        """Adcode of a prefecture or municipality -> its commercial tier of 2025, "1" … "5"."""
        return {row["adcode"]: row["tier_rank"] for row in self._rows("city_tiers_2025.csv")}

    def earlier_adcodes(self) -> dict[str, set[str]]:
        """Adcode of today -> codes the place had before."""
        earlier: dict[str, set[str]] = defaultdict(set)
        for row in [*self._divisions(), *self._rows("poor_counties_832.csv")]:
            if row["source_adcode"] not in ("", row["adcode"]):
                earlier[row["adcode"]].add(row["source_adcode"])
        return earlier

    def shapes(self) -> Iterator[Shape]:
        """Every boundary, the dashed line in the South China Sea among the provinces."""
        for level in LEVELS:
            text = (self.folder / f"china_{level}.geojson").read_text(encoding="utf-8")
            for feature in json.loads(text)["features"]:
                yield _shape(feature, level)

    def _divisions(self) -> list[Row]:
        return self._rows("china_divisions.csv")

    def _rows(self, name: str) -> list[Row]:
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


def _area(row: Row, level: str, name: str) -> Area:
    lng, lat = row["center_lng"], row["center_lat"]
    # The pack repeats Hong Kong and Macau as their own prefectures; there is none.
    has_prefecture = row["prefecture_adcode"] != row["province_adcode"]
    return Area(
        adcode=row["adcode"],
        level=level,
        name=name,
        province_adcode=row["province_adcode"],
        prefecture_adcode=row["prefecture_adcode"] if has_prefecture else "",
        seat=Gcj02(float(lng), float(lat)) if lng else None,
    )


def _shape(feature: dict[str, Any], level: str) -> Shape:
    properties, geometry = feature["properties"], feature["geometry"]
    multi = geometry["type"] == "MultiPolygon"
    polygons = geometry["coordinates"] if multi else [geometry["coordinates"]]
    return Shape(
        adcode=properties["adcode"],
        level=level,
        province_adcode=properties.get("province_adcode", properties["adcode"]),
        rings=[
            [round(degrees * 10_000) for point in ring for degrees in point]
            for polygon in polygons
            for ring in polygon
        ],
    )
