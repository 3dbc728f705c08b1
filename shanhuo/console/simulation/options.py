"""What is simulated, and what cannot be meant."""

from dataclasses import dataclass, fields, replace
from typing import Any

LIMITS = {
    "people": (100, 10_000_000),
    "posts": (100, 1_000_000),
    "counties": (10, 3_000),
    "days": (9, 365),
    "panel": (20, 100_000),
    "seeds": (1, 50),
    "seed": (0, 2**31),
}


class NotMeant(ValueError):
    """Options that describe no city; the words say which and why."""


@dataclass(frozen=True, slots=True)
class Options:
    """A city and a season.

    panel: so many of the `people` are followed, clip by clip, through the whole season; each stands
    for people / panel. seeds: so many cities are built, from `seed` on. support_percent: of the
    exposures of the supported third of the season.
    """

    people: int = 1_000_000
    posts: int = 100_000
    counties: int = 832
    days: int = 90
    panel: int = 1_000
    seeds: int = 3
    seed: int = 1
    support_percent: float = 3.0

    @property
    def weight(self) -> float:
        """How many people one of the panel stands for."""
        return self.people / self.panel

    @property
    def support_days(self) -> range:
        """The middle third of the season: before and after it, nobody is supported."""
        return range(self.days // 3, 2 * self.days // 3)


QUICK = Options(people=20_000, posts=3_000, counties=60, days=24, panel=150, seeds=2)


def checked(given: dict[str, Any], *, quick: bool) -> Options:
    """Options from what was given (None: not given). Raises NotMeant."""
    known = {field.name for field in fields(Options)}
    chosen = {name: value for name, value in given.items() if name in known and value is not None}
    options = replace(QUICK if quick else Options(), **chosen)
    for name, (least, most) in LIMITS.items():
        value = getattr(options, name)
        if not least <= value <= most:
            raise NotMeant(f"--{name} is {value:,}; it must be {least:,} to {most:,}")
    if options.panel > options.people:
        raise NotMeant(
            f"--panel is {options.panel:,}, but the city has {options.people:,} people; "
            "only who lives there can be followed"
        )
    if options.posts < options.counties:
        raise NotMeant(f"--posts is {options.posts:,}: every one of the counties needs a post")
    if not 0 < options.support_percent <= 30:
        raise NotMeant("--support-percent must be above 0 and at most 30")
    return options
