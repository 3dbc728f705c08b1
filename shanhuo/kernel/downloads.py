"""Files that pages and programs are handed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import http_date

from shanhuo.kernel import clock, sheets
from shanhuo.kernel.ranges import NoSuchPart, etag_of, span_of

_PIECE = 256 * 1024


def as_file(title: str, book: bytes) -> HttpResponse:
    """A workbook, named after its title and the day."""
    name = f"{title}-{clock.today():%Y%m%d}.xlsx"
    return HttpResponse(book, content_type=sheets.XLSX, headers=_named(name))


@dataclass
class FilePart:
    """Bytes of a file, in pieces. A server that sends files itself takes `path` and `span`."""

    path: Path
    span: range

    def __iter__(self) -> Iterator[bytes]:
        at, end = self.span.start, self.span.stop
        with self.path.open("rb") as file:
            file.seek(at)
            while at < end and (piece := file.read(min(_PIECE, end - at))):
                at += len(piece)
                yield piece


class FileAnswer(StreamingHttpResponse):
    """Django gives `file_to_stream` to a server that knows `wsgi.file_wrapper` (PEP 3333)."""

    block_size = _PIECE

    def __init__(self, part: FilePart, *, status: int, headers: dict[str, str]) -> None:
        super().__init__(part, status=status, headers=headers)
        self.file_to_stream = part


def file_answer(
    request: HttpRequest, path: Path, *, content_type: str, name: str = ""
) -> HttpResponseBase:
    """A file of any length, or the part of it that is asked for: a download that broke off goes on
    where it was. With a name it is saved under that."""
    state = path.stat()
    size, etag = state.st_size, etag_of(state.st_size, state.st_mtime_ns)
    asked = request.headers
    try:
        span = span_of(asked.get("Range"), size, if_range=asked.get("If-Range"), etag=etag)
    except NoSuchPart:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = FilePart(path, range(size) if span is None else span)
    headers = {
        "Content-Type": content_type,
        "Content-Length": str(len(part.span)),
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Last-Modified": http_date(state.st_mtime),
    }
    if name:
        headers |= _named(name)
    if span:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    return FileAnswer(part, status=206 if span else 200, headers=headers)


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
