"""The people of the season, signed in by code and put into their organisations by the services."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

from shanhuo.console.demo import script, setting
from shanhuo.console.demo.script import CountyScript
from shanhuo.people import queries as people_queries
from shanhuo.people import services as people
from shanhuo.regions import queries as regions

if TYPE_CHECKING:
    from shanhuo.people.models import Organisation, User
    from shanhuo.regions.models import County

BUYERS = 60
_FIRST_BUYER, _FIRST_OFFICER, _FIRST_SELLER, _FIRST_CREATOR = 19900, 19910, 19920, 19930


@dataclass(frozen=True, slots=True)
class Place:
    """One county with everybody who acts for it. `creators`: (organisation, person)."""

    script: CountyScript
    county: "County"
    officer: "User"
    seller: "User"
    cooperative: "Organisation"
    creators: list[tuple["Organisation", "User"]]


@dataclass(slots=True)
class Cast:
    """Everybody. `helper` is the second operator: decisions need another person."""

    operator: "User"
    helper: "User"
    auditor: "User"
    places: list[Place] = field(default_factory=list)
    buyers: list["User"] = field(default_factory=list)


def found_platform(*, now: datetime) -> Cast:
    """The operators and the auditor, opened from the command line as on a real first day."""
    operator = _login(0, "平台运营（演示）", now=now)
    helper = sign_in("19800000001", "值班运营（演示）", now=now)
    auditor = _login(5, "审计员（演示）", now=now)
    people.open_organisation(
        kind="platform",
        name="山货平台（演示）",
        owners=[operator, helper],
        opened_by=None,
        now=now,
    )
    people.open_organisation(
        kind="auditor", name="独立审计（演示）", owners=[auditor], opened_by=operator, now=now
    )
    return Cast(operator, helper, auditor)


def settle_county(cast: Cast, number: int, *, now: datetime) -> Place:
    """County `number` of the script joins: office, verified cooperative, creators."""
    part = script.counties()[number]
    county = regions.county_of(part.adcode)
    if county is None:
        raise LookupError(f"the reference data has no county {part.adcode}")
    officer = _login_or_phone(number, 1, _FIRST_OFFICER, f"{county.name}专员（演示）", now=now)
    people.open_organisation(
        kind="county_office",
        name=f"{county.name}助农专班（演示）",
        county=county,
        owners=[officer],
        opened_by=cast.operator,
        now=now,
    )
    seller = _login_or_phone(number, 2, _FIRST_SELLER, script.invented_name(number), now=now)
    place = Place(
        script=part,
        county=county,
        officer=officer,
        seller=seller,
        cooperative=_verified_cooperative(cast, part, county, seller, now=now),
        creators=list(_creators(part, number, county, now=now)),
    )
    cast.places.append(place)
    return place


def welcome_buyer(cast: Cast, number: int, *, now: datetime) -> "User":
    """Buyer `number` signs in for the first time; the first of them is the demo login."""
    name = script.invented_name(100 + number)
    buyer = (
        _login(4, name, now=now)
        if number == 0
        else sign_in(_phone(_FIRST_BUYER, number), name, now=now)
    )
    cast.buyers.append(buyer)
    return buyer


def sign_in(phone: str, name: str, *, now: datetime) -> "User":
    """Ask for a code, type it, choose a name: what a person does on the sign-in page."""
    # 2001:db8::/32 is reserved for examples; everybody comes from a network of their own.
    address = f"2001:db8:{phone[1:5]}:{phone[7:]}::1"
    sent = people.request_code(phone=phone, address=address, proof="", now=now)
    user = people.confirm_code(
        reference=sent.reference, guess=sent.demo_code, address=address, now=now
    ).user
    people.rename(user=user, display_name=name)
    return user


def _login(number: int, name: str, *, now: datetime) -> "User":
    return sign_in(setting.LOGINS[number].phone, name, now=now)


def _login_or_phone(
    county_number: int, login: int, prefix: int, name: str, *, now: datetime
) -> "User":
    """The demo logins act for the first county."""
    if county_number == 0:
        return _login(login, name, now=now)
    return sign_in(_phone(prefix, county_number), name, now=now)


def _phone(prefix: int, number: int) -> str:
    return f"{prefix}{number:06d}"


def _verified_cooperative(
    cast: Cast, part: CountyScript, county: "County", seller: "User", *, now: datetime
) -> "Organisation":
    cooperative = people.apply_for_organisation(
        applicant=seller,
        kind="merchant",
        name=part.merchant,
        county=county,
        licence_number=f"DEMO-{part.adcode}",
        documents=[("licence", _paper())],
        now=now,
    )
    people.decide_verification(
        verification=people_queries.open_verification_of(cooperative),
        decider=cast.operator,
        accept=True,
        reason="",
        now=now,
    )
    cooperative.refresh_from_db()
    return cooperative


def _creators(
    part: CountyScript, county_number: int, county: "County", *, now: datetime
) -> Iterator[tuple["Organisation", "User"]]:
    for number, name in enumerate(part.creators):
        user = (
            _login(3, name, now=now)
            if county_number == number == 0
            else sign_in(_phone(_FIRST_CREATOR, county_number * 10 + number), name, now=now)
        )
        yield (
            people.become_creator(
                user=user, name=f"{name}的山里日子（演示）", county=county, is_adult=True, now=now
            ),
            user,
        )


def _paper() -> bytes:
    """A blank sheet: the demo shows no licence that anybody might take for a real one."""
    out = BytesIO()
    Image.new("RGB", (600, 800), "white").save(out, "JPEG")
    return out.getvalue()
