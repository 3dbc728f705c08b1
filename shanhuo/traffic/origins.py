"""Where the exposures of somebody's clips came from, and how the clips were received: for the
creator's own page. Counted from the log, like everything."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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


def origins_of(
    log: SignalLog, posts: Sequence[int], *, since: datetime, until: datetime
) -> Origins:
    """Of these posts, between the two moments."""
    kinds = [Kind.PLAY, Kind.FINISH, Kind.NOT_INTERESTED]
    with log.open(since=since, until=until) as connection:
        judge(connection)
        sources = connection.execute(
            "SELECT object, source, count(*) AS times FROM judged WHERE fault = 0"
            " AND object_kind = ? AND object IN (SELECT unnest(?))"
            " GROUP BY object, source ORDER BY times DESC, source",
            [int(ObjectKind.POST), list(posts)],
        ).fetchall()
        shown = connection.execute(
            'SELECT object, count(*), count(*) FILTER ("grant" > 0), count(DISTINCT viewer)'
            " FROM judged WHERE fault = 0"
            " AND object_kind = ? AND object IN (SELECT unnest(?)) GROUP BY object",
            [int(ObjectKind.POST), list(posts)],
        ).fetchall()
        counted = connection.execute(
            "SELECT object, kind, count(*) FROM signals WHERE object_kind = ? AND"
            " object IN (SELECT unnest(?)) AND kind IN (SELECT unnest(?)) GROUP BY ALL",
            [int(ObjectKind.POST), list(posts), [int(kind) for kind in kinds]],
        ).fetchall()
        usual = connection.execute(
            "SELECT count(*) FILTER (kind = ?), count(*) FILTER (kind = ?) FROM signals",
            [int(Kind.FINISH), int(Kind.PLAY)],
        ).fetchall()[0]
        viewers = connection.execute(
            "SELECT count(DISTINCT viewer) FROM signals WHERE kind = ? AND surface = ?",
            [int(Kind.EXPOSURE), int(Surface.FEED)],
        ).fetchall()[0][0]
    of_clip: dict[int, list[tuple[Source, int]]] = {}
    total: Counter[Source] = Counter()
    for post, source, count in sources:
        of_clip.setdefault(post, []).append((Source(source), count))
        total[Source(source)] += count
    times = {(post, kind): count for post, kind, count in counted}
    return Origins(
        sources=total.most_common(),
        of_clip=of_clip,
        viewers=viewers,
        clips={
            post: ClipReception(
                post,
                count,
                supported,
                viewers_of,
                *(times.get((post, int(kind)), 0) for kind in kinds),
            )
            for post, count, supported, viewers_of in shown
        },
        usual_finish_ratio=usual[0] / usual[1] if usual[1] else None,
    )
