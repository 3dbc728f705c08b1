"""What is written down about a session, one file per kind of row, one JSON object per line.

People are public ids: no names, no telephone numbers, no addresses. Each line has an `id`, by which
a supplement says which earlier line it replaces.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from shanhuo.live.models import (
    Cast,
    Check,
    CouponOut,
    Explanation,
    Message,
    MessageReport,
    Penalty,
    Pin,
    Question,
    RoomMinute,
    Session,
    SessionStep,
    ShowcaseItem,
    Take,
)
from shanhuo.live.states import SessionStatus
from shanhuo.orders import queries as orders

Row = dict[str, Any]


def _session(session: Session) -> Iterator[Row]:
    yield from _rows(
        Session.objects.filter(pk=session.pk),
        *("public_id", "kind", "title", "notice", "script", "is_official", "created_at"),
        *("starts_at", "submitted_at", "on_air_at", "ended_at", "ended_why", "grace_seconds"),
        organisation="organisation__public_id",
        organisation_name="organisation__name",
        county="county__adcode",
        host="host__public_id",
    )


def _cast(session: Session) -> Iterator[Row]:
    yield from _rows(
        Cast.objects.filter(session=session),
        *("role", "share_basis_points"),
        user="user__public_id",
        organisation="organisation__public_id",
        organisation_name="organisation__name",
        county="county__adcode",
    )


def _checks(session: Session) -> Iterator[Row]:
    yield from _rows(
        Check.objects.filter(session=session),
        *("at", "agreed", "reason", "submitted_at"),
        checker="checker__public_id",
    )


def _steps(session: Session) -> Iterator[Row]:
    """The sealing itself is told by the manifest."""
    yield from _rows(
        SessionStep.objects.filter(session=session).exclude(after=SessionStatus.SEALED),
        *("before", "after", "at", "note"),
        actor="actor__public_id",
    )


def _takes(session: Session) -> Iterator[Row]:
    yield from _rows(
        Take.objects.filter(session=session),
        *("number", "source", "container", "is_rehearsal", "started_at", "last_byte_at"),
        *("received_bytes", "ended_at", "ended_why", "problem"),
    )


def _showcase(session: Session) -> Iterator[Row]:
    """Those that were taken off stand here too, and who brought each."""
    yield from _rows(
        ShowcaseItem.objects.filter(session=session),
        *("position", "state", "added_at", "removed_at", "passed_at"),
        product="product__public_id",
        title="product__title",
        merchant="product__merchant__public_id",
        offer="hot_sale__public_id",
        brought_by="brought_by__user__public_id",
        passed_by="passed_by__public_id",
    )


def _pins(session: Session) -> Iterator[Row]:
    yield from _rows(
        Pin.objects.filter(item__session=session),
        *("price_fen", "pinned_at", "ended_at", "ended_why"),
        product="item__product__public_id",
    )


def _explanations(session: Session) -> Iterator[Row]:
    yield from _rows(
        Explanation.objects.filter(item__session=session),
        *("started_at", "ended_at"),
        product="item__product__public_id",
    )


def _messages(session: Session) -> Iterator[Row]:
    yield from _rows(
        Message.objects.filter(session=session),
        *("public_id", "body", "at", "status", "reason", "decided_at"),
        author="author__public_id",
        decided_by="decided_by__public_id",
    )


def _reports(session: Session) -> Iterator[Row]:
    yield from _rows(
        MessageReport.objects.filter(message__session=session),
        *("reason", "at"),
        message="message__public_id",
        reporter="reporter__public_id",
    )


def _penalties(session: Session) -> Iterator[Row]:
    yield from _rows(
        Penalty.objects.filter(session=session),
        *("kind", "at", "until", "reason", "lifted_at"),
        user="user__public_id",
        by="by__public_id",
    )


def _questions(session: Session) -> Iterator[Row]:
    yield from _rows(
        Question.objects.filter(session=session),
        *("public_id", "body", "crop", "symptom", "asked_at", "status"),
        *("answer_started_at", "answer_ended_at"),
        asker="asker__public_id",
        expert="expert__user__public_id",
    )


def _minutes(session: Session) -> Iterator[Row]:
    yield from _rows(
        RoomMinute.objects.filter(session=session),
        *("minute", "joins", "most_viewers", "likes", "messages"),
    )


def _orders(session: Session) -> Iterator[Row]:
    """Every line that the session brought, also of orders that were never paid."""
    yield from map(_told, orders.order_lines_of_session(session.public_id))


def _offers(session: Session) -> Iterator[Row]:
    sales = ShowcaseItem.objects.filter(session=session, hot_sale__isnull=False)
    yield from map(_told, orders.offer_records(sales.values_list("hot_sale", flat=True)))


def _coupons_out(session: Session) -> Iterator[Row]:
    """When the hosts gave coupons out, and when they took them back."""
    yield from _rows(
        CouponOut.objects.filter(session=session),
        *("put_out_at", "taken_back_at"),
        batch="batch__public_id",
        put_out_by="put_out_by__public_id",
    )


def _coupons(session: Session) -> Iterator[Row]:
    """Their terms, who bears what, and what viewers took and used."""
    out = CouponOut.objects.filter(session=session).values_list("batch", flat=True)
    yield from map(_told, orders.coupon_records(set(out), session=session.public_id))


RECORDS: dict[str, Callable[[Session], Iterator[Row]]] = {
    "session": _session,
    "cast": _cast,
    "checks": _checks,
    "steps": _steps,
    "takes": _takes,
    "showcase": _showcase,
    "pins": _pins,
    "explanations": _explanations,
    "messages": _messages,
    "reports": _reports,
    "penalties": _penalties,
    "questions": _questions,
    "minutes": _minutes,
    "orders": _orders,
    "offers": _offers,
    "coupons_out": _coupons_out,
    "coupons": _coupons,
}


def _rows(rows: QuerySet[Any], *columns: str, **paths: str) -> Iterator[Row]:
    """`id`, the columns, and what stands behind foreign keys under a name of its own; streamed."""
    names = ("id", *columns, *paths)
    told = rows.order_by("pk").values_list("pk", *columns, *paths.values())
    for values in told.iterator(chunk_size=2000):
        yield dict(zip(names, map(_plain, values), strict=True))


def _told(shape: Any) -> Row:
    return {name: _plain(value) for name, value in asdict(shape).items()}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
