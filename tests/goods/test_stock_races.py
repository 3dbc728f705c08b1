"""Many buyers, one stock: real threads, on SQLite and on PostgreSQL."""

from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connection
from django.db.models import QuerySet

from shanhuo.goods import services as goods
from shanhuo.goods.models import Lot, Sku, StockShare
from shanhuo.goods.services import stock
from shanhuo.kernel import clock
from shanhuo.kernel.prepared import prepared
from tests.threads import at_once

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def buyer(number, *skus):
    """One buyer who wants one of each; held as `b<number>`."""
    wanted = {sku.pk: 1 for sku in skus}
    now = clock.now()
    return lambda: goods.hold_stock(quantities=wanted, reference=f"b{number}", now=now)


def sold(results):
    return sum(isinstance(result, dict) for result in results)


def refused(results):
    return sum(isinstance(result, goods.OutOfStock) for result in results)


def test_attack_09_two_hundred_buyers_get_exactly_ten_units(make_sku):
    box = make_sku(stock_count=10)
    results = at_once([buyer(number, box) for number in range(200)])
    assert (sold(results), refused(results)) == (10, 190)
    box.refresh_from_db()
    assert (box.stock_count, box.held_count) == (10, 10)


def test_attack_09_the_declared_volume_is_the_limit_too(make_product, make_lot, make_sku):
    plums = make_product()
    lots = [make_lot(plums, 12_500), make_lot(plums, 12_500)]
    box = make_sku(plums, stock_count=1000, grams_per_unit=2500)
    results = at_once([buyer(number, box) for number in range(30)])
    assert (sold(results), refused(results)) == (10, 20)
    for lot in lots:
        lot.refresh_from_db()
        assert lot.committed_grams == 12_500


def test_attack_11_a_hold_that_ends_twice_at_once_goes_back_once(make_sku):
    box = make_sku(stock_count=10)
    buyer(1, box)()
    ends = [lambda: goods.return_held_stock(reference="b1")] * 6
    pays = [lambda: goods.take_held_stock(reference="b1")] * 6
    results = at_once(ends + pays)
    box.refresh_from_db()
    assert sorted(results) == [False] * 11 + [True]
    # Either the order ran out or it was paid; never both, never twice.
    share = StockShare.objects.get()
    expected = {"returned": (10, 0, 0), "taken": (9, 0, 2500)}[share.status]
    assert (box.stock_count, box.held_count, share.lot.committed_grams) == expected


def test_attack_12_baskets_in_opposite_order_do_not_deadlock(make_sku):
    plums, tea = make_sku(stock_count=500), make_sku(stock_count=500)
    results = [
        result
        for wave in range(5)
        for result in at_once(
            [
                buyer(20 * wave + number, *((plums, tea) if number % 2 else (tea, plums)))
                for number in range(20)
            ]
        )
    ]
    assert sold(results) == 100
    for sku in (plums, tea):
        sku.refresh_from_db()
        assert sku.held_count == 100


def test_holds_and_returns_of_the_same_lots_at_once_leave_exact_sums(make_product, make_sku):
    plums = make_product()
    small = make_sku(plums, stock_count=100, grams_per_unit=1000)
    large = make_sku(plums, stock_count=100, grams_per_unit=2500)
    for number in range(10):
        buyer(number, small, large)()
    returns = [lambda n=number: goods.return_held_stock(reference=f"b{n}") for number in range(10)]
    holds = [buyer(100 + number, large, small) for number in range(10)]
    at_once(returns + holds)
    for sku in (small, large):
        sku.refresh_from_db()
        assert sku.held_count == 10
    assert Lot.objects.get().committed_grams == 10 * 3500


@pytest.fixture
def no_locks(monkeypatch):
    """Row locks off, and two buyers always meet between the check and the write."""
    meeting = Barrier(2)
    share_out = stock._share_out

    def meet(*args, **kwargs):
        shares = share_out(*args, **kwargs)
        try:
            meeting.wait(timeout=5)
        except BrokenBarrierError:
            pytest.fail("the buyers did not meet: locks are still on")
        return shares

    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_options: rows.all())
    for name in ("_locked_skus", "_locked_lots"):
        # Made anew: the SQL that was made before has the lock in it.
        monkeypatch.setattr(stock, name, prepared(getattr(stock, name).__wrapped__))
    monkeypatch.setattr(stock, "_share_out", meet)


@pytest.fixture
def no_constraint(make_sku):
    """The second net taken away: the CHECK constraints on what is held and committed."""
    held = next(c for c in Sku._meta.constraints if c.name == "sku_holds_no_more_than_stock")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Sku, held)
    yield
    Sku.objects.update(held_count=0)
    with connection.schema_editor() as editor:
        editor.add_constraint(Sku, held)


needs_postgres = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite lets one writer in at a time, so nobody races"
)


@needs_postgres
def test_attack_09_control_without_locks_the_constraint_catches_the_race(make_sku, no_locks):
    box = make_sku(stock_count=1)
    results = at_once([buyer(1, box), buyer(2, box)])
    # The polite refusal is gone: one buyer gets an error of the database instead.
    assert (sold(results), refused(results)) == (1, 0)
    box.refresh_from_db()
    assert box.held_count == 1


@needs_postgres
def test_attack_09_control_without_locks_and_constraint_one_unit_is_sold_twice(
    make_sku, no_constraint, no_locks
):
    box = make_sku(stock_count=1)
    assert sold(at_once([buyer(1, box), buyer(2, box)])) == 2
    box.refresh_from_db()
    assert box.held_count == 2
