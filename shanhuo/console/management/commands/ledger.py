"""`shanhuo ledger check`: do the books add up?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.orders import ledger


class Command(BaseCommand):
    help = "Check every equation of the books; silence is good news."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_subparsers(dest="action", required=True).add_parser("check")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = ledger.check()
        for finding in findings:
            self.stderr.write(
                f"{finding.equation}: expected {finding.expected_fen}, found {finding.found_fen}"
            )
        if findings:
            raise CommandError(f"{len(findings)} equations do not hold.")
        self.stdout.write("Every equation of the books holds.")
