"""Media that are not published: for the author and the reviewers, in parts as players ask."""

import re

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from shanhuo.content.media import shelf
from shanhuo.kernel.downloads import file_answer
from shanhuo.web.content.rows import visible_post

_NAME = re.compile(r"[\w-]+\.(mp4|m4s|m3u8|webp|jpg)")
_TYPES = {
    "mp4": "video/mp4",
    "m4s": "video/mp4",
    "m3u8": "application/vnd.apple.mpegurl",
    "webp": "image/webp",
    "jpg": "image/jpeg",
}


@require_safe
def private_media(request: HttpRequest, public_id: str, name: str) -> HttpResponseBase:
    known = _NAME.fullmatch(name)
    file = shelf.private_folder(visible_post(request, public_id).media_key) / name
    if known is None or not file.is_file():
        raise Http404
    response = file_answer(request, file, content_type=_TYPES[known[1]])
    response["Cache-Control"] = "private, no-store"
    return response
