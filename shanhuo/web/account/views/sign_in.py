"""Signing in: the number, the code, and out again."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people import proof_of_work, services
from shanhuo.web.account.addresses import own_path
from shanhuo.web.account.forms import CodeForm, PhoneForm
from shanhuo.web.forms import accepted, form_page

SENT = "people.sent_code"
NEXT = "people.next"
ENTERED = "people.entered"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a code. The address to go on to waits in the session."""
    if request.user.is_authenticated:
        return redirect(own_path(request.GET.get("next", "")) or "site:me")
    if request.method != "POST":
        request.session[NEXT] = own_path(request.GET.get("next", ""))
    form = PhoneForm(request.POST or None)

    def send(phone: str, proof: str) -> None:
        address = request.META.get("REMOTE_ADDR", "")
        sent = services.request_code(phone=phone, address=address, proof=proof, now=clock.now())
        remember(request, sent)

    if accepted(form, send, "phone"):
        return redirect("account:code")
    return form_page(request, "web/account/sign_in.html", form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Type the code that was sent from this browser."""
    sent = request.session.get(SENT)
    if not sent:
        return redirect("account:sign_in")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            signed_in = services.confirm_code(
                reference=sent["reference"],
                guess=form.cleaned_data["code"],
                address=request.META.get("REMOTE_ADDR", ""),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error("code", str(refusal))
        else:
            return enter(request, signed_in, method="code")
    return form_page(request, "web/account/code.html", form, sent=sent)


@never_cache
@require_safe
def challenge(request: HttpRequest) -> JsonResponse:
    """The sum that the browser works out before a code is sent."""
    return JsonResponse(proof_of_work.challenge(now=clock.now()))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("/")


def remember(request: HttpRequest, sent: services.SentCode, *, key: str = SENT) -> None:
    """Bind the code to this browser: only its session knows the reference."""
    request.session[key] = {
        "reference": sent.reference,
        "masked_phone": sent.masked_phone,
        "demo_code": sent.demo_code,
    }


def enter(request: HttpRequest, signed_in: services.SignedIn, *, method: str) -> HttpResponse:
    """Begin the session and lead on to where the person wanted to go."""
    goal = request.session.pop(NEXT, None)
    request.session.pop(SENT, None)
    record_authentication(request, signed_in.user, method=method)
    answer: HttpResponse = perform_login(request, Login(user=signed_in.user, redirect_url=goal))
    request.session[ENTERED] = clock.now().timestamp()
    return answer
