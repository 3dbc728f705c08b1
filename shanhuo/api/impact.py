"""Open figures: metrics and their definitions, counties, support projects."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema, Status

from shanhuo.api.lookups import county_of
from shanhuo.api.windows import WindowQuery
from shanhuo.goods import queries as goods
from shanhuo.impact import examinations, examining, queries, rules, services
from shanhuo.impact.metrics import BY_ID, METRICS, Merge, Metric
from shanhuo.impact.publishing import published_value
from shanhuo.impact.queries import Figure
from shanhuo.impact.windows import EARLIEST, LATEST, Window
from shanhuo.kernel import clock
from shanhuo.people import queries as people
from shanhuo.people.access import Access

router = Router(tags=["impact"])
ACCESS = {
    "GET /api/metrics": Access.ANYONE,
    "GET /api/metrics/{metric_id}": Access.ANYONE,
    "GET /api/metrics/{metric_id}/counties": Access.ANYONE,
    "GET /api/figures": Access.ANYONE,
    "GET /api/counties/{adcode}/figures": Access.ANYONE,
    "GET /api/counties/{adcode}/households": Access.OFFICER | Access.OPERATOR | Access.AUDITOR,
    "GET /api/audits": Access.ANYONE,
    "POST /api/audits": Access.AUDITOR,
    "GET /api/audits/{public_id}": Access.ANYONE,
    "GET /api/audits/{public_id}/exact": Access.AUDITOR | Access.OPERATOR,
    "POST /api/audits/{public_id}/sign": Access.AUDITOR,
    "POST /api/audits/{public_id}/object": Access.AUDITOR,
    "GET /api/projects": Access.ANYONE,
    "GET /api/projects/{public_id}": Access.ANYONE,
    "POST /api/projects": Access.OFFICER,
}
MOST_PROJECTS, MOST_AUDITS = 100, 100


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
    """`value` null: not published, because too few households stand behind it, or (`damaged`)
    because the log of a day cannot be read whole. `status` is `audited` while the sign-off named
    by `audit` holds; `audit` also names one that was objected to or fell."""

    metric: str
    value: int | None
    unit: str
    status: str
    since_day: date
    until_day: date
    damaged: bool
    audit: str | None


class ReportOut(Schema):
    """`households` are published in releases, each with its own window. Days in `missing_days`
    were never counted: what happened on them is unknown, not zero. The log of `damaged_days` cannot
    be read whole; figures that need it are withheld."""

    figures: list[FigureOut]
    households: list[FigureOut]
    counted_at: datetime | None
    missing_days: list[date]
    damaged_days: list[date]


class CountyValueOut(Schema):
    adcode: str
    value: int


class AuditQuery(Schema):
    """county: adcode; metric: id; without them all."""

    county: str = Field("", max_length=6)
    metric: str = Field("", max_length=24)


class AuditIn(Schema):
    """A figure of a closed period. county: adcode, "" for the country; product: public id, "" for
    all; organisation: public id of the auditor you act for, needed only if there are several."""

    metric: str = Field(max_length=24)
    county: str = Field("", max_length=6)
    product: str = Field("", max_length=16)
    since_day: date = Field(ge=EARLIEST, le=LATEST)
    until_day: date = Field(ge=EARLIEST, le=LATEST)
    organisation: str = Field("", max_length=16)


class SignIn(Schema):
    """named: show the auditor's own name beside the organisation."""

    named: bool = False


class ObjectIn(SignIn):
    """Everybody reads the reason."""

    reason: str = Field(min_length=1, max_length=400, pattern=r"\S")


class AuditOut(Schema):
    """`recounted` is what the raw logs gave, `shown` what the pages said; of households both are
    rounded as they were published. `status`: counting, counted, unreadable, signed, objected, void.
    `found_later`: the number that made a sign-off void. `days_read` of the period, so far."""

    public_id: str
    metric: str
    county: str
    product: str
    since_day: date
    until_day: date
    status: str
    days_read: int
    shown: int | None
    recounted: int | None
    entry_count: int | None
    fingerprint: str
    by: str
    reason: str
    decided_at: datetime | None
    voided_at: datetime | None
    found_later: int | None


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
    """Counties with nothing are left out. 404 for distinct counts and for household figures; 503
    `log_not_readable`."""
    metric = _metric(metric_id)
    if metric.merge is not Merge.SUM:
        raise Http404
    days = window.window()
    if queries.is_damaged(metric, days):
        raise services.LogNotReadable
    totals = queries.by_county(metric, days)
    return [CountyValueOut(adcode=adcode, value=totals[adcode]) for adcode in sorted(totals)]


@router.get("/figures", response=ReportOut, summary="Figures of the whole country")
def country_figures(request: HttpRequest, window: Query[WindowQuery]) -> ReportOut:
    """Household figures are published by county only."""
    return _report_out(queries.report(window.window()), [])


