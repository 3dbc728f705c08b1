"""`shanhuo worker`: run background jobs until told to stop."""

import os
import signal
import socket
from typing import Any

from django.core.management.base import BaseCommand

from shanhuo.kernel import jobs
from shanhuo.orders.tasks import check_ledger
from shanhuo.traffic.tasks import reconcile


class Command(BaseCommand):
    help = "Run background jobs until SIGTERM or Ctrl-C; the job in hand is finished first."

    def handle(self, *args: Any, **options: Any) -> None:
        worker = jobs.Worker(f"{socket.gethostname()[:40]}:{os.getpid()}")
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signal_number, lambda *_: worker.stopping.set())
        # A killed process must not have left the books wrong: the first job says so.
        check_ledger.enqueue()
        reconcile.enqueue()
        worker.run_forever()
