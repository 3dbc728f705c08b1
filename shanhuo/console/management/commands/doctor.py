"""`shanhuo doctor`: what is wrong with this installation, and what to do about it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shanhuo.console import doctor


class Command(BaseCommand):
    help = "Check this installation; each problem comes in one sentence, with its fix."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        sick = 0
        for finding in doctor.examine():
            sick += bool(finding.problems)
            mark = self.style.ERROR("✗") if finding.problems else self.style.SUCCESS("✓")
            state = f": {finding.state}" if finding.state else ""
            self.stdout.write(f"{mark} {finding.check}{state}")
            for sentence in finding.problems:
                self.stdout.write(f"    {sentence}")
        if sick:
            raise CommandError(f"{sick} of {len(doctor.CHECKS)} checks found a problem.")
