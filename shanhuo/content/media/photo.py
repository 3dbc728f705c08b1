"""A photo for everybody: upright, drawn anew as WebP and JPEG; nothing of the file is kept."""

from dataclasses import dataclass
from pathlib import Path

from shanhuo.content.media import cover
from shanhuo.content.media.problems import MediaProblem, MediaRefused
from shanhuo.kernel import images

SIDE = 1440
BYTES = 250 * 1024
# For phones: three wide ones stand on the first screen, which may weigh 100 KB in all.
PHONE_SIDE = 640
PHONE_BYTES = 18_000
SMALLEST_SIDE = 32


@dataclass(frozen=True, slots=True)
class Drawn:
    """Size of the served photo, and 64 bits that survive re-encoding."""

    width: int
    height: int
    fingerprint: str


def draw(source: Path, *, folder: Path, position: int) -> Drawn:
    """Write `<position>.webp|jpg` and `<position>-small.webp` into `folder`; the first photo is
    the cover, too.

    Raises MediaRefused.
    """
    try:
        with source.open("rb") as file:
            picture = images.open_picture(file)
    except images.PictureTooLarge as error:
        raise MediaRefused(MediaProblem.TOO_LARGE) from error
    except images.NotAPicture as error:
        raise MediaRefused(MediaProblem.DAMAGED) from error
    if min(picture.size) < SMALLEST_SIDE:
        raise MediaRefused(MediaProblem.TOO_SMALL)
    drawn = list(images.renditions(picture, longest=SIDE, most_bytes=BYTES))
    for rendition in drawn:
        (folder / f"{position}.{rendition.extension}").write_bytes(rendition.content)
    small = images.rendition(picture, "webp", longest=PHONE_SIDE, most_bytes=PHONE_BYTES)
    (folder / f"{position}-small.webp").write_bytes(small.content)
    fingerprint = cover.draw(picture, folder) if position == 0 else cover.fingerprint(picture)
    return Drawn(drawn[0].width, drawn[0].height, fingerprint)
