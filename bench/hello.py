"""The limit of any hot door: the same server, saying hello."""

from typing import Any


class Hello:
    """Answers everything with the same few bytes of JSON."""

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        protocol.response_bytes(200, [("content-type", "application/json")], b'{"hello":"hill"}')


app = Hello()
