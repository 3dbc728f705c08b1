"""Who is asking: the peer of the connection, or what our own proxies say, and nobody else."""

from collections.abc import Iterable

from shanhuo.realtime.rsgi import Scope

FORWARDING = frozenset(
    {
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-proto",
        "x-forwarded-server",
        "x-real-ip",
        "true-client-ip",
        "cf-connecting-ip",
    }
)
"""Headers by which anybody could claim to be anybody. They never reach the application."""


def client_of(scope: Scope, *, proxy_count: int) -> str:
    """The address of the person's end of the line.

    With no proxy of ours in front it is the peer. With N, every one of them appended the address
    it saw to X-Forwarded-For, so the N-th from the right was written by the outermost of ours; all
    that stands left of it was sent by the stranger. A shorter list means that the request came
    round the proxies: then only the peer is known.
    """
    peer = scope.client.rpartition(":")[0].strip("[]")
    return behind(peer, _all(scope, "x-forwarded-for"), proxy_count=proxy_count)


def behind(peer: str, forwarded_for: Iterable[str], *, proxy_count: int) -> str:
    """The same, from the peer's address and the values of its X-Forwarded-For headers."""
    if not proxy_count:
        return peer
    seen = [part.strip() for line in forwarded_for for part in line.split(",")]
    return seen[-proxy_count] if len(seen) >= proxy_count and seen[-proxy_count] else peer


def scheme_of(scope: Scope, *, proxy_count: int) -> str:
    """ "https" when the line, or the proxy of ours that ends it, is encrypted."""
    if not proxy_count:
        return scope.scheme
    claimed = [value.strip() for value in _all(scope, "x-forwarded-proto")]
    return claimed[-1] if claimed and claimed[-1] in {"http", "https"} else scope.scheme


def _all(scope: Scope, name: str) -> list[str]:
    return [value for key, value in scope.headers.items() if key == name]
