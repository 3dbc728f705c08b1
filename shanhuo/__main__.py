"""`shanhuo <command>`: the platform's own commands and Django's, under one name."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    execute_from_command_line(["shanhuo", *sys.argv[1:]])


if __name__ == "__main__":
    main()
