"""`shanhuo demo` and `shanhuo serve`: the same programs under one supervisor, in two settings.

Django is not loaded here. What needs it (migrations, checks, the demo season) runs in a child that
ends before the server starts, so that the supervisor stays small and cannot be blocked by it.
"""

import argparse
import asyncio
import errno
import fcntl
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import structlog
from rich.console import Console

from shanhuo.config import config
from shanhuo.console.demo import setting
from shanhuo.console.supervisor import Program, Supervisor
from shanhuo.kernel import tempo

# From here on the system hands ports to outgoing connections: one may sit where we would serve.
FIRST_EPHEMERAL_PORT = 32768
# Lines that the system has opened and we have not looked at yet: a burst, not a crowd.
WAITING_CONNECTIONS = 4096
MOST_FILES = 32_768
READY_WITHIN_S = 60.0
STUDIO = ("-m", "shanhuo.realtime.studio")

screen = Console(stderr=True, highlight=False)


class CannotStart(Exception):
    """One sentence for the person at the terminal: what is wrong and what to do."""


def run(command: str, arguments: Sequence[str]) -> int:
    """Run one launcher to its end; returns the exit status. A refusal is one sentence."""
    try:
        LAUNCHERS[command](arguments)
    except (CannotStart, setting.UnsafePlace) as refusal:
        if str(refusal):
            screen.print(f"[red]{refusal}[/]")
        return 1
    except KeyboardInterrupt:
        # Before the server ran: what was half built is built anew by the next start.
        screen.print("\n已停止，下次启动会重新准备。 Stopped; the next start prepares it anew.")
        return 130
    return 0


def demo(arguments: Sequence[str]) -> None:
    """Build the demo season if it is not there yet, then serve it until Ctrl-C."""
    parser = argparse.ArgumentParser("shanhuo demo", description=demo.__doc__)
    parser.add_argument("--port", type=_port, default=8000)
    options = parser.parse_args(arguments)
    place = setting.Setting.from_environment(os.environ, port=options.port)
    _require_free_ports(place.port, place.payment_port, place.rooms_port, place.rtmp_port)
    os.environ.update(place.environment())
    with _only_one_in(place.data_dir):
        # In a process of its own: one that has read the texts does not read them again.
        _run("messages", "--compile")
        _run("build_demo")
        # Whoever plays the story by hand sees it settled: a week for objections would not pass.
        os.environ["SHANHUO_SETTLE_AFTER_DAYS"] = "0"
        _supervise(_demo_programs(place), port=place.port, greeting=greeting_of(place))


def serve(arguments: Sequence[str]) -> None:
    """Serve in production: refuses default keys, DEBUG, demo data and unapplied migrations."""
    parser = argparse.ArgumentParser("shanhuo serve", description=serve.__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000)
    options = parser.parse_args(arguments)
    rooms_port = config().rooms_port or options.port + 2
    _require_free_ports(options.port, rooms_port, config().rtmp_port)
    # Pages say where the rooms are, so every program must know.
    os.environ["SHANHUO_ROOMS_PORT"] = str(rooms_port)
    _run("preflight")
    _run("messages", "--compile")
    _run("collectstatic", "--noinput", "--verbosity=0")
    programs = [
        web_program(options.host, options.port),
        worker_program(),
        studio_program(),
        rooms_program(options.host, rooms_port),
    ]
    greeting = f"Shanhuo answers on http://{options.host}:{options.port}"
    _supervise(programs, port=options.port, greeting=greeting)


LAUNCHERS = {"demo": demo, "serve": serve}


def web_program(host: str, port: int, *, log_path: Path | None = None) -> Program:
    """Hot doors and pages in one process on one port."""
    argv = (
        *(sys.executable, "-m", "granian", "shanhuo.realtime.door:app", "--interface", "rsgi"),
        *("--host", host, "--port", str(port), "--loop", "uvloop", "--workers", "1"),
        *("--log-level", "warning", "--no-ws"),
        *("--backlog", str(WAITING_CONNECTIONS), "--backpressure", str(open_connections())),
    )
    return Program("web", argv, log_path=log_path)


def open_connections() -> int:
    """How many browsers may keep a line open: half of the files that we may have.

    Granian counts idle lines too, and by default lets the 1,025th wait without a word. The other
    half is for what an answer may need: a body, a database, a segment.
    """
    allowed = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], MOST_FILES)
    return max(256, allowed // 2)


def _allow_files() -> None:
    """Systems give a process 1,024 open files and let it ask for many more; children inherit it."""
    ours, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(ours, min(most, MOST_FILES)), most))


