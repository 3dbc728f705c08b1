"""kill -9 of a real worker in the middle of a real transcode: another finishes the clip."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil
import pytest

from tests import empty
from tests.realtime.conftest import ROOT, opened_door
from tests.realtime.house import MAKE_A_FILMER, tell, whole_house

FILM = Path(__file__).parents[1] / "media/video/landscape_h264_noaudio_40s_640x360_bottles.mp4"
LEASE_S = 3
PATIENCE_S = 240

SEND_THE_FILM = f"""
from pathlib import Path
from shanhuo.content import services as content
from shanhuo.content.models import Post
from shanhuo.kernel import clock
post = Post.objects.get()
film = Path({str(FILM)!r}).read_bytes()
upload = content.begin_upload(
    author=post.author, post_id=post.pk, total_bytes=len(film), position=0, now=clock.now()
)
content.receive_piece(
    author=post.author, upload_id=upload.public_id, offset=0, piece=film, now=clock.now()
)
"""

# The folder that the dead worker left behind is nobody's; the hourly job takes it.
TIDY_AN_HOUR_LATER = """
from datetime import timedelta
from shanhuo.content import limits
from shanhuo.content import services as content
from shanhuo.kernel import clock
content.tidy_files(now=clock.now() + limits.WORK_KEPT_FOR + timedelta(minutes=1))
"""


@pytest.fixture
def house(tmp_path: Path) -> opened_door:
    """A platform with a film in it that waits to be transcoded; nobody works yet."""
    house = whole_house(tmp_path, SHANHUO_JOB_LEASE_SECONDS=str(LEASE_S))
    empty.move_in(tmp_path)
    tell(house, MAKE_A_FILMER + SEND_THE_FILM)
    return house


@contextmanager
def worker(house: opened_door) -> Iterator[psutil.Process]:
    """`shanhuo worker`, a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "shanhuo", "worker"], env=house.environment, cwd=ROOT
    )
    try:
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.wait()


def wait_until(happened: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def transcoders(process: psutil.Process) -> list[psutil.Process]:
    """The programs that the worker runs at this moment to make renditions."""
    return [child for child in process.children(recursive=True) if "libx264" in words_of(child)]


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; nothing if it has just ended."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@dataclass(frozen=True, slots=True)
class Told:
    """What the database says of the one film and its job."""

    job: str
    attempts: int
    worker: str
    lease_until: str | None
    post: str
    rungs: list[str]
    uploads: int


def told(folder: Path) -> Told:
    asked = """
        SELECT job.status, attempts, worker, lease_until, post.status,
            (SELECT rungs FROM content_clip), (SELECT count(*) FROM content_upload)
        FROM kernel_job AS job, content_post AS post WHERE job.task LIKE '%.prepare'
    """
    database = sqlite3.connect(f"file:{folder}/shanhuo.sqlite3?mode=ro", uri=True, timeout=20)
    with closing(database):
        *columns, rungs, uploads = database.execute(asked).fetchone()
    return Told(*columns, rungs=json.loads(rungs or "[]"), uploads=uploads)


def files_under(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_worker_killed_in_mid_transcode_is_replaced_within_one_lease(house, tmp_path):
    with worker(house) as first:
        wait_until(lambda: transcoders(first), "no transcode began")
        ffmpeg = transcoders(first)
        os.kill(first.pid, signal.SIGKILL)
        killed_at = datetime.now().astimezone()
        wait_until(lambda: not any(map(words_of, ffmpeg)), "an orphan goes on")
    left = told(tmp_path)
    assert (left.job, left.attempts, left.rungs) == ("running", 1, [])
    assert left.post != "in_review"
    assert files_under(tmp_path / "media") == []
    until = datetime.fromisoformat(f"{left.lease_until}+00:00")
    assert until - killed_at <= timedelta(seconds=LEASE_S)

    with worker(house) as second:
        wait_until(lambda: told(tmp_path).job == "done", "the clip was never finished")
        assert str(second.pid) in told(tmp_path).worker
    done = told(tmp_path)
    assert (done.post, done.attempts, done.uploads) == ("in_review", 2, 0)
    tell(house, TIDY_AN_HOUR_LATER)
    kept = files_under(tmp_path / "private")
    assert not [name for name in kept if name.startswith(("uploads/", "work/"))]
    made = [sum(name.endswith(f"/{rung}.mp4") for name in kept) for rung in done.rungs]
    assert made == [1] * len(done.rungs) != []
