"""The door (access table), the voice (refusals), the glasses (care and youth mode) of pages."""

import logging
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from shanhuo.kernel.downloads import FileAnswer
from shanhuo.kernel.errors import Refusal
from shanhuo.people.access import may_enter
from shanhuo.web import refusals, shell
from shanhuo.web.access import wanted_for

log = logging.getLogger(__name__)
# Page areas where a POST spends money or publishes something.
CLOSED_TO_YOUTH = {"trade", "content", "seller", "live"}
Answer = Callable[[HttpRequest], HttpResponse]


class PackingMiddleware(GZipMiddleware):
    """Packs pages, never a file: the server sends that itself, whole or the part asked for."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if isinstance(response, FileAnswer):
            return response
        return super().process_response(request, response)


class ShellMiddleware:
    """Reads what this browser chose (care mode, youth mode) into `request.shell`."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.shell = shell.read(request)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """In youth mode nothing is bought, posted or sold from this browser."""
        youth = request.shell.youth  # type: ignore[attr-defined]
        if not youth or request.method in ("GET", "HEAD", "OPTIONS"):
            return None
        namespaces = request.resolver_match.namespaces if request.resolver_match else []
        if not CLOSED_TO_YOUTH.intersection(namespaces):
            return None
        return refusals.refuse(request, shell.YouthModeIsOn())


class AccessMiddleware:
    """Fails closed: an address without a row in the access table does not exist."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        match = request.resolver_match
        assert match is not None  # noqa: S101  process_view runs after resolving
        wanted = wanted_for(request, match)
        if wanted is None:
            log.error("Route %s stands in no access table", match.view_name)
            raise Http404
        if may_enter(request.user, wanted):
            return None
        if request.user.is_authenticated:
            return refusals.permission_denied(request)
        return refusals.ask_to_sign_in(request)


class NulMiddleware:
    """No text of ours holds a NUL character; PostgreSQL would fail on one in the middle of a deed.
    Forms refuse it themselves; this looks at addresses and JSON."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            return refusals.bad_request(request)
        is_json = request.content_type == "application/json"
        if is_json and (b"\\u0000" in request.body or b"\0" in request.body):
            return refusals.bad_request(request)
        return self.get_response(request)


class RefusalMiddleware:
    """Turns a Refusal that no view handled into a page, a fragment or JSON."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, Refusal):
            return refusals.refuse(request, error)
        return None
