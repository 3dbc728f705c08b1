"""The form of a hot door: one method and path, one handler, a bounded body, and nothing of Django's
request stack in between."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from shanhuo.realtime.rsgi import HTTPProtocol, Scope

Headers = list[tuple[str, str]]
JSON: tuple[str, str] = ("content-type", "application/json")
NO_STORE: tuple[str, str] = ("cache-control", "no-store")


@dataclass(slots=True)
class HotRequest:
    """What a handler sees. The body is read only when asked for, and never beyond the limit."""

    scope: Scope
    protocol: HTTPProtocol
    body_limit: int

    @property
    def query(self) -> str:
        return self.scope.query_string

    def header(self, name: str) -> str:
        """The first header of that (lower-case) name, or ""."""
        value: str | None = self.scope.headers.get(name)
        return value or ""


@dataclass(slots=True)
class HotAnswer:
    """Status, headers and body, sent as they are."""

    status: int
    body: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class HotRoute:
    """A door. `start` and `stop` run once per process, on its event loop, around all requests.

    It stands in the access table (`realtime.access`) by its `name`, or the process will not start.
    """

    method: str
    path: str
    handler: Callable[[HotRequest], Awaitable[HotAnswer]]
    body_limit: int = 0
    start: Callable[[], Awaitable[None]] | None = None
    stop: Callable[[], Awaitable[None]] | None = None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class HotRefusal(Exception):
    """A request a door will not serve: answered as `{"code": …, "message": …}`."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        headers: Headers | None = None,
        **details: Any,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message
        self.headers = headers or []
        self.details = details


def answer_of(refusal: HotRefusal) -> HotAnswer:
    """`{"code", "message", "details"}`: the shape of every refusal of the house."""
    said: dict[str, Any] = {"code": refusal.code, "message": refusal.message}
    if refusal.details:
        said["details"] = refusal.details
    return HotAnswer(refusal.status, msgspec.json.encode(said), [JSON, NO_STORE, *refusal.headers])
