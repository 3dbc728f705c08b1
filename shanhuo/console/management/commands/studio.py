"""`shanhuo studio`: show what cameras send, until told to stop."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from shanhuo.console.launch import STUDIO


class Command(BaseCommand):
    help = "Turn what cameras send into pictures for everybody, until SIGTERM or Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        os.execv(sys.executable, [sys.executable, *STUDIO])  # noqa: S606  our own module
