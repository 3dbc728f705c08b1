"""The audience of a running demo: while its clock goes fast, people come and watch.

A program of its own that knows the platform by its address only: it asks for lists and reports what
was seen, as phones do. Everybody takes as long as clips last, by the demo's clock.
"""

import argparse
import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

import msgspec

from shanhuo.console.demo.habits import (
    DAY_CURVE,
    MOST_IN_A_BATCH,
    WATCHING_MS,
    Signal,
    reactions,
)
from shanhuo.console.demo.line import Answer, Lines, Refused
from shanhuo.kernel import clock, tempo

Ask = Callable[..., Awaitable[Answer]]
"""(path, cookie, body) -> Answer, as `Lines.ask`."""

VISITS_A_DAY = 24_000
COMES_BACK = 0.2
LOOKS_ON = 0.35
MOST_LISTS = 4
A_LIST = 5
"""Short: ten would be a quarter of all clips of the demo, and a grant could lift hardly any."""
MOST_AT_ONCE, MOST_INSIDE = 48, 192
TICK_S = 0.1
_EVERY_HOUR = sum(DAY_CURVE)


@dataclass(slots=True)
class Told:
    """What became of it so far: visits made, exposures believed, requests that got no answer."""

    visits: int = 0
    exposures: int = 0
    failures: int = 0


def visits_due(since: datetime, until: datetime, *, a_day: float) -> float:
    """How many visits begin between two moments that are no more than an hour apart."""
    hour = until.astimezone(clock.SHANGHAI).hour
    return a_day * DAY_CURVE[hour] / _EVERY_HOUR * (until - since).total_seconds() / 3600


@dataclass(slots=True)
class Crowd:
    """`people` are the cookies of those who came before."""

    ask: Ask
    time: tempo.TempoClock
    random: Random
    told: Told = field(default_factory=Told)
    people: list[str] = field(default_factory=list)
    _inside: int = 0

    async def attend(self) -> None:
        """Let people come until the clock is slow again, and the last of them has gone home."""
        before, due = self.time.now(), 0.0
        async with asyncio.TaskGroup() as visits:
            while self.time.is_fast:
                await asyncio.sleep(TICK_S)
                now = self.time.now()
                due += visits_due(before, now, a_day=VISITS_A_DAY)
                before = now
                while due >= 1:
                    due -= 1
                    # Who finds the house full does not come.
                    if self._inside < MOST_INSIDE:
                        self._inside += 1
                        visits.create_task(self._visit())

    async def _visit(self) -> None:
        known = bool(self.people) and self.random.random() < COMES_BACK
        cookie = self.random.choice(self.people) if known else ""
        self.told.visits += 1
        try:
            for _ in range(MOST_LISTS):
                cookie = await self._watch(cookie)
                if self.random.random() > LOOKS_ON:
                    break
        except (Refused, OSError, EOFError, TimeoutError):
            self.told.failures += 1
        else:
            if not known:
                self.people.append(cookie)
        finally:
            self._inside -= 1

    async def _watch(self, cookie: str) -> str:
        """One list from the first clip to the last; returns the viewer's cookie."""
        answer = await self.ask(f"/hot/feed?n={A_LIST}", cookie)
        cookie = cookie or answer.cookie
        shown = msgspec.json.decode(answer.body)
        signals = list(reactions(self.random, len(shown["items"])))
        await asyncio.sleep(len(shown["items"]) * WATCHING_MS / 1000 / self.time.tempo.rate)
        for first in range(0, len(signals), MOST_IN_A_BATCH):
            await self._report(shown["sheet"], signals[first : first + MOST_IN_A_BATCH], cookie)
        self.told.exposures += len(shown["items"])
        return cookie

    async def _report(self, sheet: str, signals: list[Signal], cookie: str) -> None:
        body = msgspec.json.encode({"sheets": [sheet], "signals": signals})
        await self.ask("/hot/signals", cookie, body)


async def wait_and_attend(port: int, folder: Path) -> None:
    """For as long as the demo runs: whenever its clock is sped up, a crowd comes."""
    time = tempo.TempoClock(folder / tempo.FILE)
    lines = Lines("127.0.0.1", port, MOST_AT_ONCE)
    crowd = Crowd(lines.ask, time, Random())  # noqa: S311 - a play, no secret
    noting = asyncio.create_task(_note(crowd, folder))
    try:
        while True:
            await crowd.attend()
            await asyncio.sleep(0.5)
    finally:
        noting.cancel()
        lines.close()


async def _note(crowd: Crowd, folder: Path) -> None:
    """Once a second, what was done so far, for whoever watches."""
    path, noted = folder / tempo.AUDIENCE_FILE, Told()
    while True:
        await asyncio.sleep(1)
        if crowd.told != noted:
            noted = Told(**asdict(crowd.told))
            fresh = path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(noted))
            fresh.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="the demo's own")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        asyncio.run(wait_and_attend(given.port, given.folder))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
