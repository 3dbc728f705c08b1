"""kill -9 in the middle of an order's life. Real processes; on SQLite, and with `-p tests.postgres`
on PostgreSQL."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings as platform
from django.db import connection

from demopay.server import Company, Merchant
from shanhuo.config import config
from shanhuo.goods.models import StockShare
from shanhuo.kernel import clock, jobs
from shanhuo.kernel.models import FactRecord, Job
from shanhuo.orders import ledger, policy, services, tasks
from shanhuo.orders.models import BasketLine, JournalEntry, Order, OrderLine, Payment, Settlement
from shanhuo.orders.payment import demo
from shanhuo.people.models import Membership
from tests.conftest import Maker
from tests.orders.conftest import seen_by

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

KEY = "0123456789"
PROGRAM = (
    "import sys, django; django.setup();from tests.orders.victim import main; main(*sys.argv[1:])"
)


@pytest.fixture
def plums(make_sku: Maker, noon: datetime) -> Any:
    """39.80 yuan: 34.80 for the merchant, 2 for the platform, 3 for a creator."""
    return make_sku(stock_count=10, platform_fee_fen=200, commission_fen=300)


@pytest.fixture
def kill_after(tmp_path: Path) -> Maker:
    """Let a process do a deed, and kill it right after a function of the platform has returned."""
    flag = tmp_path / "silent"

    def kill(after: str, *deed: str, now: datetime) -> None:
        database = str(connection.settings_dict["NAME"])
        given = [database, now.isoformat(), str(flag), after, *deed]
        victim = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *given], cwd=platform.BASE_DIR.parent
        )
        try:
            _wait_for(flag, victim)
        finally:
            os.kill(victim.pid, signal.SIGKILL)
            victim.wait()

    return kill


def _wait_for(flag: Path, process: subprocess.Popen[bytes]) -> None:
    while not flag.exists():
        assert process.poll() is None, "the process ended before it came to the place"
        try:
            process.wait(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue


# ---- Placing an order ----


@pytest.fixture
def basket(plums: Any, mei: Any, make_address: Maker, noon: datetime) -> dict[str, Any]:
    """Two boxes of plums in Mei's basket, as her checkout form sends them."""
    address = make_address(mei)
    services.add_to_basket(buyer=mei, sku_id=plums.pk, quantity=2, now=noon)
    wanted, total = seen_by(mei, address, now=noon)
    return {
        "buyer": mei,
        "address": address.public_id,
        "wanted": wanted,
        "total_seen_fen": total,
        "key": KEY,
    }


def promised(sku: Any) -> tuple[int, int, int, int]:
    """Orders, units they wait for, units that are held for them, units the SKU counts as held."""
    sku.refresh_from_db()
    waiting = OrderLine.objects.filter(order__status=Order.Status.AWAITING_PAY)
    shares = StockShare.objects.filter(
        status=StockShare.Status.HELD, reference__in=waiting.values("order__public_id")
    )
    return (
        Order.objects.count(),
        sum(waiting.values_list("quantity", flat=True)),
        sum(shares.values_list("unit_count", flat=True)),
        sku.held_count,
    )


def let_the_hold_end(*, now: datetime) -> None:
    """The worker's round after the end of a hold, and once more."""
    with clock.at(now + policy.hold_for()):
        for _ in range(2):
            tasks.end_unpaid.call()


@pytest.mark.parametrize(
    "after", ["shanhuo.orders.services.placing.write_checkout", "shanhuo.goods.services.hold_stock"]
)
def test_an_order_that_died_before_its_commit_left_neither_order_nor_hold(
    after: str, basket: dict[str, Any], plums: Any, mei: Any, kill_after: Maker, noon: datetime
):
    kill_after(after, "order", str(mei.pk), KEY, now=noon)
    assert promised(plums) == (0, 0, 0, 0)
    assert (StockShare.objects.count(), Payment.objects.count()) == (0, 0)
    assert (FactRecord.objects.count(), BasketLine.objects.get().quantity) == (0, 2)
    placed = services.place_order(**basket, now=noon)
    assert services.place_order(**basket, now=noon) == placed
    assert promised(plums) == (1, 2, 2, 2)
    let_the_hold_end(now=noon)
    assert promised(plums) == (1, 0, 0, 0)
    assert (plums.stock_count, Order.objects.get().status) == (10, "expired")


def test_an_order_that_died_before_the_hand_over_waits_with_its_hold_and_then_expires(
    basket: dict[str, Any], plums: Any, mei: Any, kill_after: Maker, noon: datetime
):
    kill_after("shanhuo.orders.services.place_order", "order", str(mei.pk), KEY, now=noon)
    assert promised(plums) == (1, 2, 2, 2)
    again = services.place_order(**basket, now=noon)
    payment = Payment.objects.get()
    assert (again.payment, payment.handed_over_at) == (payment.public_id, None)
    assert promised(plums) == (1, 2, 2, 2)
    let_the_hold_end(now=noon)
    assert promised(plums) == (1, 0, 0, 0)
    assert (plums.stock_count, Order.objects.get().status) == (10, "expired")
    assert told("OrderExpired") == 1


