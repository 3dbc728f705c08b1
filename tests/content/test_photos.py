"""Photos of phones: upright, small, without a trace of where they were taken."""

import struct
import zlib
from io import BytesIO

import pytest
from django.conf import settings
from PIL import Image

from shanhuo.content.media import shelf
from shanhuo.content.models import Photo, Post, Upload
from shanhuo.kernel import jobs
from tests.content.conftest import MEDIA

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo_post(make_draft, send):
    def photo_post(*photos: bytes) -> Post:
        post = make_draft("photos")
        for position, data in enumerate(photos):
            send(post, data, position=position)
        jobs.run_due()
        post.refresh_from_db()
        return post

    return photo_post


def image(name: str) -> bytes:
    return (MEDIA / "image" / name).read_bytes()


def served(post: Post) -> dict[str, bytes]:
    folder = shelf.private_folder(post.media_key)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def leftovers() -> list[str]:
    return [str(path) for path in settings.PRIVATE_DIR.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("exif_orientation_landscape_1.jpg", (1440, 960)),
        ("exif_orientation_landscape_6.jpg", (1440, 960)),
        ("exif_orientation_portrait_6.jpg", (960, 1440)),
        ("still_photo.heic", (810, 1440)),
        ("grapefruit_slice_332.jpg", (332, 332)),
    ],
)
def test_a_photo_stands_upright(photo_post, name, size):
    post = photo_post(image(name))
    photo = Photo.objects.get()
    files = served(post)
    assert (photo.width, photo.height) == size
    assert sorted(files) == ["0-small.webp", "0.jpg", "0.webp", "cover.jpg", "cover.webp"]
    assert len(files["cover.jpg"]) <= 30 * 1024
    assert len(files["cover.webp"]) <= 14_000
    assert len(files["0-small.webp"]) <= 18_000
    assert max(map(len, files.values())) <= 250 * 1024


def test_attack_25_the_place_of_a_household_photo_is_gone_from_every_copy(photo_post):
    picture, out = Image.new("RGB", (640, 480), "green"), BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Huawei"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "N", (31.0, 4.0, 44.0), "E", (109.0, 52.0, 44.0)
    exif[0x8825] = gps
    picture.save(out, "JPEG", exif=exif)
    assert b"Huawei" in out.getvalue()
    post = photo_post(out.getvalue())
    for name, data in served(post).items():
        with Image.open(BytesIO(data)) as copy:
            assert (name, dict(copy.getexif())) == (name, {})
        assert b"Exif" not in data
        assert b"Huawei" not in data


def test_attack_21_a_photo_that_is_also_a_page_or_an_archive_is_drawn_anew(photo_post):
    tail = b"<script>alert(1)</script>PK\x03\x04evil.html"
    post = photo_post(image("grapefruit_slice_332.jpg") + tail)
    for data in served(post).values():
        assert b"<script>" not in data
        assert b"PK\x03\x04" not in data


def png_of(width: int, height: int) -> bytes:
    """A PNG of one colour whose few bytes unpack to any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (width // 8 + 1)) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    data = rows + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_attack_22_a_small_png_of_forty_thousand_pixels_square(photo_post):
    bomb = png_of(40_000, 40_000)
    assert len(bomb) < 250_000
    post = photo_post(bomb)
    assert (post.status, post.media_problem, leftovers()) == ("draft", "too_large", [])


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (image("grapes.jpg")[:5000], "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 500, "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 500, "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 " + b"\0" * 100, "damaged"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 500, "damaged"),
        ((MEDIA / "broken" / "png_truncated.png").read_bytes(), "too_small"),
        (png_of(8, 8), "too_small"),
    ],
)
def test_attack_22_a_broken_photo_is_refused_and_leaves_nothing(photo_post, data, problem):
    post = photo_post(data)
    assert (post.status, post.media_problem) == ("draft", problem)
    assert (Upload.objects.count(), Photo.objects.count(), leftovers()) == (0, 0, [])


def test_a_post_waits_for_the_last_of_its_nine_photos(make_draft, send, photo_post):
    post = make_draft("photos")
    for position in range(9):
        send(post, image("grapefruit_slice_332.jpg"), position=position)
    ready = []
    while (job := jobs.claim(worker="w", now=jobs.clock.now())) is not None:
        jobs.run(job)
        post.refresh_from_db()
        ready.append(post.media_ready)
    assert ready == [False] * 8 + [True]
    assert Photo.objects.count() == 9
