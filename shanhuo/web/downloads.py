"""Files that a page hands out."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse, StreamingHttpResponse

from shanhuo.kernel import clock, sheets

_PIECE = 256 * 1024


def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """An Excel file named after its title and the day; formulas are disarmed."""
    name = f"{title}-{clock.today():%Y%m%d}.xlsx"
    return HttpResponse(
        sheets.write_workbook(title, headings, rows),
        content_type=sheets.XLSX,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )


def whole_file(path: Path, *, name: str, content_type: str) -> StreamingHttpResponse:
    """A file of any length, in pieces."""
    return StreamingHttpResponse(
        _pieces(path),
        content_type=content_type,
        headers={
            "Content-Length": str(path.stat().st_size),
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        },
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
