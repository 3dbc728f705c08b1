"""The commands that a reader of the logs runs."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from shanhuo.impact import services, tasks
from shanhuo.impact.models import Cell, Check, Release
from shanhuo.kernel import clock
from tests.impact.conftest import Tell, line, paid, slip

pytestmark = pytest.mark.django_db
JULY = ["--from", "2026-07-01", "--to", "2026-07-01"]


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


@pytest.fixture
def sold(tell: Tell, noon: datetime) -> None:
    tell(paid(line(4_000)), noon)
    tell(slip("zhang", 5_000, 4_000), noon)


def test_a_recount_prints_what_the_page_shows_without_any_roll_up(sold: None) -> None:
    assert said("recount", "paid_gmv", "--county", "500237", *JULY) == "48.00 yuan"
    assert said("recount", "households", "--county", "500237", *JULY) == "1"
    assert said("recount", "orders", *JULY) == "1"
    assert Cell.objects.count() == 0


@pytest.mark.parametrize(
    "words",
    [
        ["recount", "orders", "--from", "2026-07-02", "--to", "2026-07-01"],
        ["recount", "orders", "--county", "巫山", *JULY],
        ["recount", "gmv", *JULY],
    ],
)
def test_a_recount_of_nonsense_is_refused(words: list[str]) -> None:
    with pytest.raises(CommandError):
        said(*words)


def test_the_comparison_fails_loudly_when_a_roll_up_was_tampered_with(
    sold: None, noon: datetime
) -> None:
    with clock.at(noon + timedelta(days=1)):
        assert said("rollups", "fill") == "4 days of a log counted anew"
        assert said("rollups", "check") == "52 of 52 figures are equal"
        Cell.objects.filter(metric="orders", county="500237", grain="day").update(value=7)
        with pytest.raises(CommandError, match="differ"):
            said("rollups", "check")


def test_yesterday_is_closed_once_however_often_the_worker_asks(tell: Tell, noon: datetime) -> None:
    for number in range(10):
        tell(slip(f"household{number}", 5_000, 4_000), noon)
    with clock.at(noon + timedelta(hours=12)):
        tasks.close_yesterday.call()
        tasks.close_yesterday.call()
    assert (Check.objects.count(), Release.objects.count()) == (37, 1)
    assert services.close_yesterday(now=noon + timedelta(hours=13)) is False


def test_places_are_found_on_the_command_line(make_county: Any) -> None:
    county = make_county()
    county.search_keys = "|巫山县|wushanxian|"
    county.save()
    assert said("regions", "find", "wushan") == "500237 省50 · 巫山县"
