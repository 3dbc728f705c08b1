"""The city: counties with their goods, creators with their skill, posts, and a panel of people.

Every column follows from the options and one seed. No name is a real county's.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shanhuo.console.simulation.chance import normal, uniform
from shanhuo.console.simulation.options import Options

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOPICS = 24
POSTS_A_CREATOR = 8
THERE_BEFORE = 0.6
"""Of the creators: these had joined, and posted half of their clips, before the season began."""
KEY_COUNTIES = 0.19
"""160 of 832: the counties that the floor of every list serves."""
SELLING = 0.7
LOCAL_PEOPLE = 0.3
"""Who chose a county as theirs."""
FIRST_ADCODE = 900_001
FIRST_AUTHOR = 1
FIRST_POST = 1


@dataclass(frozen=True, slots=True)
class City:
    """Columns by county, by creator, by post (in the order of publication) and by person."""

    seed: int
    options: Options
    is_key: Flags
    is_supported: Flags
    ripe_on: Ints
    income_yuan: Reals
    creator_county: Ints
    joined_on: Ints
    author: Ints
    topic: Ints
    published_on: Ints
    appeal: Reals
    sells: Flags
    taste: Reals
    home: Ints
    activity: Reals

    def county_of(self, posts: Ints) -> Ints:
        return self.creator_county[self.author[posts]]


def found(options: Options, seed: int) -> City:
    """Build the city of a seed."""
    counties = np.arange(options.counties)
    creators = np.arange(max(options.counties, options.posts // POSTS_A_CREATOR))
    creator_county = _spread_over_counties(creators, options.counties)
    joined_on = _joined_on(creators, options.days, seed)
    author, published_on = _posts(creators, joined_on, options, seed)
    skill = normal(seed, 20, creators)
    posts = np.arange(options.posts)
    size = np.bincount(creator_county[author], minlength=options.counties)
    people = _panel(options, seed)
    return City(
        seed=seed,
        options=options,
        is_key=uniform(seed, 10, counties) < KEY_COUNTIES,
        is_supported=_supported(size, seed),
        ripe_on=np.floor(uniform(seed, 11, counties) * options.days).astype(np.int64),
        income_yuan=20 + 60 * uniform(seed, 12, counties),
        creator_county=creator_county,
        joined_on=joined_on,
        author=author,
        topic=np.floor(uniform(seed, 21, posts) * TOPICS).astype(np.int64),
        published_on=published_on,
        appeal=0.6 * skill[author] + 0.6 * normal(seed, 22, posts),
        sells=uniform(seed, 23, posts) < SELLING,
        taste=_tastes(people, seed),
        home=_homes(people, options.counties, seed),
        activity=np.minimum(0.95, -0.45 * np.log(1 - uniform(seed, 32, people))),
    )


def _spread_over_counties(creators: Ints, counties: int) -> Ints:
    """Every county has a creator; the others follow Zipf with exponent 0.7, as authors do."""
    shares = np.arange(1, counties + 1) ** -0.7
    edges = np.cumsum(shares) / shares.sum()
    others = len(creators) - counties
    rest = np.searchsorted(edges, (np.arange(others) + 0.5) / max(1, others))
    return np.concatenate([np.arange(counties), np.minimum(rest, counties - 1)])


def _joined_on(creators: Ints, days: int, seed: int) -> Ints:
    """-1: before the season."""
    drawn = uniform(seed, 13, creators)
    during = np.floor((drawn - THERE_BEFORE) / (1 - THERE_BEFORE) * days * 0.8)
    return np.where(drawn < THERE_BEFORE, -1, during).astype(np.int64)


def _posts(creators: Ints, joined_on: Ints, options: Options, seed: int) -> tuple[Ints, Ints]:
    """(author, day) of all posts, oldest first. Days before the season are negative."""
    number = np.arange(options.posts)
    author = np.concatenate([creators, np.sort(number[len(creators) :] % len(creators))])
    drawn = uniform(seed, 14, number)
    old = joined_on[author] < 0
    begin = np.where(old, -options.days / 2, joined_on[author])
    until = np.where(old, options.days / 2, options.days)
    day = np.floor(begin + drawn * (until - begin)).astype(np.int64)
    # The first post of whoever joins is what they join with.
    day[: len(creators)] = np.where(joined_on < 0, day[: len(creators)], joined_on)
    order = np.argsort(day, kind="stable")
    return author[order], day[order]


def _supported(size: Ints, seed: int) -> Flags:
    """A tenth of the counties, by lot among the half with fewer posts."""
    small = np.argsort(size, kind="stable")[: max(1, len(size) // 2)]
    chosen = small[np.argsort(uniform(seed, 15, small), kind="stable")][: max(1, len(size) // 10)]
    supported = np.zeros(len(size), bool)
    supported[chosen] = True
    return supported


def _panel(options: Options, seed: int) -> Ints:
    """Drawn from all people without replacement: those with the smallest lots."""
    lots = uniform(seed, 30, np.arange(options.people))
    return np.sort(np.argpartition(lots, options.panel - 1)[: options.panel])


def _tastes(people: Ints, seed: int) -> Reals:
    """Three liked topics each, as weights; people x TOPICS."""
    tastes = np.full((len(people), TOPICS), -0.4)
    for place, weight in enumerate((1.6, 1.0, 0.6)):
        liked = np.floor(uniform(seed, 31, people, place) * TOPICS).astype(np.int64)
        tastes[np.arange(len(people)), liked] = weight
    return tastes


def _homes(people: Ints, counties: int, seed: int) -> Ints:
    """The county that a person chose, or -1."""
    home = np.floor(uniform(seed, 33, people) * counties).astype(np.int64)
    return np.where(uniform(seed, 34, people) < LOCAL_PEOPLE, home, -1)
