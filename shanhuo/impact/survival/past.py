"""Everything about creators that survival is read off, brought to columns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanhuo.content.events import PostPublished
from shanhuo.impact.survival.traces import TRACE, Traces
from shanhuo.kernel import clock, facts
from shanhuo.traffic.events import GrantApproved, GrantEnded, PoolOpened

Days = NDArray[np.int64]
THE_BEGINNING = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Support:
    """What the facts say of grants until some day. `ends`: contract -> the day on which its grant
    ended; one that is under way is not in it. `programme_of`: contract -> public id."""

    ends: dict[int, int] = field(default_factory=dict)
    programme_of: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Past:
    """Traces and publications, both sorted by day; days are ordinals."""

    traces: Traces
    published_days: Days
    published_by: NDArray[np.uint64]
    support: Support


def past_of(traces: Iterable[Traces], *, through: date) -> Past:
    """The traces of every day until `through`, oldest first, with what the facts say until then."""
    published = [
        (clock.day_of(fact.at).toordinal(), fact.payload["author_id"])
        for fact in _facts(PostPublished, through)
    ]
    columns = np.array(published, np.int64).reshape(-1, 2)
    return Past(
        traces=np.concatenate([np.empty(0, TRACE), *traces]),
        published_days=columns[:, 0],
        published_by=columns[:, 1].astype(np.uint64),
        support=_support(through),
    )


def _support(through: date) -> Support:
    ended = {
        fact.payload["grant"]: clock.day_of(fact.at).toordinal()
        for fact in _facts(GrantEnded, through)
    }
    support = Support()
    for contract, payload in _contracts(through):
        support.programme_of[contract] = payload["programme"]
        if payload["grant"] in ended:
            support.ends[contract] = ended[payload["grant"]]
    return support


def _contracts(through: date) -> Iterable[tuple[int, Mapping[str, Any]]]:
    """Every contract that was promised, by approval or by a pool, with the fact that says so."""
    for fact in _facts(GrantApproved, through):
        for contract in fact.payload["contracts"]:
            yield contract, fact.payload
    for fact in _facts(PoolOpened, through):
        yield fact.payload["contract"], fact.payload


def _facts(fact_type: type[facts.Fact], through: date) -> Iterable[facts.RecordedFact]:
    until = clock.start_of(through + timedelta(days=1))
    return facts.read_log(fact_type, since=clock.start_of(THE_BEGINNING), until=until)
