"""Which candidates a viewer has: those of everybody, and some of their own, each with a quota.

Quotas are a little more than a list can take from one source: a longer share could only crowd out
the others.
"""

from collections.abc import Iterator
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from shanhuo.traffic.board import Board
from shanhuo.traffic.candidates import Candidates, Rows, Share
from shanhuo.traffic.catalogue import topic_number
from shanhuo.traffic.kinds import Source
from shanhuo.traffic.memory import Memory
from shanhuo.traffic.neighbouring import NOTHING, Neighbouring
from shanhuo.traffic.viewers import Viewer

FOLLOWED_AUTHORS = 8
FROM_FOLLOWED = 24
FROM_A_COUNTY = 8
FROM_A_TOPIC = 12
FROM_PARTNERS = 8
FROM_NEIGHBOURS = 24
FAVOURITES = 2
PARTNERS = 3


def gather(
    board: Board,
    viewer: Viewer,
    memory: Memory,
    allowed: NDArray[np.bool_],
    neighbours: Neighbouring | None = None,
) -> Candidates:
    """All allowed candidates of a viewer; with personalisation off, without asking their past."""
    common = board.common.only(allowed[board.common.rows])
    shares = []
    chosen = board.of_county.get(viewer.county)
    if chosen is not None:
        shares.append(Share(Source.PLACE, chosen[allowed[chosen]][:FROM_A_COUNTY], 1.0))
    if viewer.personal:
        shares += _personal(board, memory, allowed)
        near = neighbours.near(memory) if neighbours else NOTHING
        if len(near):
            # A model may know posts that this board does not know yet.
            near = near[near < len(allowed)]
            shares.append(Share(Source.NEIGHBOURS, near[allowed[near]][:FROM_NEIGHBOURS], 1.0))
    return Candidates.of(shares, common) if shares else common


def sessions_for(
    board: Board, viewer: Viewer, memory: Memory, allowed: NDArray[np.bool_]
) -> Iterator[tuple[int, Source]]:
    """Sessions on air, with the source of each: followed hosts first, then those of the places and
    topics that this viewer chose or likes, then the best."""
    on_air = board.on_air
    if not on_air.listed:
        return
    counties, topics = [viewer.county], list[int]()
    if viewer.personal:
        for row in on_air.with_any("author", memory.follows):
            if allowed[row]:
                yield row, Source.FOLLOWED
        counties += memory.favourite_counties(FAVOURITES)
        topics = [topic_number((topic,)) for topic in memory.favourite_topics(FAVOURITES)]
    near = on_air.with_any("county", counties) + on_air.with_any("topic", topics)
    for row in chain(near, on_air.listed):
        if allowed[row]:
            yield row, Source.LIVE


def _personal(board: Board, memory: Memory, allowed: NDArray[np.bool_]) -> list[Share]:
    """From what this viewer followed and liked."""

    def share(source: Source, rows: Rows | None, most: int, strength: float) -> None:
        if rows is not None:
            shares.append(Share(source, rows[allowed[rows]][:most], strength))

    shares: list[Share] = []
    followed = [
        rows
        for author in list(memory.follows)[-FOLLOWED_AUTHORS:]
        if (rows := board.of_author.get(author)) is not None
    ]
    if followed:
        share(Source.FOLLOWED, np.concatenate(followed), FROM_FOLLOWED, 1.0)
    for county in memory.favourite_counties(FAVOURITES):
        share(Source.PLACE, board.of_county.get(county), FROM_A_COUNTY, 0.7)
    for topic in memory.favourite_topics(FAVOURITES):
        share(Source.TOPIC, board.of_topic.get(topic), FROM_A_TOPIC, 1.0)
    for row in memory.recent[:PARTNERS]:
        share(Source.TOGETHER, board.together.get(row), FROM_PARTNERS, 1.0)
    return shares
