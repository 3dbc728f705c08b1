"""`shanhuo evidence verify ID|--all`: whether every sealed byte of a live session is as it was.
`shanhuo evidence export ID --to FILE --reason TEXT`: one file for a court or an authority."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.kernel import audit, clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries
from shanhuo.live.services import exporting, verifying


class Command(BaseCommand):
    help = "Verify the sealed evidence of live sessions, or hand it out."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        verify = deeds.add_parser("verify", help="compare every byte with what was sealed")
        which = verify.add_mutually_exclusive_group(required=True)
        which.add_argument("public_id", nargs="?", help="as in the address of the session")
        which.add_argument("--all", action="store_true", help="every sealed session")
        export = deeds.add_parser("export", help="write one zip; stays in the audit log")
        export.add_argument("public_id", help="as in the address of the session")
        export.add_argument("--to", type=Path, required=True, help="e.g. /media/usb/evidence.zip")
        export.add_argument("--reason", required=True, help="for whom and why")

    def handle(self, *args: Any, deed: str, public_id: str | None, **options: Any) -> None:
        if deed == "verify":
            self._verify(public_id)
        else:
            self._export(public_id or "", **options)

    def _export(self, public_id: str, *, to: Path, reason: str, **_: Any) -> None:
        """Damaged evidence goes out too, and says so: a court must see what there is."""
        bundle = queries.bundles(public_id).first()
        if bundle is None:
            raise CommandError(f"no sealed session has the id {public_id}")
        if to.exists():
            raise CommandError(f"{to} exists already; choose another name")
        now = clock.now()
        try:
            audit.seal()
            export = exporting.ask(bundle_id=bundle.pk, by=None, reason=reason, now=now)
            size = exporting.write(export_id=export.pk, now=now, target=to.resolve())
        except (Refusal, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{to} ({size} bytes). Unpack it and run: python verify.py")
        self._verify(public_id)

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