# ---- The worker ----


def told(fact: str) -> int:
    """How often a fact was recorded."""
    return FactRecord.objects.filter(kind=f"orders.{fact}").count()


def booked(kind: JournalEntry.Kind) -> int:
    return JournalEntry.objects.filter(kind=kind).count()


def run_again_after_one_lease(job: Job) -> None:
    """What every other worker does when the lease of the dead one has ended."""
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("running", 1)
    assert job.lease_until is not None
    with clock.at(job.lease_until + timedelta(milliseconds=1)):
        jobs.run_due()
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 2)


@pytest.fixture
def company(settings: Any) -> Iterator[Company]:
    """The demo company where the configuration looks for it; its notices get lost."""
    settings.PUBLIC_ORIGIN = config().demopay_url
    folder = settings.DATA_DIR / "demopay"
    merchant = Merchant(
        config().demopay_merchant_id, config().demopay_app_id, folder / "merchant.pub.pem"
    )
    port = urlsplit(config().demopay_url).port or 0
    with Company(data_dir=folder, port=port, merchant=merchant, time_scale=0.001) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()
    demo.from_config().http.close()
    demo.from_config.cache_clear()


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(
    ("after", "committed"),
    [("shanhuo.orders.ledger.post", 0), ("shanhuo.orders.services.agreeing.take_payment", 1)],
)
def test_a_worker_killed_while_it_takes_a_payment_takes_it_once(
    after: str, committed: int, make_sku: Maker, mei: Any, order_of: Maker, kill_after: Maker
):
    plums, now = make_sku(stock_count=10), clock.now()  # Today: the company has its own clock.
    payment = order_of(mei, {plums: 2}, now=now)
    place_to_pay = services.hand_over(
        payment=payment, description="巫山脆李", client_address="", on_phone=True, now=now
    )
    httpx.post(place_to_pay.address, trust_env=False)
    moment = now + policy.ASK_BACK_AFTER + timedelta(seconds=1)
    job = due(tasks.ask_back, now=moment)
    kill_after(after, "work", now=moment)
    assert (booked(JournalEntry.Kind.PAID), told("OrderPaid")) == (committed, committed)
    assert ledger.check() == []
    run_again_after_one_lease(job)
    assert (booked(JournalEntry.Kind.PAID), told("OrderPaid")) == (1, 1)
    assert ledger.balances() == {"gateway:demo": -7960, "held": 7960}
    assert ledger.check() == []
    plums.refresh_from_db()
    assert (plums.stock_count, plums.held_count) == (8, 0)
    assert Order.objects.get().status == "preparing"


@pytest.mark.parametrize(
    ("after", "committed"),
    [("shanhuo.orders.ledger.post", 0), ("shanhuo.orders.services.settling.settle_order", 1)],
)
def test_a_worker_killed_while_it_settles_an_order_settles_it_once(
    after: str,
    committed: int,
    plums: Any,
    mei: Any,
    zhao: Any,
    lin: Any,
    paid_order: Maker,
    kill_after: Maker,
    noon: datetime,
):
    orchard = Membership.objects.get(user=zhao).organisation
    source = services.Source(creator_id=orchard.pk, post="0123456789abcdef")
    order = paid_order(mei, {plums: 2}, now=noon, source=source)
    line = order.lines.get()
    sent = {"carrier": "sf", "tracking_number": "SF100200300", "actor": lin, "now": noon}
    services.ship(order_id=order.pk, quantities={line.pk: 2}, **sent)
    services.receive(order_id=order.pk, actor=mei, now=noon)
    moment = noon + policy.settle_after()
    job = due(tasks.settle, now=moment)
    kill_after(after, "work", now=moment)
    assert (Settlement.objects.count(), told("OrderSettled")) == (committed, committed)
    assert ledger.check() == []
    run_again_after_one_lease(job)
    assert (booked(JournalEntry.Kind.SETTLED), told("OrderSettled")) == (1, 1)
    settled = Settlement.objects.get()
    assert (settled.merchant_fen, settled.commission_fen, settled.fee_fen) == (6960, 600, 400)
    merchant = order.merchant.public_id
    assert ledger.balances() == {
        "gateway:demo": -7960,
        "held": 0,
        f"merchant:{merchant}": 6960,
        f"creator:{orchard.public_id}": 600,
        "platform": 400,
    }
    assert ledger.check() == []


def due(task: Any, *, now: datetime) -> Job:
    """A job of the task that is due now."""
    with clock.at(now):
        return Job.objects.get(pk=task.enqueue().id)
