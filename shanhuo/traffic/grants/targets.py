"""The objects of contracts, found in the rooms that own them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.content import queries as content
from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries as live
from shanhuo.regions import queries as regions
from shanhuo.traffic.grants.terms import Wish
from shanhuo.traffic.models import Contract
from shanhuo.traffic.models.grants import Placement

Kind = Contract.Kind


class ObjectUnknown(Refusal):
    code = "object_unknown"
    status = 422
    message = _("%(name)s is not shown in public, or is not of this county.")


class NothingToShow(Refusal):
    code = "nothing_to_show"
    status = 422
    message = _("%(name)s has no published clip: there is nothing that could be shown.")


@dataclass(frozen=True, slots=True)
class Target:
    """An object as a contract names it. `airs_at`: of a session, when it begins or began."""

    kind: Kind
    id: int
    public_id: str
    name: str
    airs_at: datetime | None = None


def find(wish: Wish, *, adcode: str) -> Target:
    """The object of a wish, if it is public and of the county, and has something to show: in the
    feed a clip, or a session its own card; elsewhere its own card.

    Raises ObjectUnknown, NothingToShow.
    """
    target = _FINDERS[wish.kind](wish.public_id, adcode)
    if target is None:
        raise ObjectUnknown(name=wish.public_id)
    needs_clips = wish.kind == Kind.VILLAGE or wish.placement == Placement.FEED
    if wish.kind != Kind.SESSION and needs_clips and not clips_of(target.kind, target.id).exists():
        raise NothingToShow(name=target.name)
    return target


def clips_of(kind: str, target: int) -> "QuerySet[Any]":
    """The published posts that a contract on this object supports."""
    column = {
        Kind.COUNTY: "county__adcode",
        Kind.CREATOR: "author_id",
        Kind.PRODUCT: "product_id",
        Kind.POST: "pk",
        Kind.VILLAGE: "village_id",
    }[Kind(kind)]
    return content.published_posts().filter(
        **{column: str(target) if kind == Kind.COUNTY else target}
    )


def clips_about(product_public_id: str) -> list[str]:
    """Public ids of the published clips that show a product."""
    posts = content.published_posts().filter(product__public_id=product_public_id)
    return list(posts.values_list("public_id", flat=True))


def has_stock(product_public_id: str, *, now: datetime) -> bool | None:
    """Whether a unit of the product could be bought today; None when it is not on sale."""
    product = goods.products_on_sale().filter(public_id=product_public_id).first()
    if product is None:
        return None
    return goods.cards_by_id([product.pk], day=clock.day_of(now))[product.pk].is_available


def sold_out_sessions(*, now: datetime) -> list[str]:
    """Public ids of the sessions on air that have goods, none of which could be bought today."""
    on_air = [one for one in live.sessions_among(live.ids_on_air(now=now)) if one.product_ids]
    shelves = {product for session in on_air for product in session.product_ids}
    cards = goods.cards_by_id(shelves, day=clock.day_of(now)) if shelves else {}
    buyable = {product for product, card in cards.items() if card.is_available}
    return [one.public_id for one in on_air if not buyable.intersection(one.product_ids)]


def _county(public_id: str, adcode: str) -> Target | None:
    county = regions.county_of(public_id) if public_id == adcode else None
    return (
        None
        if county is None
        else Target(Kind.COUNTY, int(county.adcode), county.adcode, county.name)
    )


def _creator(public_id: str, adcode: str) -> Target | None:
    posts = content.published_posts().filter(author__public_id=public_id, county__adcode=adcode)
    post = posts.first()
    return (
        None
        if post is None
        else Target(Kind.CREATOR, post.author_id, public_id, post.author.display_name)
    )


def _product(public_id: str, adcode: str) -> Target | None:
    rows = goods.products_on_sale().filter(public_id=public_id, county__adcode=adcode)
    product = rows.first()
    return None if product is None else Target(Kind.PRODUCT, product.pk, public_id, product.title)


def _post(public_id: str, adcode: str) -> Target | None:
    post = content.published_posts().filter(public_id=public_id, county__adcode=adcode).first()
    return None if post is None else Target(Kind.POST, post.pk, public_id, post.caption[:120])


def _village(public_id: str, adcode: str) -> Target | None:
    county = regions.county_of(adcode)
    rows = regions.villages_of(county.pk).filter(public_id=public_id) if county else ()
    return next((Target(Kind.VILLAGE, row.pk, row.public_id, row.name) for row in rows), None)


def _session(public_id: str, adcode: str) -> Target | None:
    row = sessions_to_support().filter(public_id=public_id, county__adcode=adcode).first()
    if row is None:
        return None
    airs_at = row.on_air_at or row.starts_at
    return Target(Kind.SESSION, row.pk, row.public_id, row.title, airs_at)


def sessions_to_support() -> "QuerySet[Any]":
    """What is announced, or on air, and not over."""
    return live.in_public().filter(ended_at=None).order_by("starts_at", "pk")


_FINDERS = {
    Kind.COUNTY: _county,
    Kind.CREATOR: _creator,
    Kind.PRODUCT: _product,
    Kind.POST: _post,
    Kind.VILLAGE: _village,
    Kind.SESSION: _session,
}
