import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from shanhuo.traffic import moments, viewers
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.log import SignalLog
from tests.realtime.conftest import Door, Said, opened_door
from tests.traffic.conftest import token_for

MEI = viewers.viewer_of("mei")
COOKIE = f"{viewers.COOKIE}={viewers.write(MEI)}"


def token(*posts: int) -> str:
    return token_for(*posts, viewer=MEI.key, at_ms=moments.now_ms())


def post(door: Door, body: object, **headers: str) -> Said:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    plain = {"Content_Type": "application/json", "Cookie": COOKIE}
    return door.ask("POST", "/hot/signals", raw, **{**plain, **headers})


def play(door: Door, sheet: str, *, kind: int = Kind.PLAY) -> Said:
    return post(door, {"sheets": [sheet], "signals": [[0, 0, kind, 100, 0]]})


def stored(door: Door) -> list[int]:
    return sorted(SignalLog(door.data_dir / "signals").snapshot().records["object"].tolist())


def test_a_signal_is_stored_when_it_is_acknowledged(door: Door):
    said = play(door, token(101))
    assert (said.status, json.loads(said.body)) == (200, {"accepted": 1, "refused": {}})
    assert 101 in stored(door)


def test_attack_34_replayed_signals_count_once(door: Door):
    sheet = token(102)
    assert json.loads(play(door, sheet).body)["accepted"] == 1
    assert json.loads(play(door, sheet).body) == {"accepted": 0, "refused": {"repeated": 1}}
    assert stored(door).count(102) == 1


def test_attack_34_forged_and_foreign_sheets_are_refused_and_nothing_is_stored(door: Door):
    before = stored(door)
    foreign = token_for(103, viewer=99)
    assert json.loads(play(door, foreign).body)["refused"] == {"foreign_sheet": 1}
    assert json.loads(play(door, "A" * 200).body)["refused"] == {"bad_sheet": 1}
    assert stored(door) == before


def test_without_a_viewer_nothing_is_taken(door: Door):
    body = {"sheets": [token(104)], "signals": [[0, 0, 2, 0, 0]]}
    for cookie in ("", "sh_viewer=", "sh_viewer=forged", "xsh_viewer=" + viewers.write(MEI)):
        said = post(door, body, Cookie=cookie)
        assert (said.status, said.code) == (401, "no_viewer")
    assert 104 not in stored(door)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 50_000,
        b'{"sheets":' + b"[" * 30_000,
        {"sheets": [], "signals": [[0, 0, 2, 0, 0]]},
        {"sheets": ["x"], "signals": []},
        {"sheets": ["x"], "signals": [[0, 0, 2, 0, 0]] * 51},
        {"sheets": ["x"] * 11, "signals": [[0, 0, 2, 0, 0]]},
        {"sheets": ["x"], "signals": [[0, 0, 2, 0, 0]], "paid": True},
        {"sheets": ["x"], "signals": [[0, 0, 2, 0, 10**30]]},
    ],
)
def test_attack_34_what_is_no_batch_is_refused(door: Door, body: object):
    said = post(door, body)
    assert (said.status, said.code) == (400, "malformed")


def test_attack_34_other_types_sizes_and_encodings_are_refused(door: Door):
    assert post(door, {}, Content_Type="text/plain").code == "not_json"
    assert post(door, b"\x1f\x8b", Content_Encoding="gzip").code == "no_encoding"
    assert post(door, b"x" * 65_537).code == "too_large"
    chunked = (
        b"POST /hot/signals HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Cookie: "
        + COOKIE.encode()
        + b"\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    )
    assert door.send(chunked).code == "length_required"


def test_kill_9_of_the_web_process_loses_no_acknowledged_signal(tmp_path: Path):
    opened = opened_door(tmp_path)
    with opened as door:
        for number in range(1, 21):
            assert play(door, token(number)).status == 200
        os.killpg(door.pid, signal.SIGKILL)
        opened.process.wait()
    with opened_door(tmp_path) as door:
        assert stored(door) == list(range(1, 21))
        assert play(door, token(21)).status == 200
        assert stored(door) == list(range(1, 22))


def test_a_full_disk_refuses_and_recovers_without_hands(tmp_path: Path):
    """A small file system of its own; where that may not be mounted, the unit test stands alone."""
    signals = tmp_path / "signals"
    signals.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(signals)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("cannot mount a small file system here")
    try:
        with opened_door(tmp_path) as door:
            assert play(door, token(1)).status == 200
            filler = signals / "filler"
            fill(filler)
            # The last block of the segment still takes a few.
            answers = [play(door, token(number)) for number in range(2, 102)]
            taken = [2 + place for place, said in enumerate(answers) if said.status == 200]
            refused = [said for said in answers if said.status != 200]
            assert {(said.status, said.code) for said in refused} == {(503, "disk_refused")}
            assert {said.header("retry-after") for said in refused} == {"5"}
            assert stored(door) == [1, *taken]
            filler.unlink()
            assert play(door, token(200)).status == 200
            assert stored(door) == [1, *taken, 200]
    finally:
        subprocess.run(["umount", "-l", str(signals)], check=False)  # noqa: S607


def fill(path: Path) -> None:
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 512)
    except OSError:
        return
