"""What a day left of every creator in the signal log: exposures and plays, by grant contract."""

import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from shanhuo.impact.fairness.tally import register
from shanhuo.traffic.kinds import Kind, ObjectKind

TRACE = np.dtype(
    [("day", "<i4"), ("author", "<u8"), ("grant", "<u4"), ("shown", "<i8"), ("plays", "<i8")]
)
"""Of the posts of one creator on one day (an ordinal), on all surfaces; `grant` 0: no grant lifted
them."""

Traces = NDArray[Any]
_EPOCH = date(1970, 1, 1).toordinal()

_TRACES = f"""
SELECT (at_ms + 28800000) // 86400000 + {_EPOCH} AS day, author, "grant",
    count(*) FILTER (kind = {Kind.EXPOSURE.value}) AS shown,
    count(*) FILTER (kind = {Kind.PLAY.value}) AS plays
FROM marked JOIN author_of ON author_of.post = marked.object
WHERE fault = 0 AND object_kind = {ObjectKind.POST.value}
    AND kind IN ({Kind.EXPOSURE.value}, {Kind.PLAY.value})
GROUP BY day, author, "grant" ORDER BY day, author, "grant"
"""  # noqa: S608 - only our own numbers are put in


def read(signals: DuckDBPyConnection, *, author_of: Mapping[int, int]) -> Traces:
    """The traces of all that a connection of the log sees, by day; it was judged."""
    register(signals, "author_of", {"post": author_of.keys(), "author": author_of.values()})
    found = signals.execute(_TRACES).fetchnumpy()
    traces = np.empty(len(found["author"]), TRACE)
    for name in TRACE.names or ():
        traces[name] = found[name]
    return traces


def to_bytes(traces: Traces) -> bytes:
    return zlib.compress(traces.tobytes())


def from_bytes(data: bytes) -> Traces:
    return np.frombuffer(zlib.decompress(data), TRACE)
