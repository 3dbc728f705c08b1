"""The organisations a person acts for: joining, opening, members, papers."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.people import queries, rules, services
from shanhuo.web.account.forms import ApplicationForm, CreatorForm, InvitationForm, PapersForm
from shanhuo.web.forms import accepted, form_page
from shanhuo.web.identity import person


@never_cache
@require_safe
def organisations(request: HttpRequest) -> HttpResponse:
    """What I belong to, what I am invited to, what I may open."""
    context = {
        "memberships": queries.organisations_of(request.user),
        "invitations": queries.invitations_for(request.user, now=clock.now()),
        "is_creator": queries.has_creator_organisation(request.user),
    }
    return render(request, "web/account/organisations.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest, public_id: str) -> HttpResponse:
    """Members and papers of one organisation; an owner invites here."""
    place = _mine(request, public_id)
    form = InvitationForm(request.POST or None)

    def invite(phone: str, role: str) -> None:
        services.invite(
            organisation=place, phone=phone, role=role, inviter=person(request), now=clock.now()
        )

    if accepted(form, invite, "phone"):
        return redirect("account:organisation", public_id)
    return form_page(
        request,
        "web/account/organisation.html",
        form,
        organisation=place,
        members=queries.members_of(place),
        invitations=queries.invitations_of(place, now=clock.now()),
        verification=queries.latest_verification(place),
        can_manage=rules.can_manage(request.user, place),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def become_creator(request: HttpRequest) -> HttpResponse:
    """One step: a name and a county."""
    form = CreatorForm(request.POST or None)

    def become(**fields: Any) -> None:
        services.become_creator(user=person(request), now=clock.now(), **fields)

    if accepted(form, become):
        return redirect("account:organisations")
    return form_page(request, "web/account/become_creator.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def apply(request: HttpRequest) -> HttpResponse:
    """A cooperative, merchant or county office, with its papers."""
    form = ApplicationForm(request.POST or None, request.FILES or None)

    def hand_in(documents: list[Any], **fields: Any) -> None:
        services.apply_for_organisation(
            applicant=person(request), documents=_papers(documents), now=clock.now(), **fields
        )

    if accepted(form, hand_in):
        return redirect("account:organisations")
    return form_page(request, "web/account/apply.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def papers(request: HttpRequest, public_id: str) -> HttpResponse:
    """Better papers after a refusal."""
    place = _mine(request, public_id)
    form = PapersForm(request.POST or None, request.FILES or None)

    def hand_in(documents: list[Any], note: str) -> None:
        services.hand_in_papers(
            organisation=place,
            applicant=person(request),
            documents=_papers(documents),
            note=note,
            now=clock.now(),
        )

    if accepted(form, hand_in):
        return redirect("account:organisation", public_id)
    return form_page(request, "web/account/papers.html", form, organisation=place)


@never_cache
@require_safe
def document(request: HttpRequest, public_id: str) -> HttpResponse:
    """A paper, to those who may see it: always a download, never a page of ours."""
    paper = get_object_or_404(queries.documents_visible_to(request.user), public_id=public_id)
    suffix = "pdf" if paper.content_type == "application/pdf" else "jpg"
    with paper.file.open() as file:
        content = file.read()
    name = f"{paper.kind}-{paper.public_id}.{suffix}"
    return HttpResponse(
        content,
        content_type=paper.content_type,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@require_POST
def end_membership(request: HttpRequest, public_id: str, member_id: str) -> HttpResponse:
    """An owner removes somebody, or one leaves."""
    place = _mine(request, public_id)
    membership = get_object_or_404(queries.members_of(place), user__public_id=member_id)
    services.end_membership(membership=membership, actor=person(request), now=clock.now())
    if membership.user_id == request.user.pk:
        return redirect("account:organisations")
    return redirect("account:organisation", public_id)


@require_POST
def accept_invitation(request: HttpRequest, public_id: str) -> HttpResponse:
    invitation = get_object_or_404(
        queries.invitations_for(request.user, now=clock.now()), public_id=public_id
    )
    services.accept_invitation(invitation=invitation, user=person(request), now=clock.now())
    return redirect("account:organisations")


@require_POST
def withdraw_invitation(request: HttpRequest, public_id: str) -> HttpResponse:
    """Taken back by an owner, or declined by the person."""
    invitation = get_object_or_404(
        queries.invitations_visible_to(request.user, now=clock.now()), public_id=public_id
    )
    services.withdraw_invitation(invitation=invitation, actor=person(request), now=clock.now())
    if rules.is_member(request.user, invitation.organisation):
        return redirect("account:organisation", invitation.organisation.public_id)
    return redirect("account:organisations")


def _mine(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(queries.organisations_visible_to(request.user), public_id=public_id)


def _papers(files: list[Any]) -> list[tuple[str, bytes]]:
    """What each paper is, is for the person who checks it to see."""
    return [("other", file.read()) for file in files]
