"""Shapes of goods in the API. Money is in fen, weight in grams, days are Shanghai days."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from ninja import Field, File, Path, Schema
from ninja.files import UploadedFile
from pydantic import AfterValidator

from shanhuo.api.schemas import LAST_PAGE
from shanhuo.goods.choices import Category, ExitReason, Promise, ProofMethod, Unit
from shanhuo.goods.prices import LARGEST_PRICE_FEN


def _storable(text: str) -> str:
    """NUL and half characters are no text: PostgreSQL takes neither."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ValueError("not a text")
    return text


Words = Annotated[str, AfterValidator(_storable)]
PublicId = Annotated[str, Path(pattern=r"^[0-9a-hjkmnp-tv-z]{16}$")]
LabelCode = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{16,19}$")]
Photo = Annotated[UploadedFile, File()]
Fen = Annotated[int, Field(strict=True, ge=0, le=LARGEST_PRICE_FEN)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Month = Annotated[int, Field(strict=True, ge=1, le=12)]


class ShelfFilter(Schema):
    """q: words, all of which occur; county: adcode; pool: only what a county admitted."""

    q: Words = Field("", max_length=60)
    category: Category | None = None
    month: int | None = Field(None, ge=1, le=12)
    county: str = Field("", pattern=r"^(\d{6})?$")
    pool: bool = False
    page: int = Field(1, ge=1, le=LAST_PAGE)


class PoolFilter(Schema):
    """status: admitted | exited in public; nominated and refused too for officers."""

    q: Words = Field("", max_length=60)
    county: str = Field("", pattern=r"^(\d{6})?$")
    status: str = Field("", pattern="^(nominated|admitted|refused|exited)?$")
    page: int = Field(1, ge=1, le=LAST_PAGE)


class SellerFilter(Schema):
    q: Words = Field("", max_length=60)
    status: str = Field("", pattern="^(draft|listed|unlisted)?$")
    page: int = Field(1, ge=1, le=LAST_PAGE)


class GoodsPageIn(Schema):
    page: int = Field(1, ge=1, le=LAST_PAGE)


class ProductCardOut(Schema):
    """A product in a list. `cover` is a path under the media address, empty without a photo."""

    id: str
    title: str
    category: str
    status: str
    county: str = Field(description="adcode")
    county_name: str
    merchant_name: str
    slogan: str
    cover: str
    price_from_fen: int | None
    price_to_fen: int | None
    months: list[int]
    is_available: bool


class ProductCardsOut(Schema):
    products: list[ProductCardOut]
    count: int
    next_page: int | None


class PriceChainIn(Schema):
    """Five parts that must add up to `price_fen` exactly."""

    price_fen: Fen
    farm_gate_fen: Fen
    packing_fen: Fen = 0
    freight_fen: Fen = 0
    platform_fee_fen: Fen = 0
    commission_fen: Fen = 0


class PriceChainOut(Schema):
    farm_gate_fen: int
    packing_fen: int
    freight_fen: int
    platform_fee_fen: int
    commission_fen: int


class OfferOut(Schema):
    """A size on sale: its price, where each fen goes, and how many can be had today."""

    id: str
    name: str
    grams_per_unit: int
    price_fen: int
    price_number: int
    chain: PriceChainOut
    available_count: int


class StandardIn(Schema):
    """What a buyer may expect of every piece (产品标准)."""

    grade: Words = Field("", max_length=30)
    size: Words = Field("", max_length=60)
    sugar: Words = Field("", max_length=30)
    packing: Words = Field("", max_length=120)
    inspection: Words = Field("", max_length=200)


class PhotoOut(Schema):
    """Paths under the media address."""

    name: str
    large: str
    small: str
    width: int
    height: int


class LotOut(Schema):
    """A lot in public. The certificate is at `/api/lots/{id}/certificate`."""

    id: str
    number: str
    goods_name: str
    origin: str
    promiser: str
    declared_grams: int
    free_grams: int
    harvest_from: date | None
    harvest_until: date | None
    valid_until: date | None
    status: str


class DossierOut(Schema):
    """A published version of a brand's dossier; it never changes."""

    number: int
    survey: str
    selling_points: str
    positioning: str
    slogan: str
    differentiators: str
    proof: str
    published_at: datetime | None


class ProductOut(ProductCardOut):
    """A product with everything that a buyer is entitled to know."""

    story: str
    storage_note: str
    eating_note: str
    licence_number: str
    standard: StandardIn
    photos: list[PhotoOut]
    offers: list[OfferOut]
    lots: list[LotOut]
    brand_name: str
    dossier: DossierOut | None
    is_in_pool: bool


class CertificateOut(Schema):
    """The fields of 承诺达标合格证; `contact` without its middle unless the promiser agreed."""

    lot: LotOut
    certificate_number: str
    quantity: str
    contact: str
    promises: list[str]
    proof_method: str
    issued_on: date | None
    address: str
    code: str


class PoolEntryOut(Schema):
    id: str
    product: str
    product_title: str
    county: str
    county_name: str
    merchant_name: str
    status: str
    checked_at: datetime | None
    exited_at: datetime | None
    exit_reason: str
    exit_note: str


class PoolOut(Schema):
    entries: list[PoolEntryOut]
    count: int
    next_page: int | None


class DeskEntryOut(PoolEntryOut):
    """An entry with what only the county's office and the merchant see."""

    reason: str
    nominated_by: str
    nominated_at: datetime
    checked_by: str
    check_note: str


class DeskPoolOut(Schema):
    entries: list[DeskEntryOut]
    count: int
    next_page: int | None


class NominationIn(Schema):
    reason: Words = Field(min_length=1, max_length=300)


class DeskNominationIn(NominationIn):
    product: str = Field(pattern=r"^[0-9a-hjkmnp-tv-z]{16}$", description="Public id.")


class AdmissionIn(Schema):
    """What the checker found in order; all four are needed."""

    licence_ok: bool = Field(strict=True)
    certificate_ok: bool = Field(strict=True)
    stock_ok: bool = Field(strict=True)
    price_ok: bool = Field(strict=True)
    note: Words = Field("", max_length=300)


class RefusalNoteIn(Schema):
    note: Words = Field(min_length=1, max_length=300)


class ExitIn(Schema):
    reason: ExitReason
    note: Words = Field("", max_length=300)


class ProductIn(Schema):
    """What a merchant writes. Unknown fields are ignored: status and owner are not for writing."""

    title: Words = Field(min_length=1, max_length=60)
    category: Category
    story: Words = Field("", max_length=4000)
    storage_note: Words = Field("", max_length=300)
    eating_note: Words = Field("", max_length=300)
    licence_number: Words = Field("", max_length=40)
    months: list[Month] = Field(default_factory=list, max_length=12)
    brand: str | None = Field(None, max_length=16, description="Public id of a brand.")
    standard: StandardIn | None = None


class NewProductIn(ProductIn):
    shop: str = Field("", max_length=16, description="Public id of your shop; empty: the first.")


class SkuOut(Schema):
    """A size as its seller sees it."""

    id: str
    name: str
    grams_per_unit: int
    is_active: bool
    stock_count: int
    held_count: int
    price_fen: int
    price_number: int
    chain: PriceChainOut


class SellerProductOut(ProductCardOut):
    """A product on its seller's desk; `gaps` are the codes of what keeps it off sale."""

    gaps: list[str]
    photos: list[PhotoOut]
    skus: list[SkuOut]
    lots: list[LotOut]


class NewSkuIn(PriceChainIn):
    name: Words = Field(min_length=1, max_length=40)
    grams_per_unit: int = Field(strict=True, ge=1, le=1_000_000)
    stock_count: Count


class SkuIn(Schema):
    name: Words = Field(min_length=1, max_length=40)
    is_active: bool = Field(strict=True)


class StockIn(Schema):
    """`seen_count` is the stock you saw; if it moved since, nothing is changed."""

    stock_count: Count
    seen_count: Count


class LotIn(Schema):
    """A draft lot; only the number is needed until it is certified."""

    number: Words = Field(min_length=1, max_length=30)
    goods_name: Words = Field("", max_length=60)
    quantity: Decimal | None = Field(None, gt=0, max_digits=9, decimal_places=2)
    unit: Unit = Unit.JIN
    origin: Words = Field("", max_length=120)
    promiser: Words = Field("", max_length=60)
    contact: Words = Field("", max_length=20)
    shows_contact: bool = Field(False, strict=True)
    promises: list[Promise] = Field(default_factory=list, max_length=3)
    proof_method: ProofMethod | None = None
    certificate_number: Words = Field("", max_length=40)
    issued_on: date | None = None
    harvest_from: date | None = None
    harvest_until: date | None = None
    valid_until: date | None = None


class LotsOut(Schema):
    lots: list[LotOut]
    count: int
    next_page: int | None


class BrandOut(Schema):
    id: str
    name: str
    keeper: str
    county: str
    slogan: str
    version: int | None


class NewBrandIn(Schema):
    keeper: str = Field(max_length=16, description="Public id of your shop or county office.")
    name: Words = Field(min_length=1, max_length=60)


class DossierIn(Schema):
    """The draft: survey → selling points → positioning → slogan."""

    survey: Words = Field("", max_length=4000)
    selling_points: Words = Field("", max_length=2000)
    positioning: Words = Field("", max_length=200)
    slogan: Words = Field("", max_length=40)
    differentiators: Words = Field("", max_length=2000)
    forbidden_claims: Words = Field("", max_length=2000)
    proof: Words = Field("", max_length=2000)
