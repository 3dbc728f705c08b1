"""A stub company on a line of its own, for as long as a test needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import TypeVar

Stub = TypeVar("Stub", bound=ThreadingHTTPServer)


@contextmanager
def running(stub: Stub) -> Iterator[Stub]:
    """Serve in a thread; the line is closed however the test ends."""
    threading.Thread(target=stub.serve_forever, daemon=True).start()
    with stub:
        try:
            yield stub
        finally:
            stub.shutdown()
