"""A person's own account: name, number, sessions, data, farewell."""

import json

from django.contrib.auth import logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shanhuo.kernel import clock
from shanhuo.people import personal_data, phones, services
from shanhuo.people.queries import AnyUser
from shanhuo.web.account.forms import CodeForm, DeletionForm, NameForm, PhoneForm
from shanhuo.web.account.views.sign_in import remember
from shanhuo.web.forms import accepted, form_page
from shanhuo.web.identity import person

MOVING = "people.moving_phone"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Name and an overview of everything else."""
    user = person(request)
    form = NameForm(request.POST or None, initial={"display_name": user.display_name})
    if accepted(form, lambda display_name: services.rename(user=user, display_name=display_name)):
        return redirect("account:profile")
    masked_phone = phones.masked(user.phone)
    return form_page(request, "web/account/profile.html", form, masked_phone=masked_phone)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def phone(request: HttpRequest) -> HttpResponse:
    """Move the account to another number: first a code to the new one."""
    form = PhoneForm(request.POST or None)

    def send(phone: str, proof: str) -> None:
        address = request.META.get("REMOTE_ADDR", "")
        sent = services.request_code(phone=phone, address=address, proof=proof, now=clock.now())
        remember(request, sent, key=MOVING)

    if accepted(form, send, "phone"):
        return redirect("account:phone_code")
    return form_page(request, "web/account/phone.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def phone_code(request: HttpRequest) -> HttpResponse:
    """Then type it; other browsers are signed out, this one stays."""
    sent = request.session.get(MOVING)
    if not sent:
        return redirect("account:phone")
    form = CodeForm(request.POST or None)

    def move(code: str) -> None:
        services.change_phone(
            user=person(request),
            reference=sent["reference"],
            guess=code,
            address=request.META.get("REMOTE_ADDR", ""),
            now=clock.now(),
        )

    if accepted(form, move, "code"):
        request.session.pop(MOVING)
        stay_signed_in(request)
        return redirect("account:profile")
    return form_page(request, "web/account/code.html", form, sent=sent)


@require_POST
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    services.end_all_sessions(user=person(request), now=clock.now())
    stay_signed_in(request)
    return redirect("account:profile")


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Everything the platform holds about me, as one file."""
    text = json.dumps(personal_data.export(person(request)), ensure_ascii=False, indent=2)
    return HttpResponse(
        text,
        content_type="application/json; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="my-data.json"'},
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Leave for good."""
    user = person(request)
    form = DeletionForm(request.POST or None)

    def go(word: str) -> None:
        services.delete_account(user=user, now=clock.now())

    if accepted(form, go):
        logout(request)
        return render(request, "web/account/deleted.html")
    return form_page(
        request, "web/account/delete.html", form, unfinished=personal_data.unfinished(user)
    )


def stay_signed_in(request: HttpRequest) -> None:
    """This browser's session follows the account's new epoch."""
    user: AnyUser = person(request)
    user.refresh_from_db()
    update_session_auth_hash(request, user)
