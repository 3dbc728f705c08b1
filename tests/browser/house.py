"""A whole Shanhuo for the browser tests: web, worker and demo payment company, as `make demo` runs
them, in a folder and on ports of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from shanhuo.console import launch
from shanhuo.console.demo.setting import Setting
from shanhuo.console.supervisor import Program
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
STORY_SEASON = (str(Path(__file__).with_name("season.py")),)
DEMO_SEASON = ("-m", "shanhuo", "build_demo")
READY_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class House:
    """A running platform and where to find it."""

    origin: str
    data_dir: Path
    environment: Mapping[str, str]
    desk: subprocess.Popen[str]

    def run(self, program: str) -> None:
        """A few lines of Python inside the platform, for what the worker would do later."""
        assert self.desk.stdin is not None and self.desk.stdout is not None
        print(json.dumps(program), file=self.desk.stdin, flush=True)
        answer = self.desk.stdout.readline()
        assert answer, "nobody is at the desk"
        assert not json.loads(answer), json.loads(answer)

    def play(self, module: str) -> None:
        """A module of ours inside the platform, to its end."""
        _run(self.environment, "-m", module)

    def feed(self) -> list[dict[str, Any]]:
        """What a new viewer is shown first."""
        with urlopen(f"{self.origin}/hot/feed?n=20", timeout=5) as answer:  # noqa: S310  our own
            return list(json.load(answer)["items"])

    @contextmanager
    def beside(self, *programs: Program) -> Iterator[None]:
        """More programs of the platform, for as long as a test needs them."""
        started = [_start(program, self.environment) for program in programs]
        try:
            yield
        finally:
            _stop(started)

    def logs(self) -> str:
        """The last words of every program, for the message of a failing test."""
        files = sorted(self.data_dir.glob("logs/*.log"))
        return "\n".join(f"== {file.name}\n{file.read_text()[-2000:]}" for file in files)


@contextmanager
def opened(folder: Path, *, season: Sequence[str] = STORY_SEASON) -> Iterator[House]:
    """Build tables and people with the program `season`, start everything, stop everything."""
    port = free_port()
    place = Setting(data_dir=folder, port=port, payment_port=port + 1)
    environment = {
        **os.environ,
        **place.environment(),
        "PYTHONPATH": str(ROOT),
        # Objections end at once, so that a story of weeks fits a test of a minute.
        "SHANHUO_SETTLE_AFTER_DAYS": "0",
    }
    _run(environment, "-m", "shanhuo", "messages", "--compile")
    _run(environment, "-m", "shanhuo", "collectstatic", "--noinput", "-v0")
    _run(environment, *season)
    logs = folder / "logs"
    logs.mkdir(exist_ok=True)
    programs = [
        launch.web_program("127.0.0.1", port, log_path=logs / "web.log"),
        launch.worker_program(log_path=logs / "worker.log"),
        launch.payment_program(place, log_path=logs / "demopay.log"),
    ]
    started = [_start(program, environment) for program in programs]
    try:
        with _desk(environment) as desk:
            house = House(place.origin, folder, environment, desk)
            _wait(house)
            yield house
    finally:
        _stop(started)


def _desk(environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """It goes home when nobody writes to it any more."""
    command = [sys.executable, "-m", "tests.browser.desk"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def _run(environment: Mapping[str, str], *argv: str) -> None:
    done = subprocess.run(
        [sys.executable, *argv],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _start(program: Program, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    assert program.log_path is not None
    with program.log_path.open("wb") as log:
        return subprocess.Popen(
            program.argv,
            env={**environment, **program.environment},
            cwd=ROOT,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _stop(started: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in reversed(started):
        os.killpg(process.pid, signal.SIGTERM)
    for process in started:
        process.wait(timeout=15)


def _wait(house: House) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with urlopen(f"{house.origin}/about", timeout=5):  # noqa: S310  our own
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers on {house.origin}\n{house.logs()}")
