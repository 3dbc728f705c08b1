"""The host's page on air: camera, key for encoders, and the live desk beside it.

The camera must not be interrupted: with script every form here is sent by htmx and answered with
the desk alone. Without script (a host with an encoder) the same forms lead back to this page.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries
from shanhuo.live.queries import ItemView
from shanhuo.live.services import airing, showcase
from shanhuo.people.actors import actor_of
from shanhuo.web.forms import form_page
from shanhuo.web.live.figures import audience_of, figures_of
from shanhuo.web.live.goods import item_in
from shanhuo.web.live.moderating import order_of
from shanhuo.web.live.rows import directed_session
from shanhuo.web.refusals import is_htmx
from shanhuo.web.trade.forms import HotSaleForm

SOON = timedelta(minutes=1)
OFFER_LASTS = timedelta(minutes=15)


@require_safe
def air(request: HttpRequest, public_id: str) -> HttpResponse:
    """Camera and desk."""
    return _page(request, directed_session(request, public_id))


@require_safe
def desk(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: answers with the fragment that replaces #desk."""
    return desk_after(request, directed_session(request, public_id))


@require_POST
def goods_deed(request: HttpRequest, public_id: str) -> HttpResponse:
    """htmx: one deed with the goods, as `deed` says; answers with #desk."""
    session = directed_session(request, public_id)
    present = [item.id for item in queries.desk_items(session, now=clock.now())]
    item, by, now = item_in(request, present), actor_of(request), clock.now()
    deed = request.POST.get("deed")
    if deed == "unpin":
        showcase.unpin(session_id=session.pk, by=by, now=now)
    elif deed == "stop":
        showcase.stop_explaining(session_id=session.pk, by=by, now=now)
    elif item and deed == "pin":
        showcase.pin(item_id=item, by=by, now=now)
    elif item and deed == "explain":
        showcase.start_explaining(item_id=item, by=by, now=now)
    return desk_after(request, session)


@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, public_id: str) -> HttpResponse:
    """A limited offer of one of the host's own sizes."""
    session = directed_session(request, public_id)
    items = queries.desk_items(session, now=clock.now())
    sizes = _own_sizes(request, items)
    opens_at = clock.now() + SOON
    started = {"opens_at": opens_at, "closes_at": opens_at + OFFER_LASTS}
    form = HotSaleForm(request.POST or None, skus=sizes.names, initial=started)
    if form.is_valid():
        of_product = {item.product: item.id for item in items}
        try:
            showcase.attach_offer(
                item_id=of_product[sizes.products[form.cleaned_data["sku"]]],
                sku=form.cleaned_data["sku"],
                by=actor_of(request),
                now=clock.now(),
                **form.terms(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The offer stands. Announce it in time."))
            return redirect("live:air", public_id)
    return form_page(
        request, "web/live/offer.html", form, session=session, can_offer=bool(sizes.names)
    )


@sensitive_variables("key")
@require_POST
def key(request: HttpRequest, public_id: str) -> HttpResponse:
    """A new stream key; this page is the only one that ever shows it."""
    session = directed_session(request, public_id)
    made = airing.issue_stream_key(session_id=session.pk, by=actor_of(request), now=clock.now())
    host, port = request.get_host().partition(":")[0], settings.RTMP_PORT
    context = {"session": session, "key": made, "address": f"rtmp://{host}:{port}"}
    return render(request, "web/live/key.html", context)


@require_POST
def end(request: HttpRequest, public_id: str) -> HttpResponse:
    """The show is over."""
    session = directed_session(request, public_id)
    airing.end_session(session_id=session.pk, by=actor_of(request), now=clock.now())
    messages.success(request, _("The session is over. Its replay is being put together."))
    return redirect("live:plan", public_id)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes that the host may offer: for the form, and of which product each is."""

    names: list[tuple[str, str]]
    products: dict[str, str]


def _own_sizes(request: HttpRequest, items: list[ItemView]) -> Sizes:
    there = {item.product for item in items}
    rows = goods.skus_editable_by(request.user).filter(is_active=True, product__public_id__in=there)
    names, products = [], {}
    for sku in rows.order_by("product__title", "pk"):
        names.append((sku.public_id, f"{sku.product.title} · {sku.name}"))
        products[sku.public_id] = sku.product.public_id
    return Sizes(names, products)


def _page(request: HttpRequest, session: Any) -> HttpResponse:
    context = {
        **_context(session),
        **order_of(session),
        "tickets": _tickets(request, session),
        "may_film": session.status in airing.MAY_FILM,
        "may_rehearse": session.status in airing.MAY_REHEARSE,
    }
    return render(request, "web/live/air.html", context)


def desk_after(request: HttpRequest, session: Any) -> HttpResponse:
    """#desk for htmx; without script, the whole page once more."""
    if not is_htmx(request) and request.method == "POST":
        return redirect("live:air", session.public_id)
    session.refresh_from_db()
    return render(request, "web/live/_desk.html", _context(session))


def _context(session: Any) -> dict[str, Any]:
    now = clock.now()
    audience = audience_of(session, now=now)
    items = queries.desk_items(session, now=now)
    return {
        "session": session,
        "goods": [(item, audience.pulls.get(item.product_id)) for item in items],
        "figures": figures_of(session, now=now),
        "coupons": _coupons(session, now=now),
        "problem": queries.camera_problem(session.pk),
        "audience": audience,
    }


def _coupons(session: Any, *, now: datetime) -> list[tuple[Any, bool]]:
    """What the hosts can give out, and whether it is."""
    out = queries.batches_out(session.pk)
    return [(batch, batch.pk in out) for batch in queries.coupons_at_hand(session, now=now)]


def _tickets(request: HttpRequest, session: Any) -> dict[str, str]:
    """What the camera shows at the door: one for the show, one for the rehearsal."""
    user_id, now = actor_of(request).pk, clock.now()
    return {
        name: airing.take_ticket(
            session_id=session.pk, user_id=user_id, is_rehearsal=rehearsal, now=now
        )
        for name, rehearsal in (("show", False), ("rehearsal", True))
    }
