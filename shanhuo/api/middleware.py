"""Who calls the API: the session of a browser (then with its CSRF token), or a bearer token."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja.utils import check_csrf

Answer = Callable[[HttpRequest], HttpResponse]
_SAFE = ("GET", "HEAD", "OPTIONS")


class ApiDoorMiddleware:
    """Ninja views are exempt from Django's CSRF check; a session that writes is checked here."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if not request.path.startswith("/api/"):
            return None
        if request.method in _SAFE or not request.user.is_authenticated:
            return None
        if check_csrf(request) is None:
            return None
        message = _("Send the X-CSRFToken header, or use a token instead of the session.")
        body = {"code": "csrf", "message": message, "details": {}}
        return JsonResponse(body, status=403)
