"""Calm addresses that tell what reached them, answer at length, or slowly."""

import hashlib
from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

PIECE = b"x" * 100_000


def tell(request: HttpRequest) -> JsonResponse:
    """What the application sees of a request."""
    wanted = ("REMOTE_ADDR", "HTTP_HOST", "PATH_INFO", "QUERY_STRING", "wsgi.url_scheme")
    seen = {name: request.META.get(name, "") for name in wanted}
    seen["headers"] = sorted(name for name in request.META if name.startswith("HTTP_"))
    seen["cookie"] = request.META.get("HTTP_COOKIE", "")
    return JsonResponse(seen)


@csrf_exempt
def digest(request: HttpRequest) -> JsonResponse:
    """What arrived of a body."""
    whole = hashlib.sha256()
    count = 0
    while piece := request.read(65_536):
        whole.update(piece)
        count += len(piece)
    return JsonResponse({"bytes": count, "sha256": whole.hexdigest()})


def long(request: HttpRequest) -> StreamingHttpResponse:
    """Two megabytes in pieces."""

    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield PIECE

    return StreamingHttpResponse(pieces(), content_type="text/plain")


def fail(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("tell/<path:rest>", lambda request, rest: tell(request)),
    path("tell", tell),
    path("digest", digest),
    path("long", long),
    path("fail", fail),
]
