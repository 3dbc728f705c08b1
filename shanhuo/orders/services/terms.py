"""What a merchant sets: freight, and prices cut for a while."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit
from shanhuo.kernel.errors import Refusal
from shanhuo.orders.choices import Funder
from shanhuo.orders.models import FreightRule, PriceCut

if TYPE_CHECKING:
    from shanhuo.people.models import User


class BadCut(Refusal):
    code = "bad_cut"
    status = 422
    message = _("Take off less than the price.")


def set_freight(
    *,
    merchant_id: int,
    base_fen: int,
    per_kg_fen: int,
    free_over_fen: int | None,
    remote_fen: int,
) -> None:
    """From the next order on; orders that are placed keep their freight."""
    FreightRule.objects.update_or_create(
        merchant_id=merchant_id,
        defaults={
            "base_fen": base_fen,
            "per_kg_fen": per_kg_fen,
            "free_over_fen": free_over_fen,
            "remote_fen": remote_fen,
        },
    )


@transaction.atomic
def cut_price(
    *,
    sku_id: int,
    price_fen: int,
    off_fen: int,
    funder: Funder,
    starts_at: datetime,
    ends_at: datetime,
    actor: "User",
) -> PriceCut:
    """Some fen off every unit for a while. Raises BadCut for the whole price or more."""
    if not 1 <= off_fen < price_fen:
        raise BadCut
    cut = PriceCut.objects.create(
        sku_id=sku_id,
        off_fen=off_fen,
        funder=funder,
        starts_at=starts_at,
        ends_at=ends_at,
        made_by=actor,
    )
    audit.record(
        verb="orders.price_cut",
        subject=f"orders.PriceCut:{cut.public_id}",
        actor=actor,
        detail={"off_fen": off_fen, "funder": funder},
        now=starts_at,
    )
    return cut


@transaction.atomic
def end_price_cut(*, cut_id: int, actor: "User", now: datetime) -> bool:
    """Stop a cut from the next order on; False if it is over. Placed orders keep their price."""
    running = PriceCut.objects.select_for_update().filter(pk=cut_id, ends_at__gt=now)
    cut = running.first()
    if cut is None:
        return False
    if now <= cut.starts_at:
        cut.delete()
    else:
        PriceCut.objects.filter(pk=cut_id).update(ends_at=now)
    audit.record(
        verb="orders.price_cut_ended",
        subject=f"orders.PriceCut:{cut.public_id}",
        actor=actor,
        detail={"off_fen": cut.off_fen, "funder": cut.funder},
        now=now,
    )
    return True
