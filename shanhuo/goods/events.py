"""What goods tells the rooms above it."""

from dataclasses import dataclass

from shanhuo.kernel.facts import Fact


@dataclass(frozen=True, slots=True)
class LotCertified(Fact):
    """A merchant issued the certificate (承诺达标合格证) of a lot."""

    lot: str
    product: str
    county: str
    grams: int
    valid_until: str


@dataclass(frozen=True, slots=True)
class ProductNominated(Fact):
    """Somebody proposed a product for its county's pool (特色商品池)."""

    product: str
    county: str


@dataclass(frozen=True, slots=True)
class ProductAdmitted(Fact):
    """A second person checked a product and let it into the pool."""

    product: str
    county: str


@dataclass(frozen=True, slots=True)
class ProductExited(Fact):
    """A product left the pool; `reason` is an `ExitReason`."""

    product: str
    county: str
    reason: str


@dataclass(frozen=True, slots=True)
class OfferingChanged(Fact):
    """A product went off sale, lost its last free unit, or has another price. `why`: a Change."""

    product: str
    county: str
    why: str
