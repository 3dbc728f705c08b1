"""What a banner or an opening card shows of the object of a contract."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
from django.conf import settings

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.regions import queries as regions
from shanhuo.traffic.catalogue import Card, Catalogue, key_of_session, named_by
from shanhuo.traffic.kinds import ObjectKind
from shanhuo.traffic.models import Contract
from shanhuo.traffic.numbers import UNKNOWN

_Kind = Contract.Kind


@dataclass(frozen=True, slots=True)
class Placard:
    """One object as it stands in a banner or an opening card, the same for everybody.

    `public_id` is that of its page (an adcode for a county); `object` and `county` go into the
    signal. `cover` may be empty.
    """

    kind: str
    public_id: str
    title: str
    subtitle: str
    cover: str
    object_kind: ObjectKind
    object: int
    county: int


def draw(
    contracts: Iterable[Contract], catalogue: Catalogue, *, now: datetime
) -> dict[int, Placard]:
    """The placards of these contracts; none of those whose object is not shown in public now."""
    by_kind: dict[str, list[Contract]] = {kind: [] for kind in _Kind}
    for contract in contracts:
        by_kind[contract.kind].append(contract)
    return {
        **_products(by_kind[_Kind.PRODUCT], now),
        **_counties(by_kind[_Kind.COUNTY], catalogue),
        **_posts(by_kind[_Kind.POST], "post", catalogue),
        **_posts(by_kind[_Kind.CREATOR], "author", catalogue),
        **_posts(by_kind[_Kind.VILLAGE], "village", catalogue),
        **_sessions(by_kind[_Kind.SESSION], catalogue),
    }


def _products(contracts: Sequence[Contract], now: datetime) -> dict[int, Placard]:
    if not contracts:
        return {}
    cards = goods.cards_by_id({one.target for one in contracts}, day=clock.day_of(now))
    return {
        one.pk: Placard(
            kind=one.kind,
            public_id=card.public_id,
            title=card.title,
            subtitle=card.merchant_name,
            cover=f"{settings.MEDIA_URL}{card.thumb}" if card.thumb else "",
            object_kind=ObjectKind.PRODUCT,
            object=card.id,
            county=int(card.adcode),
        )
        for one in contracts
        if (card := cards.get(one.target)) is not None and card.is_available
    }


def _counties(contracts: Sequence[Contract], catalogue: Catalogue) -> dict[int, Placard]:
    if not contracts:
        return {}
    rows = regions.counties_in([one.target_public_id for one in contracts])
    places = {int(row.adcode): row for row in rows}
    return {
        one.pk: Placard(
            kind=one.kind,
            public_id=place.adcode,
            title=place.name,
            subtitle=place.province.name,
            cover=_cover(_newest(catalogue, "county", one.target)),
            object_kind=ObjectKind.COUNTY,
            object=place.pk,
            county=one.target,
        )
        for one in contracts
        if (place := places.get(one.target)) is not None
    }


def _posts(contracts: Sequence[Contract], column: str, catalogue: Catalogue) -> dict[int, Placard]:
    """The clips themselves, or the newest clip of each creator or village."""
    return {
        one.pk: _of_card(card, Contract.Kind.POST)
        for one in contracts
        if (card := _newest(catalogue, column, one.target)) is not None
    }


def _sessions(contracts: Sequence[Contract], catalogue: Catalogue) -> dict[int, Placard]:
    """Those that are on air."""
    rows = {one.pk: catalogue.numbers.of_one(key_of_session(one.target)) for one in contracts}
    return {
        number: _of_card(catalogue.cards[row], Contract.Kind.SESSION)
        for number, row in rows.items()
        if row != UNKNOWN and catalogue.columns["shown"][row]
    }


def _of_card(card: Card, kind: str) -> Placard:
    body = _body(card)
    ((object_kind, thing),) = named_by(np.array([card.post_id]))
    return Placard(
        kind=kind,
        public_id=body["id"],
        title=body["caption"] or body["author"]["name"],
        subtitle=body["author"]["name"],
        cover=body["cover"],
        object_kind=object_kind,
        object=thing,
        county=card.county,
    )


def _newest(catalogue: Catalogue, column: str, value: int) -> Card | None:
    """The newest published post with this value in a column."""
    columns = catalogue.columns
    rows = np.flatnonzero(columns["shown"] & (columns["post"] > 0) & (columns[column] == value))
    if not len(rows):
        return None
    return catalogue.cards[int(rows[columns["published_ms"][rows].argmax()])]


def _cover(card: Card | None) -> str:
    return "" if card is None else str(_body(card)["cover"])


def _body(card: Card) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(b"{%s}" % card.body)
    return body
