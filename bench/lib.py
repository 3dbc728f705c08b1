"""What every track shares: a pinned server, an honest client, CPU seconds, a table, a results file.

The server runs on core 0 and the client on core 1. On a machine that others use, wall time lies;
so the figure to trust is work per CPU second of the server's whole process tree.
"""

import json
import os
import random
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "out" / "results.jsonl"
SERVER_CORE, CLIENT_CORE = 0, 1
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a table: what we reached beside the baselines of the same run and the limit."""

    track: str
    metric: str
    ours: float
    unit: str
    baselines: Mapping[str, float] = field(default_factory=dict)
    limit: float | None = None
    must: float | None = None
    goal: float | None = None
    higher_is_better: bool = True
    note: str = ""

    @property
    def verdict(self) -> str:
        """ "goal", "must" or "missed": the highest bar that was cleared; "" where none is set."""
        for name, bar in (("goal", self.goal), ("must", self.must)):
            if bar is not None and (self.ours == bar or (self.ours > bar) == self.higher_is_better):
                return name
        return "" if self.must is None else "missed"


# --- The server -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Server:
    """A server process tree and the port it answers on."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """User and system CPU seconds of the process and all its descendants so far."""
        return sum(_cpu_ticks(pid) for pid in _tree(self.pid)) / TICKS_PER_S

    def memory_mb(self) -> float:
        """Memory of the largest process of the tree (the one that answers), as it is now."""
        return max(_resident_pages(pid) for pid in _tree(self.pid)) * PAGE_BYTES / 1e6


@contextmanager
def server(
    command: Sequence[str],
    *,
    port: int,
    env: Mapping[str, str] | None = None,
    log: Path | None = None,
    core: int | None = SERVER_CORE,
    ready_s: float = 60,
) -> Iterator[Server]:
    """Run `command` on its core until its port answers; end the whole group afterwards."""
    with (log or Path(os.devnull)).open("wb") as out:
        process = subprocess.Popen(
            list(command),
            env={**os.environ, **(env or {})},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=(lambda: os.sched_setaffinity(0, {core})) if core is not None else None,
        )
        try:
            _wait_for(port, process, ready_s)
            yield Server(process.pid, port)
        finally:
            _end(process)


def granian(
    target: str, *, port: int, interface: str = "rsgi", workers: int = 1, extra: Sequence[str] = ()
) -> list[str]:
    """The command line of one granian as production starts it."""
    flags = ["--interface", interface, "--host", "127.0.0.1", "--port", str(port)]
    flags += ["--workers", str(workers), "--no-ws", "--http", "1", "--log-level", "warning"]
    return [sys.executable, "-m", "granian", *flags, *extra, target]


def _wait_for(port: int, process: subprocess.Popen[bytes], ready_s: float) -> None:
    deadline = time.monotonic() + ready_s
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it answered")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing answered on port {port} within {ready_s} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    for sign, patience_s in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, sign)
            process.wait(patience_s)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        below = [int(child) for child in children.read_text().split()]
    except FileNotFoundError:
        return []
    return [pid, *(one for child in below for one in _tree(child))]


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0
    return int(fields[11]) + int(fields[12])


def _resident_pages(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except FileNotFoundError:
        return 0


# --- The client -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Load:
    """What came back from a run of requests."""

    requests: int
    wall_s: float
    cpu_s: float
    latencies_ms: Sequence[float]
    statuses: Mapping[int, int]

    @property
    def per_cpu_s(self) -> float:
        return self.requests / self.cpu_s if self.cpu_s else float("nan")

    @property
    def per_s(self) -> float:
        return self.requests / self.wall_s

    def percentile_ms(self, percent: float) -> float:
        ordered = sorted(self.latencies_ms)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def request(
    method: str,
    path: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The bytes of one HTTP/1.1 request on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def hammer(
    target: Server,
    next_request: Callable[[int], bytes],
    *,
    count: int,
    connections: int = 64,
    on_answer: Callable[[int, bytes], None] | None = None,
) -> Load:
    """Keep `connections` busy until `count` answers have come. One thread, on the client's core.

    `next_request(i)` gives the bytes of the i-th request; make them before the run, since the
    client must not be the slow part. `on_answer(i, body)` sees every answer.
    """
    with on_core(CLIENT_CORE):
        return _Hammer(target, next_request, count, connections, on_answer).run()


def arrive(
    target: Server,
    next_request: Callable[[int], bytes],
    *,
    rate: float,
    count: int,
    connections: int = 64,
    on_answer: Callable[[int, bytes], None] | None = None,
    timed: Callable[[int], bool] = lambda _: True,
) -> Load:
    """Send `count` requests at moments drawn beforehand (Poisson, `rate` a second), whether or not
    the earlier ones are answered, as people do.

    Latency counts from the moment a request was due, also when it had to wait for a connection: a
    server that stands still for a second is charged for all who came in that second. Only requests
    that are `timed` count.
    """
    with on_core(CLIENT_CORE):
        return _Arrivals(target, next_request, count, connections, on_answer).run(rate, timed)


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Run what is inside, and threads that begin there, on this core only, where there is one."""
    before = os.sched_getaffinity(0)
    if core in before:
        os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class _Hammer:
    """One epoll loop; a connection sends its next request when its last one is answered."""

    def __init__(
        self,
        target: Server,
        next_request: Callable[[int], bytes],
        count: int,
        connections: int,
        on_answer: Callable[[int, bytes], None] | None,
    ) -> None:
        self.target, self.next_request, self.count = target, next_request, count
        self.connections = min(connections, count)
        self.on_answer = on_answer
        self.sent = self.done = 0
        self.latencies: list[float] = []
        self.statuses: dict[int, int] = {}
        self.selector = selectors.DefaultSelector()

    def run(self) -> Load:
        lines = [_Line(self.target.port) for _ in range(self.connections)]
        cpu_before, started = self.target.cpu_s(), time.perf_counter()
        for line in lines:
            self.selector.register(line.socket, selectors.EVENT_READ, line)
            self._send(line)
        while self.done < self.count:
            events = self.selector.select(30)
            if not events:
                raise TimeoutError("the server answered nothing for 30 s")
            for key, _ in events:
                self._receive(key.data)
        wall_s = time.perf_counter() - started
        cpu_s = self.target.cpu_s() - cpu_before
        for line in lines:
            line.socket.close()
        return Load(self.done, wall_s, cpu_s, self.latencies, self.statuses)

    def _send(self, line: "_Line") -> None:
        if self.sent < self.count:
            line.index, line.sent_at = self.sent, time.perf_counter()
            line.socket.sendall(self.next_request(self.sent))
            self.sent += 1

    def _receive(self, line: "_Line") -> None:
        answer = line.receive()
        if answer is None:
            return
        status, body = answer
        self.latencies.append((time.perf_counter() - line.sent_at) * 1000)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if self.on_answer:
            self.on_answer(line.index, body)
        self.done += 1
        self._send(line)


