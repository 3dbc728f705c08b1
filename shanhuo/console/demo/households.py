"""Villages and consented households, put on the list by the officer of their county."""

from datetime import datetime
from typing import TYPE_CHECKING

from shanhuo.console.demo import script
from shanhuo.console.demo.cast import Place
from shanhuo.kernel import clock
from shanhuo.people import rules
from shanhuo.people import services as people
from shanhuo.people.entries import ConsentEntry, HouseholdEntry
from shanhuo.regions import services as regions

if TYPE_CHECKING:
    from shanhuo.people.models import Household
    from shanhuo.regions.models import Village

TOWNSHIP = "示例镇（演示）"
KINDS = ("lifted", "lifted", "monitored", "other")


def register(place: Place, first_name: int, *, now: datetime) -> list["Household"]:
    """The county's households, their consent given on that day; names from `first_name` on."""
    villages = [_add_village(place, name, now=now) for name in place.script.villages]
    return [
        _register_one(place, number, villages[number % len(villages)], first_name + number, now=now)
        for number in range(place.script.households)
    ]


def _add_village(place: Place, name: str, *, now: datetime) -> "Village":
    return regions.add_village(
        county=place.county,
        township=TOWNSHIP,
        name=name,
        actor=place.officer,
        office_county_ids=rules.officer_county_ids(place.officer),
        now=now,
    )


def _register_one(
    place: Place, number: int, village: "Village", name_number: int, *, now: datetime
) -> "Household":
    kind = KINDS[number % len(KINDS)]
    return people.register_household(
        county_id=place.county.pk,
        entry=HouseholdEntry(
            number=f"演示-{place.script.adcode}-{number + 1:03d}",
            head_name=script.invented_name(name_number),
            kind=kind,
            risk="unstable" if kind == "monitored" else "",
            village_id=village.pk,
        ),
        given=ConsentEntry(given_on=clock.day_of(now)),
        officer=place.officer,
        now=now,
    )
