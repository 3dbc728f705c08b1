"""The price chain (价格构成): where every fen of a retail price goes."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal

LARGEST_PRICE_FEN = 10_000_000  # 100,000 yuan: dearer than any box that goes by parcel.


class PriceDoesNotAddUp(Refusal):
    code = "price_does_not_add_up"
    status = 422
    message = _("The parts add up to %(parts)s yuan, but the price is %(price)s yuan.")


class BadPrice(Refusal):
    code = "bad_price"
    status = 422
    message = _("No part of a price is negative, and the whole is 0.01 to 100,000 yuan.")


class FeeTooSmall(Refusal):
    code = "fee_too_small"
    status = 422
    message = _("At this price the platform's fee is at least %(least)s yuan.")


@dataclass(frozen=True, slots=True)
class PriceChain:
    """Five parts in fen. Their sum is the retail price; there is no other way to state one."""

    farm_gate_fen: int
    packing_fen: int
    freight_fen: int
    platform_fee_fen: int
    commission_fen: int

    @property
    def retail_fen(self) -> int:
        return sum(part for _name, part in self.parts())

    def parts(self) -> Iterator[tuple[str, int]]:
        """("farm_gate_fen", 2150) and so on, in the order in which the money is needed."""
        for field in fields(self):
            yield field.name, getattr(self, field.name)

    def named_parts(self) -> list[tuple[str, int]]:
        """("产地收购", 2150) and so on, in the reader's language: for the bar on a page."""
        return [(str(PART_NAMES[name]), fen) for name, fen in self.parts()]


PART_NAMES: dict[str, str | Promise] = {
    "farm_gate_fen": _("Farm gate"),
    "packing_fen": _("Sorting and packing"),
    "freight_fen": _("Freight"),
    "platform_fee_fen": _("Platform fee"),
    "commission_fen": _("Commission"),
}


class HasParts(Protocol):
    """Anything that carries the five columns: a SKU or one of its past prices."""

    farm_gate_fen: int
    packing_fen: int
    freight_fen: int
    platform_fee_fen: int
    commission_fen: int


def chain_of(row: HasParts) -> PriceChain:
    return PriceChain(
        farm_gate_fen=row.farm_gate_fen,
        packing_fen=row.packing_fen,
        freight_fen=row.freight_fen,
        platform_fee_fen=row.platform_fee_fen,
        commission_fen=row.commission_fen,
    )
