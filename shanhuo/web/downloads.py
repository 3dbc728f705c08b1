"""Files that a page hands out."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpResponse

from shanhuo.kernel import clock, sheets


def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """An Excel file named after its title and the day; formulas are disarmed."""
    name = f"{title}-{clock.today():%Y%m%d}.xlsx"
    return HttpResponse(
        sheets.write_workbook(title, headings, rows),
        content_type=sheets.XLSX,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"},
    )
