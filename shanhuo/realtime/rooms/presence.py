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
from typing import Protocol

from shanhuo.live.queries import room as queries
from shanhuo.live.services import room_sums

TOLD_EVERY_S = 3.0
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
