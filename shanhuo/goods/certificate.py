"""The certificate of a lot (承诺达标合格证) as a page shows and prints it."""

import re
from dataclasses import dataclass

import segno
from django.utils.safestring import SafeString, mark_safe

from shanhuo.goods.choices import Promise, ProofMethod
from shanhuo.goods.models import Lot


@dataclass(frozen=True, slots=True)
class Line:
    """A tick box of the form: its words, and whether it is ticked."""

    text: str
    is_ticked: bool


@dataclass(frozen=True, slots=True)
class CertificateSheet:
    """Everything on the paper. `qr` is an SVG of `address`; `code` is typed where none can scan."""

    promises: tuple[Line, ...]
    proofs: tuple[Line, ...]
    quantity: str
    contact: str
    address: str
    code: str
    qr: SafeString


def sheet_of(lot: Lot, *, origin: str, full_contact: bool) -> CertificateSheet:
    """origin: scheme and host, with the slash at its end.

    The whole telephone number stands on the merchant's own print, and in public only where the
    promiser agreed; otherwise its middle is hidden.
    """
    address = f"{origin}lot/{lot.public_id}"
    shown = full_contact or lot.shows_contact
    return CertificateSheet(
        promises=tuple(
            Line(str(promise.label), promise.value in lot.promises) for promise in Promise
        ),
        proofs=tuple(
            Line(str(method.label), method.value == lot.proof_method) for method in ProofMethod
        ),
        quantity=f"{lot.quantity.normalize():f} {lot.get_unit_display()}" if lot.quantity else "",
        contact=lot.contact if shown else masked(lot.contact),
        address=address,
        code=grouped(lot.public_id),
        qr=_qr(address),
    )


def masked(telephone: str) -> str:
    """13800138000 -> 138****8000."""
    return re.sub(r"(?<=.{3}).(?=.{4})", "*", telephone)


def grouped(public_id: str) -> str:
    """Four by four, in capitals: how one reads it from a label."""
    return "-".join(public_id[start : start + 4] for start in range(0, 16, 4)).upper()


def _qr(address: str) -> SafeString:
    """Level M, a quiet zone of 4: survives a fold, a stain and a cheap printer."""
    code = segno.make(address, error="m", micro=False)
    # segno draws a path of its own making; no text of ours is in the markup.
    return mark_safe(code.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None))  # noqa: S308
