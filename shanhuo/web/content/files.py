"""Media that are not published: for the author and the reviewers, in parts as players ask."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from shanhuo.content.media import shelf
from shanhuo.web.content.rows import visible_post

_NAME = re.compile(r"[\w-]+\.(mp4|m4s|m3u8|webp|jpg)")
_TYPES = {
    "mp4": "video/mp4",
    "m4s": "video/mp4",
    "m3u8": "application/vnd.apple.mpegurl",
    "webp": "image/webp",
    "jpg": "image/jpeg",
}
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")
_CHUNK = 256 * 1024


@require_safe
def private_media(request: HttpRequest, public_id: str, name: str) -> HttpResponseBase:
    known = _NAME.fullmatch(name)
    file = shelf.private_folder(visible_post(request, public_id).media_key) / name
    if known is None or not file.is_file():
        raise Http404
    response = _part(file, request.headers.get("Range", ""))
    response["Content-Type"] = _TYPES[known[1]]
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-store"
    return response


def _part(file: Path, wanted: str) -> HttpResponseBase:
    size = file.stat().st_size
    asked = _RANGE.fullmatch(wanted)
    if asked is None:
        return _stream(file, 0, size, status=200)
    start = int(asked[1])
    end = min(int(asked[2]) + 1 if asked[2] else size, size)
    if start >= end:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    response = _stream(file, start, end, status=206)
    response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _stream(file: Path, start: int, end: int, *, status: int) -> HttpResponseBase:
    response = StreamingHttpResponse(_bytes(file, start, end), status=status)
    response["Content-Length"] = str(end - start)
    return response


def _bytes(file: Path, start: int, end: int) -> Iterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(start)
        while start < end and (chunk := opened.read(min(_CHUNK, end - start))):
            start += len(chunk)
            yield chunk
