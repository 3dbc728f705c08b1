"""Calm addresses that tell what reached them, answer at length, or slowly."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from shanhuo.kernel.downloads import file_answer

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


def film(request: HttpRequest, name: str) -> HttpResponseBase:
    """A file that is not public."""
    path = Path(settings.PRIVATE_DIR) / name
    return file_answer(request, path, content_type="video/mp4", name="脆李.mp4")


def fail(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [
    path("tell/<path:rest>", lambda request, rest: tell(request)),
    path("tell", tell),
    path("digest", digest),
    path("long", long),
    path("film/<str:name>", film),
    path("fail", fail),
]
