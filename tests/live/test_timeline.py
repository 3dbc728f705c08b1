"""A moment of the show is found in its replay, exactly, however often the signal dropped."""

from hypothesis import assume, given
from hypothesis import strategies as st

from shanhuo.live.timeline import Stretch, Timeline

lengths = st.integers(1, 10_000)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Stretches behind one another, with gaps between them."""
    now, parts = draw(st.integers(0, 10**13)), []
    for gap, length in draw(st.lists(st.tuples(st.integers(0, 90_000), lengths), max_size=12)):
        now += gap
        parts.append((now, length))
        now += length
    return Timeline.of_parts(parts)


def test_a_drop_of_a_minute_takes_no_time_in_the_replay():
    timeline = Timeline.of_parts([(1_000, 2_000), (3_000, 2_000), (65_000, 5_000)])
    assert timeline.stretches == (Stretch(1_000, 4_000), Stretch(65_000, 5_000))
    assert timeline.duration_ms == 9_000
    asked = (0, 1_000, 4_999, 5_000, 30_000, 65_000, 66_500, 70_000, 99_000)
    told = [timeline.position_of(moment) for moment in asked]
    assert told == [0, 0, 3_999, 4_000, 4_000, 4_000, 5_500, 9_000, 9_000]


@given(timelines(), st.data())
def test_a_moment_lies_as_deep_in_its_stretch_as_on_the_air(timeline, data):
    assume(timeline.stretches)
    nth = data.draw(st.integers(0, len(timeline.stretches) - 1))
    stretch = timeline.stretches[nth]
    since_ms = data.draw(st.integers(0, stretch.for_ms - 1))
    before_ms = sum(one.for_ms for one in timeline.stretches[:nth])
    assert timeline.position_of(stretch.begins_ms + since_ms) == before_ms + since_ms


@given(timelines())
def test_no_millisecond_is_lost_or_shown_twice(timeline):
    ends = [(one.begins_ms, one.until_ms) for one in timeline.stretches]
    spans = [timeline.position_of(end) - timeline.position_of(begin) for begin, end in ends]
    assert spans == [one.for_ms for one in timeline.stretches]


@given(st.lists(st.tuples(st.integers(0, 50_000), lengths), max_size=8), st.data())
def test_later_is_never_earlier_in_the_replay(parts, data):
    """Also where the clocks of two cameras disagree and their stretches overlap."""
    timeline = Timeline.of_parts(parts)
    early = data.draw(st.integers(0, 80_000))
    late = data.draw(st.integers(early, 90_000))
    assert 0 <= timeline.position_of(early) <= timeline.position_of(late) <= timeline.duration_ms
