"""What other rooms may ask of the signal log."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from shanhuo.traffic import moments
from shanhuo.traffic.log import LogDamaged as LogDamaged
from shanhuo.traffic.log import SignalLog, touching
from shanhuo.traffic.sheets import LIFE_MS


def signal_log() -> SignalLog:
    """The platform's log. `with signal_log().open(since=…, until=…) as connection:` gives a DuckDB
    connection with the view `signals`: each believed signal once, the newest included."""
    return SignalLog(settings.SIGNALS_DIR)


@dataclass(frozen=True, slots=True)
class LogFile:
    """A compacted file of the log: its name, how many signals it holds, its SHA-256."""

    name: str
    rows: int
    sha256: str


def log_files(*, since: datetime, until: datetime) -> list[LogFile]:
    """The compacted files that hold signals of the period, as the manifest names them now."""
    parts = signal_log().manifest().parts
    found = touching(parts, moments.to_ms(since), moments.to_ms(until))
    return [LogFile(part.path, part.rows, part.sha256) for part in found]


def damaged_files(*, since: datetime, until: datetime) -> list[str]:
    """Files of the log with signals of the period that are missing, or not as they were written."""
    log = signal_log()
    try:
        snapshot = log.snapshot()
    except LogDamaged as damaged:
        return damaged.files
    return log.damaged(snapshot, moments.to_ms(since), moments.to_ms(until))


def first_signal_at() -> datetime | None:
    """When the oldest signal happened; None if there is none. Reads no compacted file."""
    snapshot = signal_log().snapshot()
    known = [part.from_ms for part in snapshot.manifest.parts]
    if len(snapshot.records):
        known.append(int(snapshot.records["at_ms"].min()))
    return moments.from_ms(min(known)) if known else None


def complete_until(*, now: datetime) -> datetime:
    """The moment before which no signal will be added any more: a sheet's life ago.

    A phone may hold a signal back until its sheet expires; so an hour's figures are final when
    this has passed its end. Earlier ones may still grow, never shrink.
    """
    return moments.from_ms(moments.to_ms(now) - LIFE_MS)
