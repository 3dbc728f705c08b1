"""What an ordinary viewer does: invented, the same for the demo season and for its audience."""

from collections.abc import Iterator
from random import Random

from shanhuo.traffic.kinds import Kind

Signal = tuple[int, int, int, int, int]
"""(sheet, slot, kind, age, value), as the page's script sends them."""

PAGE = 10
WATCHING_MS = 9_000
MOST_IN_A_BATCH = 50

HABITS = {
    Kind.FINISH: 0.45,
    Kind.LIKE: 0.16,
    Kind.COMMENT: 0.03,
    Kind.SHARE: 0.04,
    Kind.FOLLOW: 0.03,
    Kind.NOT_INTERESTED: 0.03,
    Kind.CLICK_PRODUCT: 0.14,
    Kind.OPEN_COUNTY: 0.06,
}
"""How often it is done to a clip on the screen; a share of those who played it."""
PLAYS = 0.85

DAY_CURVE = (
    *(12, 7, 4, 3, 3, 5, 12, 22, 30, 32, 33, 38),
    *(52, 48, 38, 35, 36, 42, 55, 72, 88, 96, 78, 40),
)
"""Visits by the hour in Shanghai, in parts of a day's: noon, and the long evening."""


def reactions(random: Random, slots: int) -> Iterator[Signal]:
    """What one viewer sends about a list of so many clips, watched one after the other."""
    for slot in range(slots):
        age_ms = (slots - slot) * WATCHING_MS
        yield (0, slot, Kind.EXPOSURE, age_ms, 0)
        if random.random() > PLAYS:
            continue
        yield (0, slot, Kind.PLAY, age_ms, 0)
        yield (0, slot, Kind.WATCH, age_ms - 2_000, random.randint(900, WATCHING_MS))
        for kind, chance in HABITS.items():
            if random.random() < chance:
                yield (0, slot, kind, age_ms - 3_000, 0)
