"""A small day: requests that could show one thing without a contract, or something supported."""

import numpy as np
import pytest

from shanhuo.traffic.pacing.offers import Offers


@pytest.fixture
def make_day():
    """requests × contracts offers; each contract has a chance in a third of the requests."""

    def make(*, requests=600, contracts=4, seed=1, slots=1):
        rng = np.random.default_rng(seed)
        counts, worth, bundle = [], [], []
        for _ in range(requests):
            here = np.flatnonzero(rng.random(contracts) < 1 / 3)
            counts.append(slots + len(here))
            worth += [*rng.uniform(0.5, 0.9, slots), *rng.uniform(0.1, 0.7, len(here))]
            bundle += [0] * slots + (here + 1).tolist()
        starts = np.concatenate(([0], np.cumsum(counts)))
        return Offers(starts, np.array(worth), np.array(bundle), slots)

    return make
