"""The operator's pages about people: papers to decide on, accounts, organisations."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.people import phones, queries, rules, services
from shanhuo.web.forms import accepted, form_page
from shanhuo.web.identity import person
from shanhuo.web.ops.people_forms import (
    DecisionForm,
    OrganisationForm,
    PersonSearchForm,
    ReasonForm,
)

PER_PAGE = 30


@never_cache
@require_safe
def verifications(request: HttpRequest) -> HttpResponse:
    """Papers that wait, the oldest first; decided ones by choice."""
    status = request.GET.get("status", "open")
    rows = queries.verification_queue(request.user, status=status)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "status": status, "statuses": queries.VERIFICATION_STATUSES}
    return render(request, "web/ops/people_verifications.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def verification(request: HttpRequest, public_id: str) -> HttpResponse:
    """The papers of one applicant, and the decision of a second person."""
    case = get_object_or_404(queries.verifications_visible_to(request.user), public_id=public_id)
    form = DecisionForm(request.POST or None)

    def decide(decision: str, reason: str) -> None:
        services.decide_verification(
            verification=case,
            decider=person(request),
            accept=decision == "accept",
            reason=reason,
            now=clock.now(),
        )

    if accepted(form, decide, "reason"):
        return redirect("ops:verifications")
    return form_page(
        request,
        "web/ops/people_verification.html",
        form,
        case=case,
        documents=case.documents.all(),
        may_decide=rules.can_decide(request.user, case),
    )


@never_cache
@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """Find an account by its whole number or its id: numbers are encrypted, parts find nothing."""
    form = PersonSearchForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = queries.find_person(text) if text else None
    return render(
        request, "web/ops/people_search.html", {"form": form, "text": text, "found": found}
    )


@never_cache
@require_safe
def account(request: HttpRequest, public_id: str) -> HttpResponse:
    """One account: roles, state, and what an operator may do with it."""
    return _account_page(request, _account(public_id), ReasonForm())


@require_POST
def account_act(request: HttpRequest, public_id: str, act: str) -> HttpResponse:
    """Suspend, reopen, or release the number, each with a reason."""
    user = _account(public_id)
    form = ReasonForm(request.POST)
    deed = {
        "suspend": services.suspend_account,
        "reopen": services.reopen_account,
        "release": services.release_phone,
    }[act]

    def do(reason: str) -> None:
        deed(user=user, operator=person(request), reason=reason, now=clock.now())

    if accepted(form, do, "reason"):
        return redirect("ops:account", public_id)
    return _account_page(request, user, form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisations(request: HttpRequest) -> HttpResponse:
    """All organisations; an operator opens one that needs no papers."""
    form = OrganisationForm(request.POST or None)

    def open_one(kind: str, name: str, county: Any, owner_phone: str) -> None:
        owner = queries.person_to_add(owner_phone)
        services.open_organisation(
            kind=kind,
            name=name,
            county=county,
            owners=[owner],
            opened_by=person(request),
            now=clock.now(),
        )

    if accepted(form, open_one):
        return redirect("ops:organisations")
    kind = request.GET.get("kind", "")
    rows = queries.organisations_by_kind(request.user, kind=kind)
    return form_page(
        request,
        "web/ops/people_organisations.html",
        form,
        page=Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        kind=kind,
        kinds=queries.ORGANISATION_KINDS,
    )


@require_POST
def organisation_suspend(request: HttpRequest, public_id: str) -> HttpResponse:
    place = get_object_or_404(queries.organisations_visible_to(request.user), public_id=public_id)
    services.suspend_organisation(
        organisation=place,
        operator=person(request),
        reason=request.POST.get("reason", ""),
        now=clock.now(),
    )
    return redirect("ops:organisations")


def _account(public_id: str) -> Any:
    return get_object_or_404(queries.accounts(), public_id=public_id)


def _account_page(request: HttpRequest, user: Any, form: ReasonForm) -> HttpResponse:
    return form_page(
        request,
        "web/ops/people_account.html",
        form,
        account=user,
        masked_phone=phones.masked(user.phone),
        memberships=queries.organisations_of(user),
        deeds=_deeds(user),
    )


def _deeds(user: Any) -> list[tuple[str, str]]:
    """What can be done with the account: (address name, words)."""
    if user.erased_at:
        return []
    deeds = [
        ("ops:account_suspend", _("Suspend the account"))
        if user.is_active
        else ("ops:account_reopen", _("Reopen the account"))
    ]
    if user.phone:
        deeds.append(("ops:account_release", _("Release the number (it has a new owner)")))
    return deeds
