"""The door for a phone's pictures: in order, each once, and only with a ticket of its session."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from queue import Empty, Queue
from typing import Any

import msgspec
import pytest

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.live.media import takes
from shanhuo.live.models import Session, Take
from shanhuo.live.services import airing
from shanhuo.realtime.live import PIECE_BYTES, TakeDoor
from shanhuo.realtime.routes import HotAnswer, HotRefusal, HotRequest
from tests.live.conftest import files, make_session  # noqa: F401  fixtures

Maker = Callable[..., Any]


class Phone:
    """Speaks to the door as golive.js does, without a socket."""

    def __init__(self, ticket: str) -> None:
        self.ticket = ticket
        self.door = TakeDoor()
        self.asked = Asked()
        self.door._ask = self.asked.ask  # type: ignore[method-assign]

    def ask(self, method: str, body: bytes = b"", **headers: Any) -> Any:
        handler = {
            "POST": self.door.begin,
            "GET": self.door.tell,
            "PATCH": self.door.add,
            "DELETE": self.door.end,
        }[method]
        return self.asked.said(handler(self.request(body, headers)))

    def request(self, body: bytes, headers: dict[str, Any]) -> HotRequest:
        sent = {"x-live-ticket": self.ticket, "content-length": str(len(body))}
        sent |= {name.replace("_", "-"): str(value) for name, value in headers.items()}
        scope: Any = type("Scope", (), {"headers": sent})()

        async def protocol() -> bytes:
            return body

        return HotRequest(scope, protocol, PIECE_BYTES)  # type: ignore[arg-type]

    def begin(self) -> int:
        return int(self.ask("POST", b'{"container":"mp4"}')["take"])


class Asked:
    """The door runs on a loop in another thread; its questions to the tables are answered in the
    thread of the test, which alone sees the rows of the test."""

    def __init__(self) -> None:
        self._questions: Queue[tuple[Callable[[], Any], Future[Any]]] = Queue()

    async def ask(self, question: Callable[[], Any]) -> Any:
        answer: Future[Any] = Future()
        self._questions.put((question, answer))
        try:
            return await asyncio.wrap_future(answer)
        except Refusal as refusal:
            raise HotRefusal(refusal.status, refusal.code, str(refusal)) from refusal

    def said(self, answer: Coroutine[Any, Any, HotAnswer]) -> Any:
        with ThreadPoolExecutor(1) as loop:
            running = loop.submit(_run, answer, clock.now())
            while not running.done():
                with suppress(Empty):
                    self._answer(*self._questions.get(timeout=0.005))
        try:
            return msgspec.json.decode(running.result().body)
        except HotRefusal as refusal:
            return refusal.status, refusal.code, refusal.details

    def _answer(self, question: Callable[[], Any], answer: "Future[Any]") -> None:
        try:
            answer.set_result(question())
        except Exception as error:
            answer.set_exception(error)


def _run(answer: Coroutine[Any, Any, HotAnswer], moment: datetime) -> HotAnswer:
    with clock.at(moment):
        return asyncio.run(answer)


@pytest.fixture(autouse=True)
def _folders(files: Any) -> None:  # noqa: F811
    """Every test films into folders of its own."""


@pytest.fixture
def session(make_session: Maker, noon: datetime) -> Session:  # noqa: F811
    made: Session = make_session()
    return made


def phone_of(session: Session, noon: datetime, **more: Any) -> Phone:
    ticket = {"session_id": session.pk, "user_id": session.host_id, "is_rehearsal": False}
    return Phone(airing.take_ticket(**{**ticket, **more}, now=noon))


def test_a_phone_sends_loses_its_line_and_goes_on_where_it_was(
    session: Session, noon: datetime
) -> None:
    phone = phone_of(session, noon)
    number = phone.begin()
    assert phone.ask("PATCH", b"abc", x_take=number, x_offset=0) == {"received": 3}
    again = phone_of(session, noon)  # the page was loaded anew, or the server was killed
    assert again.ask("GET", x_take=number) == {"take": number, "received": 3}
    assert again.ask("PATCH", b"abc", x_take=number, x_offset=0) == (
        409,
        "wrong_offset",
        {"received": 3},
    )
    assert again.ask("PATCH", b"def", x_take=number, x_offset=3) == {"received": 6}
    path = takes.folder_of(session.public_id) / "take-001.mp4"
    assert path.read_bytes() == b"abcdef"


def test_attack_23_pieces_twice_empty_and_in_disorder_make_the_same_film(
    session: Session, noon: datetime
) -> None:
    phone = phone_of(session, noon)
    number = phone.begin()
    film, at = bytes(range(240)), 0
    for size in (1, 100, 7, 132):
        piece, after = film[at : at + size], at + size
        early = phone.ask("PATCH", b"later", x_take=number, x_offset=after)
        assert early == (409, "wrong_offset", {"received": at})
        assert phone.ask("PATCH", b"", x_take=number, x_offset=at)[1] == "empty"
        assert phone.ask("PATCH", piece, x_take=number, x_offset=at) == {"received": after}
        again = phone.ask("PATCH", piece, x_take=number, x_offset=at)
        assert again == (409, "wrong_offset", {"received": after})
        at = after
    assert (takes.folder_of(session.public_id) / "take-001.mp4").read_bytes() == film


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"", {"x_take": 1, "x_offset": 0}, "empty"),
        (b"a", {"x_take": 1, "x_offset": -1}, "malformed"),
        (b"a", {"x_take": 1, "x_offset": "９"}, "malformed"),
        (b"a", {"x_take": 1, "x_offset": 10**14}, "wrong_offset"),
        (b"a", {"x_take": 7, "x_offset": 0}, "no_take"),
        (b"a" * (PIECE_BYTES + 1), {"x_take": 1, "x_offset": 0}, "too_large"),
    ],
)
def test_attack_23_pieces_that_do_not_fit_leave_nothing(
    session: Session, noon: datetime, body: bytes, headers: dict[str, Any], code: str
) -> None:
    phone = phone_of(session, noon)
    phone.begin()
    assert phone.ask("PATCH", body, **headers)[1] == code
    assert phone.ask("GET", x_take=1)["received"] == 0


def test_attack_15_a_ticket_opens_the_takes_of_its_session_alone(
    session: Session,
    make_session: Maker,  # noqa: F811
    noon: datetime,
) -> None:
    phone_of(session, noon).begin()
    foreign = phone_of(make_session(), noon)
    assert foreign.ask("PATCH", b"a", x_take=1, x_offset=0)[:2] == (404, "no_take")
    rehearsal = phone_of(session, noon, is_rehearsal=True)
    assert rehearsal.ask("PATCH", b"a", x_take=1, x_offset=0)[:2] == (404, "no_take")
    for ticket in ("", "x", phone_of(session, noon - timedelta(days=1)).ticket):
        assert Phone(ticket).ask("GET", x_take=1)[:2] == (401, "bad_token")


def test_an_ended_take_and_an_ended_session_take_no_more(session: Session, noon: datetime) -> None:
    phone = phone_of(session, noon)
    number = phone.begin()
    assert phone.ask("POST", b'{"container":"mp4"}')[:2] == (409, "second_publisher")
    assert phone.ask("DELETE", x_take=number) == {"take": number}
    assert phone.ask("PATCH", b"a", x_take=number, x_offset=0)[:2] == (410, "take_ended")
    airing.picture_came(session_id=session.pk, now=noon)
    airing.end_session(session_id=session.pk, by=None, now=noon)
    assert phone.ask("POST", b'{"container":"mp4"}')[:2] == (409, "wrong_status")
    assert Take.objects.count() == 1


@pytest.mark.parametrize("wish", [b"", b"[]", b'{"container":"flv"}', b'{"container":"exe"}'])
def test_only_what_browsers_record_may_begin(session: Session, noon: datetime, wish: bytes) -> None:
    assert phone_of(session, noon).ask("POST", wish)[0] == 400
    assert Take.objects.count() == 0


def test_a_full_disk_is_said_and_the_same_piece_fits_later(
    session: Session, noon: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = phone_of(session, noon)
    number = phone.begin()
    monkeypatch.setattr(takes, "RESERVE_BYTES", 2**62)
    assert phone.ask("PATCH", b"abc", x_take=number, x_offset=0)[:2] == (507, "disk_full")
    assert phone.ask("POST", b'{"container":"mp4"}')[:2] == (507, "disk_full")
    assert Take.objects.count() == 1
    monkeypatch.setattr(takes, "RESERVE_BYTES", 0)
    assert phone.ask("PATCH", b"abc", x_take=number, x_offset=0) == {"received": 3}
