import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from shanhuo.console.supervisor import Program, Supervisor

FOREVER = "import signal; signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    f"print('stubborn', flush=True); {FOREVER}"
)


def python(script: str) -> tuple[str, ...]:
    return (sys.executable, "-c", script)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Ended: nobody may have collected it yet where our own init does not."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def run_and(supervisor: Supervisor, story: Callable[[], object]) -> None:
    """Run `supervisor` while `story` (a coroutine function) happens to it, then stop it."""

    async def tell() -> None:
        await story()  # type: ignore[misc]
        supervisor.stop()

    asyncio.run(supervisor.run(once_started=tell))


def test_a_program_that_dies_is_started_again(tmp_path: Path) -> None:
    supervisor = Supervisor([Program("web", python(FOREVER))])
    seen: list[int] = []

    async def kill_it() -> None:
        await until(lambda: "web" in supervisor.pids)
        seen.append(supervisor.pids["web"])
        os.kill(seen[0], signal.SIGKILL)
        await until(lambda: supervisor.pids.get("web", seen[0]) != seen[0])
        seen.append(supervisor.pids["web"])

    run_and(supervisor, kill_it)
    assert len(set(seen)) == 2
    assert all(is_gone(pid) for pid in seen)


def test_stopping_ends_the_children_of_a_program_too(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    script = (
        "import subprocess, sys, pathlib\n"
        f"child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}])\n"
        f"pathlib.Path({str(told)!r}).write_text(str(child.pid))\n"
        "child.wait()"
    )
    supervisor = Supervisor([Program("worker", python(script))])

    async def wait_for_grandchild() -> None:
        await until(lambda: told.exists() and told.read_text() != "")

    run_and(supervisor, wait_for_grandchild)
    asyncio.run(until(lambda: is_gone(int(told.read_text()))))


def test_a_second_ctrl_c_does_not_wait_for_a_stubborn_program(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("shanhuo.console.supervisor.GRACE_S", 60.0)
    told = tmp_path / "log"
    supervisor = Supervisor([Program("stubborn", python(STUBBORN), log_path=told)])

    async def be_impatient() -> None:
        await until(lambda: told.exists() and told.read_text() == "stubborn\n")
        # Not awaited here: the first one ends this story.
        for second in (0.0, 0.05):
            asyncio.get_running_loop().call_later(second, os.kill, os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()

    async def be_watched() -> None:
        async with asyncio.timeout(20):
            await supervisor.run(once_started=be_impatient)

    asyncio.run(be_watched())
    assert supervisor.pids == {}


def test_output_goes_to_the_log_of_the_program(tmp_path: Path) -> None:
    log_path = tmp_path / "web.log"
    supervisor = Supervisor(
        [Program("web", python("print('ready', flush=True);" + FOREVER), log_path=log_path)]
    )

    async def wait_for_line() -> None:
        await until(lambda: log_path.exists() and log_path.read_text() == "ready\n")

    run_and(supervisor, wait_for_line)
