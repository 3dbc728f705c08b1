"""Builds the demo season once, step by step, and knows whether it stands complete.

A season half built by a killed start is torn down and built anew: its steps may not be repeated
(orders would double), and a rebuild takes less time than to find out what is missing.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from hashlib import sha256
from pathlib import Path

from django.core.management import call_command
from django.db import connections
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from shanhuo.console.demo import setting
from shanhuo.console.demo.season import Season, Step
from shanhuo.kernel import clock

COMPLETE = "season-complete"
_KEPT = {setting.MARK, "lock", "secrets", "clips", "static"}
_SOURCE_DIR = Path(__file__).resolve().parents[2]


def build_if_needed(data_dir: Path) -> None:
    """Leave the season as it is when complete and made by this version; otherwise build it."""
    call_command("collectstatic", interactive=False, verbosity=0)
    complete = data_dir / COMPLETE
    version = _version()
    if complete.exists() and complete.read_text() == version:
        return
    _clear(data_dir)
    with _text_messages_in(data_dir / "logs" / "build.log"):
        _build(Season(built_at=clock.now(), folder=data_dir).steps())
    complete.write_text(version)


def _build(steps: tuple[Step, ...]) -> None:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=sys.__stderr__)) as progress:
        for number, step in enumerate(steps, start=1):
            title = f"[{number}/{len(steps)}] {step.title}"
            bar = progress.add_task(title.replace("[", r"\["), total=step.total)
            for _ in step.run():
                progress.advance(bar)


@contextmanager
def _text_messages_in(path: Path) -> Iterator[None]:
    """The codes that the season's people get by SMS would tear the progress bars apart."""
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file, redirect_stderr(file):
        yield


def _clear(data_dir: Path) -> None:
    """Empty the demo's folder, except for what a rebuild can use again."""
    connections.close_all()
    for path in data_dir.iterdir():
        if path.name in _KEPT:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _version() -> str:
    """Changes whenever the tables or the season's script do."""
    sources = (*_SOURCE_DIR.glob("*/migrations/*.py"), *Path(__file__).parent.glob("*.*"))
    digest = sha256()
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return digest.hexdigest()
