"""The operator's and the auditor's view of the money: books, suspense, notices."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.kernel.sheets import at, yuan
from shanhuo.orders import ledger, queries, services
from shanhuo.orders.choices import SuspenseState
from shanhuo.people.actors import actor_of
from shanhuo.web.trade.lists import ListForm, Sheet, list_page

KINDS = [
    ("paid", _("Payment")),
    ("promised", _("Refund promised")),
    ("sent", _("Refund sent")),
    ("settled", _("Settlement")),
    ("suspense", _("Money without an order")),
]
OUTCOMES = [
    ("applied", _("Applied")),
    ("repeated", _("Known already")),
    ("suspense", _("Money put aside")),
]
JOURNAL = Sheet(
    _("Journal"),
    [
        (_("At"), lambda posting: at(posting.entry.at)),
        (_("Event"), lambda posting: str(posting.entry.get_kind_display())),
        (_("Key"), lambda posting: posting.entry.key),
        (_("Out of account"), lambda posting: posting.source_id),
        (_("Into account"), lambda posting: posting.target_id),
        (_("Amount (yuan)"), lambda posting: yuan(posting.amount_fen)),
    ],
)
SUSPENSE = Sheet(
    _("Money without an order"),
    [
        (_("Received"), lambda item: at(item.received_at)),
        (_("Company"), lambda item: item.company),
        (_("Transaction"), lambda item: item.transaction_id),
        (_("Payment number"), lambda item: item.trade_no),
        (_("Amount (yuan)"), lambda item: yuan(item.amount_fen)),
        (_("Currency"), lambda item: item.currency),
        (_("Why"), lambda item: str(item.get_reason_display())),
        (_("Sent back on"), lambda item: at(item.resolved_at)),
    ],
)
NOTICES = Sheet(
    _("Payment notices"),
    [
        (_("Payment number"), lambda notice: notice.trade_no),
        (_("Received"), lambda notice: at(notice.received_at)),
        (_("Company"), lambda notice: notice.company),
        (_("Kind"), lambda notice: str(notice.get_kind_display())),
        (_("Amount (yuan)"), lambda notice: yuan(notice.amount_fen)),
        (_("Times"), lambda notice: notice.times),
        (_("Outcome"), lambda notice: str(notice.get_outcome_display())),
    ],
)


@require_safe
def books(request: HttpRequest) -> HttpResponse:
    """Accounts, the equations that must hold, and the journal."""
    form = ListForm(request.GET, states=KINDS, hint=_("Order number or account"))
    asked = form.asked()
    found = queries.find_entries(
        queries.entries(), q=asked.get("q", ""), kind=asked.get("state", "")
    )
    found = form.in_days(found, "at")
    if request.GET.get("format") == "xlsx":
        return JOURNAL.download(queries.postings_of(found))
    return list_page(
        request,
        "web/trade/books.html",
        found,
        form=form,
        sheet=JOURNAL,
        accounts=queries.accounts(),
        findings=ledger.check(),
    )


@require_safe
def suspense(request: HttpRequest) -> HttpResponse:
    """Money that fits no order."""
    form = ListForm(request.GET, states=SuspenseState.choices, hint=_("Payment number"))
    asked = form.asked()
    found = queries.find_suspense(
        queries.suspense(), q=asked.get("q", ""), state=asked.get("state", "")
    )
    found = form.in_days(found, "received_at")
    return list_page(request, "web/trade/suspense.html", found, form=form, sheet=SUSPENSE)


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
    form = ListForm(request.GET, states=OUTCOMES, hint=_("Payment number"))
    asked = form.asked()
    found = queries.find_notices(
        queries.notices(), q=asked.get("q", ""), outcome=asked.get("state", "")
    )
    found = form.in_days(found, "received_at")
    return list_page(request, "web/trade/notices.html", found, form=form, sheet=NOTICES)
