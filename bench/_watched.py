"""KuaiRand-Pure as columns: who saw what, when and where, and whether they watched for long.

Every exposure before the scored days is known in one of two ways: rows of the log from 04-25 on,
and the histories of 04-08..04-24, which lack time and tab. Nothing of a scored day is ever read
but what is known before the video starts: viewer, video, hour, tab.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

DATA = Path(__file__).parent / "data"
USERS, VIDEOS = 27_285, 7_583
LENGTHS_S = (0.1, 5, 7, 9, 11, 13, 15, 18, 22, 28, 40, 60, 90, 150)
UNKNOWN_TAB, UNKNOWN_HOUR = 16, 25

BEGIN_MS, DAY_MS = 1_649_347_200_000, 86_400_000

Ints = NDArray[np.int64]


def table(name: str, sql: str = "SELECT * FROM {}") -> dict[str, NDArray[Any]]:
    """A data file as columns. More days are read, and scored, by dropping another file
    `kuairand_standard*.parquet` beside the first."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        source = f"'{DATA}/kuairand_{name}*.parquet'"
        found = connection.execute(sql.format(source)).fetchnumpy()
    return {key: np.ma.filled(column, 0) for key, column in found.items()}


@dataclass(frozen=True, slots=True)
class Rows:
    """Exposures. `columns` counts everything from 1, for 0 means "not known"."""

    columns: Mapping[str, Ints]
    long_view: NDArray[np.bool_]

    @property
    def viewer(self) -> Ints:
        return self.columns["viewer"]

    @property
    def video(self) -> Ints:
        return self.columns["video"]

    def __len__(self) -> int:
        return len(self.long_view)

    def where(self, wanted: NDArray[np.bool_]) -> "Rows":
        return Rows({k: v[wanted] for k, v in self.columns.items()}, self.long_view[wanted])


def together(*parts: Rows) -> Rows:
    """All rows as one."""
    names = parts[0].columns
    joined = {name: np.concatenate([part.columns[name] for part in parts]) for name in names}
    return Rows(joined, np.concatenate([part.long_view for part in parts]))


@cache
def log() -> Rows:
    """The standard log from 04-25 on, by time; column `day` is 425..505."""
    found = table("standard", "SELECT * FROM {} ORDER BY time_ms, user_id, video_id")
    columns = _columns(
        viewer=found["user_id"],
        video=found["video_id"],
        tab=found["tab"] + 1,
        hour=found["hourmin"] // 100 + 1,
        day=found["date"] - 20_220_000,
    )
    return Rows(columns, found["long_view"] > 0)


@cache
def histories() -> Rows:
    """What users watched from 04-08 to 04-24 (the last 50 of each); tab and hour are not known."""
    found = table("histories", "SELECT user_id, watch_seq, long_watch_seq FROM {} ORDER BY 1")
    viewer, video = _flat(found["user_id"], found["watch_seq"])
    long_viewer, long_video = _flat(found["user_id"], found["long_watch_seq"])
    long_view = np.isin(viewer * VIDEOS + video, long_viewer * VIDEOS + long_video)
    unknown = np.ones(len(viewer), np.int64)
    columns = _columns(
        viewer=viewer,
        video=video,
        tab=unknown * UNKNOWN_TAB,
        hour=unknown * UNKNOWN_HOUR,
        day=unknown * 424,
    )
    return Rows(columns, long_view)


def moments_of_histories() -> NDArray[np.float64]:
    """When each row of `histories` happened, in days after 04-08 00:00, by estimate: only a user's
    number of exposures and the last moment are known, so they are spread evenly."""
    found = table("histories", "SELECT history_len, last_ms, watch_seq FROM {} ORDER BY user_id")
    last = (found["last_ms"] - BEGIN_MS) / DAY_MS
    sizes = np.array([len(one) for one in found["watch_seq"]])
    ends = np.cumsum(sizes)
    back = np.repeat(ends, sizes) - np.arange(ends[-1]) - 0.5
    step = np.repeat(last / np.maximum(found["history_len"], 1), sizes)
    return np.asarray(np.repeat(last, sizes) - back * step, np.float64)


def days(first: int, last: int) -> Rows:
    """Rows of the log from day to day, e.g. 425 to 428."""
    day = log().columns["day"]
    return log().where((day >= first) & (day <= last))


def known_before(day: int) -> Rows:
    """Everything that was known before a day began."""
    return together(histories(), days(425, day - 1))


def _columns(*, viewer: Ints, video: Ints, tab: Ints, hour: Ints, day: Ints) -> dict[str, Ints]:
    about = {name: column[video] for name, column in videos().items()}
    context = {"viewer": viewer + 1, "video": video + 1, "tab": tab, "hour": hour, "day": day}
    return {name: column.astype(np.int64) for name, column in {**context, **about}.items()}


@cache
def videos() -> dict[str, Ints]:
    """author, length (class), tag (the first) and upload of each video, counted from 1."""
    found = table("items", "SELECT * FROM {} ORDER BY video_id")
    return {
        "author": _numbered(found["author_id"]),
        "length": np.searchsorted(np.array(LENGTHS_S) * 1000, found["duration_ms"]) + 1,
        "tag": _numbered([str(tags).partition(",")[0] for tags in found["tag"]]),
        "upload": _numbered(found["upload_type"].astype(str)),
    }


def _numbered(values: Any) -> Ints:
    return np.unique(values, return_inverse=True)[1].astype(np.int64) + 1


def _flat(users: Ints, lists: NDArray[Any]) -> tuple[Ints, Ints]:
    """(user, video) of every entry of every list."""
    sizes = [len(one) for one in lists]
    flat = np.concatenate([np.asarray(one, np.int64) for one in lists])
    return np.repeat(users.astype(np.int64), sizes), flat
