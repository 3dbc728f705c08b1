"""`shanhuo --demo build_demo`: what `make demo` does before its server starts."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from shanhuo.console.demo import builder


class Command(BaseCommand):
    help = "Build the demo season in the demo's own folder, unless it stands there complete."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This is not a demo; use: shanhuo --demo build_demo")
        builder.build_if_needed(settings.DATA_DIR)