@router.get("/counties/{adcode}/figures", response=ReportOut, summary="Figures of a county")
def county_figures(request: HttpRequest, adcode: str, window: Query[WindowQuery]) -> ReportOut:
    county = county_of(adcode)
    report = queries.report(window.window(), county=county.adcode)
    return _report_out(report, queries.published_figures(county.adcode), county=county.adcode)


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


@router.get("/audits", response=list[AuditOut], summary="Decided audits of figures, newest first")
def list_audits(
    request: HttpRequest,
    wanted: Query[AuditQuery],
) -> list[AuditOut]:
    """At most 100. About households only where the same days were published."""
    public = examinations.examinations_in_public()
    rows = examinations.find(public, county=wanted.county, metric=wanted.metric)
    return [_audit_out(one) for one in rows[:MOST_AUDITS]]


@router.post("/audits", response={201: AuditOut}, summary="Examine a figure")
def open_audit(request: HttpRequest, body: AuditIn) -> Status[AuditOut]:
    """The recount is a job: read `/api/audits/{public_id}/exact` until its status is `counted`.

    403 `not_an_auditor`; 409 `period_not_closed`, `period_not_counted`, `already_examined`.
    """
    metric, county = _metric(body.metric), county_of(body.county) if body.county else None
    product = goods.product_of(body.product) if body.product else None
    if body.product and (product is None or county is None or product.county_id != county.pk):
        raise Http404
    auditors = people.auditors_of(_user(request))
    if body.organisation:
        auditors = auditors.filter(public_id=body.organisation)
    organisation = auditors.first()
    if organisation is None:
        raise Http404
    opened = examining.open_examination(
        metric=metric,
        window=Window.asked_for(body.since_day, body.until_day),
        county=county,
        product=product,
        organisation=organisation,
        auditor=_user(request),
        now=clock.now(),
    )
    return Status(201, _audit_out(opened, exact=True))


@router.get("/audits/{public_id}", response=AuditOut, summary="One decided audit")
def get_audit(request: HttpRequest, public_id: str) -> AuditOut:
    one = examinations.examinations_in_public().filter(public_id=public_id).first()
    if one is None:
        raise Http404
    return _audit_out(one)


@router.get("/audits/{public_id}/exact", response=AuditOut, summary="An audit, as the desk sees it")
def get_audit_exact(request: HttpRequest, public_id: str) -> AuditOut:
    """Any status, exact numbers; for auditors and operators."""
    return _audit_out(_examination(request, public_id), exact=True)


@router.post("/audits/{public_id}/sign", response=AuditOut, summary="Sign a figure off")
def sign_audit(request: HttpRequest, public_id: str, body: SignIn) -> AuditOut:
    """403 `not_an_auditor`; 409 `nothing_to_decide`, `numbers_differ`."""
    one = _examination(request, public_id)
    examining.sign_off(examination=one, auditor=_user(request), named=body.named, now=clock.now())
    return _audit_out(_examination(request, public_id), exact=True)


@router.post("/audits/{public_id}/object", response=AuditOut, summary="Object to a figure")
def object_to_audit(request: HttpRequest, public_id: str, body: ObjectIn) -> AuditOut:
    """403 `not_an_auditor`; 409 `nothing_to_decide`."""
    one = _examination(request, public_id)
    examining.object_to(
        examination=one,
        auditor=_user(request),
        reason=body.reason,
        named=body.named,
        now=clock.now(),
    )
    return _audit_out(_examination(request, public_id), exact=True)


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
        report=_report_out(report, queries.published_figures(**place), **place),
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


def _examination(request: HttpRequest, public_id: str) -> Any:
    rows = examinations.examinations_visible_to(_user(request))
    one = rows.filter(public_id=public_id).first()
    if one is None:
        raise Http404
    return one


def _audit_out(one: Any, *, exact: bool = False) -> AuditOut:
    metric = BY_ID[one.metric]

    def read(value: int | None) -> int | None:
        return value if exact or value is None else published_value(metric, value)

    return AuditOut(
        public_id=one.public_id,
        metric=one.metric,
        county=one.county,
        product=one.product,
        since_day=one.since_day,
        until_day=one.until_day,
        status=one.status,
        days_read=one.days_read,
        shown=read(one.shown),
        recounted=read(one.recounted),
        entry_count=None if metric.is_sensitive and not exact else one.entry_count,
        fingerprint=one.fingerprint,
        by=one.signer,
        reason=one.reason,
        decided_at=one.decided_at,
        voided_at=one.voided_at,
        found_later=read(one.found_later),
    )


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
            status=figure.status,
            since_day=figure.window.since_day,
            until_day=figure.window.until_day,
            damaged=figure.is_damaged,
            audit=figure.examination.public_id if figure.examination else None,
        )
        for figure in figures
    ]


def _report_out(report: queries.Report, households: list[Figure], **place: str) -> ReportOut:
    figures = list(report.figures.values())
    audited = examinations.with_examinations([*figures, *households], **place)
    return ReportOut(
        figures=_figures_out(audited[: len(figures)]),
        households=_figures_out(audited[len(figures) :]),
        counted_at=report.counted_at,
        missing_days=report.missing_days,
        damaged_days=report.damaged_days,
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
