"""Papers that people upload: a photo is drawn anew, a PDF is kept and only ever downloaded."""

from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import images
from shanhuo.kernel.errors import Refusal

LARGEST_BYTES = 10 * 1024 * 1024
LONGEST_SIDE = 2400
_PDF_HEAD, _PDF_TAIL = b"%PDF-", b"%%EOF"


class PaperRefused(Refusal):
    code = "paper_refused"
    status = 422
    message = _("This file cannot be used. Send a photo (JPEG, PNG, WebP, HEIC) or a PDF.")


class PaperTooLarge(Refusal):
    code = "paper_too_large"
    status = 413
    message = _("The file is larger than 10 MB. Send a smaller photo.")


@dataclass(frozen=True, slots=True)
class Paper:
    """A cleaned paper, ready to be stored."""

    content: bytes
    content_type: str

    @property
    def sha256(self) -> str:
        return sha256(self.content).hexdigest()


def clean(raw: bytes) -> Paper:
    """Raises PaperTooLarge, PaperRefused."""
    if len(raw) > LARGEST_BYTES:
        raise PaperTooLarge
    if raw.startswith(_PDF_HEAD):
        return _pdf(raw)
    return Paper(content=_photo(raw), content_type="image/jpeg")


def _pdf(raw: bytes) -> Paper:
    if _PDF_TAIL not in raw[-1024:]:
        raise PaperRefused
    return Paper(content=raw, content_type="application/pdf")


def _photo(raw: bytes) -> bytes:
    """The picture alone, upright, at most 2400 pixels long."""
    try:
        picture = images.open_picture(BytesIO(raw))
    except images.NotAPicture as broken:
        raise PaperRefused from broken
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()
