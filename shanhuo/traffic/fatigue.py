"""Fatigue (疲劳): what is offered again and again and never watched is worth less to a viewer.

In plain words (`/rules` says the same): of the last 30 clips you were shown, from the third in a
row of one author, leading topic or product that you did not watch for three seconds, each takes 30%
off the next, down to a fifth. One that you watch ends it. Of several the strongest counts.
"""

from shanhuo.traffic.board import Board
from shanhuo.traffic.memory import Memory, Tired

FORGIVEN = 2
EACH, LEAST = 0.7, 0.2


def tired_of(memory: Memory, board: Board) -> Tired:
    """What this viewer is tired of; worked out once for each change of their memory."""
    if memory.tired is None:
        memory.tired = _tired(memory, board)
    return memory.tired


def _tired(memory: Memory, board: Board) -> Tired:
    watched = set(memory.watched.rows.tolist())
    offered = memory.offered.oldest_first()
    unwatched: dict[str, dict[int, int]] = {}
    for name in ("author", "topic", "product"):
        times = unwatched.setdefault(name, {})
        for row, value in zip(offered, board.columns[name][offered].tolist(), strict=True):
            times[value] = 0 if row in watched else times.get(value, 0) + 1
    return {
        name: [(value, _factor(each)) for value, each in times.items() if value and each > FORGIVEN]
        for name, times in unwatched.items()
    }


def _factor(times: int) -> float:
    return max(LEAST, EACH ** (times - FORGIVEN))
