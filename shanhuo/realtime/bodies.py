"""Reading a request body without trusting its sender: bounded in size and in time."""

import asyncio
from tempfile import SpooledTemporaryFile

from shanhuo.realtime.routes import HotRefusal, HotRequest
from shanhuo.realtime.rsgi import HTTPProtocol, Scope

SMALL_BODY_S = 10
"""A hot body is at most some tens of kilobytes: who needs longer holds the door open on purpose."""

PATIENCE_S = 30
SLOWEST_BYTES_PER_S = 2_000
"""A large body may take PATIENCE_S and then must keep this pace: slower than a village on GPRS is
somebody who only wants to hold the line."""

IN_MEMORY_BYTES = 256 * 1024


async def small_body(request: HotRequest) -> bytes:
    """The whole body of a hot request. Refuses 411 without a length, 413 beyond the limit, 408 when
    it does not arrive in time."""
    declared = request.header("content-length")
    if not declared.isascii() or not declared.isdigit():
        raise HotRefusal(411, "length_required", "Send Content-Length.")
    if int(declared) > request.body_limit:
        raise _too_large()
    try:
        async with asyncio.timeout(SMALL_BODY_S):
            return await request.protocol()
    except TimeoutError as late:
        raise HotRefusal(408, "too_slow", "The body did not arrive in time.") from late


async def spooled_body(
    scope: Scope, protocol: HTTPProtocol, *, limit: int
) -> tuple[SpooledTemporaryFile[bytes], int]:
    """The body in a file that moves to disk when it grows, and its length. Refuses 413 and 408.

    Read to the end before a thread is taken: a slow sender holds a few kilobytes, never a thread.
    """
    refuse_declared_size(scope, limit)
    spool: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115
    try:
        received = await _copy(protocol, spool, limit)
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool, received


async def _copy(protocol: HTTPProtocol, spool: SpooledTemporaryFile[bytes], limit: int) -> int:
    received = 0
    started = asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout(PATIENCE_S) as patience:
            async for piece in protocol:
                received += len(piece)
                if received > limit:
                    raise _too_large()
                spool.write(piece)
                patience.reschedule(started + PATIENCE_S + received / SLOWEST_BYTES_PER_S)
    except TimeoutError as late:
        raise HotRefusal(408, "too_slow", "The body did not arrive in time.") from late
    return received


def refuse_declared_size(scope: Scope, limit: int) -> None:
    """413 at once when the sender itself says that the body is too large."""
    declared: str | None = scope.headers.get("content-length")
    if declared and declared.isdigit() and int(declared) > limit:
        raise _too_large()


def _too_large() -> HotRefusal:
    return HotRefusal(413, "too_large", "The body is larger than this address accepts.")
