"""Requests that a program may send twice: the header `Idempotency-Key`."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from shanhuo.kernel import clock, idempotency
from shanhuo.people.actors import actor_of

KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 8, "maxLength": 80},
}
NEEDED_KEY = {**KEY, "required": True}


def key_of(request: HttpRequest) -> str:
    """The client's key, or ""; a service that needs one refuses that."""
    return request.headers.get("Idempotency-Key", "")


def once(request: HttpRequest, *, scope: str, act: Callable[[], None]) -> None:
    """Act; if the client sent a key, not again for the same request with the same key."""
    key = key_of(request)
    if not key:
        act()
        return
    owner = actor_of(request).public_id
    idempotency.run(
        owner=owner,
        scope=f"{scope}:{owner}",
        key=key,
        body=request.path.encode() + b"\n" + request.body,
        now=clock.now(),
        act=act,
    )
