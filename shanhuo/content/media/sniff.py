"""What a file is, told by its first bytes. Names and announced types are never asked."""

from dataclasses import dataclass
from enum import StrEnum

HEAD_BYTES = 64


class Family(StrEnum):
    FILM = "film"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Container:
    """demuxer: the one reader that ffmpeg may use for it; empty for pictures."""

    name: str
    family: Family
    demuxer: str = ""


MP4 = Container("mp4", Family.FILM, "mov")
MATROSKA = Container("matroska", Family.FILM, "matroska")
JPEG = Container("jpeg", Family.PICTURE)
PNG = Container("png", Family.PICTURE)
WEBP = Container("webp", Family.PICTURE)
HEIF = Container("heif", Family.PICTURE)

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1"}
# A QuickTime file of an old phone may begin with any of these boxes instead of "ftyp".
_QUICKTIME_BOXES = {b"moov", b"mdat", b"wide", b"free", b"skip"}
_SIGNATURES = (
    (b"\x1aE\xdf\xa3", MATROSKA),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
)


def container_of(head: bytes) -> Container | None:
    """The container that begins with `head` (64 bytes, or all there is), or None."""
    for signature, container in _SIGNATURES:
        if head.startswith(signature):
            return container
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    return _box_container(head[4:8], head[8:12])


def _box_container(box: bytes, brand: bytes) -> Container | None:
    if box == b"ftyp":
        return HEIF if brand in _HEIF_BRANDS else MP4
    return MP4 if box in _QUICKTIME_BOXES else None
