"""The replay on its host's pages: withdrawn, handed out as one file, and cut into clips."""

import re
import subprocess
from datetime import timedelta
from pathlib import Path

import imageio_ffmpeg
import pytest

from shanhuo.kernel import clock, jobs
from shanhuo.kernel.models import AuditEntry
from shanhuo.live.media import replay as media
from shanhuo.live.models import Explanation
from shanhuo.live.services import film, replay

_HLS = (
    "-v error -f lavfi -i testsrc=s={size}:r=5:d=4 -c:v libx264 -preset ultrafast -g 5"
    " -pix_fmt yuv420p -output_ts_offset {start} -f hls -hls_time 2 -hls_list_size 0"
    " -hls_segment_type fmp4 -hls_fmp4_init_filename {take}-0.mp4"
    " -hls_segment_filename {take}-0000%d.m4s {take}.m3u8"
)


@pytest.fixture(scope="module")
def takes(tmp_path_factory) -> Path:
    """What the studio made of two cameras: two parts of two seconds of each."""
    folder = tmp_path_factory.mktemp("takes")
    for take, size, start in (("001", "160x120", 0), ("002", "120x160", 64)):
        arguments = _HLS.format(take=take, size=size, start=start).split()
        program = imageio_ffmpeg.get_ffmpeg_exe()
        subprocess.run([program, *arguments], cwd=folder, check=True)
    return folder


@pytest.fixture
def filmed(ended, takes):
    """The show with its replay: four seconds, a minute of nothing, four seconds."""
    began = ended.on_air_at
    folder = media.public_folder(ended.media_key) / "top"
    folder.mkdir(parents=True)
    lines = ["#EXTM3U"]
    for take, starts in (("001", 0), ("002", 64)):
        lines.append(f'#EXT-X-MAP:URI="{take}-0.mp4"')
        (folder / f"{take}-0.mp4").write_bytes((takes / f"{take}-0.mp4").read_bytes())
        for number in (0, 1):
            name = f"{take}-0000{number}.m4s"
            (folder / name).write_bytes((takes / name).read_bytes())
            moment = began + timedelta(seconds=starts + 2 * number)
            lines += [f"#EXT-X-PROGRAM-DATE-TIME:{moment.isoformat()}", "#EXTINF:2.000,", name]
    (folder / "replay.m3u8").write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))
    Explanation.objects.update(
        started_at=began + timedelta(seconds=3), ended_at=began + timedelta(seconds=66)
    )
    assert replay.make(session_id=ended.pk, now=clock.now())
    return ended


def seconds_of(path: Path) -> int:
    """By ffmpeg, which decodes all of it without a complaint."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    arguments = [program, "-hide_banner", "-xerror", "-i", str(path), "-f", "null", "-"]
    told = subprocess.run(arguments, capture_output=True, text=True, check=True)
    hours, minutes, seconds = re.search(r"Duration: (\d+):(\d+):([\d.]+)", told.stderr).groups()
    return round(int(hours) * 3600 + int(minutes) * 60 + float(seconds))


def test_a_host_withdraws_the_replay_with_a_reason(client, shown, lin, mei):
    here = f"/studio/live/{shown.public_id}"
    client.force_login(mei)
    assert client.post(f"{here}/replay", {"reason": "我不喜欢"}).status_code == 404
    client.force_login(lin)
    refused = client.post(f"{here}/replay", {"reason": "错"})
    assert (refused.status_code, AuditEntry.objects.count()) == (422, 0)
    client.post(f"{here}/replay", {"reason": "说错了价格"})
    assert "说错了价格" in client.get(here).content.decode()
    assert not media.public_folder(shown.media_key).exists()
    client.logout()
    page = client.get(f"/live/{shown.public_id}").content.decode()
    assert ("没有回放" in page or "撤下" in page, "说错了价格" in page) == (True, False)


def test_a_replay_with_a_hole_becomes_one_file_without_it(client, filmed, lin, mei):
    """Two cameras of two sizes, four seconds each, and a minute without a signal between."""
    here = f"/studio/live/{filmed.public_id}"
    client.force_login(mei)
    assert [client.get(f"{here}/{page}").status_code for page in ("film", "film.mp4")] == [404] * 2
    client.force_login(lin)
    assert client.get(f"{here}/film.mp4").status_code == 404
    client.post(f"{here}/film/make")
    waiting = client.get(f"{here}/film", headers={"hx-request": "true"}).content.decode()
    assert "every 2s" in waiting
    jobs.run_due()
    ready = client.get(f"{here}/film", headers={"hx-request": "true"}).content.decode()
    assert ("every 2s" in ready, "film.mp4" in ready) == (False, True)
    answer = client.get(f"{here}/film.mp4")
    content = b"".join(answer.streaming_content)
    assert (len(content), answer["Content-Type"]) == (int(answer["Content-Length"]), "video/mp4")
    # The index stands before the pictures: a browser need not have all of it to begin.
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    half = {"Range": f"bytes={len(content) // 2}-", "If-Range": answer["ETag"]}
    for address in (f"{here}/film.mp4", f"/api/live/{filmed.public_id}/film.mp4"):
        rest = client.get(address, headers=half)
        assert rest.status_code == 206
        assert b"".join(rest.streaming_content) == content[len(content) // 2 :]
    assert seconds_of(media.film_path(filmed.public_id)) == 8
    replay.withdraw(session_id=filmed.pk, by=lin, reason="说错了价格", now=clock.now())
    assert client.get(f"{here}/film.mp4").status_code == 404
    assert not media.film_path(filmed.public_id).exists()
    assert client.post(f"{here}/film/make").status_code == 409


def test_parts_that_are_no_film_say_so(client, filmed, lin):
    for part in (media.public_folder(filmed.media_key) / "top").glob("*.mp4"):
        part.write_bytes(b"<html>")
    client.force_login(lin)
    here = f"/studio/live/{filmed.public_id}"
    client.post(f"{here}/film/make")
    jobs.run_due()
    page = client.get(f"{here}/film", headers={"hx-request": "true"}).content.decode()
    assert ("合不成一个文件" in page, "every 2s" in page) == (True, False)


def test_an_explanation_is_a_film_of_its_own_until_the_replay_is_withdrawn(client, filmed, lin):
    """Plums were talked about from the third second of one camera to the second of the other."""
    film.cut_clips(session_id=filmed.pk)
    item = filmed.items.get()
    path = media.clip_path(filmed.media_key, Explanation.objects.get().pk)
    assert seconds_of(path) == 4
    address = f"/live/{filmed.public_id}/explained/{item.product.public_id}"
    page = client.get(address).content.decode()
    assert f'src="/media/live/{filmed.media_key}/clips/{path.name}"' in page
    product = client.get(f"/g/{item.product.public_id}").content.decode()
    assert (address in product, path.name in product) == (True, True)
    replay.withdraw(session_id=filmed.pk, by=lin, reason="说错了价格", now=clock.now())
    assert (client.get(address).status_code, path.exists()) == (404, False)
