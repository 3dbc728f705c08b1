"""A program inside the platform that does what tests say, one deed after another: to start a Python
with all of Shanhuo costs seconds, and a story has many deeds.

Every line that it reads is a program, as JSON; it answers each with a line: what went wrong, or "".
"""

import json
import os
import sys
import traceback

import django


def work() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    django.setup()
    # Whatever a deed prints, a program that it starts included, is no answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        print(json.dumps(outcome_of(json.loads(line))), file=answers, flush=True)


def outcome_of(program: str) -> str:
    try:
        exec(program, {})  # noqa: S102 - our own tests
    except BaseException:
        return traceback.format_exc()
    return ""


if __name__ == "__main__":
    work()
