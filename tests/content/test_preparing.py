"""Clips of real phones become what every phone can play; broken ones leave nothing behind."""

import ctypes
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from shanhuo.content import services as content
from shanhuo.content.media import jail, probe, render, shelf
from shanhuo.content.media.problems import MediaProblem, MediaRefused
from shanhuo.content.models import Clip, Post, Upload
from shanhuo.kernel import jobs
from shanhuo.kernel.models import Job
from tests.content.conftest import MEDIA

pytestmark = pytest.mark.django_db

VIDEO = MEDIA / "video"


def files_of(post: Post) -> dict[str, int]:
    folder = shelf.private_folder(post.media_key)
    return {file.name: file.stat().st_size for file in folder.iterdir()}


def leftovers() -> list[str]:
    return sorted(
        str(path.relative_to(settings.PRIVATE_DIR))
        for path in Path(settings.PRIVATE_DIR).rglob("*")
        if path.is_file()
    )


def look_into(file: Path) -> probe.Film:
    return probe.probe(file.name, "mov", folder=file.parent)


# name, upright size of the largest rung, sound
PHONES = [
    ("portrait_rot90_h264_vfr_568x320_aac.mov", (320, 568), True),
    ("portrait_rot90_h264_4k60_vfr.mp4", (720, 1280), True),
    ("portrait_rot90_hevc_1080p_metadatatrack.mp4", (720, 1280), True),
    ("landscape_hevc10_hdr10_1080p_vfr.mp4", (1280, 720), True),
    ("landscape_h264_vfr_noaudio_720p.mp4", (1280, 720), False),
    ("flower_vp8_vorbis_960x540.webm", (960, 540), True),
    ("flower_3gp_mpeg4_aac_176x144.3gp", (256, 144), True),
    ("stream_vp8_640x360_silent_audio_track.webm", (640, 360), True),
]


@pytest.mark.parametrize(("name", "size", "sound"), PHONES)
def test_a_real_phone_clip_becomes_upright_h264(post_from, name, size, sound):
    post = post_from((VIDEO / name).read_bytes())
    assert (post.status, post.media_problem) == ("in_review", "")
    clip = Clip.objects.get()
    assert ((clip.width, clip.height), clip.has_sound) == (size, sound)
    folder = shelf.private_folder(post.media_key)
    largest = look_into(folder / f"{clip.rungs[-1]}.mp4")
    assert (largest.codec, largest.pixel_format) == ("h264", "yuv420p")
    assert (largest.width, largest.height) == size
    assert bool(largest.audio_codec) == sound
    assert abs(clip.duration_ms - largest.duration_ms) < 150
    assert Upload.objects.count() == 0
    assert not any(path.startswith(("uploads", "work")) for path in leftovers())


def test_everything_that_is_served_of_a_clip(post_from):
    post = post_from((VIDEO / "flower_h264_aac_960x540.mp4").read_bytes())
    files = files_of(post)
    assert sorted(files) == [
        "480p.m3u8",
        "480p.m4s",
        "480p.mp4",
        "720p.m3u8",
        "720p.m4s",
        "720p.mp4",
        "cover.jpg",
        "cover.webp",
        "master.m3u8",
    ]
    assert files["cover.jpg"] <= 30 * 1024
    assert files["cover.webp"] <= 14_000
    seconds = post.clip.duration_ms / 1000
    assert files["480p.mp4"] * 8 / seconds <= 500_000
    assert "quick.mp4" not in files


