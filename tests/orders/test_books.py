"""The books are only ever added to."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from shanhuo.orders import ledger, queries
from shanhuo.orders.models import JournalEntry, LedgerAccount, Posting

CHANGES = [
    (Posting, {"amount_fen": 1}),
    (Posting, {"target": "platform"}),
    (JournalEntry, {"kind": JournalEntry.Kind.SUSPENSE}),
    (LedgerAccount, {"kind": "platform"}),
]


@pytest.fixture
def books(guarded: None, noon: datetime) -> None:
    """One payment of 79.60 yuan."""
    move = ledger.Move(ledger.gateway("demo"), ledger.HELD, 7960)
    ledger.post(key="paid:1", kind=JournalEntry.Kind.PAID, moves=[move], at=noon)


def refused(deed: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            deed()
    except IntegrityError:
        return True
    return False


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(("table", "change"), CHANGES)
def test_the_database_refuses_to_change_an_entry(
    table: type[Model], change: dict[str, object]
) -> None:
    assert refused(lambda: table._default_manager.update(**change))
    assert ledger.balances() == {"gateway:demo": -7960, "held": 7960}


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize("table", [Posting, JournalEntry, LedgerAccount])
def test_the_database_refuses_to_remove_an_entry(table: type[Model]) -> None:
    rows = table._default_manager.all()
    assert refused(lambda: rows._raw_delete(rows.db))
    assert ledger.balances() == {"gateway:demo": -7960, "held": 7960}


@pytest.mark.usefixtures("books")
def test_a_mistake_is_mended_by_a_second_entry(noon: datetime) -> None:
    back = ledger.Move(ledger.HELD, ledger.gateway("demo"), 7960)
    ledger.post(key="back:1", kind=JournalEntry.Kind.REFUND_SENT, moves=[back], at=noon)
    assert ledger.balances() == {"gateway:demo": 0, "held": 0}


def test_an_account_says_whose_pocket_it_is(cooperative, noon):
    move = ledger.Move(ledger.HELD, ledger.merchant(cooperative.public_id), 5000)
    ledger.post(key="settled:1", kind=JournalEntry.Kind.SETTLED, moves=[move], at=noon)
    assert [(line.holder, line.balance_fen) for line in queries.accounts()] == [
        ("", -5000),
        (cooperative.name, 5000),
    ]
