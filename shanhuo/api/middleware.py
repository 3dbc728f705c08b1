"""Who calls the API: the session of a browser (then with its CSRF token), or a bearer token."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja.utils import check_csrf

from shanhuo.kernel import clock, tokens
from shanhuo.people import api_tokens

Answer = Callable[[HttpRequest], HttpResponse]
_SAFE = ("GET", "HEAD", "OPTIONS")
_BEARER = "Bearer "


class ApiDoorMiddleware:
    """A token decides who asks, whatever the cookies say; a session that writes is checked here,
    because ninja's views are exempt from Django's own CSRF check."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        header = request.headers.get("Authorization", "")
        if request.path.startswith("/api/") and header.startswith(_BEARER):
            try:
                user = api_tokens.user_of(header.removeprefix(_BEARER), now=clock.now())
            except tokens.BadToken as refusal:
                return _refuse(401, refusal.code, _("The token is wrong, too old or ended."))
            request.user = user
            request.by_token = True  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.path.startswith("/api/") or request.method in _SAFE:
            return None
        if getattr(request, "by_token", False) or not request.user.is_authenticated:
            return None
        if check_csrf(request) is None:
            return None
        message = _("Send the X-CSRFToken header, or use a token instead of the session.")
        return _refuse(403, "csrf", message)


def _refuse(status: int, code: str, message: str) -> HttpResponse:
    return JsonResponse({"code": code, "message": message, "details": {}}, status=status)
