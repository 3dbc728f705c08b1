"""Figures as Excel and CSV: one row a figure, with everything that must stand beside it."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from shanhuo.impact.metrics import Unit
from shanhuo.impact.queries import Figure
from shanhuo.kernel import sheets
from shanhuo.web.downloads import workbook


def figures_file(name: str, figures: Iterable[Figure], *, kind: str | None) -> HttpResponse:
    """A CSV if `kind` is csv, else a workbook. Money is in yuan, as a number."""
    headings = [
        _("Metric"),
        _("Value"),
        _("Unit"),
        _("Status"),
        _("First day"),
        _("Last day"),
        _("How it is counted"),
    ]
    rows = [_row(figure) for figure in figures]
    if kind != "csv":
        return workbook(name, headings, rows)
    return HttpResponse(
        sheets.write_csv(headings, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _row(figure: Figure) -> list[Any]:
    metric, value = figure.metric, figure.value
    is_money = metric.unit is Unit.FEN
    return [
        str(metric.name),
        value / 100 if value is not None and is_money else value,
        str(metric.unit.label),
        str(figure.status.label),
        figure.window.since_day,
        figure.window.until_day,
        str(metric.definition),
    ]
