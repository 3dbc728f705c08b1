"""Open figures: metrics and their definitions, counties, support projects."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema, Status

from shanhuo.api.lookups import county_of
from shanhuo.goods import queries as goods
from shanhuo.impact import queries, rules, services
from shanhuo.impact.metrics import BY_ID, METRICS, Merge, Metric
from shanhuo.impact.queries import Figure
from shanhuo.impact.windows import EARLIEST, LATEST, Window
from shanhuo.kernel import clock
from shanhuo.people.access import Access

router = Router(tags=["impact"])
ACCESS = {
    "GET /api/metrics": Access.ANYONE,
    "GET /api/metrics/{metric_id}": Access.ANYONE,
    "GET /api/metrics/{metric_id}/counties": Access.ANYONE,
    "GET /api/figures": Access.ANYONE,
    "GET /api/counties/{adcode}/figures": Access.ANYONE,
    "GET /api/counties/{adcode}/households": Access.OFFICER | Access.OPERATOR | Access.AUDITOR,
    "GET /api/projects": Access.ANYONE,
    "GET /api/projects/{public_id}": Access.ANYONE,
    "POST /api/projects": Access.OFFICER,
}
USUAL_DAYS, MOST_PROJECTS = 30, 100


class WindowQuery(Schema):
    """Shanghai days, both included; without them the last 30 days."""

    since_day: date | None = Field(None, ge=EARLIEST, le=LATEST)
    until_day: date | None = Field(None, ge=EARLIEST, le=LATEST)

    def window(self) -> Window:
        until_day = self.until_day or clock.today()
        usual = Window.last_days(USUAL_DAYS, until_day=until_day)
        since_day = self.since_day or usual.since_day
        return Window.asked_for(since_day, until_day)


class MetricOut(Schema):
    """The declaration of a metric. `unit` fen is 1/100 yuan; `merge` sum may be added by day."""

    id: str
    name: str
    definition: str
    dedupe: str
    unit: str
    status: str
    merge: str


class FigureOut(Schema):
    """`value` null: not published, because too few households stand behind it."""

    metric: str
    value: int | None
    unit: str
    status: str
    since_day: date
    until_day: date


class ReportOut(Schema):
    """`households` are published in releases, each with its own window. Days in `missing_days`
    were never counted: what happened on them is unknown, not zero."""

    figures: list[FigureOut]
    households: list[FigureOut]
    counted_at: datetime | None
    missing_days: list[date]


class CountyValueOut(Schema):
    adcode: str
    value: int


class ProjectIn(Schema):
    """product: public id of a product on sale, from the officer's own county."""

    name: str = Field(min_length=1, max_length=80, pattern=r"\S")
    product: str = Field(max_length=16)
    starts_on: date = Field(ge=EARLIEST, le=LATEST)
    ends_on: date = Field(ge=EARLIEST, le=LATEST)


class ProjectOut(Schema):
    public_id: str
    name: str
    county: str
    product: str
    starts_on: date
    ends_on: date


class ProjectReportOut(Schema):
    project: ProjectOut
    report: ReportOut


@router.get("/metrics", response=list[MetricOut], summary="Every metric and its definition")
def list_metrics(request: HttpRequest) -> list[MetricOut]:
    """Texts in the language of the request."""
    return [_metric_out(metric) for metric in METRICS]


@router.get("/metrics/{metric_id}", response=MetricOut, summary="One metric")
def get_metric(request: HttpRequest, metric_id: str) -> MetricOut:
    return _metric_out(_metric(metric_id))


@router.get(
    "/metrics/{metric_id}/counties",
    response=list[CountyValueOut],
    summary="A metric that adds up, by county",
)
def metric_by_county(
    request: HttpRequest, metric_id: str, window: Query[WindowQuery]
) -> list[CountyValueOut]:
    """Counties with nothing are left out. 404 for distinct counts and for household figures."""
    metric = _metric(metric_id)
    if metric.merge is not Merge.SUM:
        raise Http404
    totals = queries.by_county(metric, window.window())
    return [CountyValueOut(adcode=adcode, value=totals[adcode]) for adcode in sorted(totals)]