def test_the_playlist_names_both_sizes_small_first(post_from):
    post = post_from((VIDEO / "flower_h264_aac_960x540.mp4").read_bytes())
    folder = shelf.private_folder(post.media_key)
    assert (folder / "master.m3u8").read_text().splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        '#EXT-X-STREAM-INF:BANDWIDTH=480000,RESOLUTION=854x480,CODECS="avc1.64001f,mp4a.40.2"',
        "480p.m3u8",
        '#EXT-X-STREAM-INF:BANDWIDTH=1880000,RESOLUTION=960x540,CODECS="avc1.640028,mp4a.40.2"',
        "720p.m3u8",
    ]
    playlist = (folder / "480p.m3u8").read_text()
    assert "#EXT-X-ENDLIST" in playlist
    assert re.findall(r"^[^#].*$", playlist, re.MULTILINE)[0] == "480p.m4s"


def test_an_hdr_clip_keeps_sane_colours(post_from, tmp_path):
    post = post_from((VIDEO / "landscape_hevc10_hdr10_1080p_vfr.mp4").read_bytes())
    with Image.open(shelf.private_folder(post.media_key) / "cover.webp") as cover:
        mean = sum(cover.convert("L").getdata()) / (cover.width * cover.height)
    assert 40 < mean < 215


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("flower_truncated_60pct.mp4", "cut_short"),
        ("flower_corrupted_payload.mp4", "damaged"),
        ("no_moov_atom.mp4", "damaged"),
        ("text_renamed_to_mp4.mp4", "damaged"),
    ],
)
def test_attack_22_a_broken_film_is_refused_and_leaves_nothing(post_from, name, problem):
    post = post_from((MEDIA / "broken" / name).read_bytes())
    assert (post.status, post.media_problem, post.media_ready) == ("draft", problem, False)
    assert (Upload.objects.count(), Clip.objects.count(), leftovers()) == (0, 0, [])
    assert Job.objects.exclude(status="done").count() == 0


@pytest.mark.parametrize(
    ("name", "problem"),
    [("one_pixel_yuv444_h264.mp4", "too_small"), ("audio_only_aac.mp4", "no_picture")],
)
def test_a_film_with_nothing_to_see_is_refused(post_from, name, problem):
    post = post_from((VIDEO / name).read_bytes())
    assert (post.status, post.media_problem, leftovers()) == ("draft", problem, [])


def test_a_clip_plays_for_its_author_right_after_its_last_byte(make_draft, send):
    post = make_draft()
    data = (VIDEO / "portrait_rot90_h264_vfr_568x320_aac.mov").read_bytes()
    upload = send(post, data)
    assert content.play_at_once(upload)
    quick = look_into(shelf.private_folder(post.media_key) / "quick.mp4")
    assert (quick.codec, quick.width, quick.height) == ("h264", 320, 568)


def test_attack_25_no_served_copy_says_where_it_was_filmed(make_draft, send):
    data = (VIDEO / "portrait_rot90_h264_vfr_568x320_aac.mov").read_bytes()
    assert b"+01.000+001.000" in data  # the place of the source, as its phone wrote it
    post = make_draft()
    upload = send(post, data)
    content.play_at_once(upload)
    served = [(shelf.private_folder(post.media_key) / "quick.mp4").read_bytes()]
    jobs.run_due()
    served += [file.read_bytes() for file in shelf.private_folder(post.media_key).iterdir()]
    for trace in (b"+01.000", b"iPhone", b"Apple", b"2013-11-29", b"location"):
        assert not any(trace in content for content in served)


def test_attack_25_android_metadata_tracks_stay_behind(post_from):
    post = post_from((VIDEO / "portrait_rot90_hevc_1080p_metadatatrack.mp4").read_bytes())
    for file in shelf.private_folder(post.media_key).iterdir():
        assert b"+01.000" not in file.read_bytes()
        assert b"com.android" not in file.read_bytes()


def ffmpeg(*arguments: str, folder: Path) -> None:
    subprocess.run(
        [jail.program(), "-v", "error", "-nostdin", "-y", *arguments], cwd=folder, check=True
    )


def boxes(data: bytes) -> dict[bytes, bytes]:
    """The boxes of an MP4 file, or of a box's inside, by name."""
    found, at = {}, 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        found[data[at + 4 : at + 8]] = data[at : at + size]
        at += size
    return found