class _Arrivals(_Hammer):
    """The same loop, led by the clock; a request waits for a free connection if there is none."""

    def run(self, rate: float, timed: Callable[[int], bool]) -> Load:  # type: ignore[override]
        chance, lines = random.Random(1), [_Line(self.target.port) for _ in range(self.connections)]
        for line in lines:
            self.selector.register(line.socket, selectors.EVENT_READ, line)
        cpu_before, started = self.target.cpu_s(), time.perf_counter()
        due = started
        dues = [due := due + chance.expovariate(rate) for _ in range(self.count)]
        # The longest idle goes first: a server hangs up on who says nothing for half a minute.
        idle = deque(lines)
        while self.done < self.count:
            while idle and self.sent < self.count and dues[self.sent] <= time.perf_counter():
                self._send_due(idle.popleft(), dues)
            for key, _ in self.selector.select(self._patience(dues, bool(idle))):
                if self._answered(key.data, timed):
                    idle.append(key.data)
        wall_s, cpu_s = time.perf_counter() - started, self.target.cpu_s() - cpu_before
        for line in lines:
            line.socket.close()
        return Load(self.done, wall_s, cpu_s, self.latencies, self.statuses)

    def _send_due(self, line: "_Line", dues: Sequence[float]) -> None:
        line.index, line.sent_at = self.sent, dues[self.sent]
        line.socket.sendall(self.next_request(self.sent))
        self.sent += 1

    def _patience(self, dues: Sequence[float], may_send: bool) -> float:
        """Epoll sleeps whole milliseconds, so the last one before a request is spent awake."""
        if not may_send or self.sent == self.count:
            return 30
        return max(0.0, dues[self.sent] - time.perf_counter() - 0.001)

    def _answered(self, line: "_Line", timed: Callable[[int], bool]) -> bool:
        answer = line.receive()
        if answer is None:
            return False
        status, body = answer
        if timed(line.index):
            self.latencies.append((time.perf_counter() - line.sent_at) * 1000)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        if self.on_answer:
            self.on_answer(line.index, body)
        self.done += 1
        return True


class _Line:
    """A kept-alive connection that reads one answer at a time."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.index = 0
        self.sent_at = 0.0

    def receive(self) -> tuple[int, bytes] | None:
        """(status, body) once the whole answer is here; None until then."""
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise ConnectionError("the server closed a kept-alive connection")
        self.buffer += chunk
        head_end = self.buffer.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        end = _end_of_body(self.buffer, head_end)
        if end is None or len(self.buffer) < end:
            return None
        status = int(self.buffer[9:12])
        body, self.buffer = self.buffer[head_end + 4 : end], self.buffer[end:]
        return status, body


def _end_of_body(buffer: bytes, head_end: int) -> int | None:
    """Where the answer ends, from its length or its last chunk; None while that is not known."""
    head = buffer[:head_end].lower()
    begin = head_end + 4
    size = head.find(b"\r\ncontent-length:")
    if size >= 0:
        return begin + int(head[size + 17 :].split(b"\r\n", 1)[0])
    if b"\r\ntransfer-encoding: chunked" not in head:
        return begin
    last = buffer.find(b"0\r\n\r\n", begin)
    return None if last < 0 else last + 5


# --- The report -------------------------------------------------------------------------------


def report(figures: Sequence[Figure]) -> None:
    """Print one table per track and add the figures to the results file."""
    console = Console()
    for track in dict.fromkeys(figure.track for figure in figures):
        console.print(_table(track, [one for one in figures if one.track == track]))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as results:
        for figure in figures:
            results.write(json.dumps(_line_of(figure), ensure_ascii=False) + "\n")


def _line_of(figure: Figure) -> dict[str, object]:
    names = ("track", "metric", "ours", "baselines", "limit", "unit", "must", "goal", "note")
    line = {name: getattr(figure, name) for name in names}
    return {**line, "baselines": dict(figure.baselines), "verdict": figure.verdict}


def _table(track: str, figures: Sequence[Figure]) -> Table:
    table = Table(title=track.upper(), title_justify="left")
    for heading in ("metric", "ours", "must", "goal", "baselines", "limit", "reached", "note"):
        table.add_column(heading, overflow="fold")
    for figure in figures:
        baselines = ", ".join(f"{name} {_short(value)}" for name, value in figure.baselines.items())
        table.add_row(
            figure.metric,
            f"{_short(figure.ours)} {figure.unit}",
            _short(figure.must),
            _short(figure.goal),
            baselines,
            _short(figure.limit),
            figure.verdict,
            figure.note,
        )
    return table


def _short(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
