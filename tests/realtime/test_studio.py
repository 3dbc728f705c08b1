"""The studio: every picture of a take once, however often it is killed on the way."""

import asyncio
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from PIL import Image

from shanhuo.content.media import jail
from shanhuo.kernel import clock
from shanhuo.live.media import shelf, takes
from shanhuo.live.queries import OpenTake
from shanhuo.live.services import airing
from shanhuo.live.states import TakeProblem
from shanhuo.realtime.studio import packing, shrinking, tools
from shanhuo.realtime.studio.packing import Packer
from shanhuo.realtime.studio.program import Studio
from tests.live import hls
from tests.live.conftest import files  # noqa: F401  a fixture

EPOCH = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
CLIP = (
    "-f lavfi -i testsrc=s=160x120:r=10:d=5 -f lavfi -i sine=d=5 "
    "-c:v libx264 -pix_fmt yuv420p -g 10 -c:a aac"
)
FORMS = {
    "flv": "-f flv",
    "mp4": "-movflags frag_keyframe+empty_moov+default_base_moof -f mp4",
}


class Killed(Exception):
    """The process is gone."""


def film(take: OpenTake, *arguments: str) -> OpenTake:
    """Five seconds of a test card in the file of a take."""
    path = takes.path_of(take)
    path.parent.mkdir(parents=True)
    subprocess.run([jail.program(), "-v", "error", *arguments, str(path)], check=True)
    return take


def take_in(container: str) -> OpenTake:
    return OpenTake(
        *(1, 1, "s1", 1, "phone", container, False, "k1", EPOCH, EPOCH, EPOCH, 0, False),
        status="on_air",
        problem="",
    )


@pytest.fixture(params=["flv", "mp4"])
def take(request: Any, files: Path) -> OpenTake:  # noqa: F811
    """Five seconds of a test card, as an encoder and as a browser would leave them."""
    return film(take_in(request.param), *CLIP.split(), *FORMS[request.param].split())


def die(*, after: int) -> Callable[[], None]:
    """Stop dead once so many parts are on the shelf."""

    def deed() -> None:
        if len(shelf.lines_of("s1", "k1", "top")) >= after:
            raise Killed

    return deed


def pack(
    take: OpenTake,
    folder: Path,
    *,
    at_each_part: Callable[[], None] = lambda: None,
    is_over: Callable[[], bool] = lambda: True,
) -> list[TakeProblem | None]:
    """Show a take to its end; what the host was told."""
    said: list[TakeProblem | None] = []

    async def picture() -> None:
        at_each_part()

    async def problem(what: TakeProblem | None) -> None:
        said.append(what)

    async def run() -> None:
        rungs = {
            name: shelf.Rung("s1", "k1", form, epoch=EPOCH)
            for name, form in zip(("top", "small", "sound"), shelf.RUNGS, strict=True)
        }
        await Packer(
            take,
            SimpleNamespace(**rungs),
            folder=folder,
            is_over=is_over,
            tell_picture=picture,
            tell_problem=problem,
        ).run()

    asyncio.run(run())
    return said


def test_a_studio_that_was_killed_twice_shows_every_second_once(
    take: OpenTake, tmp_path: Path
) -> None:
    for parts in (1, 3):
        with pytest.raises(Killed):
            pack(take, tmp_path, at_each_part=die(after=parts))
    assert pack(take, tmp_path) == []
    for rung in shelf.RUNGS:
        lines = shelf.lines_of("s1", "k1", rung)
        assert [line.number for line in lines] == [0, 1, 2, 3, 4]
        assert [line.turn for line in lines] == [0, 0, 0, 0, 0]
        ends = [line.until_ms for line in lines]
        assert [line.at_ms for line in lines[1:]] == ends[:-1]
    home = shelf.public_folder("k1")
    rungs = [
        hls.read((home / name / "index.m3u8").read_text(), is_live=True) for name in shelf.RUNGS
    ]
    hls.same_film(*rungs)
    master = (home / "index.m3u8").read_text()
    assert "RESOLUTION=160x120" in master and "mp4a" in master


