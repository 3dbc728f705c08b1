"""Hillstrom's trial as columns: who got the women's e-mail or none, by lot, and who visited."""

from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
DATA = Path(__file__).parent / "data" / "hillstrom_womens.parquet"

SINGLE, WOMENS = 9, 3

CHANCE = 0.5
"""Two of three arms of equal size are kept; the lot was even between them."""


def trial() -> tuple[Reals, Reals, Reals]:
    """Features (people, 14), the first SINGLE of them as they are and the others products of them;
    visited and e-mailed as 0 and 1. 42,693 people."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        rows = connection.read_parquet(str(DATA)).fetchnumpy()
    spent = np.log(rows["history"])
    single = [rows["recency"], spent, rows["mens"], rows["womens"], rows["newbie"]]
    single += [rows["zip_code"] == name for name in ("Rural", "Urban")]
    single += [rows["channel"] == name for name in ("Multichannel", "Phone")]
    both = rows["mens"] & rows["womens"]
    crossed = [both, rows["womens"] * spent, rows["womens"] * rows["recency"]]
    crossed += [rows["womens"] & rows["newbie"], spent**2]
    features = np.column_stack([*single, *crossed]).astype(np.float64)
    return features, rows["visit"].astype(np.float64), rows["emailed"].astype(np.float64)


def halves(people: int, *, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two random halves: to learn on, to be judged on."""
    order = np.random.default_rng(seed).permutation(people)
    return order[: people // 2], order[people // 2 :]
