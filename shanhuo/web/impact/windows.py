"""Windows that readers may choose: days that end today, closed months, or any days in full."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import ngettext

from shanhuo.impact.windows import Window, WindowRefused
from shanhuo.kernel import clock

PRESETS = (7, 30, 90, 365)
USUAL_DAYS = 30
MONTHS_OFFERED = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """A window that a page offers: its name, the query of its address, whether it is shown."""

    name: str
    query: str
    is_chosen: bool


def chosen(query: QueryDict) -> Window:
    """`?days=` if it is 1 or a preset, `?since_day=&until_day=`, else the usual days."""
    days = query.get("days", "")
    if days in map(str, (1, *PRESETS)):
        return Window.last_days(int(days), until_day=clock.today())
    named = _named(query.get("since_day", ""), query.get("until_day", ""))
    return named or Window.last_days(USUAL_DAYS, until_day=clock.today())


def choices(shown: Window, *, presets: Iterable[int] = PRESETS) -> list[Choice]:
    """Windows that end today, then the last closed months; and the one that is shown."""
    offered = [_until_today(days, shown) for days in presets] + _closed_months(shown)
    if not any(choice.is_chosen for choice in offered):
        offered.append(_choice(f"{shown.since_day} – {shown.until_day}", shown, shown))
    return offered


def query_of(window: Window) -> str:
    """The window in an address, as `chosen` reads it."""
    return f"since_day={window.since_day}&until_day={window.until_day}"


def _until_today(days: int, shown: Window) -> Choice:
    name = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    window = Window.last_days(days, until_day=clock.today())
    return Choice(name, f"days={days}", is_chosen=window == shown)


def _closed_months(shown: Window) -> list[Choice]:
    months, first = [], clock.today().replace(day=1)
    for _number in range(MONTHS_OFFERED):
        last = first - timedelta(days=1)
        first = last.replace(day=1)
        months.append(_choice(date_format(first, "YEAR_MONTH_FORMAT"), Window(first, last), shown))
    return months


def _choice(name: str, window: Window, shown: Window) -> Choice:
    return Choice(name, query_of(window), is_chosen=window == shown)


def _named(since_day: str, until_day: str) -> Window | None:
    try:
        return Window.asked_for(date.fromisoformat(since_day), date.fromisoformat(until_day))
    except (ValueError, WindowRefused):
        return None
