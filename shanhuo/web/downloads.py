"""Lists that a page hands out as workbooks."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

from shanhuo.kernel import sheets
from shanhuo.kernel.downloads import as_file


def workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    """An Excel file named after its title and the day; formulas are disarmed."""
    return as_file(title, sheets.write_workbook(title, headings, rows))
