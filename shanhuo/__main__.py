"""`shanhuo <command>`: the platform's own commands and Django's, under one name.

`demo` and `serve` start a server and stay. `--demo` before any other command runs it on the data
of `make demo` instead of the configured platform, e.g. `shanhuo --demo doctor`.
"""

import os
import sys

from django.core.management import execute_from_command_line

from shanhuo.console import launch
from shanhuo.console.demo.setting import Setting


def main() -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    arguments = sys.argv[1:]
    if arguments[:1] == ["--demo"]:
        arguments = arguments[1:]
        os.environ.update(Setting.from_environment(os.environ, port=8000).environment())
    if arguments and arguments[0] in launch.LAUNCHERS:
        sys.exit(launch.run(arguments[0], arguments[1:]))
    execute_from_command_line(["shanhuo", *arguments])


if __name__ == "__main__":
    main()
