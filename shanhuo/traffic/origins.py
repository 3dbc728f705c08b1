"""Where the exposures of somebody's clips came from, and how the clips were received: for the
creator's own page. Counted from the log, like everything."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from duckdb import DuckDBPyConnection

from shanhuo.traffic.fakes import judge
from shanhuo.traffic.kinds import Kind, ObjectKind, Source, Surface
from shanhuo.traffic.log import SignalLog


@dataclass(frozen=True, slots=True)
class ClipReception:
    """One clip: shown, shown by grants, to how many viewers, played, finished, hidden."""

    post: int
    shown: int
    supported: int
    viewers: int
    played: int
    finished: int
    hidden: int

    @property
    def finish_ratio(self) -> float | None:
        return self.finished / self.played if self.played else None


@dataclass(frozen=True, slots=True)
class Origins:
    """`sources`: (source, exposures), most first, of all these clips; `of_clip`: of each.
    `viewers`: of the whole feed. `usual_finish_ratio`: of all clips."""

    sources: list[tuple[Source, int]]
    of_clip: dict[int, list[tuple[Source, int]]]
    clips: dict[int, ClipReception]
    viewers: int
    usual_finish_ratio: float | None

    @property
    def shown(self) -> int:
        return sum(count for _, count in self.sources)


_SOURCES = """
    SELECT object, source, count(*) AS times FROM judged
    WHERE fault = 0 AND object_kind = ? AND object IN (SELECT unnest(?))
    GROUP BY object, source ORDER BY times DESC, source
"""
_SHOWN = """
    SELECT object, count(*), count(*) FILTER ("grant" > 0), count(DISTINCT viewer) FROM judged
    WHERE fault = 0 AND object_kind = ? AND object IN (SELECT unnest(?)) GROUP BY object
"""
_ANSWERED = """
    SELECT object, kind, count(*) FROM signals
    WHERE object_kind = ? AND object IN (SELECT unnest(?)) AND kind IN (SELECT unnest(?))
    GROUP BY ALL
"""
_FINISHED_AND_PLAYED = """
    SELECT count(*) FILTER (kind = ?), count(*) FILTER (kind = ?) FROM signals
"""
_VIEWERS = "SELECT count(DISTINCT viewer) FROM signals WHERE kind = ? AND surface = ?"
_ANSWERS = [int(Kind.PLAY), int(Kind.FINISH), int(Kind.NOT_INTERESTED)]
"""In the order of the last columns of `ClipReception`."""


def origins_of(
    log: SignalLog, posts: Sequence[int], *, since: datetime, until: datetime
) -> Origins:
    """Of these posts, between the two moments."""
    theirs = [int(ObjectKind.POST), list(posts)]
    with log.open(since=since, until=until) as signals:
        judge(signals)
        sources = [
            (post, Source(source), count)
            for post, source, count in signals.execute(_SOURCES, theirs).fetchall()
        ]
        clips = _receptions(signals, theirs)
        [(finished, played)] = signals.execute(
            _FINISHED_AND_PLAYED, [int(Kind.FINISH), int(Kind.PLAY)]
        ).fetchall()
        [(viewers,)] = signals.execute(_VIEWERS, [int(Kind.EXPOSURE), int(Surface.FEED)]).fetchall()
    total: Counter[Source] = Counter()
    of_clip: dict[int, list[tuple[Source, int]]] = {}
    for post, source, count in sources:
        total[source] += count
        of_clip.setdefault(post, []).append((source, count))
    return Origins(
        sources=total.most_common(),
        of_clip=of_clip,
        clips=clips,
        viewers=viewers,
        usual_finish_ratio=finished / played if played else None,
    )


def _receptions(signals: DuckDBPyConnection, theirs: list[Any]) -> dict[int, ClipReception]:
    """Of each post that was shown."""
    answered = signals.execute(_ANSWERED, [*theirs, _ANSWERS]).fetchall()
    times = {(post, kind): count for post, kind, count in answered}
    return {
        post: ClipReception(
            post, shown, supported, viewers, *(times.get((post, kind), 0) for kind in _ANSWERS)
        )
        for post, shown, supported, viewers in signals.execute(_SHOWN, theirs).fetchall()
    }
