"""A cap is a cap, also for several processes at once."""

from datetime import datetime, timedelta

import pytest

from shanhuo.kernel import clock, limits
from tests.threads import at_once

DAY = timedelta(days=1)


def take(now: datetime, key: str = "13800000000") -> None:
    limits.take(scope="sms:phone", key=key, cap=3, window=DAY, now=now)


@pytest.mark.django_db
def test_the_fourth_try_is_refused_until_the_window_ends(noon: datetime) -> None:
    for _ in range(3):
        take(noon)
    with pytest.raises(limits.TooMany) as refusal:
        take(noon)
    assert refusal.value.details == {"minutes": 20 * 60}
    take(noon, key="13900000000")
    take(noon + DAY)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_attack_32_twenty_at_once_take_no_more_than_the_cap() -> None:
    now = clock.now()
    results = at_once([lambda: take(now)] * 20)
    assert sum(result is None for result in results) == 3
    assert sum(isinstance(result, limits.TooMany) for result in results) == 17
