"""Which orders hold or bought a lot."""

from dataclasses import dataclass

from shanhuo.goods.models import Lot, StockShare


@dataclass(frozen=True, slots=True)
class LotReach:
    """Which orders hold or bought a lot: the list one needs on the day of a recall."""

    reference: str
    sku_name: str
    unit_count: int
    status: str

    @property
    def status_words(self) -> str:
        return str(StockShare.Status(self.status).label)


def reach_of(lot: Lot) -> list[LotReach]:
    shares = StockShare.objects.filter(lot=lot).exclude(status=StockShare.Status.RETURNED)
    rows = shares.order_by("reference").values_list(
        "reference", "sku__name", "unit_count", "status"
    )
    return [LotReach(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class OrderLot:
    """A lot out of which units of an order were filled."""

    lot_id: int
    public_id: str
    number: str
    unit_count: int


def lots_of_order(reference: str) -> dict[int, list[OrderLot]]:
    """SKU id -> the lots that fill its units under this reference."""
    shares = StockShare.objects.filter(reference=reference).exclude(
        status=StockShare.Status.RETURNED
    )
    found: dict[int, list[OrderLot]] = {}
    for share in shares.select_related("lot").order_by("pk"):
        lot = OrderLot(share.lot_id, share.lot.public_id, share.lot.number, share.unit_count)
        found.setdefault(share.sku_id, []).append(lot)
    return found
