"""The front page of the desk: what waits, in the order in which it matters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shanhuo.impact.examinations import waiting_for
from shanhuo.orders import queries as orders
from shanhuo.people import queries
from shanhuo.traffic.grants import queries as grants
from shanhuo.web.content.review import todos as posts_that_wait
from shanhuo.web.desks import Deed, Todo, waiting
from shanhuo.web.live.checking import todos as sessions_that_wait
from shanhuo.web.live.evidence import todos as evidence_that_waits
from shanhuo.web.trade.selling_coupons import todos as coupons_that_wait


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(
        request, "web/ops/home.html", {"todos": waiting(*_todos(request)), "deeds": _deeds()}
    )


def _deeds() -> list[Deed]:
    return [
        Deed(_("Read the books"), reverse("trade:books"), "list"),
        Deed(_("Check a published figure"), reverse("ops:examinations"), "chart"),
    ]


def _todos(request: HttpRequest) -> list[Todo]:
    papers = queries.verification_queue(request.user, status="open").count()
    return [
        Todo(
            waiting_for(request.user),
            _("Recounted figures to sign off"),
            f"{reverse('ops:examinations')}?status=counted",
            "check",
        ),
        Todo(
            grants.requests_to_decide(request.user).count(),
            _("Requests for traffic to decide on"),
            reverse("grants:desk"),
            "chart",
        ),
        Todo(papers, _("Papers to decide on"), reverse("ops:verifications"), "seal"),
        *posts_that_wait(),
        *sessions_that_wait(request.user),
        *evidence_that_waits(),
        *coupons_that_wait(),
        Todo(
            orders.suspense_count(),
            _("Payments without an order"),
            reverse("trade:suspense"),
            "yuan",
        ),
    ]
