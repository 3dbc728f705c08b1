"""What stands behind the door: the list of hot doors and the calm application.

A room above `traffic` or beside it adds its door to `routes`.
"""

from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from shanhuo.realtime import buy, encoders, feed, live, signals
from shanhuo.realtime.access import TABLE
from shanhuo.realtime.bridge import CalmBridge, default_threads
from shanhuo.realtime.routes import HotRoute

WAITING = 256
LARGEST_FORM_BYTES = 16 * 1024 * 1024
"""A form with a few photographs. Clips come by tus, at most 1 MiB a piece."""


def routes() -> list[HotRoute]:
    """Every hot door. Each stands in the access table too (`realtime.access`)."""
    return [buy.route(), feed.route(), signals.route(), *live.routes(), encoders.route()]


def listed(routes: Sequence[HotRoute]) -> Sequence[HotRoute]:
    """The routes, if each stands in the access table; a forgotten one stops the process."""
    forgotten = [route.name for route in routes if route.name not in TABLE]
    if forgotten:
        raise ImproperlyConfigured(f"hot doors in no access table: {', '.join(forgotten)}")
    return routes


def bridge() -> CalmBridge:
    """Django, as `shanhuo.wsgi` serves it."""
    return CalmBridge(
        get_wsgi_application(),
        threads=default_threads(),
        waiting=WAITING,
        body_limit=LARGEST_FORM_BYTES,
        proxy_count=settings.PROXY_COUNT,
    )
