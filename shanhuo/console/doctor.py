"""The platform's state of health: each problem in one sentence, with its fix.

A check is a function that yields problems; one that raises is itself reported, so that a broken
part never hides the others. Add a check by adding it to `CHECKS`.
"""

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import imageio_ffmpeg
from django.conf import settings
from django.db import connection

from shanhuo.config import config
from shanhuo.console import preflight
from shanhuo.kernel import audit, clock, jobs, rekeying
from shanhuo.live import queries as live
from shanhuo.live.media import takes
from shanhuo.orders import ledger
from shanhuo.people import queries as people
from shanhuo.traffic import queries as traffic
from shanhuo.traffic import rehearsing, teaching

FREE_BYTES_WANTED = 2 * 1024**3
SILENCE_ALLOWED = timedelta(minutes=1)
CLOCK_SKEW_ALLOWED_S = 5.0
SIGNALS_LOOKED_AT = timedelta(days=31)
OLDEST_PYTHON = (3, 11)

Check = Callable[[], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check said; no problems means healthy. `state`: a word on how things are."""

    check: str
    problems: tuple[str, ...]
    state: str = ""


def examine() -> Iterator[Finding]:
    """Run every check, in the order in which an operator would look."""
    for name, check in CHECKS.items():
        problems = tuple(_listen(check))
        describe = STATES.get(name)
        yield Finding(name, problems, describe() if describe and not problems else "")


def _listen(check: Check) -> Iterator[str]:
    try:
        yield from check()
    except Exception as error:  # a check that cannot run is a finding, not the end of the visit
        yield f"Not checked ({type(error).__name__}: {error}); mend the ones above first."


def _python() -> Iterator[str]:
    if sys.version_info < OLDEST_PYTHON:
        yield "This Python is older than 3.11; make a new environment with a newer one."


def _disk() -> Iterator[str]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    if free < FREE_BYTES_WANTED:
        yield (
            f"{free // 1024**2} MB are free in {settings.DATA_DIR}; uploads stop when it is full, "
            f"recordings of live sessions below {takes.RESERVE_BYTES // 1024**2} MB: free some "
            "space or move SHANHUO_DATA_DIR to a larger disk."
        )


def _folders() -> Iterator[str]:
    for folder in (settings.MEDIA_DIR, settings.PRIVATE_DIR, settings.SIGNALS_DIR):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        try:
            probe.touch()
            probe.unlink()
        except OSError as error:
            yield f"{folder} cannot be written ({error.strerror}); give it to the server's user."


def _sms() -> Iterator[str]:
    if settings.SMS["backend"] == "console" and not (settings.DEMO or settings.DEBUG):
        yield (
            "Sign-in codes are printed into the server's log; set SHANHUO_SMS_BACKEND to aliyun or "
            "tencent, with its key, signature and template."
        )


def _keys() -> Iterator[str]:
    # A demo may have demo settings; its keys are its own all the same.
    if not settings.DEMO:
        yield from preflight.unsafe_settings(config())


def _field_keys() -> Iterator[str]:
    state = rekeying.state()
    if state.unknown:
        yield (
            f"{state.unknown} encrypted values name a key that is not in SHANHUO_FIELD_KEY; put it "
            "back at the end of the list."
        )
    if state.older:
        yield f"{state.older} encrypted values are under an older key; run: shanhuo rekey"
    elif len(settings.FIELD_KEYS) > 1 and not state.unknown:
        first = "" if config().hash_key.get_secret_value() else "set SHANHUO_HASH_KEY to the last, "
        yield (
            f"Every encrypted value is under the first key; {first}take the others out of "
            "SHANHUO_FIELD_KEY and keep them with the backups of their time."
        )
    if not people.numbers_are_found():
        yield (
            "People are not found by their numbers: SHANHUO_HASH_KEY is not the key they were "
            "entered under; before there was one it was the last key of SHANHUO_FIELD_KEY."
        )


def _database() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    yield from preflight.missing_migrations()


def _database_clock() -> Iterator[str]:
    if connection.vendor == "sqlite":
        return  # the database is this process: it has no clock of its own
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        skew_s = abs((cursor.fetchone()[0] - clock.now()).total_seconds())
    if skew_s > CLOCK_SKEW_ALLOWED_S:
        yield f"Our clock and the database's differ by {skew_s:.0f} s; synchronise both (NTP)."


def _film_tool() -> Iterator[str]:
    program = Path(imageio_ffmpeg.get_ffmpeg_exe())
    answer = subprocess.run([program, "-version"], capture_output=True, check=False, timeout=20)  # noqa: S603
    if answer.returncode:
        yield f"{program} does not run; reinstall it: pip install --force-reinstall imageio-ffmpeg"


def _worker() -> Iterator[str]:
    last = jobs.last_finished_at()
    if last is None or clock.now() - last > SILENCE_ALLOWED:
        since = "never" if last is None else f"since {last:%Y-%m-%d %H:%M} UTC"
        yield f"No worker has finished a job ({since}); start one: shanhuo worker"


def _dead_jobs() -> Iterator[str]:
    if count := len(jobs.dead()):
        yield f"{count} jobs gave up; read why with `shanhuo jobs list`, then `shanhuo jobs retry`."


def _audit_chain() -> Iterator[str]:
    if (sequence := audit.first_break()) is not None:
        yield (
            f"The audit chain breaks at entry {sequence}: a row was changed, removed or inserted; "
            "compare it with the last backup and tell the auditor."
        )


def _signal_log() -> Iterator[str]:
    now = clock.now()
    for name in traffic.damaged_files(since=now - SIGNALS_LOOKED_AT, until=now):
        yield (
            f"{name} of the signal log is missing or damaged, figures that need it are withheld; "
            "put it back from a backup. A manifest.json that was lost the worker makes anew."
        )


def _ledger() -> Iterator[str]:
    for finding in ledger.check():
        yield (
            f"The books do not add up: {finding.equation}: expected {finding.expected_fen} fen, "
            f"found {finding.found_fen}; stop payouts and tell the auditor."
        )


def _evidence() -> Iterator[str]:
    if count := live.evidence_to_look_at():
        yield (
            f"The evidence of {count} live sessions is damaged or could not be sealed; see "
            "/ops/live/evidence, and `shanhuo evidence verify --all`."
        )


def _studio() -> Iterator[str]:
    try:
        socket.create_connection(("127.0.0.1", settings.RTMP_PORT), 5).close()
    except OSError:
        yield (
            f"No studio answers on port {settings.RTMP_PORT}: cameras are recorded, but nobody "
            "sees them, and encoders are not let in; start one: shanhuo studio"
        )


def _rooms() -> Iterator[str]:
    if settings.PUBLIC_ORIGIN.startswith("https://") and not settings.ROOMS_URL:
        yield (
            "Pages are encrypted and live rooms are not: browsers refuse that. Let the proxy pass "
            f"/room on to port {settings.ROOMS_PORT} and set SHANHUO_ROOMS_URL to wss://…/room."
        )
    line = HTTPConnection("127.0.0.1", settings.ROOMS_PORT, timeout=5)
    try:
        line.request("GET", "/health")
        answers = line.getresponse().read() == b"ok"
    except (OSError, HTTPException):
        answers = False
    finally:
        line.close()
    if not answers:
        yield (
            f"No live room answers on port {settings.ROOMS_PORT}: viewers see figures and chat "
            "late or not at all; start one: shanhuo rooms"
        )


def _moderators() -> Iterator[str]:
    load = live.moderation_load()
    if load.is_too_few:
        yield (
            f"{load.rooms} live rooms are on air with {load.moderators} moderators; the rule is "
            "one for every 50 rooms: add moderators to their casts."
        )


def _ranker() -> Iterator[str]:
    yield from teaching.problems(now=clock.now())


def _pacing() -> Iterator[str]:
    yield from rehearsing.problems(now=clock.now())


CHECKS: dict[str, Check] = {
    "python": _python,
    "disk": _disk,
    "folders": _folders,
    "keys": _keys,
    "text messages": _sms,
    "database": _database,
    "field keys": _field_keys,
    "database clock": _database_clock,
    "ffmpeg": _film_tool,
    "worker": _worker,
    "jobs": _dead_jobs,
    "audit chain": _audit_chain,
    "signal log": _signal_log,
    "ledger": _ledger,
    "live evidence": _evidence,
    "studio": _studio,
    "rooms": _rooms,
    "moderators": _moderators,
    "ranker": _ranker,
    "pacing": _pacing,
}

STATES: dict[str, Callable[[], str]] = {
    "ranker": lambda: teaching.describe(now=clock.now()),
    "pacing": lambda: rehearsing.describe(now=clock.now()),
}
"""What is worth saying of a healthy part."""
