"""`shanhuo restore`: fill an empty installation from a backup."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.console import backup


class Command(BaseCommand):
    help = "Fill an empty installation from an archive made by `shanhuo backup`."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path)

    def handle(self, *args: Any, archive: Path, **options: Any) -> None:
        try:
            manifest = backup.restore(archive)
        except backup.BackupFailed as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            f"Restored the state of {manifest.made_at} (Shanhuo {manifest.version}). Now run: "
            "shanhuo migrate, then shanhuo doctor, then `shanhuo jobs retry` if it says so."
        )
