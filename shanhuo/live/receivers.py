"""What this room does with facts: its own, those of goods it shows, those of orders it brought."""

from datetime import datetime, timedelta

from shanhuo.goods.events import OfferingChanged, ProductExited
from shanhuo.kernel import facts
from shanhuo.live import tasks
from shanhuo.live.events import SessionEnded, SessionOpened
from shanhuo.live.services import clinic, planning, showcase

# The last bytes of a recording may still be on their way to the disk.
SETTLING = timedelta(seconds=10)


@facts.receives(OfferingChanged)
def look_at_what_changed(fact: OfferingChanged, *, fact_id: int, at: datetime) -> None:
    """Off sale, sold out, or another price: the screen follows."""
    showcase.look_at_product(product=fact.product, now=at)


@facts.receives(ProductExited)
def look_at_what_left_the_pool(fact: ProductExited, *, fact_id: int, at: datetime) -> None:
    showcase.look_at_product(product=fact.product, now=at)


@facts.receives(SessionOpened)
def tell_those_who_asked(fact: SessionOpened, *, fact_id: int, at: datetime) -> None:
    planning.tell_reminded(session_id=fact.session_id, now=at)


@facts.receives(SessionEnded)
def clear_the_screen(fact: SessionEnded, *, fact_id: int, at: datetime) -> None:
    """The record of pins and explanations ends when the session did."""
    showcase.end_showcase(session_id=fact.session_id, now=at)


@facts.receives(SessionEnded)
def close_the_books(fact: SessionEnded, *, fact_id: int, at: datetime) -> None:
    clinic.close_queue(session_id=fact.session_id, now=at)
    tasks.seal_session.using(run_after=at + SETTLING).enqueue(fact.session_id)