def ffmpegs() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "ffmpeg" in child.name()]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hanging"])
def test_an_ffmpeg_that_is_killed_or_hangs_in_the_show_is_replaced(
    files: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: signal.Signals,
) -> None:
    monkeypatch.setattr(tools, "STUCK_S", 0.5)
    # More bytes than pipes hold, so that an ffmpeg which does not read is noticed.
    large = CLIP.replace("testsrc=s=160x120", "testsrc2=s=640x360").split()
    take = film(take_in("mp4"), *large, "-qp", "8", *FORMS["mp4"].split())
    path = takes.path_of(take)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    def hurt() -> None:
        if path.stat().st_size < len(whole):
            (tool,) = ffmpegs()
            tool.send_signal(how)
            path.write_bytes(whole)

    said = pack(
        take, tmp_path, at_each_part=hurt, is_over=lambda: path.stat().st_size == len(whole)
    )
    assert said == []
    lines = shelf.lines_of("s1", "k1", "top")
    assert [line.number for line in lines] == [0, 1, 2, 3, 4]
    assert [line.at_ms for line in lines[1:]] == [line.until_ms for line in lines[:-1]]
    assert ffmpegs() == []


def test_a_hanging_ffmpeg_of_the_small_rung_leaves_the_large_picture(
    files: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shrinking, "LONGEST_S", 0.5)
    square = CLIP.replace("s=160x120:r=10", "s=512x512:r=2").replace("-g 10", "-g 2").split()
    take = film(take_in("flv"), *square, *FORMS["flv"].split())
    stopped: list[int] = []

    def stop_the_first() -> None:
        deadline = time.monotonic() + 20
        while not stopped and time.monotonic() < deadline:
            for tool in ffmpegs():
                tool.suspend()
                stopped.append(tool.pid)
            time.sleep(0.002)

    hand = threading.Thread(target=stop_the_first)
    hand.start()
    assert pack(take, tmp_path) == []
    hand.join()
    assert stopped
    for rung in ("top", "480p"):
        assert [line.number for line in shelf.lines_of("s1", "k1", rung)] == [0, 1, 2, 3, 4]
    assert "top" in {line.home for line in shelf.lines_of("s1", "k1", "480p")}
    assert ffmpegs() == []


def test_a_phone_that_films_across_is_seen_upright(files: Path, tmp_path: Path) -> None:  # noqa: F811
    card = "-f lavfi -i testsrc=s=160x120:r=10:d=2 -c:v libx264 -pix_fmt yuv420p -g 10"
    take = film(take_in("mp4"), *card.split(), *FORMS["mp4"].split())
    path = takes.path_of(take)
    across = path.rename(path.with_name("across.mp4"))
    turned = ["-display_rotation", "90", "-i", str(across), "-c", "copy", *FORMS["mp4"].split()]
    subprocess.run([jail.program(), "-v", "error", *turned, str(path)], check=True)
    assert pack(take, tmp_path) == []
    home = shelf.public_folder("k1")
    assert "RESOLUTION=120x160" in (home / "index.m3u8").read_text()
    assert size_seen(home / "top" / "001-0.mp4", home / "top" / "001-00000.m4s") == (120, 160)


def size_seen(*files: Path) -> tuple[int, int]:  # noqa: F811
    """Width and height of the first picture, as a player shows it."""
    still = ["-v", "error", "-i", "pipe:0", "-frames:v", "1", "-f", "image2pipe", "-c", "png", "-"]
    data = b"".join(file.read_bytes() for file in files)
    drawn = subprocess.run([jail.program(), *still], input=data, capture_output=True, check=True)
    return Image.open(BytesIO(drawn.stdout)).size


