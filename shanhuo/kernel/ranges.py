"""The part of a file that somebody asks for: a player that jumps, a download that goes on
(RFC 9110, section 14)."""

import re

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class NoSuchPart(Exception):
    """The file is shorter than that."""


def etag_of(size: int, modified_ns: int) -> str:
    """Names one state of a file. Whole seconds would call two states of a playlist the same."""
    return f'"{modified_ns:x}-{size:x}"'


def span_of(wanted: str | None, size: int, *, if_range: str | None, etag: str) -> range | None:
    """The bytes that the headers `Range` and `If-Range` ask for.

    None where all of it is to be sent: nothing is asked for, what the asker has is of another
    state, or the header may be ignored (several ranges, other units). Raises NoSuchPart.
    """
    match = _ONE_RANGE.fullmatch((wanted or "").strip())
    if match is None or not any(match.groups()) or not size or if_range not in {None, etag}:
        return None
    start, end = match.groups()
    if not start:
        span = range(max(0, size - int(end)), size)
    else:
        span = range(int(start), min(int(end) + 1 if end else size, size))
    if span.start >= size:
        raise NoSuchPart
    return span or None
