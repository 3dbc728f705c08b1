"""`shanhuo <command>`: the platform's own commands and Django's, under one name.

`demo` and `serve` start a server and stay. `--demo` before any other command runs it on the data
of `make demo` instead of the configured platform, e.g. `shanhuo --demo doctor`.
"""

import os
import re
import sys
from importlib import import_module
from pathlib import Path

import django
from django.core.management import execute_from_command_line
from django.db import OperationalError
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import SettingsError

from shanhuo.config import config
from shanhuo.console import launch
from shanhuo.console.demo.setting import Setting

PROGRAMS = {"rooms": "shanhuo.realtime.rooms.program"}
"""Servers beside the web server. They stand above every room of the house, as commands do not."""


def main() -> None:
    """Run one command. What an administrator can mend is said in one sentence, without a trace."""
    try:
        _run(sys.argv[1:])
    except ValidationError as error:
        sys.exit("\n".join(f"✗ {_setting(fault)}" for fault in error.errors()))
    except SettingsError as error:
        sys.exit(f"✗ {_unreadable(str(error))}")
    except OperationalError as error:
        sys.exit(
            f"✗ The database does not answer ({error}); check SHANHUO_DATABASE_URL and the server."
        )


def _run(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    if arguments[:1] == ["--demo"]:
        arguments = arguments[1:]
        os.environ.update(Setting.from_environment(os.environ, port=8000).environment())
    _make_folder(config().data_dir)
    if arguments and arguments[0] in launch.LAUNCHERS:
        sys.exit(launch.run(arguments[0], arguments[1:]))
    if arguments and arguments[0] in PROGRAMS:
        django.setup()
        sys.exit(import_module(PROGRAMS[arguments[0]]).main(arguments[1:]))
    execute_from_command_line(["shanhuo", *arguments])


def _make_folder(folder: Path) -> None:
    """A new platform has no data folder yet, and a database makes none."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        sys.exit(f"✗ {folder}: {error.strerror}; set SHANHUO_DATA_DIR to a folder you may write.")


def _setting(fault: ErrorDetails) -> str:
    return f"SHANHUO_{'_'.join(map(str, fault['loc'])).upper()}: {fault['msg']}."


def _unreadable(error: str) -> str:
    name = re.search(r'"(\w+)"', error)
    setting = f"SHANHUO_{name[1].upper()}" if name else error
    return f'{setting} cannot be read; a list is written ["like", "this"].'


if __name__ == "__main__":
    main()
