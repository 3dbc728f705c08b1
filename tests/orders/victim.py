"""A process that falls silent in the middle of a deed, so that a test can kill it there.

Right after one function of the platform has returned, the process touches a flag and does nothing
any more. Everything else is the platform as it is.
"""

import signal
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection

from shanhuo.kernel import clock, jobs
from shanhuo.orders import services
from shanhuo.orders.models import Address
from tests.orders.conftest import seen_by


def fall_silent_after(name: str, flag: Path) -> None:
    """Replace the function `name` by one that returns to nobody."""
    module_name, _, function_name = name.rpartition(".")
    module = import_module(module_name)
    real: Callable[..., Any] = getattr(module, function_name)

    @wraps(real)
    def silent(*given: Any, **named: Any) -> None:
        real(*given, **named)
        flag.touch()
        signal.pause()

    setattr(module, function_name, silent)


def order(buyer_id: str, key: str) -> None:
    """The buyer orders the whole basket."""
    address = Address.objects.get(owner_id=buyer_id)
    wanted, total = seen_by(address.owner, address, now=clock.now())
    services.place_order(
        buyer=address.owner,
        address=address.public_id,
        wanted=wanted,
        total_seen_fen=total,
        key=key,
        now=clock.now(),
    )


def work() -> None:
    """Run jobs, as `shanhuo worker` does."""
    jobs.Worker("victim").run_forever()


def main(database: str, moment: str, flag: str, after: str, deed: str, *details: str) -> None:
    """`after` names the function; `deed` is "order" or "work", followed by what it takes."""
    connection.settings_dict["NAME"] = database
    fall_silent_after(after, Path(flag))
    with clock.at(datetime.fromisoformat(moment)):
        {"order": order, "work": work}[deed](*details)
