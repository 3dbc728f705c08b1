"""`shanhuo jobs`: what waits, what runs, what died, and a second life for the dead."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.table import Table

from shanhuo.kernel import clock, jobs


class Command(BaseCommand):
    help = "List background jobs, or give dead ones another life after mending the cause."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("list", help="Count jobs by task and status; show why dead ones died.")
        retry = actions.add_parser("retry", help="Run dead jobs again.")
        retry.add_argument("job_id", nargs="*", type=int, help="Ids; none: every dead job.")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "list":
            self._list()
        else:
            self._retry(options["job_id"])

    def _list(self) -> None:
        table = Table("task", "status", "jobs")
        for row in jobs.overview():
            table.add_row(row.task, row.status, str(row.count))
        screen = Console()
        screen.print(table)
        for dead in jobs.dead():
            screen.print(f"dead {dead.id}  {dead.task}\n  {dead.reason}", highlight=False)

    def _retry(self, job_ids: list[int]) -> None:
        chosen = job_ids or [dead.id for dead in jobs.dead()]
        revived = [job_id for job_id in chosen if jobs.revive(job_id=job_id, now=clock.now())]
        self.stdout.write(f"{len(revived)} jobs will run again.")
        if missed := sorted(set(chosen) - set(revived)):
            raise CommandError(f"Not dead, so not revived: {missed}")
