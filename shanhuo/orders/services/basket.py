"""The basket and the address book: wishes, so nothing is held and nothing is promised."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.prepared import prepared
from shanhuo.kernel.rows import insert
from shanhuo.orders.models import Address, BasketLine
from shanhuo.orders.models.basket import LARGEST_QUANTITY

if TYPE_CHECKING:
    from shanhuo.people.models import User

MOST_LINES = 50
MOST_ADDRESSES = 20


class BadQuantity(Refusal):
    code = "bad_quantity"
    status = 422
    message = _("Choose between 1 and %(most)s pieces.")


class BasketFull(Refusal):
    code = "basket_full"
    message = _("The basket holds at most %(most)s different goods.")


class TooManyAddresses(Refusal):
    code = "too_many_addresses"
    message = _("You can keep at most %(most)s addresses. Remove one first.")


class NoSuchAddress(Refusal):
    code = "no_such_address"
    status = 422
    message = _("Choose an address for the parcel.")


@dataclass(frozen=True, slots=True)
class Source:
    """What brought the buyer: the creator who earns a commission, the post, its feed slot; or the
    live session, with the creators of its cast and their basis points of its credit."""

    creator_id: int | None = None
    post: str = ""
    exposure: str = ""
    session: str = ""
    credit: tuple[tuple[int, int], ...] = ()


NOWHERE = Source()


def check_quantity(quantity: int) -> int:
    """The quantity, if it is a whole number from 1 to 999. Raises BadQuantity."""
    if type(quantity) is not int or not 1 <= quantity <= LARGEST_QUANTITY:
        raise BadQuantity(most=LARGEST_QUANTITY)
    return quantity


@transaction.atomic
def add_to_basket(
    *, buyer: "User", sku_id: int, quantity: int, now: datetime, source: Source = NOWHERE
) -> BasketLine:
    """Put some more of a SKU into the basket. The last source that brought the buyer counts.

    Raises BadQuantity, also when the sum is too large, or BasketFull.
    """
    check_quantity(quantity)
    lines = {line.sku_id: line for line in _locked_lines(buyer_id=buyer.pk)}
    if sku_id not in lines and len(lines) >= MOST_LINES:
        raise BasketFull(most=MOST_LINES)
    line = lines.get(sku_id) or BasketLine(buyer=buyer, sku_id=sku_id, quantity=0)
    line.quantity = check_quantity(line.quantity + quantity)
    if source != NOWHERE:
        line.creator_id, line.via_post = source.creator_id, source.post
        line.via_exposure = source.exposure
        line.via_session, line.credit = source.session, list(source.credit)
    line.changed_at = now
    if sku_id in lines:
        line.save()
    elif not insert([line], unless_there=True):
        # The same buyer has just put the same SKU in from elsewhere: now there is a row to lock.
        return add_to_basket(buyer=buyer, sku_id=sku_id, quantity=quantity, now=now, source=source)
    return line


@prepared
def _locked_lines(buyer_id: int) -> QuerySet[BasketLine]:
    return BasketLine.objects.filter(buyer=buyer_id).order_by("pk").select_for_update()


def set_quantity(*, buyer: "User", sku_id: int, quantity: int, now: datetime) -> bool:
    """Change how many; False if the basket has none of it. Raises BadQuantity."""
    check_quantity(quantity)
    lines = BasketLine.objects.filter(buyer=buyer, sku_id=sku_id)
    return bool(lines.update(quantity=quantity, changed_at=now))


def take_out(*, buyer: "User", sku_id: int) -> bool:
    """Remove a SKU from the basket; False if it was not in it."""
    return bool(BasketLine.objects.filter(buyer=buyer, sku_id=sku_id).delete()[0])


@transaction.atomic
def keep_address(
    *,
    owner: "User",
    county_id: int,
    recipient: str,
    phone: str,
    street: str,
    is_default: bool,
    now: datetime,
    replaces: str = "",
) -> Address:
    """Write an address down; `replaces` names the one it corrects. The first becomes the default.

    Raises TooManyAddresses.
    """
    kept = Address.objects.select_for_update().filter(owner=owner, removed_at=None)
    if replaces:
        kept.filter(public_id=replaces).update(**_forgotten(now))
    count = kept.count()
    if count >= MOST_ADDRESSES:
        raise TooManyAddresses(most=MOST_ADDRESSES)
    is_default = is_default or not kept.filter(is_default=True).exists()
    if is_default:
        kept.filter(is_default=True).update(is_default=False)
    return Address.objects.create(
        owner=owner,
        county_id=county_id,
        recipient=recipient,
        phone=phone,
        street=street,
        is_default=is_default,
    )


def remove_address(*, owner: "User", public_id: str, now: datetime) -> bool:
    """Forget an address; orders keep their own copy. False if there is none."""
    kept = Address.objects.filter(owner=owner, public_id=public_id, removed_at=None)
    return bool(kept.update(**_forgotten(now)))


def _forgotten(now: datetime) -> dict[str, Any]:
    return {"removed_at": now, "is_default": False, "recipient": "", "phone": "", "street": ""}
