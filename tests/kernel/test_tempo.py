"""A demo's clock goes fast for a while, never back, and alike for everybody who reads its file."""

import time
from datetime import UTC, datetime

import pytest

from demopay.__main__ import _written_in
from shanhuo.kernel import clock
from shanhuo.kernel.tempo import USUAL, Tempo, TempoClock


def test_an_hour_passes_in_fifteen_seconds_and_then_time_is_as_slow_as_ever():
    tempo = Tempo(since=1_000.0, moment=5_000.0, rate=240.0, until=5_000.0 + 3_600)
    shown = [tempo.at(1_000.0 + host) for host in (0, 1, 15, 16, 75)]
    assert shown == [5_000, 5_240, 8_600, 8_601, 8_660]
    assert [tempo.is_fast(1_000.0 + host) for host in (0, 14.9, 15)] == [True, True, False]


def test_before_its_beginning_it_stands_so_that_it_never_goes_back():
    tempo = Tempo(since=1_000.0, moment=5_000.0, rate=240.0, until=9_000.0)
    assert tempo.at(900.0) == 5_000


def test_without_a_file_it_is_the_hosts_time(tmp_path):
    here = TempoClock(tmp_path / "clock")
    assert here.tempo == USUAL
    assert not here.is_fast
    assert abs(here.now().timestamp() - time.time()) < 1


def test_everybody_who_reads_the_file_shows_the_same_and_nobody_jumps(tmp_path):
    one, other = TempoClock(tmp_path / "clock"), TempoClock(tmp_path / "clock")
    before = one.now()
    one.go(rate=240, seconds=86_400)
    assert other.tempo == one.tempo
    assert other.is_fast
    assert abs(_written_in(tmp_path / "clock") - other.now().timestamp()) < 5
    fast = other.now()
    other.go(rate=1, seconds=0)
    assert not one.is_fast
    assert before <= fast <= one.now()


def test_a_file_that_says_nothing_is_a_fault_not_another_time(tmp_path):
    (tmp_path / "clock").write_text("soon\n")
    with pytest.raises(ValueError, match="soon"):
        TempoClock(tmp_path / "clock").now()


def test_the_house_follows_the_clock_it_is_given():
    moment = datetime(2026, 7, 1, tzinfo=UTC)
    clock.follow(lambda: moment)
    try:
        assert clock.now() == moment
    finally:
        clock.follow(clock.of_the_host)
