"""Which rows sampled lists are judged for: the best few of every contract, whatever its price."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from shanhuo.traffic.board import Scores
from shanhuo.traffic.candidates import Rows
from shanhuo.traffic.catalogue import Columns
from shanhuo.traffic.chances import Chances
from shanhuo.traffic.grants.tariff import OFFERED, Reach, fits
from shanhuo.traffic.models import Contract
from shanhuo.traffic.viewers import Viewer

FEWEST = 4
"""Rows of each contract, however many contracts there are."""


@dataclass(frozen=True, slots=True)
class Watch:
    """`rows`; `of_row`: the contracts (by place) that each may count for; `contracts`: numbers by
    place; `counties`: of each row."""

    rows: Rows
    of_row: dict[int, tuple[int, ...]]
    counties: dict[int, int]
    contracts: list[int]
    audiences: list[str]

    def offers(
        self, chances: Chances, viewer: Viewer, full: frozenset[int]
    ) -> Iterator[tuple[float, tuple[int, ...]]]:
        """The best thing of every contract that means this viewer and is not `full`; what is the
        best of several comes once, for all of them. One each: a second thing of a contract in the
        same list would have to beat more than the first, and is not counted on."""
        met = set(full)
        for row, worth in zip(chances.rows, chances.worth, strict=True):
            contracts = tuple(
                number
                for place in self.of_row.get(row, ())
                if (number := self.contracts[place]) not in met
                and fits(self.audiences[place], self.counties[row], viewer)
            )
            if contracts:
                met.update(contracts)
                yield worth, contracts


def watch_of(
    contracts: Sequence[Contract], reach: Reach, *, columns: Columns, score: Scores
) -> Watch:
    """The best rows of each contract by the score of everybody."""
    most = max(FEWEST, OFFERED // max(1, len(contracts)))
    order = np.lexsort((-score[reach.rows], reach.places))
    places = reach.places[order]
    first = np.searchsorted(places, places, "left")
    best = np.unique(reach.rows[order][np.arange(len(places)) - first < most])
    chosen = np.isin(reach.rows, best)
    of_row: dict[int, tuple[int, ...]] = {}
    pairs = zip(reach.rows[chosen].tolist(), reach.places[chosen].tolist(), strict=True)
    for row, place in sorted(pairs):
        of_row[row] = (*of_row.get(row, ()), place)
    return Watch(
        rows=best,
        of_row=of_row,
        counties=dict(zip(best.tolist(), columns["county"][best].tolist(), strict=True)),
        contracts=[one.pk for one in contracts],
        audiences=[one.grant.audience for one in contracts],
    )
