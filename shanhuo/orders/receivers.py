"""What this room does when a person leaves."""

from datetime import datetime
from typing import Any

from shanhuo.kernel import facts
from shanhuo.orders.events import FACTS_OF_ORDERS
from shanhuo.orders.sold import buyer_key
from shanhuo.people.events import AccountErased


@facts.receives(AccountErased)
def let_go_of_what_was_watched(fact: AccountErased, *, fact_id: int, at: datetime) -> None:
    """The slot of the feed that an order came from leads to everything its viewer watched.

    Amounts, products and the post whose creator was paid stay: the books are counted from them.
    """
    facts.redact(
        FACTS_OF_ORDERS, field="buyer_key", equals=buyer_key(fact.user), clean=_forget_slots
    )


def _forget_slots(payload: dict[str, Any]) -> None:
    for line in payload["lines"]:
        line["via_exposure"] = ""
