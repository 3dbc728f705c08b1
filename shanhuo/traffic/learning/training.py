"""From lessons to a model that is better than the one before, or to none."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.learning.effects import Columns, Effects, Term, fit
from shanhuo.traffic.learning.lessons import GOALS, Lessons
from shanhuo.traffic.learning.shelf import Model

ENOUGH_EXPOSURES, ENOUGH_LONG_VIEWS = 2_000, 200
HELD_OUT = 0.1
WORSE_ALLOWED = 1.005

CONTENT = [
    Term(("post",), 4),
    Term(("author",), 10),
    Term(("county",), 10),
    Term(("topic",), 10),
    Term(("sells",), 10),
    Term(("source",), 10),
    Term(("hour",), 30),
]
TASTE = [
    Term(("viewer", "author"), 20),
    Term(("viewer", "topic"), 40),
    Term(("viewer", "county"), 40),
]
TERMS: Mapping[str, list[Term]] = {
    "long_view": [Term(("viewer",), 2), *CONTENT, *TASTE],
    # Too rare for tastes of single viewers: a hundred times fewer than long views.
    "purchase_click": [Term(("viewer",), 2), *CONTENT],
    "visit": [Term(("viewer",), 2), *CONTENT],
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Log-loss of long views in the last tenth of the exposures, which nobody had learned from:
    the candidate, the current model (None: there is none), and one that only knows the average."""

    exposures: int
    candidate: float
    current: float | None
    average: float

    @property
    def is_better(self) -> bool:
        if self.candidate >= self.average:
            return False
        return self.current is None or self.candidate <= self.current * WORSE_ALLOWED


def has_enough(lessons: Lessons) -> bool:
    """Whether there is anything to learn from yet."""
    long_views = int(np.count_nonzero(lessons.outcomes["long_view"]))
    return len(lessons) >= ENOUGH_EXPOSURES and long_views >= ENOUGH_LONG_VIEWS


def compare(lessons: Lessons, current: Model | None) -> Comparison:
    """Learn from the first nine tenths; judge beside the current model on what came after."""
    edge = round(len(lessons) * (1 - HELD_OUT))
    before, after = lessons.part(0, edge), lessons.part(edge, len(lessons))
    happened = before.outcomes["long_view"]
    candidate = fit(TERMS["long_view"], before.columns, happened)
    average = np.full(len(after), np.log(happened.mean() / (1 - happened.mean())))
    truth = after.outcomes["long_view"]
    known = current.goals["long_view"] if current else None
    return Comparison(
        exposures=len(after),
        candidate=_loss(_log_odds(candidate, after.columns), truth),
        current=_loss(_log_odds(known, after.columns), truth) if known else None,
        average=_loss(average, truth),
    )


def learn(lessons: Lessons, comparison: Comparison, *, version: int, now_ms: int) -> Model:
    """A model from all lessons."""
    goals = {goal: fit(TERMS[goal], lessons.columns, lessons.outcomes[goal]) for goal in GOALS}
    report = {
        "held_out": float(comparison.exposures),
        "candidate": comparison.candidate,
        "average": comparison.average,
    }
    if comparison.current is not None:
        report["current"] = comparison.current
    return Model(version, now_ms, len(lessons), goals, report)


def _log_odds(effects: Effects, columns: Columns) -> NDArray[np.floating]:
    return effects.log_odds(columns)


def _loss(log_odds: NDArray[np.floating], happened: NDArray[np.bool_]) -> float:
    """Mean of −log of the chance that was given to what happened."""
    return float(np.logaddexp(0.0, np.where(happened, -log_odds, log_odds)).mean())
