"""nginx-rtmp between encoders and the studio, as docs/operations.md sets it up: it asks first."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from shanhuo.live.models import Take
from shanhuo.live.services import airing
from shanhuo.realtime import wrong_keys
from shanhuo.realtime.encoders import BODY_BYTES, EncoderDoor
from shanhuo.realtime.routes import HotRefusal, HotRequest
from shanhuo.realtime.rows import refusals
from tests.ports import free_port
from tests.realtime.encoders.conftest import Street, asked, recorded, until
from tests.realtime.encoders.encoder import KEYFRAME, PATIENCE_S, Encoder

pytestmark = pytest.mark.django_db
MODULE = Path("/usr/lib/nginx/modules/ngx_rtmp_module.so")
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
with_nginx = pytest.mark.skipif(
    not MODULE.exists() or not Path(NGINX).exists(),
    reason="nginx-rtmp is not installed (Debian: nginx-light, libnginx-mod-rtmp)",
)
OPERATIONS = Path(__file__).parents[3] / "docs/operations.md"
SECRET = "a-secret-of-nginx"


@pytest.fixture(autouse=True)
def relay(settings: Any) -> None:
    settings.RTMP_RELAY_SECRET, settings.RTMP_RELAYS = SECRET, frozenset({"127.0.0.1"})


@pytest.fixture
def door() -> EncoderDoor:
    """Asks its rows as everybody here does."""

    async def ask_here(question: Callable[[], Any]) -> Any:
        with refusals():
            return await asked(question)

    made = EncoderDoor()
    made._ask = ask_here
    return made


async def say(door: EncoderDoor, body: bytes, *, secret: str = SECRET, peer: str = "127.0.0.1"):
    """What the door answers: a status and, if it refuses, the code."""

    async def protocol() -> bytes:
        return body

    headers = {"content-length": str(len(body))}
    scope: Any = SimpleNamespace(
        query_string=f"secret={secret}", client=f"{peer}:5000", headers=headers
    )
    try:
        answer = await door.answer(HotRequest(scope, protocol, BODY_BYTES))  # type: ignore[arg-type]
    except HotRefusal as refusal:
        return refusal.status, refusal.code
    return answer.status, ""


async def ask(door: EncoderDoor, key: str, *, call: str = "publish", app: str = "live", **more):
    told = urlencode({"call": call, "app": app, "name": key, "addr": "10.0.0.9"})
    return await say(door, told.encode(), **more)


def test_a_stranger_learns_nothing(at_the_door, show, door, settings) -> None:
    _session, key = show

    async def story(street: Street) -> None:
        for stranger in ({"secret": "guess"}, {"secret": ""}, {"peer": "10.0.0.9"}):
            assert await ask(door, key, **stranger) == (404, "not_found")
        settings.RTMP_RELAY_SECRET = ""
        assert await ask(door, key, secret="") == (404, "not_found")

    at_the_door(story)


def test_it_says_what_the_studio_would_say(at_the_door, show, door, lin, now) -> None:
    session, old = show

    async def story(street: Street) -> None:
        assert await ask(door, old) == (204, "")
        assert await ask(door, "guess") == (403, "wrong_key")
        assert await ask(door, old, app="rehearsal") == (204, "")
        await street.filming(old)
        assert await ask(door, old) == (409, "second_publisher")
        assert await ask(door, old, call="update_publish") == (204, "")
        await asked(lambda: airing.issue_stream_key(session_id=session.pk, by=lin, now=now))
        assert await ask(door, old, call="update_publish") == (403, "wrong_key")

    at_the_door(story)


def test_what_it_does_not_understand_is_refused(at_the_door, show, door) -> None:
    _session, key = show

    async def story(street: Street) -> None:
        for body in (b"", b"\xff\xfe", b"call=publish&" + b"a=1&" * 40, b"a" * (BODY_BYTES + 1)):
            assert (await say(door, body))[0] in {400, 413}
        assert await ask(door, key, call="play") == (400, "malformed")

    at_the_door(story)


def test_attack_33_an_address_with_many_wrong_keys_waits_and_others_do_not(
    at_the_door, show, door
) -> None:
    _session, key = show

    async def story(street: Street) -> None:
        for _ in range(wrong_keys.MOST):
            assert (await ask(door, "guess"))[0] == 403
        assert await ask(door, key) == (429, "wrong_keys")
        other = urlencode({"call": "publish", "name": key, "addr": "10.0.0.8"})
        assert await say(door, other.encode()) == (204, "")

    at_the_door(story)


@asynccontextmanager
async def nginx(street: Street, door: EncoderDoor, folder: Path) -> AsyncIterator[Street]:
    """A street that leads through nginx, which asks `door` over HTTP."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = re.search(r"content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        status, _code = await say(door, body)
        writer.write(f"HTTP/1.1 {status} .\r\nconnection: close\r\n\r\n".encode())
        writer.close()

    pages = await asyncio.start_server(answer, "127.0.0.1", port := free_port())
    front = Street(free_port())
    (folder / "nginx.conf").write_text(configuration(front.port, street.port, port))
    process = await asyncio.create_subprocess_exec(
        *(NGINX, "-p", folder, "-c", "nginx.conf", "-e", "stderr")
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not await front.is_open():
                await asyncio.sleep(0.01)
        yield front
    finally:
        process.terminate()
        await process.wait()
        pages.close()


def configuration(rtmp_port: int, studio_port: int, pages_port: int) -> str:
    """The example of the page for operators, with ports of our own and quicker looks."""
    [example] = re.findall(r"```nginx\n(rtmp .*?)```", OPERATIONS.read_text(), re.DOTALL)
    for written, ours in {
        "1935": str(rtmp_port),
        "1936": str(studio_port),
        "8000": str(pages_port),
        "SECRET": SECRET,
        "notify_update_timeout 2s": "notify_update_timeout 200ms",
    }.items():
        assert written in example
        example = example.replace(written, ours)
    start = f"load_module {MODULE};\ndaemon off;\nmaster_process off;\npid nginx.pid;\n"
    user = "user root;\n" if os.geteuid() == 0 else ""
    return f"{start}{user}error_log stderr;\nevents {{}}\n{example}"


async def is_turned_away(encoder: Encoder, key: str) -> bool:
    try:
        return bool((await encoder.publish(key))["level"] == "error")
    except (EOFError, ConnectionError):
        return True


async def film_on(encoder: Encoder) -> None:
    """A keyframe every moment, until the line is closed."""
    while not encoder.writer.is_closing():
        encoder.film()
        await asyncio.sleep(0.02)


@with_nginx
def test_nginx_lets_in_whom_we_let_in_and_cuts_off_whom_we_cut_off(
    at_the_door, show, door, lin, now, tmp_path
) -> None:
    session, key = show

    async def story(street: Street) -> None:
        async with nginx(street, door, tmp_path) as front:
            assert await is_turned_away(await front.encoder(), "guess")
            first = await front.filming(key)
            filming = asyncio.create_task(film_on(first))
            await until(lambda: KEYFRAME in recorded(session))
            assert await is_turned_away(await front.encoder(), key)
            length = len(recorded(session))
            await until(lambda: len(recorded(session)) > length)
            await asked(lambda: airing.issue_stream_key(session_id=session.pk, by=lin, now=now))
            assert await first.is_closed()
            filming.cancel()
            front.leave()

    at_the_door(story)
    take = Take.objects.get()
    assert (take.source, take.ended_why) == ("encoder", "replaced")


@with_nginx
def test_the_studio_hears_at_once_that_an_encoder_left_nginx(
    at_the_door, show, door, tmp_path
) -> None:
    session, key = show

    async def story(street: Street) -> None:
        async with nginx(street, door, tmp_path) as front:
            encoder = await front.filming(key)
            filming = asyncio.create_task(film_on(encoder))
            await until(lambda: KEYFRAME in recorded(session))
            filming.cancel()
            front.leave()
            async with asyncio.timeout(PATIENCE_S):
                while await asked(Take.objects.filter(ended_at=None).exists):
                    await asyncio.sleep(0.01)

    at_the_door(story)
    assert Take.objects.get().ended_why == "camera"
