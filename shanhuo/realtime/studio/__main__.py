"""`python -m shanhuo.realtime.studio`, which is what `shanhuo studio` starts. `--once`: show what
was recorded while no studio ran, and end."""

import os
import sys

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    django.setup()
    from shanhuo.realtime.studio import program

    try:
        program.run(once=sys.argv[1:] == ["--once"])
    except program.AlreadyRunning:
        sys.exit("✗ Another studio works in this data folder; stop it first.")
