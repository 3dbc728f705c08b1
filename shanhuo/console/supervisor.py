"""Several programs kept running as one: started together, watched, restarted, stopped together."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 60.0
GRACE_S = 10.0

log = structlog.get_logger("shanhuo.supervisor")


@dataclass(frozen=True, slots=True)
class Program:
    """One child process. Its output goes to `log_path`, or to our own output when that is None."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    log_path: Path | None = None


class Supervisor:
    """Keeps `programs` running until a signal or `stop`.

    Every child leads its own process group, so a Ctrl-C in the terminal reaches only us and the
    children stop in order; on Linux the kernel ends them too if we are killed outright.
    """

    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs = programs
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()

    async def run(
        self, *, once_started: Callable[[], Coroutine[None, None, None]] | None = None
    ) -> None:
        """Return when every child has ended after SIGINT, SIGTERM or `stop`."""
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(signal_number, self._on_signal)
        keepers = [asyncio.create_task(self._keep_running(program)) for program in self._programs]
        greeting = asyncio.create_task(once_started()) if once_started else None
        await self._stopping.wait()
        if greeting is not None:
            greeting.cancel()
        await self._end_children()
        await asyncio.gather(*keepers)

    def stop(self) -> None:
        """Ask `run` to end; safe to call twice."""
        self._stopping.set()

    @property
    def pids(self) -> dict[str, int]:
        """Program name -> process id of the child that is running now."""
        return {
            name: process.pid
            for name, process in self._processes.items()
            if process.returncode is None
        }

    def _on_signal(self) -> None:
        # The second signal is an impatient operator: do not wait for the grace period.
        if self._stopping.is_set():
            self._signal_children(signal.SIGKILL)
        self.stop()

    async def _keep_running(self, program: Program) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_S
        while not self._stopping.is_set():
            started = loop.time()
            process = self._processes[program.name] = await _start(program)
            log.info("program_started", name=program.name, pid=process.pid)
            exit_code = await process.wait()
            if self._stopping.is_set():
                return
            if loop.time() - started > HEALTHY_AFTER_S:
                pause = FIRST_PAUSE_S
            log.warning(
                "program_ended", name=program.name, exit_code=exit_code, restarts_in_s=pause
            )
            await self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _sleep(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _end_children(self) -> None:
        self._signal_children(signal.SIGTERM)
        ends = [process.wait() for process in self._processes.values()]
        try:
            await asyncio.wait_for(asyncio.gather(*ends), GRACE_S)
        except TimeoutError:
            log.warning("programs_killed", names=sorted(self.pids))
            self._signal_children(signal.SIGKILL)

    def _signal_children(self, signal_number: signal.Signals) -> None:
        for pid in self.pids.values():
            with suppress(ProcessLookupError):
                os.killpg(pid, signal_number)


async def _start(program: Program) -> asyncio.subprocess.Process:
    output = program.log_path.open("ab") if program.log_path else None
    try:
        return await asyncio.create_subprocess_exec(
            *program.argv,
            env={**os.environ, **program.environment},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    finally:
        if output is not None:
            output.close()


_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _end_with_parent() -> None:
    """Runs in the child before exec. Without it `kill -9` of the supervisor leaves orphans."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
