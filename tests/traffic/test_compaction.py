import os
from datetime import timedelta
from pathlib import Path

import pytest

from shanhuo.traffic import compaction, moments
from shanhuo.traffic import log as log_module
from shanhuo.traffic.compaction import compact
from shanhuo.traffic.kinds import Kind
from tests.traffic.conftest import NOON_MS, received, token_for

PLAY = Kind.PLAY
HOUR = timedelta(hours=1)
NOON = moments.from_ms(NOON_MS)


def objects(log, **period) -> list[int]:
    with log.open(**period) as connection:
        rows = connection.execute("SELECT object FROM signals ORDER BY object").fetchall()
    return [row[0] for row in rows]


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spent segments go at the next run, without a minute's grace."""
    monkeypatch.setattr(compaction, "GRACE_S", -1)


def play(recorder, *posts: int, at_ms: int = NOON_MS) -> None:
    recorder.record([received(token_for(*posts, at_ms=at_ms), *claims(posts), at_ms=at_ms)])


def claims(posts: tuple[int, ...]) -> list[tuple[int, int, int]]:
    return [(slot, PLAY, 0) for slot in range(len(posts))]


def test_signals_are_read_before_and_after_compaction_alike(recorder, log):
    play(recorder, 3, 1, 2)
    before = objects(log)
    recorder.close()
    assert compact(log) == compaction.Compacted(signals=3, repeats=0)
    assert objects(log) == before == [1, 2, 3]
    assert compact(log) == compaction.Compacted(0, 0)
    assert objects(log) == [1, 2, 3]
    assert log.segments.names() == []


def test_a_spent_segment_stays_for_those_who_follow_the_log(recorder, log, monkeypatch):
    monkeypatch.setattr(compaction, "GRACE_S", 60)
    play(recorder, 1)
    recorder.close()
    compact(log)
    compact(log)
    assert len(log.segments.names()) == 1
    assert objects(log) == [1]


def test_parquet_is_sorted_by_county_kind_and_time_and_parted_by_shanghai_day(recorder, log):
    late = NOON_MS + 12 * 3_600_000 - 1
    play(recorder, 1, at_ms=late)
    play(recorder, 2, at_ms=late + 1)
    recorder.close()
    compact(log)
    assert sorted(part.day for part in log.manifest().parts) == ["2026-07-01", "2026-07-02"]
    assert objects(log, since=NOON, until=moments.from_ms(late + 1)) == [1]
    assert objects(log, since=moments.from_ms(late + 1)) == [2]


def test_the_same_signal_taken_by_two_processes_counts_once(make_recorder, log):
    one, other = make_recorder(), make_recorder()
    batch = received(token_for(7, 8), (0, PLAY, 0), (1, PLAY, 0))
    one.record([batch])
    other.record([batch])
    assert objects(log) == [7, 8]
    one.close()
    assert compact(log) == compaction.Compacted(2, 0)
    assert objects(log) == [7, 8]
    other.close()
    assert compact(log) == compaction.Compacted(0, 2)
    assert objects(log) == [7, 8]


STEPS = ["_write", "_sync", "_merge_crowded_days", "_tidy"]


@pytest.mark.parametrize("step", [*STEPS, "publish", "rename"])
def test_a_crash_at_any_step_neither_loses_nor_doubles(recorder, log, monkeypatch, step):
    play(recorder, 1, 2)
    recorder.close()
    compact(log)
    play(recorder, 3, at_ms=NOON_MS + 1_000)
    recorder.close()
    crash_at(step, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        compact(log)
    assert objects(log) == [1, 2, 3]
    monkeypatch.undo()
    monkeypatch.setattr(compaction, "GRACE_S", -1)
    compact(log)
    compact(log)
    assert objects(log) == [1, 2, 3]
    named = {part.path for part in log.manifest().parts}
    assert {str(path.relative_to(log.folder)) for path in log.folder.glob("*/*")} == named
    assert log.segments.names() == []


def crash_at(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Die in the middle: the n-th call of a step raises what no code of ours catches."""

    def die(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    if step == "publish":
        monkeypatch.setattr(log_module.SignalLog, "publish", die)
    elif step == "rename":
        monkeypatch.setattr(log_module, "sync_folder", die)
    elif step == "_tidy":
        monkeypatch.setattr(compaction, "_keep", die)
    else:
        monkeypatch.setattr(compaction, step, die)


def test_many_small_parts_of_a_day_become_one(recorder, log, monkeypatch):
    monkeypatch.setattr(compaction, "MOST_PARTS_A_DAY", 3)
    for number in range(1, 6):
        play(recorder, number, at_ms=NOON_MS + number)
        recorder.close()
        compact(log)
    assert objects(log) == [1, 2, 3, 4, 5]
    assert len(log.manifest().parts) == 2


def test_segments_of_a_killed_process_are_compacted_too(log, recorder):
    play(recorder, 1)
    segment = recorder._segment
    os.close(segment._descriptor)  # what the kernel does to a killed process
    assert compact(log).signals == 1
    assert objects(log) == [1]


@pytest.mark.parametrize("left", [None, b"", b'{"version": 7, "parts": [{"pa'])
def test_a_lost_manifest_is_made_anew_and_no_part_is_swept_away(recorder, log, left):
    """Also beside what killed runs leave: a copy of a part, and a segment that was taken in."""
    play(recorder, 1, 2)
    recorder.close()
    (spent,) = log.segments.closed_names()
    kept = (log.segments.closed / spent).read_bytes()
    compact(log)
    (part,) = log.part_paths()
    (part.parent / "left.parquet").write_bytes(part.read_bytes())
    (log.segments.closed / spent).write_bytes(kept)
    play(recorder, 3)
    recorder.close()
    manifest = log.folder / "manifest.json"
    manifest.unlink() if left is None else manifest.write_bytes(left)
    with pytest.raises(log_module.LogDamaged, match=r"manifest\.json"):
        log.snapshot()
    compact(log)
    assert objects(log) == [1, 2, 3]
    compact(log)
    assert objects(log) == [1, 2, 3]
    assert {str(path.relative_to(log.folder)) for path in log.part_paths()} == {
        part.path for part in log.manifest().parts
    }


def test_a_run_killed_before_the_first_manifest_is_no_lost_manifest(recorder, log, monkeypatch):
    play(recorder, 1)
    recorder.close()
    monkeypatch.setattr(compaction, "_merge_crowded_days", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        compact(log)
    assert len(log.part_paths()) == 1
    assert objects(log) == [1]


@pytest.mark.parametrize("damage", [Path.unlink, lambda part: part.write_bytes(b"PAR1 no more")])
def test_who_reads_a_part_that_is_gone_or_rotten_is_told_its_name(recorder, log, damage):
    play(recorder, 1)
    recorder.close()
    compact(log)
    (part,) = log.part_paths()
    damage(part)
    with pytest.raises(log_module.LogDamaged, match=part.name):
        objects(log)
    assert log.what_is_left().manifest.parts == []


def test_only_one_process_compacts(recorder, log):
    play(recorder, 1)
    recorder.close()
    with compaction._alone(log) as mine:
        assert mine
        assert compact(log) == compaction.Compacted(0, 0)
    assert compact(log).signals == 1


def test_an_empty_platform_has_an_empty_log(log: log_module.SignalLog, tmp_path: Path):
    assert objects(log) == []
    assert compact(log) == compaction.Compacted(0, 0)
