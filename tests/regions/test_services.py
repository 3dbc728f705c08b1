from datetime import datetime
from typing import Any

import pytest

from shanhuo.kernel.models import AuditEntry
from shanhuo.people import rules as people
from shanhuo.regions import queries, services
from shanhuo.regions.models import County, Village

pytestmark = pytest.mark.django_db


def add(county: County, officer: Any, noon: datetime, name: str = "曲尺村") -> Village:
    return services.add_village(
        county=county,
        township="曲尺乡",
        name=name,
        actor=officer,
        office_county_ids=people.officer_county_ids(officer),
        now=noon,
    )


def test_an_officer_adds_a_village_of_the_own_county(
    wang: Any, make_county: Any, noon: datetime
) -> None:
    village = add(make_county(), wang, noon)
    assert list(queries.villages_of(make_county().pk)) == [village]
    assert AuditEntry.objects.get().detail == {
        "county": "500237",
        "township": "曲尺乡",
        "name": "曲尺村",
    }


def test_attack_18_an_officer_adds_nothing_in_another_county(
    wang: Any, make_county: Any, noon: datetime
) -> None:
    fengjie = make_county("奉节县", "500236")
    with pytest.raises(services.NotYourCounty):
        add(fengjie, wang, noon)
    assert (Village.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_attack_17_nobody_in_particular_adds_nothing(
    make_county: Any, stranger: Any, noon: datetime
) -> None:
    with pytest.raises(services.NotYourCounty):
        add(make_county(), stranger, noon)
    assert Village.objects.count() == 0


def test_the_same_village_is_not_added_twice(wang: Any, make_county: Any, noon: datetime) -> None:
    add(make_county(), wang, noon)
    with pytest.raises(services.VillageExists) as refusal:
        add(make_county(), wang, noon, name=" 曲尺村 ")
    assert str(refusal.value).startswith("曲尺村")
    assert (Village.objects.count(), AuditEntry.objects.count()) == (1, 1)


def test_a_key_county_needs_a_source(wang: Any, make_county: Any, noon: datetime) -> None:
    with pytest.raises(services.SourceMissing):
        services.name_key_county(
            county=make_county(),
            source="  ",
            actor=wang,
            office_county_ids=people.officer_county_ids(wang),
            now=noon,
        )
    assert not make_county().is_key_county
