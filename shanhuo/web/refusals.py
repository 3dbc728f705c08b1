"""How a refusal looks: a notice for htmx, a page for people, JSON for programs. Same words."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shanhuo.kernel.errors import Refusal

_TITLES = {
    400: gettext_lazy("The request was not understood"),
    403: gettext_lazy("This page is not for your account"),
    404: gettext_lazy("Nothing is here"),
    413: gettext_lazy("Too large"),
    429: gettext_lazy("Too many attempts"),
    500: gettext_lazy("Something broke on our side"),
}


def refuse(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The answer to a request that a service refused."""
    return answer(
        request,
        status=refusal.status,
        code=refusal.code,
        message=str(refusal),
        details=refusal.details,
    )


def answer(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    message: str,
    details: dict[str, Any] | None = None,
) -> HttpResponse:
    """One refusal in the form the asker reads: API programs, htmx, or a person with a page."""
    if request.path.startswith("/api/"):
        body = {"code": code, "message": message, "details": details or {}}
        return JsonResponse(body, status=status)
    context = {
        "status": status,
        "code": code,
        "title": _TITLES.get(status, _("This cannot be done")),
        "message": message,
        "details": details or {},
    }
    if is_htmx(request):
        response = render(request, "web/_refusal.html", context, status=status)
        response["HX-Retarget"] = "#notices"
        response["HX-Reswap"] = "innerHTML"
        return response
    return render(request, "web/refusal.html", context, status=status)


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """401 for programs; for people the sign-in page, which leads back to where they were."""
    if request.path.startswith("/api/"):
        return answer(request, status=401, code="sign_in_first", message=_("Sign in first."))
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': _page_of(request)})}"
    if is_htmx(request):
        return HttpResponse(status=401, headers={"HX-Redirect": address})
    return redirect(address)


def _page_of(request: HttpRequest) -> str:
    """The path to open after signing in: a form cannot be sent again, the page it stood on can."""
    if request.method in ("GET", "HEAD") and not is_htmx(request):
        return request.get_full_path()
    page = urlsplit(request.headers.get("referer", ""))
    if page.netloc != request.get_host():
        return "/"
    return f"{page.path}?{page.query}" if page.query else page.path or "/"


def is_htmx(request: HttpRequest) -> bool:
    """A fragment is wanted, not a page (a boosted link wants a page)."""
    htmx = getattr(request, "htmx", None)
    return htmx is not None and bool(htmx) and not htmx.boosted


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    message = _("Go back, check what you typed, and try again.")
    return answer(request, status=400, code="bad_request", message=message)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    message = _("It belongs to another role or organisation. If it should be yours, ask its owner.")
    return answer(request, status=403, code="not_allowed", message=message)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = _(
        "The form was too old or came from another site. Open the page again and send it once more."
    )
    return answer(request, status=403, code="stale_form", message=message)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    message = _("The address may be mistyped, or what stood here was taken down.")
    return answer(request, status=404, code="not_found", message=message)


def server_error(request: HttpRequest) -> HttpResponse:
    message = _("What you did was not saved. The error is recorded; please try again in a minute.")
    return answer(request, status=500, code="server_error", message=message)
