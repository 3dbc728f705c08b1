"""What sessions brought, as workbooks: the same for pages and programs."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from django.utils.translation import gettext as _

from shanhuo.kernel import sheets
from shanhuo.kernel.sheets import at, yuan
from shanhuo.live.queries import ProductResult, SessionResult
from shanhuo.live.states import Arrival


class Drew(Protocol):
    """What a product drew, as the signal log counts it: a `Pull` of traffic."""

    @property
    def opened(self) -> int: ...
    @property
    def opened_in_talks(self) -> int: ...
    @property
    def orders(self) -> int: ...
    @property
    def orders_in_talks(self) -> int: ...


def goods_workbook(title: str, goods: Iterable[tuple[ProductResult, Drew]]) -> bytes:
    """One session by product."""
    headings = [
        _("Product"),
        _("Opened out of the room"),
        _("Opened while explained"),
        _("Orders in the show"),
        _("Orders while explained"),
        _("Paid orders"),
        _("Units"),
        _("Paid"),
        _("Refunded"),
    ]
    rows = (
        [
            *(one.title, pull.opened, pull.opened_in_talks, pull.orders, pull.orders_in_talks),
            *(one.orders, one.units, yuan(one.paid_fen), yuan(one.refunded_fen)),
        ]
        for one, pull in goods
    )
    return sheets.write_workbook(title, headings, rows)


def results_workbook(results: Sequence[SessionResult]) -> bytes:
    """A row for each session."""
    headings = [
        _("Session number"),
        _("Title"),
        _("Kind"),
        _("County"),
        _("Operator of the room"),
        _("Host"),
        _("On air"),
        _("Ended"),
        _("Minutes on air"),
        _("Times entered"),
        _("Most at once"),
        _("Likes"),
        _("Messages"),
        _("Paid orders"),
        _("Units"),
        _("Paid"),
        _("Refunded"),
        _("Settled"),
        *(_("From: %(place)s") % {"place": place.label} for place in Arrival),
    ]
    rows = (
        [
            *(one.public_id, one.title, one.kind, one.county, one.operator, one.host),
            *(at(one.began_at), at(one.ended_at), round(one.on_air.total_seconds() / 60)),
            *(one.joins, one.most_viewers, one.likes, one.messages, one.orders, one.units),
            *(yuan(one.paid_fen), yuan(one.refunded_fen), yuan(one.settled_fen)),
            *_joins_by_place(one),
        ]
        for one in results
    )
    return sheets.write_workbook(_("Results of live sessions"), headings, rows)


def _joins_by_place(result: SessionResult) -> list[int]:
    joins = {one.key: one.joins for one in result.arrivals}
    return [joins.get(place.name.lower(), 0) for place in Arrival]
