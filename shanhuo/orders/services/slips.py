"""A cooperative pays a household for what it brought (收购单)."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, clock, facts, idempotency
from shanhuo.kernel.errors import Refusal
from shanhuo.orders.events import SlipPaid, SlipReversed
from shanhuo.orders.models import PurchaseSlip

if TYPE_CHECKING:
    from shanhuo.goods.models import Lot
    from shanhuo.people.models import User

GRAMS_PER_KG = 1000
MOST_GRAMS = 100_000_000
MOST_FEN_PER_KG = 10_000_000


class BadWeight(Refusal):
    code = "bad_weight"
    status = 422
    message = _("Write a weight above zero, at most 100 t.")


class BadSlipPrice(Refusal):
    code = "bad_slip_price"
    status = 422
    message = _("Write a price per kilogram above zero, and what other buyers pay.")


class NotYetBought(Refusal):
    code = "not_yet_bought"
    status = 422
    message = _("A slip is written for today or a day before.")


class Payee(Protocol):
    """A household as `people.queries.payable_household` gives it: consented, in the county."""

    @property
    def id(self) -> int: ...
    @property
    def public_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def county_id(self) -> int: ...
    @property
    def fact_key(self) -> str: ...


class SlipReversedBefore(Refusal):
    code = "slip_reversed_before"
    message = _("This slip was taken back already, or is itself a correction.")


def worth_fen(grams: int, fen_per_kg: int) -> int:
    """What a weight costs, rounded half up to the fen."""
    return (grams * fen_per_kg + GRAMS_PER_KG // 2) // GRAMS_PER_KG


def pay_household(
    *,
    actor: "User",
    household: Payee,
    lot: "Lot",
    grams: int,
    price_fen_per_kg: int,
    baseline_fen_per_kg: int,
    means: str,
    bought_on: date,
    key: str,
    now: datetime,
) -> str:
    """Write a slip down and tell that the household was paid; returns its public id.

    The caller found household and lot among those that the actor may use. Idempotent by key.
    Raises BadWeight, BadSlipPrice or NotYetBought.
    """
    _check(grams, price_fen_per_kg, baseline_fen_per_kg, bought_on, now=now)
    terms = (household.public_id, lot.public_id, grams, price_fen_per_kg, baseline_fen_per_kg)
    body = repr((*terms, means, bought_on.isoformat())).encode()

    def write() -> str:
        slip = PurchaseSlip.objects.create(
            merchant=lot.product.merchant,
            household_id=household.id,
            household_key=household.fact_key,
            household_kind=household.kind,
            product=lot.product,
            lot=lot,
            county_id=household.county_id,
            grams=grams,
            price_fen_per_kg=price_fen_per_kg,
            baseline_fen_per_kg=baseline_fen_per_kg,
            paid_fen=worth_fen(grams, price_fen_per_kg),
            baseline_fen=worth_fen(grams, baseline_fen_per_kg),
            means=means,
            bought_on=bought_on,
            made_at=now,
            made_by=actor,
        )
        facts.record(SlipPaid(**_told(slip)), now=now)
        _note(slip, "orders.slip_paid", now=now)
        return str(slip.public_id)

    scope = f"orders.slip:{actor.public_id}"
    answer: str = idempotency.run(
        owner=actor.public_id, scope=scope, key=key, body=body, now=now, act=write
    )
    return answer


@transaction.atomic
def reverse_slip(*, slip_id: int, actor: "User", now: datetime) -> PurchaseSlip:
    """Take a wrong slip back by one of negatives; both stay. Raises SlipReversedBefore."""
    wrong = (
        PurchaseSlip.objects.select_for_update(of=("self",), no_key=True)
        .select_related("merchant", "household", "product", "lot", "county")
        .get(pk=slip_id)
    )
    if wrong.reverses_id is not None or PurchaseSlip.objects.filter(reverses=wrong).exists():
        raise SlipReversedBefore
    try:
        with transaction.atomic():
            slip = PurchaseSlip.objects.create(
                merchant=wrong.merchant,
                household=wrong.household,
                household_key=wrong.household_key,
                household_kind=wrong.household_kind,
                product=wrong.product,
                lot=wrong.lot,
                county=wrong.county,
                grams=-wrong.grams,
                price_fen_per_kg=wrong.price_fen_per_kg,
                baseline_fen_per_kg=wrong.baseline_fen_per_kg,
                paid_fen=-wrong.paid_fen,
                baseline_fen=-wrong.baseline_fen,
                means=wrong.means,
                bought_on=clock.day_of(now),
                made_at=now,
                made_by=actor,
                reverses=wrong,
            )
    except IntegrityError as raced:
        raise SlipReversedBefore from raced
    told = {**_told(wrong), "slip": slip.public_id, "reverses": wrong.public_id}
    facts.record(SlipReversed(**told), now=now)
    _note(slip, "orders.slip_reversed", now=now)
    return slip


def _check(
    grams: int,
    price_fen_per_kg: int,
    baseline_fen_per_kg: int,
    bought_on: date,
    *,
    now: datetime,
) -> None:
    if not 1 <= grams <= MOST_GRAMS:
        raise BadWeight
    if not 1 <= price_fen_per_kg <= MOST_FEN_PER_KG or worth_fen(grams, price_fen_per_kg) < 1:
        raise BadSlipPrice
    if not 0 <= baseline_fen_per_kg <= MOST_FEN_PER_KG:
        raise BadSlipPrice
    if bought_on > clock.day_of(now):
        raise NotYetBought


def _told(slip: PurchaseSlip) -> dict[str, Any]:
    return {
        "slip": slip.public_id,
        "merchant": slip.merchant.public_id,
        "household_key": slip.household_key,
        "household_kind": slip.household_kind,
        "county": slip.county.adcode,
        "product": slip.product.public_id,
        "lot": slip.lot.public_id,
        "grams": slip.grams,
        "paid_fen": slip.paid_fen,
        "baseline_fen": slip.baseline_fen,
    }


def _note(slip: PurchaseSlip, verb: str, *, now: datetime) -> None:
    audit.record(
        verb=verb,
        subject=f"orders.PurchaseSlip:{slip.public_id}",
        actor=slip.made_by,
        detail={"paid_fen": slip.paid_fen, "grams": slip.grams},
        now=now,
    )
