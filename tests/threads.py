"""Real threads at one gate, for tests of races."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def at_once(deeds: Sequence[Callable[[], Any]]) -> list[Any]:
    """Do all deeds at the same moment; returns their results, or the exceptions they raised."""
    gate = Barrier(len(deeds))

    def act(deed: Callable[[], Any]) -> Any:
        gate.wait(timeout=30)
        try:
            return deed()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(act, deeds))
