"""Counties and their villages."""

from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from shanhuo.api.lookups import county_of
from shanhuo.kernel import clock
from shanhuo.people import rules as people
from shanhuo.people.access import Access
from shanhuo.regions import queries, services

router = Router(tags=["regions"])
ACCESS = {
    "GET /api/places": Access.ANYONE,
    "GET /api/counties/{adcode}": Access.ANYONE,
    "GET /api/counties/{adcode}/villages": Access.SIGNED_IN,
    "POST /api/counties/{adcode}/villages": Access.OFFICER,
}
MOST_VILLAGES = 500


class PlaceQuery(Schema):
    q: str = Field(min_length=1, max_length=40, examples=["巫山", "wushan", "500237"])


class PlaceOut(Schema):
    """`level` is province, prefecture or county."""

    level: str
    adcode: str
    name: str
    path_name: str


class CountyOut(Schema):
    """`exit_year`: when it left the list of 832 national poor counties; null if never listed.

    The seat is in GCJ-02, the datum of Chinese maps, not in WGS-84.
    """

    adcode: str
    name: str
    path_name: str
    exit_year: int | None
    is_key_county: bool
    city_tier: str
    seat_lng_gcj02: float | None
    seat_lat_gcj02: float | None


class VillageIn(Schema):
    township: str = Field("", max_length=40)
    name: str = Field(min_length=1, max_length=40, pattern=r"\S")


class VillageOut(Schema):
    public_id: str
    township: str
    name: str


@router.get("/places", response=list[PlaceOut], summary="Find a place by name, pinyin or code")
def search_places(request: HttpRequest, query: Query[PlaceQuery]) -> Any:
    """Former names and codes lead to the place of today. At most 20 of each level."""
    return queries.search_places(query.q)


@router.get("/counties/{adcode}", response=CountyOut, summary="A county and its designations")
def get_county(request: HttpRequest, adcode: str) -> CountyOut:
    county = county_of(adcode)
    return CountyOut(
        adcode=county.adcode,
        name=county.name,
        path_name=county.path_name,
        exit_year=county.exit_year,
        is_key_county=county.is_key_county,
        city_tier=queries.city_tier_of(county),
        seat_lng_gcj02=county.seat_lng_gcj02,
        seat_lat_gcj02=county.seat_lat_gcj02,
    )


@router.get(
    "/counties/{adcode}/villages", response=list[VillageOut], summary="Villages of a county"
)
def list_villages(request: HttpRequest, adcode: str) -> Any:
    """By township and name; at most 500."""
    return queries.villages_of(county_of(adcode).pk)[:MOST_VILLAGES]


@router.post("/counties/{adcode}/villages", response={201: VillageOut}, summary="Add a village")
def add_village(request: HttpRequest, adcode: str, body: VillageIn) -> Status[Any]:
    """403 `not_your_county`; 409 `village_exists`."""
    user: Any = request.user
    village = services.add_village(
        county=county_of(adcode),
        township=body.township,
        name=body.name,
        actor=user,
        office_county_ids=people.officer_county_ids(user),
        now=clock.now(),
    )
    return Status(201, village)
