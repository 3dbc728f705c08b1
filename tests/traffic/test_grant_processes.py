"""Several web processes share one truth, and one of them is killed. Real processes; on SQLite, and
with `-p tests.postgres` on PostgreSQL."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as platform
from django.db import connection

from shanhuo.kernel import clock
from shanhuo.traffic.compaction import compact
from shanhuo.traffic.grants import book, booking, leases
from shanhuo.traffic.grants.recount import recount
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models.ledger import Account
from tests.traffic import grants_kit as kit
from tests.traffic.grant_process import serve

OF_CONTRACT = (Account.OBJECT, Account.RESERVED, Account.DELIVERED)
pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]
PROGRAM = (
    "import sys, django; django.setup();"
    "from tests.traffic.grant_process import main; main(*sys.argv[1:])"
)
QUOTA, HOUR = 60, timedelta(hours=1)


@pytest.fixture
def contract(op, wang, make_user, make_organisation, make_county, make_post, noon):
    """60 exposures for a clip in the shadow of three newer ones."""
    asked = kit.terms(kit.wish_for(make_post("要扶持的短视频"), QUOTA))
    grant = kit.approved(op, wang, make_county(), asked, now=noon)
    for number in range(3):
        other = make_user(f"别人{number}")
        make_organisation("creator", name=f"别人{number}", members=(other,))
        with clock.at(noon + (number + 1) * HOUR):
            make_post(f"别的 {number}", author=other)
    return grant.contracts.get()


def start(root, *, now, rounds, seed):
    database = str(connection.settings_dict["NAME"])
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, database, str(root), now.isoformat(), rounds, str(seed)],
        cwd=platform.BASE_DIR.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_three_processes_one_of_them_killed_deliver_the_quota_and_not_one_more(
    contract, noon, tmp_path
):
    root, now = tmp_path / "signals", noon + 5 * HOUR
    processes = [start(root, now=now, rounds="6", seed=seed) for seed in range(3)]
    for process in processes:
        assert process.stdout.readline() == b"served\n"
    for process in processes:
        # None of them says good-bye: each dies with something in hand and in the air.
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()
    booking.book_recent(SignalLog(root), now=now + timedelta(minutes=1))
    halfway = book.balances(contract.entries.all())
    assert 0 < halfway[Account.DELIVERED] < QUOTA
    assert halfway[Account.RESERVED] > 0
    assert sum(halfway[account] for account in OF_CONTRACT) == QUOTA
    # When the last sheet of the dead is dead too, what they had is there again: all of it.
    later = now + leases.LEASE + leases.AIR_LIFE + HOUR
    serve(root, now=later, rounds=8, seed=9)
    booking.book_recent(SignalLog(root), now=later + HOUR)
    assert recount(SignalLog(root), contract.grant, now=later + HOUR).agrees
    end = later + 4 * HOUR
    serve(root, now=end, rounds=24, seed=10, seen=1.0).close(now=end + HOUR)
    compact(SignalLog(root))
    booking.book_recent(SignalLog(root), now=end + HOUR)
    found = recount(SignalLog(root), contract.grant, now=end + HOUR)
    assert found.agrees
    assert (found.contracts[0].delivered, found.contracts[0].left) == (QUOTA, 0)
