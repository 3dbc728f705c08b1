"""Live sessions of the demo: what is announced for the next evenings, planned and checked by the
services as everybody's are."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shanhuo.console.demo.cast import Cast, Place
from shanhuo.kernel import clock
from shanhuo.live.formats import format_of
from shanhuo.live.services import planning, showcase
from shanhuo.live.services.planning import Part
from shanhuo.live.states import CastRole, SessionKind
from shanhuo.people import queries as people

if TYPE_CHECKING:
    from shanhuo.goods.models import Product
    from shanhuo.people.models import User

TOMORROW_EVENING = timedelta(days=1, hours=19, minutes=30)
DAY_AFTER_AT_TEN = timedelta(days=2, hours=10)
CREDIT = 10_000


def announce(cast: Cast, products: Sequence["Product"], *, now: datetime) -> None:
    """A cooperative tomorrow evening; two counties in one cart the day after; an office speaks,
    still waiting for the second look."""
    first, second, third = cast.places[:3]
    today = clock.start_of(clock.day_of(now))
    selling = plan(first, SessionKind.SELLING, today + TOMORROW_EVENING, now=now)
    fill(selling, first.seller, products[:1], now=now)
    submit(selling, first.seller, [cast.operator], now=now)
    for buyer in cast.buyers[:3]:
        planning.remind(session_id=selling.pk, user=buyer, wanted=True, now=now)

    shared = plan(second, SessionKind.COSTREAM, today + DAY_AFTER_AT_TEN, now=now)
    share(shared, second.seller, third.seller, now=now)
    fill(shared, second.seller, products[1:3], now=now)
    submit(shared, second.seller, [cast.operator], now=now)

    spoken = plan(first, SessionKind.MAYORS, today + DAY_AFTER_AT_TEN + timedelta(hours=5), now=now)
    _moderated(spoken, first.officer, first.seller, now=now)
    fill(spoken, first.officer, products[:1], now=now)
    submit(spoken, first.officer, [cast.helper], now=now)


def plan(place: Place, kind: SessionKind, starts_at: datetime, *, now: datetime) -> Any:
    """Drafted by the cooperative's seller, or, where an office speaks, by its officer."""
    shape = format_of(kind)
    host = place.officer if shape.is_official else place.seller
    house = next(one for one in people.houses_of(host) if one.county_id == place.county.pk)
    return planning.draft(
        host=host,
        organisation_id=house.pk,
        kind=kind,
        title=str(shape.title).replace("{county}", place.county.name),
        notice=f"{place.script.product}：{place.script.selling_points}（演示）",
        script=str(shape.outline),
        starts_at=starts_at,
        is_adult=True,
        now=now,
    )


def fill(session: Any, host: "User", products: Sequence["Product"], *, now: datetime) -> list[Any]:
    """The items, in the order of the goods."""
    return [
        showcase.add_item(session_id=session.pk, product_id=product.pk, by=host, now=now)
        for product in products
    ]


def share(session: Any, host: "User", cohost: "User", *, now: datetime) -> None:
    half = CREDIT // 2
    parts = [
        Part(user_id=host.pk, role=CastRole.HOST, share_basis_points=half),
        Part(user_id=cohost.pk, role=CastRole.COHOST, share_basis_points=CREDIT - half),
    ]
    planning.set_cast(session_id=session.pk, by=host, parts=parts, now=now)
    planning.agree(session_id=session.pk, user=cohost, is_adult=True, now=now)


def _moderated(session: Any, host: "User", moderator: "User", *, now: datetime) -> None:
    parts = [
        Part(user_id=host.pk, role=CastRole.HOST, share_basis_points=CREDIT),
        Part(user_id=moderator.pk, role=CastRole.MODERATOR),
    ]
    planning.set_cast(session_id=session.pk, by=host, parts=parts, now=now)
    planning.agree(session_id=session.pk, user=moderator, is_adult=True, now=now)


def submit(session: Any, host: "User", checkers: Sequence["User"], *, now: datetime) -> None:
    planning.submit(session_id=session.pk, by=host, now=now)
    for checker in checkers:
        planning.check(session_id=session.pk, checker=checker, agreed=True, now=now)
