"""A day of viewers in six minutes, for an operator of a demo. No other platform has this page."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from shanhuo.kernel import clock
from shanhuo.kernel.tempo import AUDIENCE_FILE, FILE, TempoClock
from shanhuo.people.rules import is_operator

RATES = (240, 96)
"""Times as fast: a day in six minutes, or in a quarter of an hour where the machine is busy."""
A_DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Audience:
    """`now` by the demo's clock; `visits` and `exposures` since the demo was started."""

    now: datetime
    is_fast: bool
    rate: int
    visits: int
    exposures: int


def audience_for(request: HttpRequest) -> Audience | None:
    """What an operator of a demo is shown of its audience; None for everybody else."""
    if not settings.DEMO or not is_operator(request.user):
        return None
    path = settings.DATA_DIR / AUDIENCE_FILE
    told = msgspec.json.decode(path.read_bytes()) if path.exists() else {}
    return Audience(
        now=clock.now(),
        is_fast=_clock().is_fast,
        rate=round(_clock().tempo.rate),
        visits=told.get("visits", 0),
        exposures=told.get("exposures", 0),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def audience(request: HttpRequest) -> HttpResponse:
    """htmx: answers with the fragment that replaces #audience. A POST lets the clock go at a `rate`
    for a day; with another one, or none, as fast as any."""
    if not settings.DEMO:
        raise Http404
    if request.method == "POST":
        rate = next((one for one in RATES if str(one) == request.POST.get("rate")), 1)
        _clock().go(rate=rate, seconds=A_DAY_S if rate > 1 else 0)
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect("grants:desk")
    return render(request, "web/grants/_audience.html", {"audience": audience_for(request)})


def _clock() -> TempoClock:
    return TempoClock(settings.DATA_DIR / FILE)
