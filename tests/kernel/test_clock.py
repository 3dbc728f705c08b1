"""A day is a day in Shanghai."""

from datetime import UTC, date, datetime

from shanhuo.kernel import clock


def test_a_day_turns_at_sixteen_hundred_utc() -> None:
    assert clock.day_of(datetime(2026, 6, 30, 15, 59, tzinfo=UTC)) == date(2026, 6, 30)
    assert clock.day_of(datetime(2026, 6, 30, 16, 0, tzinfo=UTC)) == date(2026, 7, 1)


def test_bounds_are_half_open_and_meet() -> None:
    start, end = clock.day_bounds(date(2026, 7, 1))
    assert start == datetime(2026, 6, 30, 16, 0, tzinfo=UTC)
    assert end == clock.day_bounds(date(2026, 7, 2))[0]


def test_the_clock_can_be_set_and_goes_on_afterwards(noon: datetime) -> None:
    earlier = datetime(2020, 1, 1, tzinfo=UTC)
    with clock.at(earlier):
        assert clock.now() == earlier
    assert clock.now() == noon
