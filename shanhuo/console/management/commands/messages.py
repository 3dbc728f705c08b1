"""`shanhuo messages`: extract every text, compile the catalogues, list what is not finished."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from shanhuo.console import catalogues


class Command(BaseCommand):
    help = "Extract, update and compile the Chinese texts of every room and page area."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("shelves", nargs="*", help="only these, e.g. goods web/seller")
        parser.add_argument("--compile", action="store_true", help="only write .mo files")
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail if unfinished"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["compile"]:
            self.stdout.write(f"{catalogues.compile_all()} catalogues compiled")
            return
        chosen = _chosen(options["shelves"])
        if not options["check"]:
            for shelf in chosen:
                catalogues.update(shelf)
            catalogues.compile_all()
        open_ = [line for shelf in chosen for line in catalogues.problems(shelf)]
        open_ += catalogues.clashes()
        for line in open_:
            self.stdout.write(line)
        if open_ and options["check"]:
            raise CommandError(f"{len(open_)} texts are not finished")
        self.stdout.write(f"{len(open_)} texts to translate" if open_ else "all texts translated")


def _chosen(names: list[str]) -> list[catalogues.Shelf]:
    """The shelves of these names, all without any. Raises CommandError for a name that none has."""
    shelves = {shelf.name: shelf for shelf in catalogues.shelves()}
    if unknown := set(names) - shelves.keys():
        raise CommandError(f"no shelf {', '.join(sorted(unknown))}; there are {', '.join(shelves)}")
    return [shelves[name] for name in names or shelves]
