"""A lot is entered, certified, and withdrawn if something was wrong with it."""

import re
import unicodedata
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.goods.choices import GRAMS, Promise, Unit
from shanhuo.goods.events import LotCertified
from shanhuo.goods.models import Lot
from shanhuo.kernel import audit, clock, facts
from shanhuo.kernel.errors import Refusal

_TELEPHONE = re.compile(r"\+?\d{7,15}")
MOST_GRAMS = 10**12


class LotExists(Refusal):
    code = "lot_exists"
    message = _("This product already has a lot of that number.")


class LotIsFinal(Refusal):
    code = "lot_is_final"
    message = _("This lot is certified or withdrawn; it cannot be changed any more.")


class CertificateIncomplete(Refusal):
    """`details["missing"]` names the fields."""

    code = "certificate_incomplete"
    status = 422
    message = _("The certificate is incomplete: %(words)s")

    def __init__(self, missing: list[str]) -> None:
        words = "、".join(str(Lot._meta.get_field(name).verbose_name) for name in missing)  # type: ignore[union-attr]
        super().__init__(missing=missing, words=words)


class LotDatesWrong(Refusal):
    code = "lot_dates_wrong"
    status = 422
    message = _(
        "The dates are out of order: the harvest begins before it ends, and the sale ends "
        "neither before the harvest nor before today."
    )


class BadVolume(Refusal):
    code = "bad_volume"
    status = 422
    message = _("The quantity is more than nothing and at most 1,000,000 tonnes.")


class BadTelephone(Refusal):
    code = "bad_telephone"
    status = 422
    message = _("Write the telephone number with 7 to 15 digits.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LotDetails:
    """The certificate's fields. A draft may leave any of them empty but the number."""

    number: str
    goods_name: str = ""
    quantity: Decimal | None = None
    unit: str = Unit.JIN
    origin: str = ""
    promiser: str = ""
    contact: str = ""
    shows_contact: bool = False
    promises: tuple[str, ...] = ()
    proof_method: str = ""
    certificate_number: str = ""
    issued_on: date | None = None
    harvest_from: date | None = None
    harvest_until: date | None = None
    valid_until: date | None = None


NEEDED = (
    "goods_name",
    "quantity",
    "origin",
    "promiser",
    "contact",
    "proof_method",
    "issued_on",
    "harvest_from",
    "harvest_until",
    "valid_until",
)


@transaction.atomic
def enter_lot(*, product_id: int, details: LotDetails, now: datetime) -> Lot:
    """A draft lot. Raises LotExists, LotDatesWrong, BadVolume, BadTelephone."""
    return _write(Lot(product_id=product_id, created_at=now), details)


@transaction.atomic
def edit_lot(*, lot_id: int, details: LotDetails) -> Lot:
    """Change a draft. Raises LotIsFinal and what `enter_lot` raises."""
    return _write(_lock_draft(lot_id), details)


@transaction.atomic
def certify_lot(*, lot_id: int, actor_id: int, now: datetime) -> Lot:
    """Issue the certificate: from now on the lot can be sold, and never changed.

    Raises CertificateIncomplete naming the fields, LotDatesWrong, LotIsFinal.
    """
    lot = _lock_draft(lot_id)
    _check_complete(lot, day=clock.day_of(now))
    lot.certificate_number = lot.certificate_number or _number_of(lot)
    lot.status = Lot.Status.CERTIFIED
    lot.certified_at, lot.certified_by_id = now, actor_id
    lot.save()
    product = lot.product
    facts.record(
        LotCertified(
            lot=lot.public_id,
            product=product.public_id,
            county=product.county.adcode,
            grams=lot.declared_grams,
            valid_until=str(lot.valid_until),
        ),
        now=now,
    )
    return lot


@transaction.atomic
def withdraw_lot(*, lot_id: int, actor: audit.Actor, now: datetime) -> None:
    """Stop selling a lot (召回). Its shares stay, so that its orders are found. Idempotent."""
    lot = Lot.objects.select_for_update(no_key=True).get(pk=lot_id)
    if lot.status == Lot.Status.DRAFT:
        lot.delete()
    else:
        Lot.objects.filter(pk=lot_id).update(status=Lot.Status.WITHDRAWN)
    audit.record(verb="lot.withdraw", actor=actor, subject=f"goods.Lot:{lot.public_id}", now=now)


def plain_telephone(text: str) -> str:
    """ "138 0013-8000", "１３８…" -> digits. Raises BadTelephone; empty stays empty."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    if digits and not _TELEPHONE.fullmatch(digits):
        raise BadTelephone
    return digits


def _lock_draft(lot_id: int) -> Lot:
    lot = Lot.objects.select_for_update(no_key=True).get(pk=lot_id)
    if lot.status != Lot.Status.DRAFT:
        raise LotIsFinal
    return lot


def _write(lot: Lot, details: LotDetails) -> Lot:
    for name, value in asdict(details).items():
        setattr(lot, name, value)
    lot.promises = list(details.promises)
    lot.contact = plain_telephone(details.contact)
    lot.declared_grams = _grams(details)
    _check_dates(lot)
    try:
        with transaction.atomic():
            lot.save()
    except IntegrityError as error:
        raise LotExists from error
    return lot


def _grams(details: LotDetails) -> int:
    """Whole grams, rounded down: nobody promises more than was weighed."""
    if details.quantity is None:
        return 0
    grams = int(details.quantity * GRAMS[Unit(details.unit)])
    if not 0 < grams <= MOST_GRAMS:
        raise BadVolume
    return grams


def _check_dates(lot: Lot) -> None:
    pairs = [(lot.harvest_from, lot.harvest_until), (lot.harvest_from, lot.valid_until)]
    if any(first and last and last < first for first, last in pairs):
        raise LotDatesWrong


def _check_complete(lot: Lot, *, day: date) -> None:
    missing = [name for name in NEEDED if not getattr(lot, name)]
    if set(lot.promises) != set(Promise.values):
        missing.append("promises")
    if missing:
        raise CertificateIncomplete(missing)
    if lot.valid_until is not None and lot.valid_until < day:
        raise LotDatesWrong


def _number_of(lot: Lot) -> str:
    """County, day of issue and the start of the lot's own id: "500237-20260701-8F2K"."""
    return f"{lot.product.county.adcode}-{lot.issued_on:%Y%m%d}-{lot.public_id[:4].upper()}"
