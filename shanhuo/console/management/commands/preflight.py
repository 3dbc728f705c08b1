"""`shanhuo preflight`: may this platform be opened to the public? `serve` asks it first."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shanhuo.config import config
from shanhuo.console import preflight


class Command(BaseCommand):
    help = "Name every reason not to serve this platform to the public, each with its fix."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(preflight.problems(config()))
        for sentence in found:
            self.stderr.write(self.style.ERROR(f"✗ {sentence}"))
        if found:
            raise CommandError(f"Not started: {len(found)} problems.")
