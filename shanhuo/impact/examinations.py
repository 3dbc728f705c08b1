"""What can be asked about audits of figures: by everybody, and at the auditor's desk."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from shanhuo.impact.metrics import METRICS
from shanhuo.impact.models import Examination, Release
from shanhuo.impact.publishing import published_value
from shanhuo.impact.queries import Figure
from shanhuo.impact.windows import Window
from shanhuo.people import rules as people

Status = Examination.Status
DECIDED = (Status.SIGNED, Status.OBJECTED, Status.VOID)
STATUSES: list[tuple[str, Any]] = list(Status.choices)
_SENSITIVE = [metric.id for metric in METRICS if metric.is_sensitive]


def examinations() -> QuerySet[Examination]:
    """All, newest first, with the organisation and the auditor at hand."""
    return Examination.objects.select_related("organisation", "auditor")


def examinations_visible_to(user: Any) -> QuerySet[Examination]:
    """Auditors and operators see all of them, exact."""
    may = people.is_auditor(user) or people.is_operator(user)
    return examinations() if may else examinations().none()


def examinations_in_public() -> QuerySet[Examination]:
    """Those that were decided; about households only where the same days were published."""
    published = Release.objects.filter(
        county=OuterRef("county"),
        since_day=OuterRef("since_day"),
        through_day=OuterRef("until_day"),
    )
    about_households = Q(metric__in=_SENSITIVE)
    may = ~about_households | Q(product="") & Exists(published)
    return examinations().filter(may, status__in=DECIDED)


def find(
    rows: QuerySet[Examination], *, county: str = "", metric: str = "", status: str = ""
) -> QuerySet[Examination]:
    """Those that fit; "" fits everything."""
    wanted = {"county": county, "metric": metric, "status": status}
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def with_examinations(
    figures: Iterable[Figure], *, county: str = "", product: str = ""
) -> list[Figure]:
    """The figures, each with the newest decided examination of exactly its days.

    A sign-off of another number than the one shown does not hold, whatever its row still says.
    """
    listed = list(figures)
    rows = examinations_in_public().filter(
        county=county,
        product=product,
        metric__in=[figure.metric.id for figure in listed],
        until_day__in={figure.window.until_day for figure in listed},
    )
    newest: dict[tuple[str, Window], Examination] = {}
    for one in rows:
        newest.setdefault((one.metric, Window(one.since_day, one.until_day)), one)
    return [
        replace(figure, examination=_holding(newest.get((figure.metric.id, figure.window)), figure))
        for figure in listed
    ]


def _holding(one: Examination | None, figure: Figure) -> Examination | None:
    if one is None or one.status != Status.SIGNED:
        return one
    if figure.value is None:
        return None
    exact = one.recounted
    if exact is not None and figure.value in (exact, published_value(figure.metric, exact)):
        return one
    one.status = Status.VOID
    return one


def waiting_for(user: Any) -> int:
    """How many of the user's own recounts wait for a decision."""
    return Examination.objects.filter(auditor_id=user.pk, status=Status.COUNTED).count()
