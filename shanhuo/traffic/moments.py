"""Milliseconds since the epoch, as signals carry them, and the house's clock."""

from datetime import UTC, datetime

from shanhuo.kernel import clock


def now_ms() -> int:
    """This moment by the house's clock."""
    return to_ms(clock.now())


def to_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def from_ms(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
