"""How several room processes know of each other's viewers.

Each counts its own. What the others have is a hint: told over and over, believed for a while, and
never needed for anything but the figure that is shown.
"""

import logging
import os
import socket
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from django.conf import settings

from shanhuo.live.queries import room as queries
from shanhuo.live.queries.room import BELIEVED_FOR
from shanhuo.live.services import room_sums

if TYPE_CHECKING:
    from redis import Redis

TOLD_EVERY_S = 3.0
PATIENCE_S = 0.2
"""With Redis: a tick waits no longer for it."""
log = logging.getLogger(__name__)


class Presence(Protocol):
    """Tell our viewers by session id; hear the others' for the sessions in `ids`."""

    def exchange(
        self, viewers: Mapping[int, int], ids: Sequence[int], *, now: datetime
    ) -> dict[int, int]: ...


def name_of_process() -> str:
    """Ours among all machines."""
    return f"{socket.gethostname()[:40]}:{os.getpid()}"


class InDatabase:
    """One row per process and session, written when it changed, or every three seconds."""

    def __init__(self) -> None:
        self._name = name_of_process()
        self._told: dict[int, int] = {}
        self._told_at = 0.0

    def exchange(
        self, viewers: Mapping[int, int], ids: Sequence[int], *, now: datetime
    ) -> dict[int, int]:
        age = time.monotonic() - self._told_at
        is_news = age >= 1 and dict(viewers) != self._told
        if is_news or (viewers and age >= TOLD_EVERY_S):
            gone = dict.fromkeys(self._told.keys() - viewers.keys(), 0)
            room_sums.tell_presence({**gone, **viewers}, process=self._name, now=now)
            room_sums.forget_presence(now=now)
            self._told, self._told_at = dict(viewers), time.monotonic()
        return queries.viewers_of(ids, now=now, without=self._name)


class InRedis:
    """A hash per session: process -> "viewers moment", told with every tick. Stopped or flushed, it
    costs the others' viewers until they have told theirs again."""

    def __init__(self, client: "Redis") -> None:
        self._client = client
        self._name = name_of_process()
        self._is_away = False

    def exchange(
        self, viewers: Mapping[int, int], ids: Sequence[int], *, now: datetime
    ) -> dict[int, int]:
        from redis import RedisError  # noqa: PLC0415  optional: extra "scale"

        try:
            others = self._exchange(viewers, ids, now=now)
        except RedisError as error:
            if not self._is_away:
                log.warning("rooms do not see each other's viewers: %s", error)
            self._is_away = True
            return dict.fromkeys(ids, 0)
        self._is_away = False
        return others

    def _exchange(
        self, viewers: Mapping[int, int], ids: Sequence[int], *, now: datetime
    ) -> dict[int, int]:
        moment = now.timestamp()
        pipe = self._client.pipeline(transaction=False)
        for session in ids:
            key = f"shanhuo:viewers:{session}"
            pipe.hset(key, self._name, f"{viewers.get(session, 0)} {moment}")
            pipe.expire(key, int(BELIEVED_FOR.total_seconds()))
            pipe.hgetall(key)
        told = pipe.execute()[2::3]
        return {session: self._sum(rows, moment) for session, rows in zip(ids, told, strict=True)}

    def _sum(self, rows: Mapping[bytes, bytes], moment: float) -> int:
        total = 0
        for name, said in rows.items():
            viewers, told_at = said.split()
            is_fresh = moment - float(told_at) < BELIEVED_FOR.total_seconds()
            total += int(viewers) if is_fresh and name.decode() != self._name else 0
        return total


def presence() -> Presence:
    """As it is configured."""
    if not settings.REDIS_URL:
        return InDatabase()
    from redis import Redis  # noqa: PLC0415  optional: extra "scale"

    patience = {"socket_timeout": PATIENCE_S, "socket_connect_timeout": PATIENCE_S}
    return InRedis(Redis.from_url(settings.REDIS_URL, **patience))
