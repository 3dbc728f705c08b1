"""Which rows of the catalogue a contract supports, and at which price: columns for every answer.

A tariff is never changed; the next one replaces it, every second or so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.board import Scores
from shanhuo.traffic.candidates import Candidates, Rows
from shanhuo.traffic.catalogue import Columns, key_of_session
from shanhuo.traffic.counters import Counters
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.models import Contract, Grant
from shanhuo.traffic.viewers import Viewer

Audience = Grant.Audience


OFFERED = 240
"""So many supported rows are candidates of every list: the best by score and price."""
MOST_TIMES = 8
"""So many contracts may speak for a row; of the best rows there are enough then."""
TRIAL_PLAYS = 100
A_PROVINCE = 10_000

_COLUMN = {
    Contract.Kind.COUNTY: "county",
    Contract.Kind.CREATOR: "author",
    Contract.Kind.PRODUCT: "product",
    Contract.Kind.POST: "post",
    Contract.Kind.VILLAGE: "village",
    Contract.Kind.SESSION: "post",
}


@dataclass(frozen=True, slots=True)
class Reach:
    """Every (row, contract) that belong together; `places` count into the list of contracts.

    `spots` numbers the rows that any contract supports, by row; all others have the last number.
    So prices need as many lines as there are supported rows, however large the platform is.
    """

    rows: Rows
    places: NDArray[np.int32]
    spots: NDArray[np.int32]

    @classmethod
    def of(cls, rows: Rows, places: NDArray[np.int32], *, size: int) -> "Reach":
        supported = np.unique(rows)
        spots = np.full(size, len(supported), np.int32)
        spots[supported] = np.arange(len(supported))
        return cls(rows, places, spots)

    @property
    def supported_count(self) -> int:
        return int(self.spots[self.rows].max(initial=-1)) + 1

    def covering(self, size: int) -> NDArray[np.int32]:
        """`spots` for so many rows: what was published since is under no contract yet."""
        new = np.full(size - len(self.spots), self.supported_count, np.int32)
        return np.concatenate((self.spots, new)) if len(new) else self.spots


def reach_of(contracts: Sequence[Contract], columns: Columns, counters: Counters) -> Reach:
    """What each contract supports: what is shown of its object and passes its gate."""
    rows, places = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
    for kind, name in _COLUMN.items():
        chosen = [place for place, one in enumerate(contracts) if one.kind == kind]
        found = _meeting([_value_of(contracts[place]) for place in chosen], columns[name])
        rows.append(found[0])
        places.append(np.array(chosen, np.int32)[found[1]])
    row, place = np.concatenate(rows), np.concatenate(places)
    least = np.array([one.grant.least_finish_percent for one in contracts], np.float64)
    finished = _finish_percent(columns["post"][row], counters)
    kept = columns["shown"][row] & (finished >= least[place])
    return Reach.of(row[kept], place[kept], size=len(columns))


def _value_of(contract: Contract) -> int:
    """What stands in the column of its kind."""
    if contract.kind == Contract.Kind.SESSION:
        return key_of_session(contract.target)
    return contract.target


def _meeting(targets: Sequence[int], values: NDArray[Any]) -> tuple[Rows, NDArray[np.int64]]:
    """(rows, numbers of targets) of every value that is a target; a target may stand twice."""
    wanted = np.array(targets, np.int64)
    order = np.argsort(wanted, kind="stable")
    first = np.searchsorted(wanted[order], values.astype(np.int64), "left")
    count = np.searchsorted(wanted[order], values.astype(np.int64), "right") - first
    rows = np.repeat(np.arange(len(values), dtype=np.int32), count)
    step = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return rows, order[np.repeat(first, count) + step]


def _finish_percent(posts: NDArray[Any], counters: Counters) -> NDArray[np.float64]:
    """How many of a hundred plays were finished; 100 until there were enough to tell."""
    totals = counters.totals(posts)
    plays = totals[:, Kind.PLAY].astype(np.float64)
    percent = 100 * totals[:, Kind.FINISH] / np.maximum(plays, 1)
    return np.where(plays < TRIAL_PLAYS, 100.0, percent)


@dataclass(frozen=True, slots=True)
class Layer:
    """The dearest contract of each spot among those of one audience; place -1 where none is."""

    audience: Audience
    price: Scores
    place: NDArray[np.int32]

    def fits(self, counties: NDArray[np.uint32], viewer: Viewer) -> Any:
        return fits(self.audience, counties, viewer)


def fits(audience: str, counties: Any, viewer: Viewer) -> Any:
    """Whether the viewer belongs to the audience of what comes from these counties (or this)."""
    if audience == Audience.PROVINCE:
        return np.equal(counties // A_PROVINCE, viewer.county // A_PROVINCE)
    if audience == Audience.ELSEWHERE:
        return np.not_equal(counties, viewer.county)
    return True


@dataclass(frozen=True, slots=True)
class Tariff:
    """`county` and `spots` by row; `offers` are supported rows, best first."""

    county: NDArray[np.uint32]
    spots: NDArray[np.int32]
    layers: tuple[Layer, ...]
    offers: Rows

    def dearest(
        self, candidates: Candidates, viewer: Viewer, usable: NDArray[np.bool_]
    ) -> tuple[Scores, NDArray[np.int32]]:
        """Per candidate the price and place of the dearest contract that is `usable` (by place,
        one more for "none") and means this viewer; 0 and -1 where there is none."""
        rows = candidates.rows
        spots, counties = self.spots[rows], self.county[rows]
        price, place = np.zeros(len(rows), np.float32), np.full(len(rows), -1, np.int32)
        for layer in self.layers:
            places = layer.place[spots]
            here = layer.price[spots] * (usable[places] & layer.fits(counties, viewer))
            dearer = here > price
            price = np.where(dearer, here, price)
            place = np.where(dearer, places, place)
        return price, place


def tariff_of(
    contracts: Sequence[Contract],
    reach: Reach,
    prices: NDArray[np.float64],
    *,
    columns: Columns,
    score: Scores,
) -> Tariff:
    """The tariff at these prices, by place; a contract at price 0 asks for nothing."""
    cheapest_first = prices.argsort(kind="stable")
    rank = np.empty(len(prices), np.min_scalar_type(len(prices)))
    rank[cheapest_first] = np.arange(len(prices))
    # By rank, since NumPy sorts 16 bits ten times faster than prices.
    order = np.argsort(rank[reach.places], kind="stable")
    order = order[int(np.count_nonzero(prices[reach.places] <= 0)) :]
    rows, places = reach.rows[order], reach.places[order]
    audience_of = np.array([one.grant.audience for one in contracts])
    layers = tuple(
        _layer(audience, reach.spots[rows[meant]], places[meant], prices, reach.supported_count)
        for audience in Audience
        if (meant := (audience_of == audience.value)[places]).any()
    )
    spots = reach.covering(len(columns))
    return Tariff(columns["county"], spots, layers, _offers(rows, prices[places], score))


def _layer(
    audience: Audience,
    spots: NDArray[np.int32],
    places: NDArray[np.int32],
    prices: NDArray[np.float64],
    size: int,
) -> Layer:
    """Spots come cheapest first, so that the dearest contract of each is written last."""
    price, place = np.zeros(size + 1, np.float32), np.full(size + 1, -1, np.int32)
    price[spots], place[spots] = prices[places], places
    return Layer(audience, price, place)


def _offers(rows: Rows, prices: NDArray[np.float64], score: Scores) -> Rows:
    worst = -(score[rows] + prices)
    if len(rows) > MOST_TIMES * OFFERED:
        chosen = np.argpartition(worst, MOST_TIMES * OFFERED)[: MOST_TIMES * OFFERED]
        rows, worst = rows[chosen], worst[chosen]
    best = rows[np.argsort(worst, kind="stable")]
    _, first = np.unique(best, return_index=True)
    return best[np.sort(first)][:OFFERED]
