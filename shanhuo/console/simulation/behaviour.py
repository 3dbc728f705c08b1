"""What a person of the city does in front of a clip. Invented; every number stands here.

log-odds of liking what is played = BASE + appeal of the post + taste for its topic
    + HOME if it is from the chosen county + RIPE in the season of its goods

PLAYS of the clips looked at are played; what is played and liked is a long view. A click on the
goods needs a long view, an order needs a click. The look goes down the list and stops after each
clip with probability 1 - GO_ON.
"""

import math
from dataclasses import dataclass

import numpy as np

from shanhuo.console.simulation.chance import draw, uniform
from shanhuo.console.simulation.city import City, Flags, Ints, Reals
from shanhuo.traffic.kinds import Kind

BASE, HOME, RIPE = -1.1, 0.9, 0.5
RIPE_DAYS = 15
GO_ON = 0.93
PLAYS = 0.85
AFTER_A_LONG_VIEW = {
    Kind.LIKE: 0.20,
    Kind.COMMENT: 0.03,
    Kind.SHARE: 0.04,
    Kind.FOLLOW: 0.04,
    Kind.OPEN_COUNTY: 0.08,
}
CLICK, CLICK_RIPE, ORDER = 0.12, 0.20, 0.10
UNWANTED = 0.02
DRAWN = (
    *(Kind.PLAY, Kind.FINISH, Kind.NOT_INTERESTED, Kind.CLICK_PRODUCT, Kind.BUY_CLICK),
    *AFTER_A_LONG_VIEW,
)


@dataclass(frozen=True, slots=True)
class Watched:
    """The clips of one list that were looked at, in order.

    likes_it, orders: the chances of a long view and of an order, before any chance was drawn; sums
    of these have the least noise. done: (place in the list, kind) of every signal.
    """

    posts: Ints
    likes_it: Reals
    orders: Reals
    done: list[tuple[int, int]]


def watch(city: City, person: int, posts: Ints, *, day: int, nth: int) -> Watched:
    """A person (a number of the panel) goes through the nth list of a day."""
    looked = posts[: _looked_at(city, person, len(posts), day=day, nth=nth)]
    ripe = _is_ripe(city, looked, day)
    likes_it = PLAYS * _chance_of_liking(city, person, looked, ripe)
    clicks = np.where(ripe, CLICK_RIPE, CLICK) * city.sells[looked]
    return Watched(
        looked,
        likes_it,
        likes_it * clicks * ORDER,
        _done(city, person, looked, likes_it, clicks),
    )


def _looked_at(city: City, person: int, most: int, *, day: int, nth: int) -> int:
    """How far down the list the look goes: at least one clip."""
    drawn = draw(city.seed, 40, person, day, nth)
    return min(most, 1 + math.floor(math.log(1 - drawn) / math.log(GO_ON)))


def _is_ripe(city: City, posts: Ints, day: int) -> Flags:
    return np.abs(city.ripe_on[city.county_of(posts)] - day) <= RIPE_DAYS


def _chance_of_liking(city: City, person: int, posts: Ints, ripe: Flags) -> Reals:
    odds = BASE + city.appeal[posts] + city.taste[person, city.topic[posts]] + RIPE * ripe
    odds += HOME * (city.county_of(posts) == city.home[person])
    chance: Reals = 1 / (1 + np.exp(-odds))
    return chance


def _done(
    city: City, person: int, posts: Ints, likes_it: Reals, clicks: Reals
) -> list[tuple[int, int]]:
    """Signals: a person does the same to the same clip whenever they see it."""

    kinds = np.array([*DRAWN])
    drawn = dict(zip(DRAWN, uniform(city.seed, 41, person, kinds[:, None], posts), strict=True))
    plays = drawn[Kind.PLAY] < PLAYS
    long_view = plays & (drawn[Kind.FINISH] * PLAYS < likes_it)
    click = long_view & (drawn[Kind.CLICK_PRODUCT] < clicks)
    happened = {
        Kind.EXPOSURE: np.ones(len(posts), bool),
        Kind.PLAY: plays,
        Kind.FINISH: long_view,
        Kind.WATCH: long_view,
        Kind.NOT_INTERESTED: plays & ~long_view & (drawn[Kind.NOT_INTERESTED] < UNWANTED),
        Kind.CLICK_PRODUCT: click,
        Kind.BUY_CLICK: click & (drawn[Kind.BUY_CLICK] < ORDER),
    }
    for kind, chance in AFTER_A_LONG_VIEW.items():
        happened[kind] = long_view & (drawn[kind] < chance)
    return [
        (place, int(kind))
        for kind, did in happened.items()
        for place in np.flatnonzero(did).tolist()
    ]
