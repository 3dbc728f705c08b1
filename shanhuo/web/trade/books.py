"""The operator's and the auditor's view of the money: books, suspense, notices."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.orders import ledger, queries, services
from shanhuo.people.actors import actor_of

ON_A_PAGE = 30


@require_safe
def books(request: HttpRequest) -> HttpResponse:
    """Accounts, the equations that must hold, and the journal."""
    page = Paginator(queries.entries(), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"accounts": queries.accounts(), "findings": ledger.check(), "page": page}
    return render(request, "web/trade/books.html", context)


@require_safe
def suspense(request: HttpRequest) -> HttpResponse:
    """Money that fits no order."""
    page = Paginator(queries.suspense(), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/trade/suspense.html", {"page": page})


@require_POST
def send_back(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send suspense money back to where it came from."""
    item = queries.suspense().filter(public_id=public_id).first()
    if item is None:
        raise Http404
    services.refund_suspense(item_id=item.pk, actor=actor_of(request), now=clock.now())
    return redirect("trade:suspense")


@require_safe
def notices(request: HttpRequest) -> HttpResponse:
    """What the payment companies told us."""
    page = Paginator(queries.notices(), ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "web/trade/notices.html", {"page": page})
