"""The ranker before its operator: what ranks now, how well it foretells, and two deeds.

Read from the shelf, so that every process says the same; each server follows the shelf within a
second.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.content import queries as content
from shanhuo.kernel import audit
from shanhuo.kernel.errors import Refusal
from shanhuo.traffic import moments, teaching
from shanhuo.traffic.learned import RECEPTION
from shanhuo.traffic.learning.shelf import Beside, Model, NeighbourShelf, Shelf, Unreadable
from shanhuo.traffic.tasks import train_ranker


class Kind(StrEnum):
    RANKER = "ranker"
    NEIGHBOURS = "neighbours"


class State(StrEnum):
    """`ABSENT`: never learned. `STALE` and `DAMAGED` serve as if absent."""

    ABSENT = "absent"
    READY = "ready"
    STALE = "stale"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Attempt:
    """The latest training, whether its model counts or not. `new`, `current` and `usual` judge what
    nobody had learned from: log-loss for the ranker (less is better), recall for the neighbours."""

    at: datetime
    taught: int
    counts: bool
    new: float | None
    current: float | None
    usual: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """One kind of model. `taught`: exposures or watches that it was learned from; `report`: how it
    foretold; `kept`: names on the shelf, the one that counts first."""

    kind: Kind
    state: State
    version: int | None
    trained_at: datetime | None
    taught: int
    report: dict[str, float]
    kept: list[str]
    attempt: Attempt | None

    @property
    def can_roll_back(self) -> bool:
        return len(self.kept) > 1


@dataclass(frozen=True, slots=True)
class Oversight:
    """`stage`: empty, popularity or learned, as docs/ranking.md has it."""

    stage: str
    ranker: Standing
    neighbours: Standing
    weights: dict[str, float]
    reception: float
    faults: list[str]


class NoEarlierModel(Refusal):
    code = "no_earlier_model"
    message = _("There is no earlier model to return to.")


def oversight(*, now: datetime) -> Oversight:
    """How things stand on the shelf."""
    ranker = _standing(Kind.RANKER, now)
    stage = "learned" if ranker.state is State.READY else "popularity"
    if not content.published_posts().exists():
        stage = "empty"
    return Oversight(
        stage=stage,
        ranker=ranker,
        neighbours=_standing(Kind.NEIGHBOURS, now),
        weights=dict(settings.RANKER_WEIGHTS),
        reception=RECEPTION,
        faults=teaching.problems(now=now),
    )


@transaction.atomic
def train_soon(*, operator: Any, now: datetime) -> None:
    """The worker trains at once; what it learns counts only if it foretells better."""
    audit.record(verb="ranker.train", actor=operator, subject="traffic.Ranker", now=now)
    train_ranker.enqueue()


@transaction.atomic
def roll_back(*, kind: Kind, operator: Any, now: datetime) -> int:
    """Return to the model before; its version. Raises NoEarlierModel."""
    models = _shelf(kind)
    try:
        version = models.roll_back().version
    except Unreadable as error:
        raise NoEarlierModel from error
    detail = {"kind": kind.value, "version": version}
    audit.record(
        verb="ranker.roll_back", actor=operator, subject="traffic.Ranker", detail=detail, now=now
    )
    return version


def _shelf(kind: Kind) -> Shelf | NeighbourShelf:
    return teaching.shelf() if kind is Kind.RANKER else teaching.neighbour_shelf()


def _standing(kind: Kind, now: datetime) -> Standing:
    models = _shelf(kind)
    model: Model | Beside | None = None
    kept: list[str] = []
    try:
        kept = models.kept()
        model = models.current()
        state = State.READY if model else State.ABSENT
    except Unreadable:
        state = State.DAMAGED
    if model and moments.to_ms(now) - model.trained_ms > teaching.STALE_MS:
        state = State.STALE
    noted = models.last_attempt()
    return Standing(
        kind=kind,
        state=state,
        version=model.version if model else None,
        trained_at=moments.from_ms(model.trained_ms) if model else None,
        taught=_taught(model),
        report=model.report if model else {},
        kept=kept,
        attempt=_attempt(noted) if noted else None,
    )


def _taught(model: Model | Beside | None) -> int:
    if isinstance(model, Model):
        return model.exposures
    return model.watches if model else 0


def _attempt(noted: dict[str, float]) -> Attempt:
    return Attempt(
        at=moments.from_ms(int(noted["at_ms"])),
        taught=int(noted["taught"]),
        counts=bool(noted["counts"]),
        new=noted.get("new"),
        current=noted.get("current"),
        usual=noted.get("usual"),
    )
