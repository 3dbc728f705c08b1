"""POST /hot/signals: what eyes and thumbs did, acknowledged when it is on disk.

200 `{"accepted": 18, "refused": {"repeated": 2}}`; a refused signal is not worth sending again.
400 `malformed`, 401 `no_viewer`, 408, 411, 413, 415: the request is not one. 503 `busy` or
`disk_refused` with Retry-After: nothing was taken, send the same batch again.
"""

import msgspec
from django.conf import settings

from shanhuo.realtime.bodies import small_body
from shanhuo.realtime.routes import JSON, NO_STORE, HotAnswer, HotRefusal, HotRequest, HotRoute
from shanhuo.realtime.viewers import required_viewer
from shanhuo.traffic import moments
from shanhuo.traffic.collector import Busy, Collector, DiskRefused
from shanhuo.traffic.intake import Batch, Received, Verdict
from shanhuo.traffic.recorder import Recorder

BODY_LIMIT = 64 * 1024
RETRY_LATER = [("retry-after", "5")]

_decoder = msgspec.json.Decoder(Batch)
_ANSWER_HEADERS = [JSON, NO_STORE]
_answers: dict[tuple[int, ...], bytes] = {}


class SignalsDoor:
    """One collector for the process, opened and closed with it."""

    def __init__(self) -> None:
        self._collector: Collector | None = None

    async def start(self) -> None:
        self._collector = Collector(Recorder(settings.SIGNALS_DIR, now_ms=moments.now_ms()))

    async def stop(self) -> None:
        if self._collector is not None:
            await self._collector.close()

    @property
    def _open_collector(self) -> Collector:
        if self._collector is None:
            raise RuntimeError("the door is not open")
        return self._collector

    async def take(self, request: HotRequest) -> HotAnswer:
        """Answer one POST."""
        viewer = required_viewer(request)
        _refuse_other_types(request)
        body = await small_body(request)
        try:
            batch = _decoder.decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise HotRefusal(400, "malformed", str(error)) from error
        counts = await self._collect(Received(batch, viewer.key, moments.now_ms()))
        return HotAnswer(200, answer_for(counts), _ANSWER_HEADERS)

    async def _collect(self, received: Received) -> list[int]:
        try:
            return await self._open_collector.take(received)
        except Busy as busy:
            raise HotRefusal(
                503, "busy", "Too many signals wait. Send them again.", headers=RETRY_LATER
            ) from busy
        except DiskRefused as refused:
            raise HotRefusal(
                503, "disk_refused", "Not stored. Send them again.", headers=RETRY_LATER
            ) from refused


def _refuse_other_types(request: HotRequest) -> None:
    if request.header("content-encoding") not in {"", "identity"}:
        raise HotRefusal(415, "no_encoding", "Send the body as it is, not compressed.")
    if request.header("content-type").partition(";")[0].strip().lower() != "application/json":
        raise HotRefusal(415, "not_json", "Send application/json.")


def answer_for(counts: list[int]) -> bytes:
    """The body that tells a client what became of its signals; few distinct ones exist."""
    key = tuple(counts)
    known = _answers.get(key)
    if known is None:
        refused = {verdict.name.lower(): counts[verdict] for verdict in Verdict if counts[verdict]}
        accepted = refused.pop("accepted", 0)
        known = msgspec.json.encode({"accepted": accepted, "refused": refused})
        if len(_answers) < 10_000:
            _answers[key] = known
    return known


def route() -> HotRoute:
    door = SignalsDoor()
    return HotRoute(
        "POST", "/hot/signals", door.take, body_limit=BODY_LIMIT, start=door.start, stop=door.stop
    )
