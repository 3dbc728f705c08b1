"""Training the ranker of this platform, and what became of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from shanhuo.traffic import interests, moments, posts, queries
from shanhuo.traffic.learned import STALE, is_stale
from shanhuo.traffic.learning import lessons, training, watching
from shanhuo.traffic.learning.lessons import Lessons
from shanhuo.traffic.learning.shelf import Beside, Model, NeighbourShelf, Shelf, Unreadable
from shanhuo.traffic.learning.training import Comparison
from shanhuo.traffic.learning.watching import Recall

LEARNED_FROM = timedelta(days=60)
STALE_MS = STALE / timedelta(milliseconds=1)


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
    trained = _trained(now)
    compared = trained.comparison
    _note(
        shelf(),
        now,
        taught=trained.exposures,
        counts=trained.model is not None,
        new=compared.candidate if compared else None,
        current=compared.current if compared else None,
        usual=compared.average if compared else None,
    )
    return trained


def _trained(now: datetime) -> Trained:
    until = queries.complete_until(now=now)
    found = lessons.read(
        queries.signal_log(),
        posts.all_published(now=now),
        since=now - LEARNED_FROM,
        until=until,
        wishes=interests.wishes_since(None),
    )
    return learn_from(found, shelf(), now=now)


def learn_from(found: Lessons, models: Shelf, *, now: datetime) -> Trained:
    """A model of these lessons, on the shelf if it foretells better than the one before."""
    if not training.has_enough(found):
        return Trained(len(found), None, None)
    comparison = training.compare(found, _current(models))
    if not comparison.is_better:
        return Trained(len(found), comparison, None)
    model = training.learn(
        found, comparison, version=models.next_version(), now_ms=moments.to_ms(now)
    )
    models.put(model)
    return Trained(len(found), comparison, model)


@dataclass(frozen=True, slots=True)
class Acquainted:
    """How learning the neighbours ended. `model` is None when the one before stays, or there is
    none; `recall` is None when there was too little to learn from."""

    watches: int
    recall: Recall | None
    model: Beside | None


def neighbour_shelf() -> NeighbourShelf:
    return NeighbourShelf(settings.RANKER_DIR)


def train_neighbours(*, now: datetime) -> Acquainted:
    """Learn what is watched beside what; it counts if it foretells better than popularity."""
    found = _acquainted(now)
    recall = found.recall
    _note(
        neighbour_shelf(),
        now,
        taught=found.watches,
        counts=found.model is not None,
        new=recall.neighbours if recall else None,
        usual=recall.popularity if recall else None,
    )
    return found


def _acquainted(now: datetime) -> Acquainted:
    history = watching.read(
        queries.signal_log(),
        posts.all_published(now=now),
        since=now - LEARNED_FROM,
        until=queries.complete_until(now=now),
        wishes=interests.wishes_since(None),
    )
    if not history.is_enough:
        return Acquainted(len(history), None, None)
    recall = watching.compare(history)
    if not recall.is_better:
        return Acquainted(len(history), recall, None)
    models = neighbour_shelf()
    model = Beside(
        version=models.next_version(),
        trained_ms=moments.to_ms(now),
        watches=len(history),
        posts=history.posts,
        neighbours=watching.learned_from(history),
        report={
            "viewers": float(recall.viewers),
            "recall": recall.neighbours,
            "popularity": recall.popularity,
        },
    )
    models.put(model)
    return Acquainted(len(history), recall, model)


def _note(
    models: Shelf | NeighbourShelf,
    now: datetime,
    *,
    taught: int,
    counts: bool,
    **judged: float | None,
) -> None:
    """For the operator: how the latest attempt ended, although nothing came of it."""
    known = {name: value for name, value in judged.items() if value is not None}
    models.note({"at_ms": moments.to_ms(now), "taught": taught, "counts": counts, **known})


def problems(*, now: datetime) -> list[str]:
    """What keeps the ranker from using its model, in sentences with their fix."""
    return [
        *_problems_of("ranker", shelf(), now=now),
        *_problems_of("feed's neighbours", neighbour_shelf(), now=now),
    ]


def _problems_of(what: str, models: Shelf | NeighbourShelf, *, now: datetime) -> list[str]:
    try:
        model = models.current()
    except Unreadable as error:
        return [f"The {what} cannot use its model: {error}; run: shanhuo train"]
    if model is not None and moments.to_ms(now) - model.trained_ms > STALE_MS:
        days = int((moments.to_ms(now) - model.trained_ms) / 86_400_000)
        return [f"The model of the {what} is {days} days old and not used; run: shanhuo train"]
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
