"""`shanhuo facts`: the receivers of facts, and delivering a period to one of them again."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.kernel import clock, facts


class Command(BaseCommand):
    help = "List the receivers of facts, or deliver a period's facts to one of them again."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("receivers", help="Every receiver with the fact it applies.")
        replay = actions.add_parser(
            "replay", help="Deliver facts again; receipts keep it harmless."
        )
        replay.add_argument("receiver")
        replay.add_argument("--from", dest="first", type=date.fromisoformat, required=True)
        replay.add_argument("--to", dest="last", type=date.fromisoformat, required=True)
        replay.add_argument(
            "--again",
            action="store_true",
            help="Tear up the receipts first: the receiver's tables were emptied.",
        )

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "receivers":
            for name, kind in facts.known_receivers():
                self.stdout.write(f"{kind:28} {name}")
        else:
            self._replay(**{name: options[name] for name in ("receiver", "first", "last", "again")})

    def _replay(self, *, receiver: str, first: date, last: date, again: bool) -> None:
        since, until = clock.day_bounds(first)[0], clock.day_bounds(last)[1]
        try:
            count = facts.replay(receiver, since=since, until=until, again=again)
        except KeyError as error:
            raise CommandError(f"No receiver {receiver}; see `shanhuo facts receivers`.") from error
        self.stdout.write(f"{count} facts will be delivered to {receiver}.")
