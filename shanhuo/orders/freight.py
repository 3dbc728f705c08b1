"""What the way costs: a merchant's rule applied to one order."""

from collections.abc import Sequence

from shanhuo.kernel import money
from shanhuo.orders.models import FreightRule

GRAMS_PER_KG = 1000

REMOTE_PROVINCES = frozenset({"15", "46", "54", "62", "63", "64", "65"})
"""内蒙古, 海南, 西藏, 甘肃, 青海, 宁夏, 新疆: carriers ask a surcharge there."""

UNSERVED_PROVINCES = frozenset({"71", "81", "82"})
"""台湾, 香港, 澳门: parcels would pass a customs border, which this platform does not do."""


def province_of(adcode: str) -> str:
    """ "500237" -> "50"."""
    return adcode[:2]


def freight_fen(rule: FreightRule | None, *, goods_fen: int, grams: int, province: str) -> int:
    """The freight of one order. `goods_fen` is after discounts."""
    if rule is None:
        return 0
    surcharge = rule.remote_fen if province in REMOTE_PROVINCES else 0
    if rule.free_over_fen is not None and goods_fen >= rule.free_over_fen:
        return surcharge
    further_kg = max(0, -(-grams // GRAMS_PER_KG) - 1)
    return rule.base_fen + further_kg * rule.per_kg_fen + surcharge


def shares(amount_fen: int, *, grams: Sequence[int]) -> list[int]:
    """An order's freight divided among its lines by weight; the parts sum to it."""
    return money.split(amount_fen, weights=grams)
