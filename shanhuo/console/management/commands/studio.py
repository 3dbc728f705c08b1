"""`shanhuo studio`: show what cameras send, until told to stop."""

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shanhuo.console.launch import STUDIO


class Command(BaseCommand):
    help = "Turn what cameras send into pictures for everybody, until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="Show what waits since a power cut, and end."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        once = ["--once"] if options["once"] else []
        os.execv(sys.executable, [sys.executable, *STUDIO, *once])  # noqa: S606  our own module
