"""Requests to one server over lines that are kept: as little work for each as a crowd needs.

A general client takes two milliseconds for a request, and the crowd would be all that a small
machine does.
"""

import asyncio
from dataclasses import dataclass, field

LONGEST_S = 30


class Refused(Exception):
    """The answer was not 200."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`cookie`: name and value of the first cookie that was set, or ""."""

    cookie: str
    body: bytes


@dataclass(slots=True)
class Lines:
    """At most `most` lines to a host and port; a request waits for a free one."""

    host: str
    port: int
    most: int
    _free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)
    _places: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._places = asyncio.Semaphore(self.most)

    async def ask(self, path: str, cookie: str = "", body: bytes = b"") -> Answer:
        """GET, or POST of JSON when there is a body. Raises Refused, OSError, EOFError,
        TimeoutError."""
        async with self._places, asyncio.timeout(LONGEST_S):
            line = self._free.pop() if self._free else await self._open()
            try:
                answer = await _exchange(*line, self._request(path, cookie, body))
            except BaseException:
                line[1].close()
                raise
            self._free.append(line)
            return answer

    def close(self) -> None:
        for _, writer in self._free:
            writer.close()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.host, self.port)

    def _request(self, path: str, cookie: str, body: bytes) -> bytes:
        head = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", f"host: {self.host}:{self.port}"]
        if cookie:
            head.append(f"cookie: {cookie}")
        if body:
            head += ["content-type: application/json", f"content-length: {len(body)}"]
        return "\r\n".join((*head, "", "")).encode() + body


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> Answer:
    writer.write(request)
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (at.partition(":") for at in lines)
    }
    body = await reader.readexactly(int(headers["content-length"]))
    if status.split()[1] != "200":
        raise Refused(status)
    return Answer(headers.get("set-cookie", "").partition(";")[0], body)