def worker_program(*, log_path: Path | None = None) -> Program:
    """Background jobs."""
    return Program("worker", (sys.executable, "-m", "shanhuo", "worker"), log_path=log_path)


def rooms_program(host: str, port: int, *, log_path: Path | None = None) -> Program:
    """The sockets of live rooms."""
    command = (sys.executable, "-m", "shanhuo", "rooms")
    return Program("rooms", (*command, "--host", host, "--port", str(port)), log_path=log_path)


def studio_program(*, log_path: Path | None = None) -> Program:
    """Pictures of live sessions."""
    return Program("studio", (sys.executable, *STUDIO), log_path=log_path)


def payment_program(
    place: setting.Setting, *, log_path: Path, clock_file: Path | None = None
) -> Program:
    """The demo payment company: another firm, so another process, port and database."""
    argv = [
        *(sys.executable, "-m", "demopay", "--port", str(place.payment_port)),
        *("--origin", place.payment_origin, "--data-dir", str(place.payment_dir)),
    ]
    if clock_file is not None:
        argv += ["--clock-file", str(clock_file)]
    return Program("demopay", argv, log_path=log_path)


def audience_program(place: setting.Setting, *, log_path: Path) -> Program:
    """People who come to watch while the demo's clock goes fast."""
    crowd = (sys.executable, "-m", "shanhuo.console.demo.crowd")
    argv = (*crowd, "--port", str(place.port), "--folder", str(place.data_dir))
    return Program("audience", argv, log_path=log_path)


def greeting_of(place: setting.Setting) -> str:
    """What a newcomer needs to begin: the address, who to sign in as, how to stop."""
    logins = "\n".join(
        f"  {login.phone}  {login.role_zh} {login.role_en}" for login in setting.LOGINS
    )
    return (
        f"\n[bold green]山货演示已就绪 Shanhuo is ready: {place.origin}[/]\n\n"
        "演示账号（验证码显示在登录页上） Demo logins (the page shows the code):\n"
        f"{logins}\n\n"
        f"日志 Logs: {place.data_dir}/logs    停止 Stop: Ctrl-C\n"
    )


def _demo_programs(place: setting.Setting) -> list[Program]:
    logs = place.data_dir / "logs"
    logs.mkdir(exist_ok=True)
    return [
        web_program("127.0.0.1", place.port, log_path=logs / "web.log"),
        worker_program(log_path=logs / "worker.log"),
        studio_program(log_path=logs / "studio.log"),
        rooms_program("127.0.0.1", place.rooms_port, log_path=logs / "rooms.log"),
        payment_program(
            place, log_path=logs / "demopay.log", clock_file=place.data_dir / tempo.FILE
        ),
        audience_program(place, log_path=logs / "audience.log"),
    ]


def _supervise(programs: Sequence[Program], *, port: int, greeting: str) -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(30),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

    _allow_files()

    async def greet() -> None:
        if await asyncio.to_thread(wait_until_ready, port):
            screen.print(greeting)
        else:
            screen.print(f"[red]Nothing answers on port {port} yet; see the logs.[/]")

    asyncio.run(Supervisor(programs).run(once_started=greet))


def wait_until_ready(port: int, *, within_s: float = READY_WITHIN_S) -> bool:
    """Ask the front page until it answers without a server error; False when time is up."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if _answers(port):
            return True
        time.sleep(0.1)
    return False


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _run(*command: str) -> None:
    """A management command of ours in a child. Raises CannotStart if it refused; it said why."""
    if subprocess.run([sys.executable, "-m", "shanhuo", *command], check=False).returncode:  # noqa: S603
        raise CannotStart("")


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port < FIRST_EPHEMERAL_PORT:
        raise argparse.ArgumentTypeError(f"choose a port below {FIRST_EPHEMERAL_PORT}, not {port}")
    return port


def _require_free_ports(*ports: int) -> None:
    if len(set(ports)) < len(ports):
        listed = ", ".join(map(str, ports))
        raise CannotStart(f"Two programs cannot share a port ({listed}): set SHANHUO_ROOMS_PORT.")
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise CannotStart(_why_not(port, error)) from error


def _why_not(port: int, error: OSError) -> str:
    if error.errno == errno.EACCES:
        return f"Port {port} needs root rights; choose one above 1023, e.g. PORT=8080 make demo."
    return (
        f"端口 {port} 已被占用，请换一个，例如 PORT=8080 make demo。 "
        f"Port {port} is in use; choose another, e.g. PORT=8080 make demo."
    )


@contextmanager
def _only_one_in(data_dir: Path) -> Iterator[None]:
    """Two servers over one data directory would both run its jobs and write its segments."""
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStart(f"Another demo is running in {data_dir}; stop it first.") from error
        yield
