"""Pictures that people send: decoded within limits, drawn anew, never passed on as they came.

Re-encoding is the point: what is served holds no EXIF, no position, and no second file behind the
picture (a JPEG that is also a page or an archive).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

import pillow_heif
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from shanhuo.kernel.errors import Refusal

pillow_heif.register_heif_opener()

MOST_PIXELS = 40_000_000
MOST_BYTES = 20 * 1024 * 1024
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
QUALITIES = (82, 74, 64, 52, 40, 28)
_PILLOW_NAMES = {"webp": "WEBP", "jpg": "JPEG"}

# Pillow itself refuses at twice this figure, before it reserves memory.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS


class NotAPicture(Refusal):
    code = "not_a_picture"
    status = 422
    message = _("This file is not a whole picture. Send a JPEG, PNG, WebP or HEIC photo.")


class PictureTooLarge(Refusal):
    code = "picture_too_large"
    status = 413
    message = _("This picture is too large. At most 40 megapixels and 20 MB are possible.")


class Readable(Protocol):
    """An open file or an upload."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Rendition:
    """One encoded picture. `extension` is "webp" or "jpg"."""

    content: bytes
    extension: str
    width: int
    height: int


def open_picture(file: Readable) -> Image.Image:
    """The picture, upright, in RGB, without metadata. Transparent parts become white.

    Raises NotAPicture for what is not one of `FORMATS` or is cut short, PictureTooLarge before
    the pixels are unpacked.
    """
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise PictureTooLarge
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PictureTooLarge
            return _plain(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise NotAPicture from error


def renditions(picture: Image.Image, *, longest: int, most_bytes: int) -> Iterator[Rendition]:
    """The picture at most `longest` pixels wide and high, as WebP and as JPEG."""
    for extension in _PILLOW_NAMES:
        yield rendition(picture, extension, longest=longest, most_bytes=most_bytes)


def rendition(picture: Image.Image, extension: str, *, longest: int, most_bytes: int) -> Rendition:
    """One of them. Quality is lowered, then the size, until it keeps within `most_bytes`."""
    small = picture.copy()
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        content = _encode(small, _PILLOW_NAMES[extension], quality)
        if len(content) <= most_bytes:
            return Rendition(content, extension, small.width, small.height)
    return rendition(picture, extension, longest=longest * 3 // 4, most_bytes=most_bytes)


def _plain(picture: Image.Image) -> Image.Image:
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")


def _encode(picture: Image.Image, pillow_name: str, quality: int) -> bytes:
    out = BytesIO()
    # A fresh image carries no EXIF, colour profile or comment of the one that was sent.
    bare = Image.new("RGB", picture.size)
    bare.paste(picture)
    bare.save(out, pillow_name, quality=quality, optimize=True, method=4)
    return out.getvalue()
