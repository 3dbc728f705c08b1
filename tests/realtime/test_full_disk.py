"""A disk that takes no more, over HTTP, on any machine.

The kernel refuses the write of the running server itself: a limit on the length of its files, put
on and taken off from outside (prlimit). No file system is mounted, nothing of ours is replaced.
"""

import resource
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.realtime.conftest import Door, Said
from tests.realtime.house import Filmer, make_filmer, whole_house
from tests.realtime.test_signals import play, stored, token

FILM = Path(__file__).parents[1] / "media" / "video" / "flower_h264_aac_960x540.mp4"
MIB = 1024 * 1024
PIECE = {"Tus_Resumable": "1.0.0", "Content_Type": "application/offset+octet-stream"}


@contextmanager
def no_file_longer_than(size: int, door: Door) -> Iterator[None]:
    """The server's processes may not write past `size` bytes of any file."""
    server = psutil.Process(door.pid)
    family = [server, *server.children(recursive=True)]
    before = {one.pid: resource.prlimit(one.pid, resource.RLIMIT_FSIZE) for one in family}
    for pid, (_soft, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        for pid, limits in before.items():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def test_signals_that_find_no_room_are_refused_and_taken_again_afterwards(tmp_path: Path):
    with whole_house(tmp_path) as door:
        assert play(door, token(1)).status == 200
        (segment,) = (tmp_path / "signals" / "open").iterdir()
        with no_file_longer_than(segment.stat().st_size + 300, door):
            answers = {number: play(door, token(number)) for number in range(2, 42)}
        taken = [number for number, said in answers.items() if said.status == 200]
        refused = [said for said in answers.values() if said.status != 200]
        assert len(taken) < 5
        assert {(said.status, said.code) for said in refused} == {(503, "disk_refused")}
        assert {said.header("retry-after") for said in refused} == {"5"}
        assert stored(door) == [1, *taken]
        again = [number for number in answers if number not in taken]
        assert {play(door, token(number)).status for number in again} == {200}
        assert stored(door) == [1, *taken, *again]


@pytest.fixture
def film() -> bytes:
    """A clip of nine megabytes: a real one with a box of nothing behind it."""
    clip = FILM.read_bytes()
    padding = 9 * MIB - len(clip)
    return clip + padding.to_bytes(4, "big") + b"free" + bytes(padding - 8)


def announce(door: Door, zhao: Filmer, size: int) -> str:
    said = door.ask(
        "POST",
        "/api/uploads",
        Authorization=f"Bearer {zhao.token}",
        Tus_Resumable="1.0.0",
        Upload_Length=str(size),
        Upload_Metadata=f"post {b64encode(zhao.post.encode()).decode()}",
    )
    assert said.status == 201, said.body
    return said.header("location")


def send(door: Door, zhao: Filmer, address: str, film: bytes, offset: int) -> Said:
    piece = film[offset : offset + MIB]
    asked = {**PIECE, "Authorization": f"Bearer {zhao.token}", "Upload_Offset": str(offset)}
    return door.ask("PATCH", address, piece, **asked)


def test_an_upload_that_finds_no_room_is_refused_kindly_and_goes_on_later(
    tmp_path: Path, film: bytes
):
    house = whole_house(tmp_path)
    with house as door:
        zhao = make_filmer(house)
        address = announce(door, zhao, len(film))
        for offset in range(0, 8 * MIB, MIB):
            assert send(door, zhao, address, film, offset).status == 204
        (upload,) = (path for path in (tmp_path / "private").rglob("*") if path.is_file())
        # Half of the next piece still finds room: none of it is kept.
        with no_file_longer_than(8 * MIB + MIB // 2, door):
            said = send(door, zhao, address, film, 8 * MIB)
            assert (said.status, said.code) == (507, "storage_full")
            assert upload.stat().st_size == 8 * MIB
            page = door.ask("GET", "/about")
            assert page.status == 200
        assert send(door, zhao, address, film, 8 * MIB).status == 204
        assert upload.read_bytes() == film
