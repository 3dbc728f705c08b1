"""The way into the county's product pool (特色商品池), and out of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.goods import listing
from shanhuo.goods.choices import ExitReason
from shanhuo.goods.events import ProductAdmitted, ProductExited, ProductNominated
from shanhuo.goods.models import PoolEntry, Product
from shanhuo.kernel import audit, clock, facts
from shanhuo.kernel.errors import Refusal


class NotListed(Refusal):
    code = "product_not_listed"
    message = _("Only a product that is on sale can be nominated.")


class AlreadyInPool(Refusal):
    code = "already_in_pool"
    message = _("This product is nominated or in the pool already.")


class OwnNomination(Refusal):
    code = "own_nomination"
    status = 403
    message = _("You nominated this product yourself. Somebody else must check it.")


class ChecksMissing(Refusal):
    code = "checks_missing"
    status = 422
    message = _("Admission needs all four checks: licence, certificate, stock, price.")


class NoLongerSellable(Refusal):
    code = "no_longer_sellable"
    message = _("This product cannot be sold today, so it cannot be admitted: %(words)s")


class AlreadyDecided(Refusal):
    code = "already_decided"
    message = _("Somebody has decided this already. Open the list again.")


class ReasonNeeded(Refusal):
    code = "reason_needed"
    status = 422
    message = _("Write a reason; it is shown to the merchant.")


class Person(Protocol):
    """Who decides: a user."""

    public_id: str

    @property
    def pk(self) -> int: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What the checker has looked at and found in order."""

    licence_ok: bool = False
    certificate_ok: bool = False
    stock_ok: bool = False
    price_ok: bool = False

    @property
    def complete(self) -> bool:
        return self.licence_ok and self.certificate_ok and self.stock_ok and self.price_ok


@transaction.atomic
def nominate_product(*, product_id: int, actor_id: int, reason: str, now: datetime) -> PoolEntry:
    """Propose a product for its county's pool. Raises NotListed, AlreadyInPool."""
    product = Product.objects.select_related("county").get(pk=product_id)
    if product.status != Product.Status.LISTED:
        raise NotListed
    try:
        with transaction.atomic():
            entry = PoolEntry.objects.create(
                product=product,
                county_id=product.county_id,
                reason=reason,
                nominated_by_id=actor_id,
                nominated_at=now,
            )
    except IntegrityError as error:
        raise AlreadyInPool from error
    facts.record(ProductNominated(product=product.public_id, county=product.county.adcode), now=now)
    return entry


@transaction.atomic
def admit_product(
    *, entry_id: int, actor: Person, checks: Checks, note: str, now: datetime
) -> PoolEntry:
    """Let a product into the pool after four checks by a second person.

    Raises OwnNomination, ChecksMissing, NoLongerSellable, AlreadyDecided.
    """
    entry = _lock_for_decision(entry_id, actor=actor)
    if not checks.complete:
        raise ChecksMissing
    gaps = listing.gaps_of(entry.product, day=clock.day_of(now))
    if gaps:
        raise NoLongerSellable(
            gaps=[gap.value for gap in gaps], words=" ".join(map(str, [gap.label for gap in gaps]))
        )
    entry.licence_ok = entry.certificate_ok = entry.stock_ok = entry.price_ok = True
    _decide(entry, PoolEntry.Status.ADMITTED, actor=actor, note=note, now=now)
    facts.record(ProductAdmitted(**_whose(entry)), now=now)
    _note("pool.admit", entry, actor=actor, now=now)
    return entry


@transaction.atomic
def refuse_nomination(*, entry_id: int, actor: Person, note: str, now: datetime) -> PoolEntry:
    """Turn a nomination down, with a reason. Raises OwnNomination, ReasonNeeded, AlreadyDecided."""
    if not note.strip():
        raise ReasonNeeded
    entry = _lock_for_decision(entry_id, actor=actor)
    _decide(entry, PoolEntry.Status.REFUSED, actor=actor, note=note, now=now)
    _note("pool.refuse", entry, actor=actor, now=now)
    return entry


@transaction.atomic
def exit_pool(
    *,
    entry_id: int,
    actor: Person,
    reason: ExitReason,
    note: str,
    now: datetime,
) -> PoolEntry:
    """Take a product out of the pool, for a reason that is published. Raises AlreadyDecided."""
    entry = _lock(entry_id)
    if entry.status != PoolEntry.Status.ADMITTED:
        raise AlreadyDecided
    entry.status, entry.exit_reason, entry.exit_note = PoolEntry.Status.EXITED, reason, note
    entry.exited_by_id, entry.exited_at = actor.pk, now
    entry.save()
    facts.record(ProductExited(**_whose(entry), reason=reason), now=now)
    _note("pool.exit", entry, actor=actor, now=now)
    return entry


def _lock(entry_id: int) -> PoolEntry:
    return PoolEntry.objects.select_for_update(no_key=True).get(pk=entry_id)


def _lock_for_decision(entry_id: int, *, actor: Person) -> PoolEntry:
    entry = _lock(entry_id)
    if entry.status != PoolEntry.Status.NOMINATED:
        raise AlreadyDecided
    if entry.nominated_by_id == actor.pk:
        raise OwnNomination
    return entry


def _decide(
    entry: PoolEntry, status: PoolEntry.Status, *, actor: Person, note: str, now: datetime
) -> None:
    entry.status, entry.check_note = status, note
    entry.checked_by_id, entry.checked_at = actor.pk, now
    entry.save()


def _whose(entry: PoolEntry) -> dict[str, str]:
    return {"product": entry.product.public_id, "county": entry.product.county.adcode}


def _note(verb: str, entry: PoolEntry, *, actor: Person, now: datetime) -> None:
    audit.record(verb=verb, actor=actor, subject=f"goods.PoolEntry:{entry.public_id}", now=now)
