"""How fast the clock of a demo goes: one line in one file, read by every process of the demo.

The line has four numbers, `since moment rate until`, all but the rate in seconds since 1970. When
the host's clock showed `since`, the demo's showed `moment`; from there it goes `rate` times as fast
until it shows `until`, and then as fast as any clock. It never goes back, and nobody has to be
there to slow it down.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

FILE = "clock"
AUDIENCE_FILE = "audience.json"
"""What the people who come while it goes fast have done; beside the first."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds since 1970, but for `rate`."""

    since: float
    moment: float
    rate: float
    until: float

    def at(self, host: float) -> float:
        """What the demo's clock shows when the host's shows `host`."""
        passed = max(0.0, host - self.since)
        fast = min(passed, self._fast_s)
        return self.moment + fast * self.rate + (passed - fast)

    def is_fast(self, host: float) -> bool:
        return self.rate > 1 and host - self.since < self._fast_s

    @property
    def _fast_s(self) -> float:
        """How long, by the host's clock, it goes at `rate`."""
        return max(0.0, self.until - self.moment) / self.rate


USUAL = Tempo(since=0.0, moment=0.0, rate=1.0, until=0.0)
"""The host's own time."""


class TempoClock:
    """The clock that a file describes; without the file, the host's."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[int, int] | None = None
        self._tempo = USUAL

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.tempo.at(time.time()), UTC)

    @property
    def is_fast(self) -> bool:
        return self.tempo.is_fast(time.time())

    @property
    def tempo(self) -> Tempo:
        """As the file says now. A file that cannot be read is a fault, not another time."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return USUAL
        if (found.st_ino, found.st_mtime_ns) != self._read:
            self._tempo = Tempo(*map(float, self._path.read_text().split()))
            self._read = found.st_ino, found.st_mtime_ns
        return self._tempo

    def go(self, *, rate: float, seconds: float) -> None:
        """From now on `rate` times as fast, for so many seconds of the demo's own time."""
        host = time.time()
        moment = self.tempo.at(host)
        fresh = self._path.with_suffix(".new")
        fresh.write_text(f"{host!r} {moment!r} {rate} {moment + seconds!r}\n")
        fresh.replace(self._path)