def test_attack_22_a_container_of_ten_thousand_streams_is_refused(post_from):
    whole = boxes((VIDEO / "landscape_h264_vfr_noaudio_720p.mp4").read_bytes())
    inside = boxes(whole[b"moov"][8:])
    tracks = inside[b"mvhd"] + inside[b"trak"] * 10_000
    moov = (len(tracks) + 8).to_bytes(4, "big") + b"moov" + tracks
    post = post_from(whole[b"ftyp"] + moov + whole[b"mdat"])
    assert (post.status, post.media_problem, leftovers()) == ("draft", "damaged", [])


@pytest.mark.parametrize("codec", ["magicyuv", "mjpeg"])
def test_attack_22_a_decoder_that_phones_do_not_need_stays_closed(post_from, tmp_path, codec):
    source = ("-f", "lavfi", "-i", "testsrc2=s=128x128:d=0.2")
    ffmpeg(*source, "-c:v", codec, "-f", "matroska", "x.mkv", folder=tmp_path)
    post = post_from((tmp_path / "x.mkv").read_bytes())
    assert (post.status, post.media_problem) == ("draft", "unknown_codec")
    assert leftovers() == []


def test_attack_22_huge_frames_are_refused_before_they_are_decoded(post_from, tmp_path):
    source = ("-f", "lavfi", "-i", "color=s=8192x4320:d=0.04:r=25")
    ffmpeg(*source, "-c:v", "libx264", "-preset", "ultrafast", "x.mp4", folder=tmp_path)
    post = post_from((tmp_path / "x.mp4").read_bytes())
    assert (post.status, leftovers()) == ("draft", [])
    assert post.media_problem in ("too_large", "unknown_codec", "damaged")


def test_a_clip_of_six_minutes_is_refused(post_from, tmp_path):
    source = ("-f", "lavfi", "-i", "color=s=64x64:d=360:r=1")
    ffmpeg(*source, "-c:v", "libx264", "-preset", "ultrafast", "x.mp4", folder=tmp_path)
    post = post_from((tmp_path / "x.mp4").read_bytes())
    assert post.media_problem == "too_long"


# B4: faults


