"""`shanhuo rekey`: encrypt every personal column anew under the first key of SHANHUO_FIELD_KEY."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from shanhuo.kernel import clock, rekeying


class Command(BaseCommand):
    help = "Encrypt every personal column anew under the first field key. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable = 0
        for done in rekeying.rekey(now=clock.now()):
            unreadable += done.unreadable
            self.stdout.write(f"{done.column}: {done.rewritten} values rewritten")
        if unreadable:
            raise CommandError(
                f"{unreadable} values open with none of the keys in SHANHUO_FIELD_KEY; put the key "
                "they were written with at the end of it and run this again."
            )
        self.stdout.write("Every value is under the first key.")
