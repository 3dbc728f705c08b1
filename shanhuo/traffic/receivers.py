"""What this room does when something it supports is gone: its contracts end at once."""

from datetime import datetime

from shanhuo.content.events import PostWithdrawn
from shanhuo.goods.events import ProductExited
from shanhuo.kernel import facts
from shanhuo.live import queries as live
from shanhuo.live.events import SessionCancelled, SessionEnded, SessionOpened
from shanhuo.orders.events import OrderPaid
from shanhuo.people.events import AccountErased, AccountSuspended
from shanhuo.traffic.grants import services
from shanhuo.traffic.models import Contract

Kind, Ended = Contract.Kind, Contract.EndReason


@facts.receives(PostWithdrawn)
def end_with_the_clip(fact: PostWithdrawn, *, fact_id: int, at: datetime) -> None:
    services.end_contracts_on(
        kind=Kind.POST, public_ids=[fact.public_id], reason=Ended.WITHDRAWN, now=at
    )


@facts.receives(AccountSuspended)
def end_with_the_account(fact: AccountSuspended, *, fact_id: int, at: datetime) -> None:
    _end_with(fact.user, Ended.BANNED, at)


@facts.receives(AccountErased)
def end_with_the_person(fact: AccountErased, *, fact_id: int, at: datetime) -> None:
    _end_with(fact.user, Ended.WITHDRAWN, at)


def _end_with(person: str, reason: Contract.EndReason, at: datetime) -> None:
    """What supports the person, or a session that they would host, ends."""
    hosted = live.sessions_hosted_by(person)
    services.end_contracts_on(kind=Kind.CREATOR, public_ids=[person], reason=reason, now=at)
    services.end_contracts_on(kind=Kind.SESSION, public_ids=hosted, reason=reason, now=at)


@facts.receives(SessionOpened)
def run_with_the_session(fact: SessionOpened, *, fact_id: int, at: datetime) -> None:
    services.note_air(session=fact.public_id, now=at)


@facts.receives(SessionEnded)
def end_with_the_session(fact: SessionEnded, *, fact_id: int, at: datetime) -> None:
    services.end_contracts_on(
        kind=Kind.SESSION, public_ids=[fact.public_id], reason=Ended.ENDED, now=at
    )


@facts.receives(SessionCancelled)
def end_with_the_plan(fact: SessionCancelled, *, fact_id: int, at: datetime) -> None:
    services.end_contracts_on(
        kind=Kind.SESSION, public_ids=[fact.public_id], reason=Ended.CANCELLED, now=at
    )


@facts.receives(ProductExited)
def end_with_the_product(fact: ProductExited, *, fact_id: int, at: datetime) -> None:
    services.end_contracts_on(
        kind=Kind.PRODUCT, public_ids=[fact.product], reason=Ended.EXITED, now=at
    )


@facts.receives(OrderPaid)
def end_with_the_stock(fact: OrderPaid, *, fact_id: int, at: datetime) -> None:
    """The last unit may just have been sold."""
    services.end_unsellable(public_ids={line.product for line in fact.lines}, now=at)
    services.end_sold_out_sessions(now=at)
