"""The still picture of a post: for lists and the feed, and for links that are shared."""

from pathlib import Path

from PIL import Image

from shanhuo.kernel import images

SIDE = 640
# A phone shows one in the feed while the next one comes; the first view may weigh 100 KB in all.
LISTED_BYTES = 14_000
# Fetched by messengers, and by browsers of 2019.
SHARED_BYTES = 30 * 1024


def draw(picture: Image.Image, folder: Path) -> str:
    """Write `cover.webp|jpg` into `folder`; returns the fingerprint of the picture."""
    for extension, most_bytes in (("webp", LISTED_BYTES), ("jpg", SHARED_BYTES)):
        drawn = images.rendition(picture, extension, longest=SIDE, most_bytes=most_bytes)
        (folder / f"cover.{extension}").write_bytes(drawn.content)
    return fingerprint(picture)


def fingerprint(picture: Image.Image) -> str:
    """16 hex digits that survive re-encoding: whether each of 8 x 8 spots is brighter than its
    right neighbour."""
    small = picture.convert("L").resize((9, 8), Image.Resampling.BILINEAR)
    spots = list(small.getdata())
    bits = 0
    for row in range(8):
        for column in range(8):
            left, right = spots[row * 9 + column : row * 9 + column + 2]
            bits = bits << 1 | (left > right)
    return f"{bits:016x}"
