"""Files that pages and programs are handed."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse

from shanhuo.kernel import clock, sheets

_PIECE = 256 * 1024


def as_file(title: str, book: bytes) -> HttpResponse:
    """A workbook, named after its title and the day."""
    name = f"{title}-{clock.today():%Y%m%d}.xlsx"
    return HttpResponse(book, content_type=sheets.XLSX, headers=_named(name))


def whole_file(path: Path, *, name: str, content_type: str) -> StreamingHttpResponse:
    """A file of any length, in pieces."""
    headers = _named(name) | {"Content-Length": str(path.stat().st_size)}
    return StreamingHttpResponse(_pieces(path), content_type=content_type, headers=headers)


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
