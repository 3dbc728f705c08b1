"""Passkeys: adding, naming and removing them, and coming in with one."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people import queries, services
from shanhuo.web.account.forms import NewPasskeyForm, PasskeyNameForm, PhoneForm, SignatureForm
from shanhuo.web.account.views.profile import stay_signed_in
from shanhuo.web.account.views.sign_in import ENTERED, enter
from shanhuo.web.forms import accepted, form_page
from shanhuo.web.identity import person

ADDING, ENTERING = "people.passkey.adding", "people.passkey.entering"
# A browser left open on a table must not get a key of its own.
FRESH_FOR = timedelta(minutes=15)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def passkeys(request: HttpRequest) -> HttpResponse:
    """The keys of the account; a new one is added here, soon after signing in."""
    user = person(request)
    is_fresh = _is_fresh(request, now=clock.now())
    form = NewPasskeyForm(request.POST or None)

    def add(name: str, credential: Any) -> None:
        state = request.session.pop(ADDING, {})
        services.add_passkey(
            user=user, state=state, credential=credential, name=name, now=clock.now()
        )

    if is_fresh and accepted(form, add):
        return redirect("account:passkeys")
    return form_page(
        request,
        "web/account/passkeys.html",
        form,
        passkeys=queries.passkeys_of(user),
        is_fresh=is_fresh,
    )


@require_POST
def new_key_challenge(request: HttpRequest) -> JsonResponse:
    """What the device signs to become a key of this account."""
    return _begin(request, ADDING, services.begin_adding(user=person(request), now=clock.now()))


@require_POST
def challenge(request: HttpRequest) -> JsonResponse:
    """What the device signs to come in."""
    return _begin(request, ENTERING, services.begin_entering(now=clock.now()))


@never_cache
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Come in with a key; a refusal shows the sign-in page, where the code is."""
    form = SignatureForm(request.POST)
    if form.is_valid():
        try:
            signed_in = services.enter_with_passkey(
                state=request.session.pop(ENTERING, {}),
                credential=form.cleaned_data["credential"],
                address=request.META.get("REMOTE_ADDR", ""),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return enter(request, signed_in, method="passkey")
    context = {"form": PhoneForm(), "refused": form.non_field_errors()}
    return render(request, "web/account/sign_in.html", context, status=422)


@require_POST
def sign_in_again(request: HttpRequest) -> HttpResponse:
    """Out and in again, back to the passkeys: whoever adds a key shows who they are first."""
    logout(request)
    query = urlencode({"next": reverse("account:passkeys")})
    return redirect(f"{reverse('account:sign_in')}?{query}")


@require_POST
def rename_passkey(request: HttpRequest, public_id: str) -> HttpResponse:
    passkey = get_object_or_404(queries.passkeys_of(person(request)), public_id=public_id)
    form = PasskeyNameForm(request.POST)
    if form.is_valid():
        services.rename_passkey(passkey=passkey, name=form.cleaned_data["name"])
    return redirect("account:passkeys")


@require_POST
def remove_passkey(request: HttpRequest, public_id: str) -> HttpResponse:
    """Other browsers are signed out, this one stays."""
    passkey = get_object_or_404(queries.passkeys_of(person(request)), public_id=public_id)
    services.remove_passkey(passkey=passkey, now=clock.now())
    stay_signed_in(request)
    return redirect("account:passkeys")


def _begin(request: HttpRequest, key: str, ceremony: services.Ceremony) -> JsonResponse:
    """Bind the challenge to this browser: only its session holds the state."""
    request.session[key] = ceremony.state
    return JsonResponse(ceremony.options, headers={"Cache-Control": "no-store"})


def _is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    entered = request.session.get(ENTERED, 0)
    return bool(now.timestamp() - entered < FRESH_FOR.total_seconds())
