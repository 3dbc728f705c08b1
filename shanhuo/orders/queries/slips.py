"""What reached the households, as the cooperative that paid them sees it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet, Sum

from shanhuo.orders.models import PurchaseSlip, Settlement
from shanhuo.orders.models.slips import kilograms
from shanhuo.people import rules as people


def slips_of_merchants(user: Any) -> QuerySet[PurchaseSlip]:
    """Slips of the cooperatives that the user works for, the newest first."""
    slips = PurchaseSlip.objects.filter(merchant__in=people.merchant_ids(user))
    return slips.select_related(
        "product", "lot", "merchant", "county", "reversed_by", "reverses"
    ).order_by("-bought_on", "-pk")


def households_paid_for(lot_ids: Collection[int]) -> int:
    """Distinct households with something left of their slips for these lots."""
    paid = PurchaseSlip.objects.filter(lot__in=lot_ids).values("household")
    return paid.annotate(sum=Sum("paid_fen")).filter(sum__gt=0).count()


@dataclass(frozen=True, slots=True)
class HouseholdLine:
    """One household in a cooperative's sheet: what it delivered and got in a period."""

    household_id: int
    slip_count: int
    grams: int
    paid_fen: int
    baseline_fen: int

    @property
    def kilograms(self) -> str:
        return kilograms(self.grams)

    @property
    def premium_fen(self) -> int:
        return self.paid_fen - self.baseline_fen


def household_sheet(
    slips: QuerySet[PurchaseSlip], *, since: date, until: date
) -> list[HouseholdLine]:
    """Per household, `since <= bought_on <= until`, the best paid first."""
    lines: dict[int, HouseholdLine] = {}
    for slip in slips.filter(bought_on__gte=since, bought_on__lte=until):
        before = lines.get(slip.household_id)
        lines[slip.household_id] = HouseholdLine(
            household_id=slip.household_id,
            slip_count=(before.slip_count if before else 0) + (1 if slip.grams > 0 else -1),
            grams=(before.grams if before else 0) + slip.grams,
            paid_fen=(before.paid_fen if before else 0) + slip.paid_fen,
            baseline_fen=(before.baseline_fen if before else 0) + slip.baseline_fen,
        )
    return sorted(lines.values(), key=lambda line: -line.paid_fen)


@dataclass(frozen=True, slots=True)
class LotBalance:
    """One product of a cooperative: settled by buyers, promised to the farm gate, paid by slips."""

    product_title: str
    settled_count: int
    merchant_fen: int
    farm_gate_fen: int
    slips_fen: int
    slips_grams: int

    @property
    def difference_fen(self) -> int:
        """Paid by slips beyond what the price chain promised for the goods sold; may be below 0."""
        return self.slips_fen - self.farm_gate_fen


def lot_balances(user: Any, *, since: date, until: date) -> list[LotBalance]:
    """Settlement against slips, by product; both by Shanghai days, both ends included."""
    merchants = people.merchant_ids(user)
    settled = Settlement.objects.filter(
        merchant__in=merchants, settled_at__date__gte=since, settled_at__date__lte=until
    ).select_related("line__product")
    found: dict[int, dict[str, Any]] = {}
    for row in settled:
        kept = found.setdefault(row.line.product_id, _empty(row.line.product.title))
        kept["settled_count"] += row.quantity
        kept["merchant_fen"] += row.merchant_fen
        kept["farm_gate_fen"] += row.quantity * int(row.line.chain.get("farm_gate_fen", 0))
    slips = slips_of_merchants(user).filter(bought_on__gte=since, bought_on__lte=until)
    for slip in slips:
        kept = found.setdefault(slip.product_id, _empty(slip.product.title))
        kept["slips_fen"] += slip.paid_fen
        kept["slips_grams"] += slip.grams
    return [LotBalance(**kept) for kept in found.values()]


def _empty(title: str) -> dict[str, Any]:
    return {
        "product_title": title,
        "settled_count": 0,
        "merchant_fen": 0,
        "farm_gate_fen": 0,
        "slips_fen": 0,
        "slips_grams": 0,
    }
