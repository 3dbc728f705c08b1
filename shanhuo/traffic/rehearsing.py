"""Rehearsing the contracts of this platform, and which controller is in force."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from shanhuo.traffic import moments, queries
from shanhuo.traffic.grants import rehearsal, samples
from shanhuo.traffic.grants.rehearsal import Rehearsal, TooLittle

_WHY = "why-none.txt"


def folder() -> Path:
    """Where samples and the rehearsal lie, beside the log; a loss costs a day of slower pacing."""
    return Path(settings.SIGNALS_DIR) / samples.FOLDER


def rehearse(*, now: datetime) -> Rehearsal | None:
    """Make a new rehearsal; None where too little is known, and then the curve paces."""
    samples.forget(folder(), now=now)
    why = folder() / _WHY
    try:
        made = rehearsal.rehearse(queries.signal_log(), folder(), now=now)
    except TooLittle as reason:
        why.parent.mkdir(parents=True, exist_ok=True)
        why.write_text(str(reason))
        return None
    rehearsal.save(made, folder())
    why.unlink(missing_ok=True)
    return made


@dataclass(frozen=True, slots=True)
class InForce:
    """How contracts are paced now. `rehearsed`: numbers of those that are paced by a rehearsal of
    `lists` lists, made at `made_at`; all others follow the curve, and `why` says why if all do."""

    rehearsed: frozenset[int]
    lists: int
    made_at: datetime | None
    why: str


def in_force(*, now: datetime) -> InForce:
    """What serving processes do at this moment."""
    known = rehearsal.known_contracts(folder())
    if known is None:
        return InForce(frozenset(), 0, None, _reason())
    made_at = moments.from_ms(known[0])
    if abs(now - made_at) >= rehearsal.STALE:
        return InForce(frozenset(), 0, None, "the rehearsal is stale")
    return InForce(known[2], known[1], made_at, "")


def problems(*, now: datetime) -> list[str]:
    """What is wrong where the worker stopped rehearsing, in a sentence with its fix."""
    known = rehearsal.known_contracts(folder())
    if known is None or abs(now - (made_at := moments.from_ms(known[0]))) < rehearsal.STALE:
        return []
    return [
        f"Grants are paced by the curve: the last rehearsal is of {made_at:%Y-%m-%d %H:%M} UTC; "
        "is the worker running?"
    ]


def describe(*, now: datetime) -> str:
    """The controller of grants in a few words."""
    found = in_force(now=now)
    if found.made_at is None:
        return f"curve ({found.why})"
    return (
        f"rehearsed ({len(found.rehearsed)} contracts on {found.lists:,} lists, "
        f"{found.made_at:%Y-%m-%d %H:%M} UTC)"
    )


def _reason() -> str:
    try:
        return (folder() / _WHY).read_text()
    except OSError:
        return "no rehearsal yet"
