"""One session's room in this process: who is there, what is to be told, what was told last."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from picows import WSTransport

from shanhuo.live.queries.room import Change, RoomNow
from shanhuo.live.services.room_sums import Sums
from shanhuo.realtime.rooms.frames import Tick, encoded
from shanhuo.realtime.rooms.limits import STILL_THERE_ROUNDS

if TYPE_CHECKING:
    from shanhuo.realtime.rooms.guest import Guest


class Room:
    """`ready` are the lines that took everything so far; one that is behind is not in it. They keep
    the order in which they came: everybody's turn within a tick is then the same in every tick.

    The likes that are shown are those that are in the database: after a kill they go on from there.
    """

    def __init__(self, session_id: int) -> None:
        self.session_id = session_id
        self.guests: set[Guest] = set()
        self.ready: dict[WSTransport, None] = {}
        self.now: RoomNow | None = None
        self.banned: frozenset[int] = frozenset()
        self.likes = self.elsewhere = 0
        self._here: dict[int, int] = {}
        self._new_joins: Counter[int] = Counter()
        self._new_likes = 0
        self._shown: list[tuple[str, str, str, str]] = []
        self._hidden: list[str] = []
        self._has_newcomers = False
        self._last: tuple[int, int, int] | None = None
        self._last_round = 0

    @property
    def viewers(self) -> int:
        """Persons, not tabs: a viewer with two sockets is one."""
        return len(self._here) + self.elsewhere

    @property
    def viewers_here(self) -> int:
        return len(self._here)

    def enter(self, guest: "Guest") -> None:
        sockets = self._here.get(guest.viewer, 0)
        self._here[guest.viewer] = sockets + 1
        if not sockets:
            self._new_joins[guest.came] += 1
        self._has_newcomers = True
        self.guests.add(guest)
        self.ready[guest.transport] = None

    def leave(self, guest: "Guest") -> None:
        if guest not in self.guests:
            return
        self.guests.remove(guest)
        self.ready.pop(guest.transport, None)
        self._here[guest.viewer] -= 1
        if not self._here[guest.viewer]:
            del self._here[guest.viewer]

    def like(self, taps: int) -> None:
        self._new_likes += taps

    @property
    def has_untold(self) -> bool:
        """Whether the database does not know everything yet that happened here."""
        return bool(self._new_joins or self._new_likes)

    def take_sums(self) -> Sums | None:
        """What happened since the last time, for the database; None when nothing did."""
        if not self.has_untold:
            return None
        sums = Sums(self.session_id, self._new_joins, self.viewers, self._new_likes)
        self._new_joins, self._new_likes = Counter(), 0
        return sums

    def put_back(self, sums: Sums) -> None:
        """They could not be written: they are told next time."""
        self._new_joins.update(sums.joins)
        self._new_likes += sums.likes

    def hear(self, changes: Iterable[Change]) -> None:
        """Lines came or went; viewers learn it with the next frame."""
        for change in changes:
            line = change.line
            if change.is_shown:
                self._shown.append((line.id, line.name, line.body, line.badge))
            else:
                self._hidden.append(line.id)

    def frame(self, round_: int) -> bytes | None:
        """The one frame of this tick; None while nothing changes and all have been told."""
        if self.now is None:
            return None
        counts = (self.viewers, self.likes, self.now.version)
        has_news = self._has_newcomers or self._shown or self._hidden or counts != self._last
        if not has_news and round_ - self._last_round < STILL_THERE_ROUNDS:
            return None
        viewers, likes, version = counts
        tick = Tick(viewers, likes, self._shown, self._hidden, version)
        self._shown, self._hidden = [], []
        self._has_newcomers = False
        self._last, self._last_round = counts, round_
        return encoded(tick)
