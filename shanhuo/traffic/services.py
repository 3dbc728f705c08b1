"""Taking signals in without a hot door: for processes that show things themselves (the audience of
the demo season, tests). The same checks, the same log."""

from django.conf import settings

from shanhuo.traffic.intake import Received
from shanhuo.traffic.recorder import Recorder

__all__ = ["Received", "open_recorder"]


def open_recorder(*, now_ms: int) -> Recorder:
    """A recorder of this process; `record` groups, and `close` it at the end."""
    return Recorder(settings.SIGNALS_DIR, now_ms=now_ms)
