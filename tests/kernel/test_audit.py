"""What was done to money, roles and personal data cannot be rewritten unnoticed."""

from datetime import datetime, timedelta
from typing import Any

import pytest

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


@pytest.mark.parametrize(
    "change", [{"verb": "slip.unpaid"}, {"detail": {"paid_fen": 1}}, {"actor": "somebody"}]
)
def test_one_changed_value_breaks_the_chain_there(sealed: None, change: dict[str, Any]) -> None:
    AuditEntry.objects.filter(sequence=2).update(**change)
    assert audit.first_break() == 2


def test_a_removed_row_breaks_the_chain(sealed: None) -> None:
    AuditEntry.objects.filter(sequence=2).delete()
    assert audit.first_break() == 2
