"""Survival as pages read it: what was noted in the night after a day."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import msgspec

from shanhuo.impact.fairness.measures import WHOLE, Between
from shanhuo.impact.models import CreatorDay, Fill, SurvivalNote
from shanhuo.impact.survival.intervals import newcombe, wilson
from shanhuo.impact.survival.metrics import SURVIVAL_BY_ID, SurvivalMetric
from shanhuo.impact.survival.outliving import LEAST_CREATORS, Span, Survival, survivals
from shanhuo.impact.survival.past import past_of
from shanhuo.impact.survival.traces import from_bytes


@dataclass(frozen=True, slots=True)
class SpanLine:
    """One span of a page. `there` and `others`: from 0 to 1; None with fewer than ten creators.
    `ready_on`: the day for which there can be a first figure, where that is known.

    `there_between`, `others_between`: with their 95 % intervals. `difference`: the creators who
    have comparable ones, less those; None if either are fewer than ten."""

    days: int
    creators: int
    there_count: int | None
    there: float | None
    others_count: int
    others: float | None
    ready_on: date | None
    there_between: Between | None
    others_between: Between | None
    difference: Between | None

    @property
    def key(self) -> str:
        """As templates add it to an address."""
        return str(self.days)


@dataclass(frozen=True, slots=True)
class SurvivalReport:
    """As of the end of `day`. `over`: creators whose support has ended, `under_way`: those who are
    still supported."""

    day: date
    over: int
    under_way: int
    lines: list[SpanLine]


def report(*, until_day: date, programme: str = "") -> SurvivalReport | None:
    """The newest that was noted by then; None if nothing was, or nothing of this programme."""
    note = SurvivalNote.objects.filter(day__lte=until_day).order_by("-day").first()
    if note is None or programme not in note.figures:
        return None
    found = read(note.figures[programme])
    return SurvivalReport(
        note.day, found.over, found.under_way, [_line(one) for one in found.spans]
    )


def value_of(metric: SurvivalMetric, found: Survival) -> int:
    """One figure, also where pages withhold it; 0 where there is nobody yet."""
    (span,) = (one for one in found.spans if one.days == metric.days)
    return metric.measure(span) or 0


def rolled_up(day: date) -> dict[str, Survival]:
    """From the traces of days; what `note` of the services keeps."""
    rows = CreatorDay.objects.filter(day__lte=day).order_by("day")
    traces = [from_bytes(bytes(state)) for state in rows.values_list("state", flat=True)]
    return survivals(past_of(traces, through=day), through=day.toordinal())


def is_known(day: date) -> bool:
    """Whether every day of the signal log until then was counted, and none is damaged."""
    fills = Fill.objects.filter(log=Fill.Log.SIGNALS, day__lte=day)
    counted = CreatorDay.objects.values("day")
    return (
        not fills.filter(is_damaged=True).exists() and not fills.exclude(day__in=counted).exists()
    )


def written(found: dict[str, Survival]) -> dict[str, Any]:
    """As a note keeps it."""
    return {name: asdict(one) for name, one in found.items()}


def read(kept: dict[str, Any]) -> Survival:
    return msgspec.convert(kept, Survival)


def _line(span: Span) -> SpanLine:
    enough = span.creators >= LEAST_CREATORS
    others = SURVIVAL_BY_ID[f"survival_{span.days}_others"].measure(span) if enough else None
    others_between = _others_between(span) if others is not None else None
    return SpanLine(
        days=span.days,
        creators=span.creators,
        there_count=span.there if enough else None,
        there=span.there / span.creators if enough else None,
        others_count=span.others,
        others=None if others is None else others / WHOLE,
        ready_on=None if span.ready_on is None else date.fromordinal(span.ready_on),
        there_between=wilson(span.there, span.creators) if enough else None,
        others_between=others_between,
        difference=_difference(span, others_between),
    )


def _others_between(span: Span) -> Between | None:
    """None for a note of before intervals were counted."""
    if span.others_parts is None or not span.others_worth:
        return None
    return wilson(span.others_parts / WHOLE * span.others_worth, span.others_worth)


def _difference(span: Span, others: Between | None) -> Between | None:
    if others is None or span.matched < LEAST_CREATORS:
        return None
    return newcombe(wilson(span.matched_there, span.matched), others)
