"""The words of a signal: what eyes and thumbs did, to what, on which surface, from which source.

Numbers are for ever: they stand in segments and Parquet files. docs/signals.md explains each.
"""

from enum import IntEnum, IntFlag


class Kind(IntEnum):
    """What happened. At most 31: a sheet remembers the kinds used on a slot in 32 bits."""

    EXPOSURE = 1
    PLAY = 2
    FINISH = 3
    LIKE = 4
    UNLIKE = 5
    COMMENT = 6
    SHARE = 7
    FOLLOW = 8
    NOT_INTERESTED = 9
    CLICK_PRODUCT = 10
    OPEN_COUNTY = 11
    BASKET = 12
    BUY_CLICK = 13
    WATCH = 14
    OPEN_POST = 15
    SKIP = 16
    OPEN_ITEM = 17


class ObjectKind(IntEnum):
    """What was shown; `object` is its primary key."""

    POST = 1
    PRODUCT = 2
    COUNTY = 3
    SESSION = 4
    SHOWCASE_ITEM = 5


class Surface(IntEnum):
    """Where it was shown (流量来源)."""

    FEED = 1
    SAME_CITY = 2
    FOLLOWING = 3
    SEARCH = 4
    PROFILE = 5
    MALL = 6
    COUNTY = 7
    PRODUCT = 8
    ACTIVITY = 9
    LIVE_SQUARE = 10
    MESSAGE = 11
    OTHER = 12
    BANNER = 13
    SPLASH = 14


class Source(IntEnum):
    """Why it was shown: the list of candidates it came from, or what else brought it in."""

    FOLLOWED = 1
    PLACE = 2
    SEASON = 3
    TOPIC = 4
    TOGETHER = 5
    FRESH = 6
    TRENDING = 7
    RANDOM = 8
    GRANT = 9
    CHOSEN = 10
    AGAIN = 11
    NEIGHBOURS = 12
    LIVE = 13
    COUNTY_FLOOR = 14
    NEWCOMER_FLOOR = 15
    LIVE_FLOOR = 16


FLOORS = (Source.COUNTY_FLOOR, Source.NEWCOMER_FLOOR, Source.LIVE_FLOOR)
"""Of what would not stand in its list without a floor, or the place kept for a session."""


class Flags(IntFlag):
    """How the viewer was served; the same bits stand in the viewer token."""

    SIGNED_IN = 1
    NOT_PERSONAL = 2
    YOUTH = 4
