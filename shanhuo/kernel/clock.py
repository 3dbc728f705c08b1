"""One clock for everybody. Days are days in Asia/Shanghai, whatever the host thinks."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

_moment: ContextVar[datetime | None] = ContextVar("moment", default=None)


def of_the_host() -> datetime:
    """The host's time, aware, in UTC."""
    return datetime.now(UTC)


_source: Callable[[], datetime] = of_the_host


def now() -> datetime:
    """This moment, aware, in UTC; or the one set by `at`."""
    return _moment.get() or _source()


def follow(source: Callable[[], datetime]) -> None:
    """Let this process ask `source` for the time: a demo, whose days may pass in minutes."""
    global _source
    _source = source


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let the clock stand at `moment` (aware) within this context: tests and the demo season."""
    token = _moment.set(moment)
    try:
        yield
    finally:
        _moment.reset(token)


def today() -> date:
    """The Shanghai calendar day."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The Shanghai calendar day that `moment` (aware) falls on."""
    return moment.astimezone(SHANGHAI).date()


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First moment of a Shanghai day and of the next: half open, `start <= t < end`."""
    return start_of(day), start_of(day + timedelta(days=1))


def start_of(day: date) -> datetime:
    """Midnight in Shanghai at which `day` begins."""
    return datetime.combine(day, time.min, SHANGHAI)
