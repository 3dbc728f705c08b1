"""Where a product's pictures lie, and how large they are."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """A rendition's limits; `most_bytes` is a promise of the page budget."""

    label: str
    longest: int
    most_bytes: int


LARGE = Size("large", longest=1280, most_bytes=220_000)
# Four of them stand in the first view of a phone, which may weigh 100 KB in all.
SMALL = Size("small", longest=480, most_bytes=16_000)
# Beside a line of text: 72 px wide, on screens of two dots each.
THUMB = Size("thumb", longest=160, most_bytes=5_000)
SIZES = (LARGE, SMALL, THUMB)
EXTENSIONS = ("webp", "jpg")


def path_of(name: str, size: Size, extension: str) -> str:
    """Path under the media root; the name is random, so the address cannot be guessed."""
    return f"goods/{name[:2]}/{name}-{size.label}.{extension}"
