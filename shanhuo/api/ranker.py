"""The ranker before its operator: how things stand, train, return to the model before."""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status

from shanhuo.kernel import clock
from shanhuo.people.access import Access
from shanhuo.people.actors import actor_of
from shanhuo.traffic import steering

router = Router(tags=["traffic"])
ACCESS = {
    "GET /api/ranker": Access.OPERATOR | Access.AUDITOR,
    "POST /api/ranker/train": Access.OPERATOR,
    "POST /api/ranker/roll-back": Access.OPERATOR,
}


class AttemptOut(Schema):
    """The latest training. `new`, `current`, `usual`: log-loss (ranker) or recall (neighbours) on
    what nobody had learned from, of the new model, the one before, and the average."""

    at: datetime
    taught: int
    counts: bool
    new: float | None
    current: float | None
    usual: float | None


class StandingOut(Schema):
    """`state`: absent, ready, stale or damaged. `kept`: the shelf, the one that counts first."""

    state: str
    version: int | None
    trained_at: datetime | None
    taught: int
    report: dict[str, float]
    kept: list[str]
    attempt: AttemptOut | None


class OversightOut(Schema):
    """`stage`: empty, popularity or learned. `weights`: what each goal is worth."""

    stage: str
    ranker: StandingOut
    neighbours: StandingOut
    weights: dict[str, float]
    reception: float
    faults: list[str]


class SureIn(Schema):
    """`sure` must be true: these deeds change what everybody sees."""

    sure: Literal[True]


class RollBackIn(SureIn):
    kind: Literal["ranker", "neighbours"]


@router.get("/ranker", response=OversightOut, summary="What ranks now, and how well it foretells")
def read_ranker(request: HttpRequest) -> steering.Oversight:
    return steering.oversight(now=clock.now())


@router.post("/ranker/train", response={202: None}, summary="Train now")
def train(request: HttpRequest, body: SureIn) -> Status[None]:
    """The worker begins at once; look again with GET."""
    steering.train_soon(operator=actor_of(request), now=clock.now())
    return Status(202, None)


@router.post("/ranker/roll-back", response=OversightOut, summary="Return to the model before")
def roll_back(request: HttpRequest, body: RollBackIn) -> steering.Oversight:
    """409 `no_earlier_model`."""
    steering.roll_back(kind=steering.Kind(body.kind), operator=actor_of(request), now=clock.now())
    return steering.oversight(now=clock.now())
