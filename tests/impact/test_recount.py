"""The roll-ups and the recount are two ways to the same figure."""

import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from shanhuo.content.events import PostPublished
from shanhuo.impact import queries, services
from shanhuo.impact.fairness.metrics import FAIRNESS
from shanhuo.impact.metrics import BY_ID, METRICS
from shanhuo.impact.models import Cell, Check
from shanhuo.impact.recount import Product, recount
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock, facts, jobs
from shanhuo.traffic.kinds import Kind, ObjectKind
from shanhuo.traffic.records import RECORD
from shanhuo.traffic.segments import Segments
from tests.impact.conftest import (
    FENGJIE,
    PLUM,
    TEA,
    WUSHAN,
    Tell,
    Watch,
    line,
    paid,
    refunded,
    settled,
    slip,
    taken_back,
)

FIRST = datetime(2026, 6, 28, tzinfo=clock.SHANGHAI)
NOW = FIRST + timedelta(days=4, hours=12)

lines = st.lists(
    st.builds(
        line,
        st.integers(1, 10**6),
        county=st.sampled_from([WUSHAN, FENGJIE]),
        product=st.sampled_from([PLUM, TEA]),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
orders = st.builds(
    lambda kind, some: kind(*some), st.sampled_from([paid, refunded, settled]), lines
)
slips = st.builds(
    lambda kind, *rest: kind(*rest),
    st.sampled_from([slip, slip, slip, taken_back]),
    st.sampled_from(["zhang", "li", "wang"]),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
    st.sampled_from([PLUM, TEA]),
)
minutes = st.integers(0, 4 * 24 * 60 - 1)
streams = st.lists(st.tuples(minutes, orders | slips), max_size=20)
signals = st.lists(
    st.tuples(
        minutes,
        st.sampled_from([Kind.EXPOSURE, Kind.PLAY, Kind.LIKE]),
        st.integers(1, 5),
        st.integers(1, 3),
        st.sampled_from([0, int(WUSHAN), int(FENGJIE)]),
    ),
    max_size=20,
)
windows = st.tuples(st.integers(0, 3), st.integers(0, 3)).map(
    lambda pair: Window(
        FIRST.date() + timedelta(days=min(pair)), FIRST.date() + timedelta(days=max(pair))
    )
)


def write_signals(folder: str, stream: list[tuple[int, Kind, int, int, int]]) -> None:
    records = np.zeros(len(stream), RECORD)
    for number, (minute, kind, viewer, post, county) in enumerate(stream):
        at_ms = int((FIRST + timedelta(minutes=minute)).timestamp() * 1000)
        record = {"at_ms": at_ms, "sheet": number + 1, "viewer": viewer, "kind": kind}
        record |= {"object": post, "object_kind": ObjectKind.POST, "county": county}
        for name, value in record.items():
            records[name][number] = value
    segment = Segments(Path(folder)).create(now_ms=0)
    if stream:
        segment.append(records)
    segment.close()


class RandomLogs(TestCase):
    @given(streams, signals, windows, st.sampled_from(["", WUSHAN, FENGJIE]))
    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_every_metric_rolls_up_to_what_is_recounted(
        self, stream: Any, watched: Any, window: Window, county: str
    ) -> None:
        for minute, fact in stream:
            facts.record(fact, now=FIRST + timedelta(minutes=minute))
        with tempfile.TemporaryDirectory() as folder, override_settings(SIGNALS_DIR=Path(folder)):
            write_signals(folder, watched)
            services.fill_everything(now=NOW)
            for metric in METRICS:
                rolled_up = queries.rolled_up(metric, window, county=county)
                assert rolled_up == recount(metric, window, county=county), metric.id


@pytest.mark.django_db
def test_a_product_is_recounted_from_the_publications_in_the_log(
    tell: Tell, watch: Watch, make_product: Any, noon: datetime
) -> None:
    plums = make_product()
    about = PostPublished(7, "post", WUSHAN, 1, plums.pk, [], "clip", 15_000)
    tell(about, noon)
    tell(paid(line(1_000, product=plums.public_id), line(2_000, product=TEA)), noon)
    watch(noon, post=7, viewers=(1, 2))
    watch(noon, post=8, viewers=(3,))
    jobs.run_due()
    services.fill_recent(now=noon)
    today = Window(date(2026, 7, 1), date(2026, 7, 1))
    product = Product(plums.pk, plums.public_id)
    figures = {
        name: recount(BY_ID[name], today, county=WUSHAN, product=product)
        for name in ("plays", "viewers", "orders", "paid_gmv")
    }
    assert figures == {"plays": 2, "viewers": 2, "orders": 1, "paid_gmv": 1_800}
    for name, value in figures.items():
        place = {"county": WUSHAN, "product": plums.public_id}
        assert queries.rolled_up(BY_ID[name], today, **place) == value


@pytest.mark.django_db
def test_the_nightly_comparison_notes_what_is_equal_and_what_is_not(
    tell: Tell, noon: datetime
) -> None:
    tell(paid(line(1_000)), noon - timedelta(days=2))
    services.fill_everything(now=noon)
    checks = services.check_figures(now=noon)
    assert len(checks) == 2 * len(METRICS) + len(FAIRNESS)
    assert all(check.is_equal for check in checks)
    Cell.objects.filter(metric="paid_gmv", county=WUSHAN, grain="day").update(value=1)
    services.check_figures(now=noon)
    wrong = [check for check in Check.objects.all() if not check.is_equal]
    assert [(check.metric, check.county, check.rolled_up, check.recounted) for check in wrong] == [
        ("paid_gmv", WUSHAN, 1, 1_800)
    ]


@pytest.mark.django_db
def test_attack_34_what_is_not_believed_is_in_no_figure_but_its_own(
    watch: Watch, noon: datetime
) -> None:
    """Mei looks at one clip five times and plays it each time: three times are hers to count."""
    looks = [(1, 901), (1, 902), (1, 903), (1, 904), (1, 905), (2, 906)]
    for minute, (viewer, sheet) in enumerate(looks):
        for kind in (Kind.EXPOSURE, Kind.PLAY):
            at = noon - timedelta(minutes=30 - minute)
            watch(at, kind=kind, post=7, viewers=(viewer,), sheets=(sheet,))
    services.fill_recent(now=noon)
    today = Window(date(2026, 7, 1), date(2026, 7, 1))
    figures = {"exposures": 4, "plays": 4, "viewers": 2, "not_believed": 2}
    for name, value in figures.items():
        assert recount(BY_ID[name], today, county=WUSHAN) == value, name
        assert queries.rolled_up(BY_ID[name], today, county=WUSHAN) == value, name
