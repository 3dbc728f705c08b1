"""Pools while everybody acts at once. Real threads; on SQLite, and with `-p tests.postgres` on
PostgreSQL."""

from datetime import timedelta
from functools import partial

import pytest

from shanhuo.kernel import clock
from shanhuo.traffic.grants import book, booking, leases, services
from shanhuo.traffic.grants.leases import Report
from shanhuo.traffic.grants.recount import recount
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract, Grant, LedgerEntry
from shanhuo.traffic.models.ledger import Account
from tests.threads import at_once
from tests.traffic import grants_kit as kit

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def grant(op, wang, make_county, make_post, noon):
    """30 exposures for each of three clips, pooled."""
    wishes = [kit.wish_for(make_post(f"第 {number} 条"), 30) for number in range(3)]
    return kit.approved(op, wang, make_county(), kit.terms(*wishes, pooled=True), now=noon)


def end(contract, now):
    return services.end_contracts_on(
        kind=contract.kind, public_ids=[contract.target_public_id], reason="withdrawn", now=now
    )


def assert_whole(log, grant, now):
    lies = book.balances(LedgerEntry.objects.filter(programme=grant.programme_id))
    assert (sum(lies.values()), lies[Account.PLAN]) == (0, 0)
    assert sum(one.promised_count for one in grant.contracts.all()) == 90
    assert recount(log, grant, now=now).agrees


def test_attack_objects_end_twice_at_once_while_everybody_books_and_leases(grant, noon, tmp_path):
    log, posts = SignalLog(tmp_path / "signals"), list(grant.contracts.order_by("pk"))
    ends = [partial(end, one, noon) for one in posts for _ in range(2)]
    bookings = 3 * [partial(booking.book_recent, log, now=noon + MINUTE)]
    wishes = {one.pk: Report(wanted=9) for one in posts}
    leasing = [partial(leases.renew, name, wishes, now=noon) for name in "ab"]
    turns = [partial(services.turn, now=noon + MINUTE)]
    results = at_once([*ends, *bookings, *leasing, *turns])
    assert [one for one in results if isinstance(one, Exception)] == []
    assert sum(results[: len(ends)]) == 3, "each ended once"
    dead = noon + MINUTE + leases.LEASE + leases.AIR_LIFE
    at_once(3 * [partial(booking.book_recent, log, now=dead)])
    county = grant.contracts.get(kind="county")
    assert (county.pooled_count, county.ended_at) == (90, None)
    assert grant.entries.filter(kind="pool").count() == 3
    assert_whole(log, grant, dead)


def test_attack_a_grant_is_stopped_while_its_objects_are_pooled(grant, op, noon, tmp_path):
    log = SignalLog(tmp_path / "signals")
    for one in grant.contracts.all():
        end(one, noon)
    stop = partial(services.stop_grant, operator=op, grant_id=grant.pk, reason="停", now=noon)
    bookings = 3 * [partial(booking.book_recent, log, now=noon + MINUTE)]
    results = at_once([stop, *bookings])
    assert [one for one in results if isinstance(one, Exception)] == []
    over = clock.start_of(kit.LAST + timedelta(days=1))
    booking.book_recent(log, now=over)
    services.turn(now=over)
    booking.book_recent(log, now=over)
    assert Grant.objects.get().status == "stopped"
    assert not Contract.objects.filter(settled_at=None).exists(), "whoever came first"
    lies = book.balances(LedgerEntry.objects.filter(programme=grant.programme_id))
    assert lies[Account.EXPIRED] == 100_000, "and the programme could be closed"
    assert_whole(log, grant, over)
