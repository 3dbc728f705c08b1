"""The trials in one web process: who must not be given exposures of which contract.

Whoever is held out never gets one. In the supported half each cell of people has its own slice of
the contract, so that a lively cell does not take what a quiet one would have had; for the last
tenth of the grant's days slices are open to each other, since the county was promised all of it.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic import queries
from shanhuo.traffic.experiments.assignment import (
    Experiment,
    arms_of_cells,
    cell_of,
    slices_of_arm,
)
from shanhuo.traffic.grants.arms import SUPPORTED, bounds_of, experiment_of
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.models import Contract

OPEN_SLICES_AT = 0.9


@dataclass(slots=True)
class Watched:
    """One contract under a trial. `left`: what each cell may still be given; `open`: slices do not
    count any more."""

    experiment: Experiment
    supported: NDArray[np.bool_]
    left: NDArray[np.int64]
    open: bool = False

    def is_closed_to(self, cell: int) -> bool:
        return not self.supported[cell] or (not self.open and self.left[cell] < 1)


class Gate:
    """Asked for every list, renewed with the leases. Counts are a little behind those of other
    processes: a slice may be passed by what is in the air, a quota never (that is `leases`)."""

    def __init__(self) -> None:
        self._watched: dict[int, Watched] = {}

    def closed_to(self, viewer: int) -> Iterable[int]:
        """The contracts that this viewer must not be given."""
        return [
            number
            for number, one in self._watched.items()
            if one.is_closed_to(cell_of(viewer, one.experiment))
        ]

    def admits(self, contract: int, viewer: int) -> bool:
        """Whether this viewer may be given one of this contract."""
        one = self._watched.get(contract)
        return one is None or not one.is_closed_to(cell_of(viewer, one.experiment))

    def count(self, contract: int, viewer: int) -> None:
        """Somebody was given one."""
        one = self._watched.get(contract)
        if one is not None:
            one.left[cell_of(viewer, one.experiment)] -= 1

    def renew(
        self, contracts: Sequence[Contract], beside: Iterable[int] = (), *, now: datetime
    ) -> None:
        """Know the trials of these deliverable contracts; what was given before is read in the log.
        Of those that stand `beside` them what is known remains."""
        running = {one.pk: one for one in contracts if _is_running(one)}
        new = [one for one in running.values() if one.pk not in self._watched]
        kept = {*running, *beside}
        watched = {pk: one for pk, one in self._watched.items() if pk in kept}
        watched.update(_watched(new))
        for pk, contract in running.items():
            starts_at, ends_at = bounds_of(contract.grant)
            watched[pk].open = (now - starts_at) / (ends_at - starts_at) >= OPEN_SLICES_AT
        self._watched = watched


def _is_running(contract: Contract) -> bool:
    trial = getattr(contract.grant, "trial", None)
    return trial is not None and trial.stopped_at is None


def _watched(contracts: Sequence[Contract]) -> dict[int, Watched]:
    given = _given([one.pk for one in contracts]) if contracts else Counter()
    found: dict[int, Watched] = {}
    for one in contracts:
        experiment = experiment_of(one.grant.trial.public_id)
        slices = slices_of_arm(one.quota_count, experiment, SUPPORTED)
        found[one.pk] = Watched(experiment, arms_of_cells(experiment) == SUPPORTED, slices)
        for (number, viewer), count in given.items():
            if number == one.pk:
                slices[cell_of(viewer, experiment)] -= count
    return found


def _given(contracts: list[int]) -> Counter[tuple[int, int]]:
    """(contract, viewer) -> exposures in the log. Asked once for a trial and process."""
    statement = (
        'SELECT "grant", viewer, count(*) FROM signals'
        ' WHERE kind = ? AND "grant" IN (SELECT unnest(?)) GROUP BY ALL'
    )
    with queries.signal_log().open() as signals:
        rows = signals.execute(statement, [Kind.EXPOSURE.value, contracts]).fetchall()
    return Counter({(contract, viewer): count for contract, viewer, count in rows})
