"""Only pictures come in, and only pixels go out."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from shanhuo.kernel import images


def jpeg(size=(640, 480), **extra) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(out, "JPEG", **extra)
    return out.getvalue()


def huge_png() -> bytes:
    """A valid header of 40,000 x 40,000 pixels on a few bytes of data."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def test_attack_25_no_exif_and_no_place_survive():
    exif = Image.Exif()
    exif[0x010F] = "Huawei"
    exif.get_ifd(0x8825)[2] = (31.0, 4.0, 29.0)
    exif[0x0112] = 6
    picture = images.open_picture(BytesIO(jpeg(exif=exif)))
    assert picture.size == (480, 640)
    for rendition in images.renditions(picture, longest=400, most_bytes=100_000):
        opened = Image.open(BytesIO(rendition.content))
        assert dict(opened.getexif()) == {}
        assert b"Huawei" not in rendition.content
        assert "icc_profile" not in opened.info


@pytest.mark.parametrize("size", [(3000, 2000), (600, 2400)])
def test_a_cover_is_never_heavier_than_promised(size):
    picture = images.open_picture(BytesIO(jpeg(size)))
    for rendition in images.renditions(picture, longest=480, most_bytes=30_000):
        assert len(rendition.content) <= 30_000
        assert max(rendition.width, rendition.height) <= 480


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;",
        b"%!PS-Adobe-3.0\n(/etc/passwd) run",
    ],
    ids=["empty", "svg", "html", "playlist", "gif", "postscript"],
)
def test_attack_21_what_is_not_a_picture_is_refused(content):
    with pytest.raises(images.NotAPicture):
        images.open_picture(BytesIO(content))


def test_attack_21_a_picture_that_is_also_a_page_comes_out_as_a_picture_only():
    polyglot = jpeg() + b"<script>alert(1)</script>PK\x03\x04"
    picture = images.open_picture(BytesIO(polyglot))
    for rendition in images.renditions(picture, longest=400, most_bytes=100_000):
        assert b"script" not in rendition.content


def test_attack_22_huge_and_truncated_pictures_are_refused():
    with pytest.raises(images.PictureTooLarge):
        images.open_picture(BytesIO(huge_png()))
    with pytest.raises(images.PictureTooLarge):
        images.open_picture(BytesIO(b"\xff\xd8" + b"\0" * images.MOST_BYTES))
    with pytest.raises(images.NotAPicture):
        images.open_picture(BytesIO(jpeg()[:4000]))


def test_a_heic_photo_of_a_telephone_is_read():
    out = BytesIO()
    Image.effect_noise((320, 200), 50).convert("RGB").save(out, "HEIF")
    assert images.open_picture(BytesIO(out.getvalue())).size == (320, 200)


def test_transparent_parts_become_white():
    out = BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(out, "PNG")
    assert images.open_picture(BytesIO(out.getvalue())).getpixel((0, 0)) == (255, 255, 255)
