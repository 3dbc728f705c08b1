"""`shanhuo evidence verify ID|--all`: whether every sealed byte of a live session is as it was."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.kernel import audit, clock
from shanhuo.live import queries
from shanhuo.live.services import verifying


class Command(BaseCommand):
    help = "Verify the sealed evidence of live sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        verify = deeds.add_parser("verify", help="compare every byte with what was sealed")
        which = verify.add_mutually_exclusive_group(required=True)
        which.add_argument("public_id", nargs="?", help="as in the address of the session")
        which.add_argument("--all", action="store_true", help="every sealed session")

    def handle(self, *args: Any, deed: str, **options: Any) -> None:
        self._verify(options["public_id"])

    def _verify(self, public_id: str | None) -> None:
        """Exit 1 where anything differs, or the audit chain itself is broken."""
        bundles = queries.bundles(public_id)
        if public_id and not bundles:
            raise CommandError(f"no sealed session has the id {public_id}")
        damaged = 0
        for bundle in bundles:
            findings = verifying.verify_bundle(bundle_id=bundle.pk, now=clock.now())
            damaged += bool(findings)
            name = bundle.session.public_id
            for finding in findings:
                self.stdout.write(f"DAMAGED  {name}  {finding}")
            if not findings:
                size = f"{bundle.file_count} files, {bundle.total_bytes} bytes"
                self.stdout.write(f"OK       {name}  {size}")
        broken_at = audit.first_break()
        if broken_at is not None:
            self.stdout.write(f"DAMAGED  the audit chain breaks at entry {broken_at}")
        if damaged or broken_at is not None:
            raise CommandError(f"{damaged} of {len(bundles)} bundles differ from what was sealed")
