"""What was done to money, roles and personal data cannot be rewritten unnoticed."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from shanhuo.kernel import audit
from shanhuo.kernel.models import AuditEntry


@pytest.fixture
def sealed(db: None, noon: datetime) -> None:
    for minute in range(3):
        audit.record(
            verb="slip.paid",
            subject=f"slip:{minute}",
            now=noon + timedelta(minutes=minute),
            detail={"paid_fen": 100 * minute},
        )
    assert audit.seal() == 3


def test_an_untouched_chain_holds(sealed: None) -> None:
    assert audit.first_break() is None
    assert audit.seal() == 0


def test_later_entries_continue_the_chain(sealed: None, noon: datetime) -> None:
    audit.record(verb="role.ended", subject="membership:1", now=noon)
    assert audit.seal() == 1
    assert AuditEntry.objects.get(verb="role.ended").sequence == 4
    assert audit.first_break() is None


@pytest.mark.usefixtures("unguarded")
@pytest.mark.parametrize(
    "change", [{"verb": "slip.unpaid"}, {"detail": {"paid_fen": 1}}, {"actor": "somebody"}]
)
def test_one_changed_value_breaks_the_chain_there(sealed: None, change: dict[str, Any]) -> None:
    AuditEntry.objects.filter(sequence=2).update(**change)
    assert audit.first_break() == 2


@pytest.mark.usefixtures("unguarded")
def test_a_removed_row_breaks_the_chain(sealed: None) -> None:
    AuditEntry.objects.filter(sequence=2).delete()
    assert audit.first_break() == 2


def refused(deed: Callable[[], object]) -> bool:
    try:
        with transaction.atomic():
            deed()
    except IntegrityError:
        return True
    return False


def test_the_database_refuses_to_change_or_remove_a_row(guarded: None, noon: datetime) -> None:
    audit.record(verb="slip.paid", subject="slip:1", now=noon)
    rows = AuditEntry.objects.all()
    assert refused(lambda: rows.update(verb="slip.unpaid"))
    assert refused(rows.delete)
    assert audit.seal() == 1
    assert refused(lambda: rows.update(sequence=2))
    assert refused(lambda: rows.update(digest=""))
    assert refused(rows.delete)
    assert (rows.get().verb, audit.first_break()) == ("slip.paid", None)
