"""The calm side of the house: Django's WSGI application in a small, bounded thread pool.

A thread is taken only when the whole request is here, and given back as soon as the application has
spoken its last word, however slowly the client reads: what is not sent yet waits in a file.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from tempfile import SpooledTemporaryFile
from typing import Any

from shanhuo.kernel.downloads import FilePart
from shanhuo.realtime.addresses import FORWARDING, client_of, scheme_of
from shanhuo.realtime.bodies import spooled_body
from shanhuo.realtime.routes import NO_STORE, Headers, HotRefusal
from shanhuo.realtime.rsgi import HTTPProtocol, Scope
from shanhuo.realtime.spool import Spool

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

logger = logging.getLogger(__name__)

ONCE_ONLY = frozenset({"host", "content-length", "content-type", "authorization"})
"""Two of these are two opinions about one request; such a request is refused."""

CLIENT_GONE = (RuntimeError, ConnectionError)


class CalmBridge:
    """Answers one request after the other through the WSGI application."""

    def __init__(
        self,
        application: Application,
        *,
        threads: int,
        waiting: int,
        body_limit: int,
        proxy_count: int,
    ) -> None:
        self._application = application
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="calm")
        self._places = threads + waiting
        self._body_limit = body_limit
        self._proxy_count = proxy_count

    async def answer(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Refuses 503 at once when all threads are busy and the queue is full."""
        environ = environ_of(scope, proxy_count=self._proxy_count)
        body, size = await spooled_body(scope, protocol, limit=self._body_limit)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(size)
        if not self._places:
            body.close()
            raise HotRefusal(
                503, "busy", "Too many people at once. Try again.", headers=[("retry-after", "2")]
            )
        self._places -= 1
        try:
            await self._serve(environ, body, protocol)
        finally:
            self._places += 1

    async def _serve(
        self, environ: Environ, body: SpooledTemporaryFile[bytes], protocol: HTTPProtocol
    ) -> None:
        loop = asyncio.get_running_loop()
        spool = Spool(loop)
        spoken = loop.run_in_executor(self._pool, self._speak, environ, body, spool)
        try:
            await _send(spool, protocol)
        except CLIENT_GONE:
            logger.debug("client left before the answer was complete")
        finally:
            spool.give_up()
            await spoken
            spool.close()

    def _speak(self, environ: Environ, body: SpooledTemporaryFile[bytes], spool: Spool) -> None:
        """In a thread: run the application and put what it says into the spool."""
        try:
            with body:
                _run(self._application, environ, spool)
        except Exception:
            logger.exception("the application failed outside its own error handling")
            spool.fail()
        else:
            spool.finish()

    def shut(self) -> None:
        """Let running requests end; start no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _run(application: Application, environ: Environ, spool: Spool) -> None:
    def start_response(status: str, headers: Headers, _exc_info: object = None) -> None:
        spool.begin(
            int(status.split(" ", 1)[0]), [(name.lower(), text.strip()) for name, text in headers]
        )

    pieces = application(environ, start_response)
    try:
        if isinstance(pieces, FilePart):
            spool.hand_over(pieces)
            return
        for piece in pieces:
            if not spool.write(piece):
                return
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()


async def _send(spool: Spool, protocol: HTTPProtocol) -> None:
    """Files go out untouched, short answers in one piece, long ones while they are being made."""
    await spool.first_words()
    if spool.failed and not spool.begun:
        body = b"Something went wrong."
        protocol.response_bytes(500, [("content-type", "text/plain"), NO_STORE], body)
    elif spool.part:
        path, span = str(spool.part.path), spool.part.span
        protocol.response_file_range(spool.status, spool.headers, path, span.start, span.stop)
    elif spool.short:
        protocol.response_bytes(spool.status, spool.headers, spool.whole())
    else:
        transport = protocol.response_stream(spool.status, spool.headers)
        async for piece in spool:
            await transport.send_bytes(piece)


def environ_of(scope: Scope, *, proxy_count: int) -> Environ:
    """The WSGI environment. Refuses 400 for contradictory headers."""
    host, _, port = (scope.server or "").rpartition(":")
    environ: Environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _as_bytes(scope.path),
        "QUERY_STRING": _as_bytes(scope.query_string),
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": client_of(scope, proxy_count=proxy_count),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme_of(scope, proxy_count=proxy_count),
        "wsgi.errors": sys.stderr,
        "wsgi.file_wrapper": _as_it_is,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    _add_headers(environ, scope.headers.items())
    if scope.authority:
        environ["HTTP_HOST"] = scope.authority
    return environ


def _as_it_is(file: Iterable[bytes], _block_size: int) -> Iterable[bytes]:
    """A file is not read here: the server sends it."""
    return file


def _as_bytes(text: str) -> str:
    """WSGI wants the bytes of the wire, one character each; an old phone sends them unescaped."""
    return text.encode("utf-8", "surrogateescape").decode("latin-1")


def _add_headers(environ: Environ, headers: Iterable[tuple[str, str]]) -> None:
    seen: set[str] = set()
    for name, value in headers:
        # `X_Real_Ip` would become the same variable as `X-Real-Ip`: underscores are not let in.
        if "_" in name or name in FORWARDING:
            continue
        if name in ONCE_ONLY and name in seen:
            raise HotRefusal(400, "repeated_header", f"Send {name} once.")
        seen.add(name)
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        joint = "; " if name == "cookie" else ","
        environ[key] = f"{environ[key]}{joint}{value}" if key in environ else value


def default_threads() -> int:
    """Enough that a thread waiting for the database does not leave the core idle."""
    return max(4, 2 * (os.cpu_count() or 1))