@pytest.mark.parametrize("codec", ["libvpx", "libvpx-vp9"])
def test_what_only_some_browsers_play_is_drawn_for_all(
    files: Path,  # noqa: F811
    tmp_path: Path,
    codec: str,
) -> None:
    card = "-f lavfi -i testsrc=s=160x120:r=10:d=2 -f lavfi -i sine=d=2"
    coded_so = (
        f"-c:v {codec} -g 10 -deadline realtime -c:a libopus -cluster_time_limit 1000 -f webm"
    )
    take = film(take_in("webm"), *card.split(), *coded_so.split())
    assert pack(take, tmp_path) == []
    master = (shelf.public_folder("k1") / "index.m3u8").read_text()
    named = re.findall(r'CODECS="avc1[.]\w+,(mp4a.40.2)"|CODECS="(mp4a.40.2)"', master)
    assert named == [("mp4a.40.2", ""), ("mp4a.40.2", ""), ("", "mp4a.40.2")]
    assert sum(line.for_ms for line in shelf.lines_of("s1", "k1", "top")) >= 1_900


def test_the_studio_counts_no_grace_while_the_disk_is_full(
    noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, told = [True], []
    monkeypatch.setattr(takes, "has_room", lambda place: room[0])
    monkeypatch.setattr(airing, "tend", lambda *, able_since, now: told.append(able_since))
    with clock.at(noon):
        studio = Studio()

    def tend(*, seconds: int, has_room: bool) -> None:
        room[0] = has_room
        with clock.at(noon + timedelta(seconds=seconds)):
            asyncio.run(studio._tend())

    async def ask(question: Callable[[], object]) -> object:
        return question()

    studio.ask = ask  # type: ignore[method-assign,assignment]
    tend(seconds=5, has_room=True)
    tend(seconds=70, has_room=False)
    tend(seconds=80, has_room=True)
    assert told == [noon, noon + timedelta(seconds=70), noon + timedelta(seconds=70)]


def test_a_file_that_is_no_film_is_said_and_harms_nobody(files: Path, tmp_path: Path) -> None:  # noqa: F811
    take = take_in("flv")
    takes.append(takes.path_of(take), b"ffconcat version 1.0\nfile /etc/passwd\n", offset=0)
    assert pack(take, tmp_path) == [TakeProblem.DAMAGED]
    assert shelf.lines_of("s1", "k1", "top") == []


def coded(picture: str, sound: str) -> list[str]:
    words = CLIP.replace("libx264", picture).replace("-c:a aac", f"-c:a {sound} -ar 44100")
    return [*words.split(), "-x265-params", "log-level=none", "-f", "flv"]


@pytest.mark.parametrize("sound", ["libmp3lame", "pcm_s16le"])
def test_sound_that_browsers_do_not_play_is_left_out_and_the_host_told(
    files: Path,  # noqa: F811
    tmp_path: Path,
    sound: str,
) -> None:
    take = film(take_in("flv"), *coded("libx264", sound))
    assert pack(take, tmp_path) == [TakeProblem.UNKNOWN_SOUND]
    assert [line.number for line in shelf.lines_of("s1", "k1", "top")] == [0, 1, 2, 3, 4]
    assert "mp4a" not in (shelf.public_folder("k1") / "index.m3u8").read_text()


def test_pictures_that_browsers_do_not_play_are_not_shown_and_the_host_told(
    files: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    take = film(take_in("flv"), *coded("libx265", "aac"))
    assert pack(take, tmp_path) == [TakeProblem.UNKNOWN_CODEC]
    assert shelf.lines_of("s1", "k1", "top") == []


def test_sound_without_any_picture_is_told(
    files: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packing, "DARK_S", 0)
    take = film(take_in("flv"), "-f", "lavfi", "-i", "sine=d=2", "-c:a", "aac", "-f", "flv")
    assert pack(take, tmp_path) == [TakeProblem.NO_PICTURE]
