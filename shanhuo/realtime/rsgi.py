"""The two objects that granian hands to an RSGI application, as far as the house uses them."""

from collections.abc import AsyncIterator
from typing import Protocol


class Headers(Protocol):
    """Request headers; names in lower case."""

    def get(self, key: str) -> str | None:
        """The value of a header that was sent once; the first one otherwise."""

    def items(self) -> list[tuple[str, str]]:
        """All of them, repeated ones repeated."""


class Scope(Protocol):
    """One request without its body. `path` is percent-decoded; `client` is "address:port"."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    authority: str | None
    headers: Headers


class Stream(Protocol):
    """An answer that is sent in pieces."""

    async def send_bytes(self, data: bytes) -> None:
        """Raises when the client has gone."""


AnswerHeaders = list[tuple[str, str]]


class HTTPProtocol(Protocol):
    """The body of a request, and the ways to answer it."""

    async def __call__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def response_empty(self, status: int, headers: AnswerHeaders) -> None: ...
    def response_bytes(self, status: int, headers: AnswerHeaders, body: bytes) -> None: ...
    def response_file(self, status: int, headers: AnswerHeaders, file: str) -> None: ...
    def response_file_range(
        self, status: int, headers: AnswerHeaders, file: str, start: int, end: int
    ) -> None: ...
    def response_stream(self, status: int, headers: AnswerHeaders) -> Stream: ...
