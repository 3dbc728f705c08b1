"""Pools (合并到县): what an object of a grant cannot use any more goes to a contract on the county.

In the ledger it goes through the grant: a `pool` entry takes it from the object, and an `assign`
entry right behind promises it to the county, in the same placement and the same transaction.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from shanhuo.kernel import clock, facts
from shanhuo.traffic.events import PoolOpened
from shanhuo.traffic.grants.book import Book, Kind
from shanhuo.traffic.grants.pace import due_of
from shanhuo.traffic.models import Contract, Grant

Ended = Contract.EndReason


def hold_open(grant_ids: Iterable[int], *, now: datetime) -> frozenset[int]:
    """Those of these grants that pool and go on today. Nobody ends them before the caller's
    transaction does; a grant that ended first takes back what its objects have left."""
    rows = Grant.objects.filter(
        pk__in=list(grant_ids),
        is_pooled=True,
        status__in=[Grant.Status.APPROVED, Grant.Status.RUNNING],
        ends_on__gte=clock.day_of(now),
    )
    locked = rows.order_by("pk").select_for_update()
    return frozenset(grant.pk for grant in locked)


def can_pool(contract: Contract) -> bool:
    """The county's own contract is the pool."""
    return contract.kind != Contract.Kind.COUNTY


def pool(contract: Contract, amount: int, ledger: Book, *, now: datetime) -> None:
    """Move what an ended contract has left to the county's; nothing at all when the amount is 0.
    Its grant is held open by the caller, and the programme by the ledger: nobody else makes the
    county's contract meanwhile."""
    if not amount:
        return
    grant = contract.grant
    county = grant.contracts.filter(kind=Contract.Kind.COUNTY, placement=contract.placement).first()
    if county is None:
        county = _open_pool(contract, amount, now)
    else:
        _add_to(county, amount, now)
    Contract.objects.filter(pk=contract.pk).update(pooled_count=F("pooled_count") - amount)
    ledger.move(Kind.POOL, amount, contract=contract)
    ledger.move(Kind.ASSIGN, amount, contract=county)


def _open_pool(contract: Contract, amount: int, now: datetime) -> Contract:
    grant = contract.grant
    opened = Contract.objects.create(
        grant=grant,
        kind=Contract.Kind.COUNTY,
        target=int(grant.county.adcode),
        target_public_id=grant.county.adcode,
        name=grant.county.name,
        placement=contract.placement,
        quota_count=0,
        pooled_count=amount,
        paced_from=now,
    )
    facts.record(
        PoolOpened(
            grant=grant.public_id,
            programme=grant.programme.public_id,
            county=grant.county.adcode,
            contract=opened.pk,
        ),
        now=now,
    )
    return opened


def _add_to(county: Contract, amount: int, now: datetime) -> None:
    """More is promised from now on; if all was delivered before, it begins again."""
    row = Contract.objects.filter(pk=county.pk)
    row.filter(end_reason=Ended.DELIVERED).update(ended_at=None, end_reason="", settled_at=None)
    row.update(
        pooled_count=F("pooled_count") + amount, paced_from=_line_through(county, amount, now)
    )


def _line_through(county: Contract, amount: int, now: datetime) -> datetime:
    """Where a straight line to all that is promised then must begin, so that it passes through
    what is due at this moment: what was due stays due, and what came is spread over the rest."""
    due = due_of(county, now=now)
    still = county.promised_count + amount - due
    return now - (county.due_at - now) * (due / still)
