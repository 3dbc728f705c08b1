"""What other rooms may ask of the signal log."""

from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings

from shanhuo.traffic import moments
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.sheets import LIFE_MS


def signal_log() -> SignalLog:
    """The platform's log. `with signal_log().open(since=…, until=…) as connection:` gives a DuckDB
    connection with the view `signals`: each believed signal once, the newest included."""
    return SignalLog(settings.SIGNALS_DIR)


def read_signals(*, since: datetime, until: datetime) -> dict[str, np.ndarray[Any, Any]]:
    """All signals with `since <= at < until` as columns, by the names of docs/signals.md."""
    with signal_log().open(since=since, until=until) as connection:
        return dict(connection.execute("SELECT * FROM signals").fetchnumpy())


def complete_until(*, now: datetime) -> datetime:
    """The moment before which no signal will be added any more: a sheet's life ago.

    A phone may hold a signal back until its sheet expires; so an hour's figures are final when
    this has passed its end. Earlier ones may still grow, never shrink.
    """
    return moments.from_ms(moments.to_ms(now) - LIFE_MS)
