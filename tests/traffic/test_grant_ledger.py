"""The books of exposures: whatever happens, they balance and say what the log says."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shanhuo.kernel import clock
from shanhuo.traffic.grants import book, booking, leases
from shanhuo.traffic.grants.counting import DayCount
from shanhuo.traffic.grants.leases import Report
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract, Lease, LedgerEntry, Reconciliation
from shanhuo.traffic.models.ledger import Account
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
QUOTA = 40


@pytest.fixture
def contract(op, wang, make_county, make_post, noon):
    make_post()
    asked = kit.terms(kit.county_wish(QUOTA))
    return kit.approved(op, wang, make_county(), asked, now=noon).contracts.get()


def report_once(process, *, seen, out, wanted, contract, now):
    reports = {contract.pk: Report(seen=seen, seen_on_day=seen, out=out, wanted=wanted)}
    return leases.renew(process, reports, now=now)[contract.pk]


def test_two_processes_never_hold_more_than_the_quota(contract, noon):
    assert report_once("a", seen=0, out=0, wanted=30, contract=contract, now=noon) == 30
    assert report_once("b", seen=0, out=0, wanted=30, contract=contract, now=noon) == 10
    assert report_once("a", seen=5, out=10, wanted=30, contract=contract, now=noon) == 15
    assert report_once("b", seen=5, out=10, wanted=30, contract=contract, now=noon) == 0


def test_what_a_dead_process_had_comes_back_when_its_last_sheet_has_died(contract, noon):
    report_once("dead", seen=0, out=3, wanted=30, contract=contract, now=noon)
    soon, late = noon + 60 * SECOND, noon + leases.LEASE + leases.AIR_LIFE
    assert report_once("b", seen=0, out=0, wanted=40, contract=contract, now=soon) == 7
    assert report_once("b", seen=0, out=0, wanted=40, contract=contract, now=late) == 40


def test_a_cap_of_the_day_holds_and_ends_with_the_day(contract, noon):
    Contract.objects.update(day_cap=10)
    assert report_once("a", seen=8, out=0, wanted=30, contract=contract, now=noon) == 2
    tomorrow = noon + timedelta(days=1)
    reports = {contract.pk: Report(seen=8, seen_on_day=0, out=0, wanted=30)}
    assert leases.renew("a", reports, now=tomorrow)[contract.pk] == 10


def test_a_cap_of_the_day_holds_after_a_clock_that_ran_ahead_was_put_right(contract, noon):
    Contract.objects.update(day_cap=10)
    tomorrow = noon + timedelta(days=1)
    report_once("ahead", seen=8, out=0, wanted=0, contract=contract, now=tomorrow)
    assert report_once("a", seen=8, out=0, wanted=30, contract=contract, now=noon) == 2


def test_a_lease_of_a_clock_that_ran_ahead_ends_like_any_other(contract, noon):
    ahead = noon + timedelta(days=2)
    report_once("ahead", seen=0, out=0, wanted=40, contract=contract, now=ahead)
    leases.bury(now=noon)
    assert Lease.objects.get().expires_at == noon + leases.LEASE


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_given_out_seen_lost_or_killed_the_quota_holds(data, contract, noon):
    """Processes lease, give out, see, lose sheets and die; the log is a number that only grows."""
    Lease.objects.all().delete()
    Contract.objects.update(seen_count=0, seen_day=None, seen_on_day=0)
    now, log = noon, 0
    hands: dict[str, int] = {}
    out: dict[str, int] = {}
    for step in range(data.draw(st.integers(5, 25))):
        now += SECOND
        name = data.draw(st.sampled_from(["a", "b", "c"]))
        deed = data.draw(st.sampled_from(["renew", "give", "see", "die"]))
        if deed == "renew":
            wanted = data.draw(st.integers(0, 25))
            hands[name] = report_once(
                name, seen=log, out=out.get(name, 0), wanted=wanted, contract=contract, now=now
            )
        elif deed == "give" and hands.get(name):
            count = data.draw(st.integers(1, hands[name]))
            hands[name] -= count
            out[name] = out.get(name, 0) + count
        elif deed == "see" and out.get(name):
            count = data.draw(st.integers(1, out[name]))
            out[name] -= count
            log += count
        elif deed == "die":
            # What it gave out may still be seen; the name that comes back is another process.
            ghost = out.pop(name, 0)
            hands.pop(name, None)
            Lease.objects.filter(process=name).update(process=f"{name}{step}")
            if ghost:
                out[f"{name}{step}"] = ghost
        assert log + sum(out.values()) + sum(hands.values()) <= QUOTA


def book_counts(programme, contract, counts, days, *, now):
    head = book.heads()[programme.pk]
    args = (programme.pk, [contract.pk], counts, days[0], days[1], now, head)
    assert booking._book_programme(*args) is not None
    assert booking._book_programme(*args[:-1], head - 1) is None


def count_of(contract, day, shown, excluded=0):
    return DayCount(contract.pk, day, shown, excluded)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 9), st.integers(0, 4), st.integers(0, 30)),
        min_size=1,
        max_size=8,
    )
)
def test_entries_always_balance_and_say_what_was_counted(steps, contract, noon):
    """Counts grow as they like, over and beyond the quota, fakes and all."""
    programme = contract.grant.programme
    LedgerEntry.objects.filter(contract=contract).exclude(kind="assign").delete()
    head = LedgerEntry.objects.filter(programme=programme).order_by("-sequence").first()
    assert head is not None
    Contract.objects.update(excluded_count=0, ended_at=None, settled_at=None, end_reason="")
    shown = [0, 0]
    excluded = [0, 0]
    days = [kit.FIRST, kit.FIRST + timedelta(days=1)]
    for day, more, fakes, air in steps:
        shown[day] += more
        excluded[day] = min(shown[day], excluded[day] + fakes)
        counts = {contract.pk: [count_of(contract, days[i], shown[i], excluded[i]) for i in (0, 1)]}
        Lease.objects.update_or_create(
            contract=contract,
            process="a",
            defaults={"air_count": air, "expires_at": noon + timedelta(hours=1)},
        )
        book_counts(programme, contract, counts, days, now=noon)
        lies = book.balances(LedgerEntry.objects.filter(programme=programme))
        assert sum(lies.values()) == 0
        assert all(amount >= 0 for account, amount in lies.items() if account != Account.SUPPLY)
        assert lies[Account.DELIVERED] == sum(shown) - sum(excluded)
        assert book.first_break(programme.pk) is None
        known = booking.booked(contract.entries.all())
        told = {days[i]: (shown[i], excluded[i]) for i in (0, 1) if shown[i]}
        assert {day: (one.shown, one.excluded) for (_, day), one in known.items()} == told


def test_a_changed_a_removed_and_an_inserted_entry_break_the_chain(contract, noon):
    programme = contract.grant.programme_id
    assert book.first_break(programme) is None
    entry = LedgerEntry.objects.get(programme=programme, sequence=2)
    LedgerEntry.objects.filter(pk=entry.pk).update(amount=entry.amount + 1)
    assert book.first_break(programme) == 2
    LedgerEntry.objects.filter(pk=entry.pk).update(amount=entry.amount, source="supply")
    assert book.first_break(programme) == 2
    LedgerEntry.objects.filter(pk=entry.pk).delete()
    assert book.first_break(programme) == 2


def test_a_ledger_that_says_more_than_the_log_is_reported_and_left_alone(contract, noon, tmp_path):
    programme = contract.grant.programme
    counts = {contract.pk: [count_of(contract, kit.FIRST, 7)]}
    book_counts(programme, contract, counts, [kit.FIRST, kit.FIRST], now=noon)
    (row,) = booking.reconcile(SignalLog(tmp_path / "signals"), now=noon)
    assert not row.agrees
    assert row.differences == [
        {"contract": contract.pk, "day": "2026-07-01", "log": [0, 0], "ledger": [7, 0]}
    ]
    assert book.balances(contract.entries.all())[Account.DELIVERED] == 7


def test_a_reconciliation_is_due_once_a_night(contract, noon, tmp_path):
    assert booking.is_due(now=noon)
    booking.reconcile(SignalLog(tmp_path / "signals"), now=noon)
    assert not booking.is_due(now=noon + timedelta(hours=3))
    midnight = clock.start_of(kit.FIRST + timedelta(days=1))
    assert not booking.is_due(now=midnight + timedelta(hours=1))
    assert booking.is_due(now=midnight + timedelta(hours=3))
    assert Reconciliation.objects.count() == 1


def test_a_reconciliation_of_a_clock_that_ran_ahead_keeps_no_night_from_its_own(
    contract, noon, tmp_path
):
    booking.reconcile(SignalLog(tmp_path / "signals"), now=noon + timedelta(days=5))
    assert booking.is_due(now=noon)
