"""The registry of survival: two figures for each span of days."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from shanhuo.impact.metrics import Status, Unit
from shanhuo.impact.survival.outliving import AFTER_DAYS, LEAST_CREATORS, Span, part_there


@dataclass(frozen=True, slots=True)
class SurvivalMetric:
    """One declared figure, of one span: ten-thousandths, counted from both logs."""

    id: str
    name: str | Promise
    definition: str | Promise
    days: int
    measure: Callable[[Span], int | None]

    dedupe = _("Creator: once, by the end of the last of the grants that lifted them.")
    unit = Unit.RATIO
    status = Status.COUNTED
    log = "both"
    is_sensitive = False
    merge = "none"


def _others(span: Span) -> int | None:
    return span.others_parts if span.others >= LEAST_CREATORS else None


def _of_supported(days: int) -> SurvivalMetric:
    return SurvivalMetric(
        id=f"survival_{days}",
        name=format_lazy(_("Creators still there {days} days after support"), days=days),
        definition=format_lazy(
            _(
                "Of the creators whose support ended at least {days} days before the end of the "
                "window's last day, the share who on the {days}th day were still publishing and "
                "watched: in the 30 days that end with it at least one clip, and at least ten "
                "plays that no grant lifted. Supported: at least ten exposures that a grant "
                "lifted. The end: the last of the grants that lifted them is over; whoever is "
                "supported again counts from the new end. Fewer than ten creators: not published."
            ),
            days=days,
        ),
        days=days,
        measure=part_there,
    )


def _of_others(days: int) -> SurvivalMetric:
    return SurvivalMetric(
        id=f"survival_{days}_others",
        name=format_lazy(_("Comparable creators still there on the same days ({days})"), days=days),
        definition=format_lazy(
            _(
                "Creators whom no grant ever lifted, looked at on the same days as the supported "
                "ones of {days} days. Comparable: on the first day of that support they had "
                "published before, stood in the same class of exposures of the 30 days before, "
                "and both or neither had published within 30 days. The mean over supported "
                "creators of the share of theirs who were there. Not causal: operators and "
                "counties choose who is supported. Fewer than ten: not published."
            ),
            days=days,
        ),
        days=days,
        measure=_others,
    )


SURVIVAL: tuple[SurvivalMetric, ...] = tuple(
    metric for days in AFTER_DAYS for metric in (_of_supported(days), _of_others(days))
)
SURVIVAL_BY_ID: dict[str, SurvivalMetric] = {metric.id: metric for metric in SURVIVAL}
