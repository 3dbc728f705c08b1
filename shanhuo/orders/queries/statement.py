"""The statement of a merchant or creator: every settled line, and what it adds up to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from shanhuo.kernel import sheets
from shanhuo.orders.choices import Funder
from shanhuo.orders.models import CommissionShare, Settlement
from shanhuo.orders.queries.finding import find_settled, in_days


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One settled line, or the part of one that a later refund took back (then negative). The
    discounts are those of price cuts and coupons together, each under who bears it."""

    settled_at: datetime
    order: str
    title: str
    sku_name: str
    is_correction: bool
    quantity: int
    goods_fen: int
    merchant_discount_fen: int
    platform_discount_fen: int
    creator_discount_fen: int
    fee_fen: int
    commission_fen: int
    freight_fen: int
    net_fen: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What the organisations earned in a period, in the role of merchant or of creator."""

    rows: list[StatementRow]
    since: date
    until: date
    as_creator: bool

    def total(self, name: str) -> int:
        return sum(getattr(row, name) for row in self.rows)

    @property
    def net_fen(self) -> int:
        return self.total("net_fen")


def statement_of(
    organisation_ids: Collection[int],
    *,
    since: date,
    until: date,
    as_creator: bool = False,
    q: str = "",
) -> Statement:
    """Settled from the start of `since` to the end of `until`, Shanghai days; `q` picks lines."""
    party = Q(merchant__in=organisation_ids)
    if as_creator:
        shared = CommissionShare.objects.filter(creator__in=organisation_ids).values("settlement")
        party = Q(creator__in=organisation_ids) | Q(pk__in=shared)
    ours = CommissionShare.objects.filter(creator__in=organisation_ids if as_creator else [])
    settlements = Settlement.objects.filter(party).prefetch_related(
        Prefetch("shares", queryset=ours, to_attr="our_shares")
    )
    settled = in_days(settlements, "settled_at", since=since, until=until)
    rows = find_settled(settled, q=q)
    return Statement(
        rows=[_row(row, as_creator=as_creator) for row in _with_names(rows)],
        since=since,
        until=until,
        as_creator=as_creator,
    )


def _with_names(rows: QuerySet[Settlement]) -> QuerySet[Settlement]:
    return rows.select_related("line__order").order_by("-settled_at", "-pk")


def _row(row: Any, *, as_creator: bool) -> StatementRow:
    """Of a settlement that several creators share, a creator sees the own part."""

    def borne_by(funder: Funder) -> int:
        return row.discount_fen if row.discount_funder == funder else 0

    commission_fen, creator_discount_fen = row.commission_fen, borne_by(Funder.CREATOR)
    if row.our_shares:
        commission_fen = sum(share.commission_fen for share in row.our_shares)
        creator_discount_fen = sum(share.discount_fen for share in row.our_shares)
    creator_fen = commission_fen - creator_discount_fen
    return StatementRow(
        settled_at=row.settled_at,
        order=row.line.order.public_id,
        title=row.line.title,
        sku_name=row.line.sku_name,
        is_correction=row.refund_id is not None,
        quantity=row.quantity,
        goods_fen=row.goods_fen,
        merchant_discount_fen=borne_by(Funder.MERCHANT) + row.coupon_fen - row.coupon_platform_fen,
        platform_discount_fen=borne_by(Funder.PLATFORM) + row.coupon_platform_fen,
        creator_discount_fen=creator_discount_fen,
        fee_fen=row.fee_fen,
        commission_fen=commission_fen,
        freight_fen=row.freight_fen,
        net_fen=creator_fen if as_creator else row.merchant_fen,
    )


def statement_workbook(statement: Statement) -> bytes:
    """An .xlsx with one row per line and a last row of sums; amounts are yuan."""
    headings = [
        _("Settled"),
        _("Order"),
        _("Goods"),
        _("Size"),
        _("Units"),
        _("Goods (yuan)"),
        _("Merchant's discount (yuan)"),
        _("Platform's discount (yuan)"),
        _("Creator's discount (yuan)"),
        _("Platform fee (yuan)"),
        _("Commission (yuan)"),
        _("Freight (yuan)"),
        _("Yours (yuan)"),
    ]
    rows: list[list[object]] = [
        [
            timezone.localtime(row.settled_at).replace(tzinfo=None),
            row.order,
            row.title,
            row.sku_name,
            row.quantity,
            *(_yuan(getattr(row, name)) for name in _AMOUNTS),
        ]
        for row in statement.rows
    ]
    sums = [_yuan(statement.total(name)) for name in _AMOUNTS]
    rows.append([_("Total"), "", "", "", statement.total("quantity"), *sums])
    return sheets.write_workbook(_("Statement"), headings, rows)


_AMOUNTS = (
    "goods_fen",
    "merchant_discount_fen",
    "platform_discount_fen",
    "creator_discount_fen",
    "fee_fen",
    "commission_fen",
    "freight_fen",
    "net_fen",
)


def _yuan(amount_fen: int) -> Decimal:
    """A number that Excel adds up; exact, unlike a float."""
    return Decimal(amount_fen) / 100
