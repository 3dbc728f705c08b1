import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.records import RECORD, frame, read_all
from shanhuo.traffic.segments import ROTATE_MS, Segments
from tests.traffic.conftest import NOON_MS, received, token_for


def records(*objects: int) -> np.ndarray:
    made = np.zeros(len(objects), RECORD)
    made["object"] = objects
    return made


def test_what_was_appended_is_read_back(tmp_path):
    segments = Segments(tmp_path)
    segment = segments.create(now_ms=NOON_MS)
    segment.append(records(1, 2))
    segment.append(records(3))
    (name,) = segments.names()
    assert segments.read(name)[0]["object"].tolist() == [1, 2, 3]
    segment.close()
    assert segments.read(name)[0]["object"].tolist() == [1, 2, 3]
    assert segments.closed_names() == [name]


def test_a_reader_goes_on_where_it_stopped_even_when_the_segment_was_closed(tmp_path):
    segments = Segments(tmp_path)
    segment = segments.create(now_ms=NOON_MS)
    segment.append(records(1))
    (name,) = segments.names()
    _, offset = segments.read(name)
    segment.append(records(2))
    segment.close()
    assert segments.read(name, offset)[0]["object"].tolist() == [2]


@given(cut=st.integers(0, 2_000), flip=st.integers(0, 2_000))
def test_a_torn_or_rotten_tail_costs_only_the_frames_it_touches(cut, flip):
    whole = frame(records(1, 2, 3)) + frame(records(4)) + frame(records(5, 6))
    data = bytearray(whole[: max(0, len(whole) - cut)])
    if data:
        data[flip % len(data)] ^= 0xFF
    read, behind = read_all(bytes(data))
    found = read["object"].tolist()
    assert found == [1, 2, 3, 4, 5, 6][: len(found)]
    assert len(found) in {0, 3, 4}
    assert behind <= len(data)


WRITER = """
import sys
from pathlib import Path
import numpy as np
from shanhuo.traffic.records import RECORD
from shanhuo.traffic.segments import Segments
segment = Segments(Path(sys.argv[1])).create(now_ms=1)
number = 0
while True:
    number += 1
    record = np.zeros(1, RECORD)
    record["object"] = number
    segment.append(record)
    print(number, flush=True)
"""


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path):
    """A real process is killed while it writes; the last number it spoke of must be there."""
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        spoken = [int(writer.stdout.readline()) for _ in range(50)]
        writer.send_signal(signal.SIGKILL)
        spoken += map(int, writer.stdout.read().split())
    acknowledged = spoken[-1]
    segments = Segments(tmp_path)
    with (segments.open / segments.names()[0]).open("ab") as torn:
        torn.write(frame(records(999_999))[:40])
    (rescued,) = segments.close_abandoned()
    found = segments.read(rescued.name)[0]["object"].tolist()
    assert found[:acknowledged] == list(range(1, acknowledged + 1))
    assert 999_999 not in found
    assert rescued.stat().st_size == read_all(rescued.read_bytes())[1]


def test_the_segment_of_a_living_process_is_not_taken_from_it(tmp_path):
    segments = Segments(tmp_path)
    segment = segments.create(now_ms=NOON_MS)
    segment.append(records(1))
    assert segments.close_abandoned() == []
    segment.append(records(2))
    assert segments.read(segments.names()[0])[0]["object"].tolist() == [1, 2]


def test_an_empty_segment_leaves_nothing(tmp_path):
    segments = Segments(tmp_path)
    assert segments.create(now_ms=NOON_MS).close() is None
    assert segments.names() == []


def test_a_segment_is_closed_by_age_so_that_compaction_can_have_it(recorder, log):
    recorder.record([received(token_for(7), (0, Kind.PLAY, 0))])
    recorder.turn(now_ms=NOON_MS + 60_000 + ROTATE_MS - 1)
    assert log.segments.closed_names() == []
    recorder.turn(now_ms=NOON_MS + 60_000 + ROTATE_MS)
    assert len(log.segments.closed_names()) == 1


def test_a_clock_put_back_by_days_keeps_no_segment_open(log, recorder):
    recorder.record([received(token_for(7), (0, Kind.PLAY, 0))])
    recorder.turn(now_ms=NOON_MS - 3 * 24 * 3_600_000)
    assert len(log.segments.closed_names()) == 1


def full_disk(*_arguments: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_refuses_cleanly_and_the_same_signals_may_come_again(
    recorder, log, monkeypatch
):
    one = received(token_for(7), (0, Kind.PLAY, 0))
    other = received(token_for(8), (0, Kind.PLAY, 0))
    recorder.record([one])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full_disk)
        with pytest.raises(OSError, match="No space"):
            recorder.record([other])
    assert log.snapshot().records["object"].tolist() == [7]
    assert recorder.record([other])[0][0] == 1
    assert log.snapshot().records["object"].tolist() == [7, 8]
