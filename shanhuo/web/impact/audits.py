"""Which published figures an auditor signed off, objected to, or whose sign-off fell: for all."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import ChoiceField, Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from shanhuo.impact import examinations
from shanhuo.impact.examinations import STATUSES
from shanhuo.impact.metrics import BY_ID, METRICS, Metric, Unit
from shanhuo.impact.publishing import published_value
from shanhuo.regions import queries as regions
from shanhuo.web.downloads import workbook
from shanhuo.web.fields import CountyField

PER_PAGE = 30
MOST_EXPORTED = 5_000


class FindForm(Form):
    """A county, a metric, a status; each may be left open."""

    county = CountyField(required=False, help_text="")
    metric = ChoiceField(
        label=gettext_lazy("Metric"),
        required=False,
        choices=[("", gettext_lazy("All")), *((metric.id, metric.name) for metric in METRICS)],
    )
    status = ChoiceField(
        label=gettext_lazy("Status"),
        required=False,
        choices=[("", gettext_lazy("All")), *STATUSES],
    )

    def find(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the rows that fit; all of them as long as something typed is not understood."""
        if not self.is_valid():
            return rows
        county = self.cleaned_data["county"]
        return examinations.find(
            rows,
            county=county.adcode if county else "",
            metric=self.cleaned_data["metric"],
            status=self.cleaned_data["status"],
        )


@dataclass(frozen=True, slots=True)
class Line:
    """An examination as it is read: with its metric, the name of its place, and its numbers."""

    row: Any
    metric: Metric
    place: str
    recounted: int | None
    shown: int | None
    found_later: int | None


def lines_of(rows: Any, *, exact: bool) -> list[Line]:
    """`exact` for the desk; the public reads money of households rounded, as it was published."""
    listed = list(rows)
    adcodes = {row.county for row in listed if row.county}
    names = {county.adcode: county.path_name for county in regions.counties_in(adcodes)}
    return [_line(row, names.get(row.county) or _("The whole country"), exact) for row in listed]


def _line(row: Any, place: str, exact: bool) -> Line:
    metric = BY_ID[row.metric]

    def read(value: int | None) -> int | None:
        return value if exact or value is None else published_value(metric, value)

    return Line(row, metric, place, read(row.recounted), read(row.shown), read(row.found_later))


@require_safe
def audits(request: HttpRequest) -> HttpResponse:
    """The decided examinations, newest first."""
    form = FindForm(request.GET)
    page = Paginator(form.find(examinations.examinations_in_public()), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "form": form,
        "page": page,
        "lines": lines_of(page.object_list, exact=False),
        "query": request.GET.urlencode(),
    }
    return render(request, "web/impact/audits.html", context)


@require_safe
def audits_export(request: HttpRequest) -> HttpResponse:
    """The same list as Excel."""
    rows = FindForm(request.GET).find(examinations.examinations_in_public())[:MOST_EXPORTED]
    headings = [
        _("Metric"),
        _("Place"),
        _("First day"),
        _("Last day"),
        _("Value"),
        _("Unit"),
        _("Status"),
        _("Since"),
        _("By"),
        _("Reason"),
        _("Fingerprint"),
    ]
    return workbook("shanhuo-audits", headings, map(_cells, lines_of(rows, exact=False)))


def _cells(line: Line) -> list[Any]:
    row, value = line.row, line.recounted
    is_money = line.metric.unit is Unit.FEN
    return [
        str(line.metric.name),
        line.place,
        row.since_day,
        row.until_day,
        value / 100 if is_money and value is not None else value,
        str(line.metric.unit.label),
        str(row.get_status_display()),
        row.moment.date(),
        row.signer,
        row.reason,
        row.fingerprint,
    ]


@require_safe
def audit(request: HttpRequest, public_id: str) -> HttpResponse:
    """One audited figure: what it says, what was read, who put their name to it."""
    row = examinations.examinations_in_public().filter(public_id=public_id).first()
    if row is None:
        raise Http404
    (line,) = lines_of([row], exact=False)
    return render(request, "web/impact/audit.html", {"line": line, "one": row})