def program_that(script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "ffmpeg"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    monkeypatch.setattr(jail, "program", lambda: str(fake))


def test_a_hanging_ffmpeg_is_killed_with_all_its_children(tmp_path, monkeypatch):
    program_that(f"sleep 600 & echo $! > {tmp_path}/child; sleep 600", tmp_path, monkeypatch)
    with pytest.raises(MediaRefused) as refusal:
        jail.run(["-i", "x"], folder=tmp_path, wall_seconds=0.5)
    assert refusal.value.problem == MediaProblem.TOO_HEAVY
    assert is_gone((tmp_path / "child").read_text().strip())


def test_a_film_that_hangs_ffmpeg_fails_alone(post_from, tmp_path, monkeypatch):
    program_that("sleep 600", tmp_path, monkeypatch)
    monkeypatch.setattr(probe, "PROBE_SECONDS", 0.3)
    post = post_from((VIDEO / "flower_h264_aac_960x540.mp4").read_bytes())
    assert (post.status, post.media_problem, leftovers()) == ("draft", "too_heavy", [])


def test_a_full_disk_while_rendering_is_tried_again_later(post_from, monkeypatch, noon):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    real = render.render
    monkeypatch.setattr(render, "render", full)
    post = post_from((VIDEO / "stream_h264_aac_480x360.mp4").read_bytes())
    job = Job.objects.get()
    assert (post.status, job.status, job.attempts) == ("processing", "ready", 1)
    assert Upload.objects.count() == 1
    monkeypatch.setattr(render, "render", real)
    Job.objects.update(run_at=noon)
    jobs.run_due()
    post.refresh_from_db()
    assert post.status == "in_review"


def test_a_job_given_up_tells_its_author(post_from, monkeypatch, noon):
    def broken(*arguments, **options):
        raise RuntimeError("of our own making")

    monkeypatch.setattr(render, "render", broken)
    post = post_from((VIDEO / "stream_h264_aac_480x360.mp4").read_bytes())
    for _ in range(jobs.MAX_ATTEMPTS):
        Job.objects.filter(status="ready").update(run_at=noon)
        jobs.run_due()
    assert Job.objects.get().status == "dead"
    assert content.park_failed_posts() == 1
    post.refresh_from_db()
    assert (post.status, post.media_problem, leftovers()) == ("draft", "failed", [])
    assert content.park_failed_posts() == 0


def test_a_worker_killed_in_mid_job_leaves_no_half_file(make_draft, send, monkeypatch, noon):
    """As kill -9 leaves it: the work folder stays, the row is leased to a worker that is gone."""
    post = make_draft()
    send(post, (VIDEO / "stream_h264_aac_480x360.mp4").read_bytes())
    killed = jobs.claim(worker="killed", now=noon)
    assert killed is not None
    half = shelf.new_work_folder()
    (half / "480p.mp4").write_bytes(b"half of a film")
    assert not shelf.private_folder(post.media_key).exists()
    later = noon + jobs.LEASE * 2
    again = jobs.claim(worker="other", now=later)
    assert again is not None
    assert jobs.run(again)
    post.refresh_from_db()
    assert post.status == "in_review"
    assert files_of(post)["480p.mp4"] > 100_000


def test_ffmpeg_dies_with_the_worker_that_is_killed(tmp_path, monkeypatch):
    """kill -9 of a worker: nothing goes on writing into a folder that nobody looks at."""
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho $$ > pid\nexec sleep 600\n")
    program.chmod(0o755)
    worker = (
        "import sys; from pathlib import Path; from shanhuo.content.media import jail\n"
        "jail.program = lambda: sys.argv[1]\n"
        "jail.run([], folder=Path(sys.argv[2]), wall_seconds=600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", worker, program, tmp_path])
    pid = tmp_path / "pid"
    wait_until(lambda: pid.exists() and pid.read_text().strip())
    process.kill()
    process.wait()
    wait_until(lambda: is_gone(pid.read_text().strip()))


def wait_until(happened, seconds=20):
    """Two processes cannot be asked to meet; this looks again until they have."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_gone(pid):
    try:
        return Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_files_on_the_wrong_shelf_are_set_right(make_post, noon):
    post = make_post()
    shelf.hide(post.media_key)
    content.tidy_files(now=noon)
    assert shelf.public_folder(post.media_key).exists()
    Post.objects.update(status="withdrawn")
    content.tidy_files(now=noon)
    assert not shelf.public_folder(post.media_key).exists()


def test_the_cage_holds_neighbours_files_and_the_network_back(tmp_path):
    neighbour = tmp_path / "neighbour"
    neighbour.mkdir()
    (neighbour / "secret").write_text("household list")
    cell = tmp_path / "cell"
    cell.mkdir()
    script = cell / "program"
    script.write_text(
        "#!/bin/sh\n"
        f"cat {neighbour}/secret 2>/dev/null && echo READ\n"
        "echo x 2>/dev/null > ../escaped && echo WROTE\n"
        "ulimit -c\n"
        "exit 0\n"
    )
    script.chmod(0o755)
    cage = Path(jail.__file__).with_name("cage.py")
    ran = subprocess.run(
        [sys.executable, "-I", "-S", cage, "10", str(2**31), str(2**20), str(script)],
        cwd=cell,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "0" in ran.stdout.split()
    if landlock_is_here():
        assert ("READ" in ran.stdout, "WROTE" in ran.stdout) == (False, False)
        assert not (tmp_path / "escaped").exists()


def landlock_is_here() -> bool:
    return ctypes.CDLL(None).syscall(444, None, 0, 1) > 0
