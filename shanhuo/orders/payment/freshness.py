"""A notice is believed for a few minutes only: an old one, however genuine, is a replay."""

from datetime import datetime

from shanhuo.orders.payment.port import TOLERANCE_SECONDS, NoticeRefused


def require_fresh(timestamp: str, *, now: datetime) -> None:
    """timestamp: seconds since 1970, as text. Raises NoticeRefused."""
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise NoticeRefused
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        raise NoticeRefused