@router.get("/figures", response=ReportOut, summary="Figures of the whole country")
def country_figures(request: HttpRequest, window: Query[WindowQuery]) -> ReportOut:
    """Household figures are published by county only."""
    return _report_out(queries.report(window.window()), [])


@router.get("/counties/{adcode}/figures", response=ReportOut, summary="Figures of a county")
def county_figures(request: HttpRequest, adcode: str, window: Query[WindowQuery]) -> ReportOut:
    county = county_of(adcode)
    report = queries.report(window.window(), county=county.adcode)
    return _report_out(report, queries.published_figures(county.adcode))


@router.get(
    "/counties/{adcode}/households",
    response=list[FigureOut],
    summary="Exact household figures of a county",
)
def exact_household_figures(
    request: HttpRequest, adcode: str, window: Query[WindowQuery]
) -> list[FigureOut]:
    """For the county's office, operators and auditors; 404 for everybody else. Noted in the audit
    log."""
    county, user = county_of(adcode), _user(request)
    if not rules.may_see_households(user, county.pk):
        raise Http404
    days = window.window()
    services.note_export(county=county, window=days, actor=user, now=clock.now())
    return _figures_out(queries.household_figures(days, county=county.adcode).values())


@router.get("/projects", response=list[ProjectOut], summary="Support projects, newest first")
def list_projects(request: HttpRequest) -> list[ProjectOut]:
    """At most 100."""
    return [_project_out(project) for project in queries.projects()[:MOST_PROJECTS]]


@router.get("/projects/{public_id}", response=ProjectReportOut, summary="A project's figures")
def get_project(request: HttpRequest, public_id: str) -> ProjectReportOut:
    project = queries.project_of(public_id)
    if project is None:
        raise Http404
    place = {"county": project.county.adcode, "product": project.product.public_id}
    report = queries.report(queries.window_of(project, today=clock.today()), **place)
    return ProjectReportOut(
        project=_project_out(project),
        report=_report_out(report, queries.published_figures(**place)),
    )


@router.post("/projects", response={201: ProjectOut}, summary="Open a support project")
def open_project(request: HttpRequest, body: ProjectIn) -> Status[ProjectOut]:
    """403 `not_your_county`; 404 for a product not on sale; 409 `projects_overlap`;
    422 `ends_before_it_starts`."""
    product = goods.products_on_sale().filter(public_id=body.product).first()
    if product is None:
        raise Http404
    project = services.open_project(
        county_id=product.county_id,
        product_id=product.pk,
        product_county_id=product.county_id,
        name=body.name,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        actor=_user(request),
        now=clock.now(),
    )
    found = queries.project_of(project.public_id)
    return Status(201, _project_out(found))


def _metric(metric_id: str) -> Metric:
    if metric_id not in BY_ID:
        raise Http404
    return BY_ID[metric_id]


def _user(request: HttpRequest) -> Any:
    return request.user


def _metric_out(metric: Metric) -> MetricOut:
    return MetricOut(
        id=metric.id,
        name=str(metric.name),
        definition=str(metric.definition),
        dedupe=str(metric.dedupe),
        unit=metric.unit,
        status=metric.status,
        merge=metric.merge,
    )


def _figures_out(figures: Iterable[Figure]) -> list[FigureOut]:
    return [
        FigureOut(
            metric=figure.metric.id,
            value=figure.value,
            unit=figure.metric.unit,
            status=figure.metric.status,
            since_day=figure.window.since_day,
            until_day=figure.window.until_day,
        )
        for figure in figures
    ]


def _report_out(report: queries.Report, households: Iterable[Figure]) -> ReportOut:
    return ReportOut(
        figures=_figures_out(report.figures.values()),
        households=_figures_out(households),
        counted_at=report.counted_at,
        missing_days=report.missing_days,
    )


def _project_out(project: Any) -> ProjectOut:
    return ProjectOut(
        public_id=project.public_id,
        name=project.name,
        county=project.county.adcode,
        product=project.product.public_id,
        starts_on=project.starts_on,
        ends_on=project.ends_on,
    )
