"""The pool from the desks: nomination, check, admission, exit."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from shanhuo.api import goods_shapes as shapes
from shanhuo.api.goods_schemas import (
    AdmissionIn,
    DeskEntryOut,
    DeskNominationIn,
    DeskPoolOut,
    ExitIn,
    NominationIn,
    PoolFilter,
    PublicId,
    RefusalNoteIn,
)
from shanhuo.goods import queries
from shanhuo.goods import services as goods
from shanhuo.goods.choices import ExitReason
from shanhuo.kernel import clock
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of

router = Router(tags=["pool"])
ACCESS = {
    "GET /api/county/pool": Access.OFFICER,
    "POST /api/county/pool": Access.OFFICER,
    "POST /api/county/pool/{public_id}/admit": Access.OFFICER,
    "POST /api/county/pool/{public_id}/refuse": Access.OFFICER,
    "POST /api/county/pool/{public_id}/exit": Access.OFFICER,
    "POST /api/seller/products/{public_id}/nominate": Access.SELLER,
    "POST /api/seller/products/{public_id}/leave-pool": Access.SELLER,
}


@router.get("/county/pool", response=DeskPoolOut, summary="Nominations of one's counties")
def county_pool(request: HttpRequest, filters: Query[PoolFilter]) -> dict[str, Any]:
    found = queries.find_pool_entries(
        queries.pool_entries_of_offices(request.user),
        q=filters.q,
        county=filters.county,
        status=filters.status,
    )
    page = shapes.page_of(queries.waiting_first(found), filters.page)
    return {"entries": [shapes.desk_entry(entry) for entry in page], **shapes.numbers(page)}


@router.post("/county/pool", response={201: DeskEntryOut}, summary="Propose a product")
def propose(request: HttpRequest, body: DeskNominationIn) -> Status[dict[str, Any]]:
    """409 `already_in_pool` where it waits or is in; somebody else must check it."""
    product = get_object_or_404(queries.pool_candidates(request.user), public_id=body.product)
    return _nominate(request, product, body.reason)


@router.post("/county/pool/{public_id}/admit", response=DeskEntryOut, summary="Admit")
def admit(request: HttpRequest, public_id: PublicId, body: AdmissionIn) -> dict[str, Any]:
    """403 `own_nomination`, 422 `checks_missing`, 409 `no_longer_sellable` or `already_decided`."""
    ticks = body.dict(exclude={"note"})
    entry = goods.admit_product(
        entry_id=_entry(request, public_id).pk,
        actor=actor_of(request),
        checks=goods.Checks(**ticks),
        note=body.note,
        now=clock.now(),
    )
    return shapes.desk_entry(entry)


@router.post("/county/pool/{public_id}/refuse", response=DeskEntryOut, summary="Turn down")
def refuse(request: HttpRequest, public_id: PublicId, body: RefusalNoteIn) -> dict[str, Any]:
    """403 `own_nomination`, 409 `already_decided`."""
    entry = goods.refuse_nomination(
        entry_id=_entry(request, public_id).pk,
        actor=actor_of(request),
        note=body.note,
        now=clock.now(),
    )
    return shapes.desk_entry(entry)


@router.post("/county/pool/{public_id}/exit", response=DeskEntryOut, summary="Take out")
def take_out(request: HttpRequest, public_id: PublicId, body: ExitIn) -> dict[str, Any]:
    """409 `already_decided` where it is not in the pool. The reason is published."""
    entry = goods.exit_pool(
        entry_id=_entry(request, public_id).pk,
        actor=actor_of(request),
        reason=body.reason,
        note=body.note,
        now=clock.now(),
    )
    return shapes.desk_entry(entry)


@router.post(
    "/seller/products/{public_id}/nominate", response={201: DeskEntryOut}, summary="Nominate"
)
def nominate(
    request: HttpRequest, public_id: PublicId, body: NominationIn
) -> Status[dict[str, Any]]:
    """409 `product_not_listed` or `already_in_pool`."""
    mine = queries.products_editable_by(request.user)
    return _nominate(request, get_object_or_404(mine, public_id=public_id), body.reason)


@router.post(
    "/seller/products/{public_id}/leave-pool", response=DeskEntryOut, summary="Leave the pool"
)
def leave(request: HttpRequest, public_id: PublicId) -> dict[str, Any]:
    """404 where one's product is not in the pool."""
    mine = queries.products_editable_by(request.user).filter(public_id=public_id)
    entries = queries.pool_entries_visible_to(request.user)
    entry = goods.exit_pool(
        entry_id=get_object_or_404(entries, product__in=mine, status="admitted").pk,
        actor=actor_of(request),
        reason=ExitReason.WISH,
        note="",
        now=clock.now(),
    )
    return shapes.desk_entry(entry)


def _entry(request: HttpRequest, public_id: str) -> queries.AnyPoolEntry:
    mine = queries.pool_entries_of_offices(request.user)
    return get_object_or_404(mine, public_id=public_id)


def _nominate(
    request: HttpRequest, product: queries.AnyProduct, reason: str
) -> Status[dict[str, Any]]:
    entry = goods.nominate_product(
        product_id=product.pk, actor_id=actor_of(request).pk, reason=reason, now=clock.now()
    )
    return Status(201, shapes.desk_entry(entry))
