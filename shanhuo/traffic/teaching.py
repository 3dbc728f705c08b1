"""Training the ranker of this platform, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from shanhuo.traffic import interests, moments, posts, queries
from shanhuo.traffic.learned import is_stale
from shanhuo.traffic.learning import lessons, training
from shanhuo.traffic.learning.shelf import Model, Shelf, Unreadable
from shanhuo.traffic.learning.training import Comparison

LEARNED_FROM = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training ended. `model` is None when the one before stays, or when there is none."""

    exposures: int
    comparison: Comparison | None
    model: Model | None


def shelf() -> Shelf:
    """The models of this platform."""
    return Shelf(settings.RANKER_DIR)


def train(*, now: datetime) -> Trained:
    """Learn from the log; the new model counts if it foretells the last exposures better."""
    until = queries.complete_until(now=now)
    found = lessons.read(
        queries.signal_log(),
        posts.all_published(now=now),
        since=now - LEARNED_FROM,
        until=until,
        wishes=interests.wishes_since(None),
    )
    if not training.has_enough(found):
        return Trained(len(found), None, None)
    models = shelf()
    comparison = training.compare(found, _current(models))
    if not comparison.is_better:
        return Trained(len(found), comparison, None)
    model = training.learn(
        found, comparison, version=models.next_version(), now_ms=moments.to_ms(now)
    )
    models.put(model)
    return Trained(len(found), comparison, model)


def problems(*, now: datetime) -> list[str]:
    """What keeps the ranker from using its model, in sentences with their fix."""
    try:
        model = shelf().current()
    except Unreadable as error:
        return [f"The ranker serves without its model: {error}; run: shanhuo train"]
    if model is not None and is_stale(model, now=now):
        days = int((moments.to_ms(now) - model.trained_ms) / 86_400_000)
        return [f"The ranker's model is {days} days old and no longer used; run: shanhuo train"]
    return []


def describe(*, now: datetime) -> str:
    """The stage of the ranker in a few words."""
    model = _current(shelf())
    if model is None or is_stale(model, now=now):
        return "popularity (no model yet)" if model is None else "popularity (stale model)"
    trained = moments.from_ms(model.trained_ms)
    return (
        f"learned (version {model.version}, {trained:%Y-%m-%d %H:%M} UTC, {model.exposures:,} "
        "exposures)"
    )


def _current(models: Shelf) -> Model | None:
    """The current model, if it can be read: a damaged one is replaced like none."""
    try:
        return models.current()
    except Unreadable:
        return None
