"""What other pages show of live selling: what is on air, and what somebody waited for."""

from typing import Any

from django.http import HttpRequest

from shanhuo.kernel import clock
from shanhuo.live import queries
from shanhuo.live.queries import SessionCard
from shanhuo.web import shell

TILES = 8


def strip(request: HttpRequest, *, county: Any = None) -> list[SessionCard]:
    """What is on air at this moment, everywhere or from one county; nothing in youth mode."""
    if shell.read(request).youth:
        return []
    rows = queries.on_air()
    if county is not None:
        rows = rows.filter(county=county)
    return queries.cards(rows[:TILES], day=clock.today())


def begun(request: HttpRequest) -> list[SessionCard]:
    """What the reader wanted to be told of and is on air now."""
    if not request.user.is_authenticated or shell.read(request).youth:
        return []
    return queries.cards(queries.begun_for(request.user)[:TILES], day=clock.today())
