"""`shanhuo backup`: everything but the keys, in one file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.console import backup
from shanhuo.kernel import clock


class Command(BaseCommand):
    help = "Write database, files and signals into one archive, while the platform runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("archive", type=Path, help="e.g. /backups/shanhuo-2026-11-22.tar")

    def handle(self, *args: Any, archive: Path, **options: Any) -> None:
        try:
            backup.write(archive, now=clock.now())
        except backup.BackupFailed as refusal:
            raise CommandError(str(refusal)) from refusal
        size_mb = archive.stat().st_size // 1024**2
        self.stdout.write(f"{archive} ({size_mb} MB). The keys are not in it: keep them elsewhere.")
