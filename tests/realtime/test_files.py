import pytest

from tests.realtime.conftest import Door


@pytest.fixture(scope="module", autouse=True)
def folder(door: Door) -> None:
    public = door.data_dir / "media" / "posts" / "k7"
    public.mkdir(parents=True)
    (public / "480p.mp4").write_bytes(b"0123456789")
    (public / "cover.webp").write_bytes(b"webp")
    (public / "notes.html").write_text("<script>")
    (public / ".hidden.mp4").write_bytes(b"hidden")
    (door.data_dir / "private").mkdir(exist_ok=True)
    (door.data_dir / "private" / "original.mp4").write_bytes(b"original")
    (public / "link").symlink_to(door.data_dir / "private")
    (public / "link.mp4").symlink_to(door.data_dir / "private" / "original.mp4")


def test_media_is_sent_for_ever_with_its_type(door: Door):
    said = door.ask("GET", "/media/posts/k7/480p.mp4")
    assert (said.status, said.body) == (200, b"0123456789")
    assert said.header("content-type") == "video/mp4"
    assert said.header("cache-control") == "public, max-age=31536000, immutable"
    assert said.header("accept-ranges") == "bytes"
    assert said.header("x-content-type-options") == "nosniff"


@pytest.mark.parametrize(
    ("wanted", "body", "sent"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", b"0123456789", "bytes 0-9/10"),
        ("bytes=5-99", b"56789", "bytes 5-9/10"),
    ],
)
def test_a_part_is_sent_as_asked(door: Door, wanted: str, body: bytes, sent: str):
    said = door.ask("GET", "/media/posts/k7/480p.mp4", Range=wanted)
    assert (said.status, said.body, said.header("content-range")) == (206, body, sent)
    assert said.header("content-length") == str(len(body))


@pytest.mark.parametrize("wanted", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(door: Door, wanted: str):
    said = door.ask("GET", "/media/posts/k7/480p.mp4", Range=wanted)
    assert (said.status, said.header("content-range")) == (416, "bytes */10")


@pytest.mark.parametrize("wanted", ["bytes=1-2,4-5", "lines=1-2", "bytes=x-", "bytes=5-2"])
def test_a_range_that_need_not_be_understood_is_ignored(door: Door, wanted: str):
    assert door.ask("GET", "/media/posts/k7/480p.mp4", Range=wanted).status == 200


def test_what_the_client_has_is_not_sent_again(door: Door):
    etag = door.ask("GET", "/media/posts/k7/480p.mp4").header("etag")
    said = door.ask("GET", "/media/posts/k7/480p.mp4", If_None_Match=etag)
    assert (said.status, said.body) == (304, b"")


def test_head_tells_the_length_alone(door: Door):
    said = door.ask("HEAD", "/media/posts/k7/480p.mp4")
    assert (said.status, said.header("content-length"), said.body) == (200, "10", b"")


@pytest.mark.parametrize(
    "path",
    [
        "/media/../private/original.mp4",
        "/media/posts/../../private/original.mp4",
        "/media/%2e%2e/private/original.mp4",
        "/media/posts/k7/..%2f..%2f..%2fprivate/original.mp4",
        "/media/posts/k7/%2e%2e%2f480p.mp4",
        "/media//private/original.mp4",
        "/media/posts/k7/480p.mp4%00.webp",
        "/media/posts/k7/480p.mp4/",
        "/media/posts\\k7\\480p.mp4",
        "/media/posts/k7/link/original.mp4",
        "/media/posts/k7/link.mp4",
        "/media/posts/k7/.hidden.mp4",
        "/media/posts/k7/notes.html",
        "/media/posts/k7",
        "/media/",
        "/media/" + "a" * 5_000 + ".mp4",
        "/static/../shanhuo.sqlite3",
        "/static/%2e%2e/private/original.mp4",
    ],
)
def test_attack_21_only_public_files_of_known_types_exist(door: Door, path: str):
    said = door.ask("GET", path)
    assert said.status in {404, 414}
    assert said.body != b"original"


def test_media_is_read_only(door: Door):
    assert door.ask("POST", "/media/posts/k7/480p.mp4").status == 405
