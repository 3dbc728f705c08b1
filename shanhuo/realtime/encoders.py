"""POST /hot/live/encoder?secret=…: an nginx-rtmp in front of the studio asks about its encoders.

Its form says in `call` what it wants to know: `publish`, may this encoder begin; `update_publish`,
and of nginx's own line to the studio `update_play`, may it go on. `name` is the stream key, `app`
is `live` or `rehearsal`, `addr` where the encoder is. When one leaves, the studio hears it itself.

204: yes. 403 `wrong_key`, 409 `second_publisher` or `wrong_status`, 429 `wrong_keys`: nginx closes
the line. 404 for everybody else: the address and the secret must be those of the settings.
"""

import hmac
from urllib.parse import parse_qs

import structlog
from django.conf import settings

from shanhuo.kernel import clock
from shanhuo.live.services import airing
from shanhuo.realtime.addresses import client_of
from shanhuo.realtime.bodies import small_body
from shanhuo.realtime.routes import NO_STORE, HotAnswer, HotRefusal, HotRequest, HotRoute
from shanhuo.realtime.rows import Rows
from shanhuo.realtime.wrong_keys import WrongKeys

PATH = "/hot/live/encoder"
BODY_BYTES = 8 * 1024
MOST_FIELDS = 32

log = structlog.get_logger("shanhuo.rtmp")


class EncoderDoor:
    """Decides as the studio's own door does, by the same services."""

    def __init__(self) -> None:
        self._rows = Rows("encoder-rows")
        self._ask = self._rows.ask
        self._wrong = WrongKeys()

    async def stop(self) -> None:
        await self._rows.stop()

    async def answer(self, request: HotRequest) -> HotAnswer:
        _require_relay(request)
        told = _form(await small_body(request))
        address, key = told.get("addr", ""), told.get("name", "")
        if self._wrong.are_too_many(address):
            raise HotRefusal(429, "wrong_keys", "Too many wrong keys. Wait a minute.")
        is_rehearsal = told.get("app") == airing.REHEARSAL_APP
        try:
            if told.get("call") == "publish":
                await self._ask(
                    lambda: airing.require_may_begin(
                        key=key, is_rehearsal=is_rehearsal, now=clock.now()
                    )
                )
            elif told.get("call") in {"update_publish", "update_play"}:
                await self._ask(lambda: airing.require_may_go_on(key=key))
            else:
                raise HotRefusal(400, "malformed", "Ask about `publish` or `update_…`.")
        except HotRefusal as refusal:
            log.warning("encoder_refused", address=address, why=refusal.code)
            if refusal.code == airing.WrongKey.code:
                self._wrong.note(address)
            raise
        return HotAnswer(204, b"", [NO_STORE])


def _require_relay(request: HotRequest) -> None:
    secret = settings.RTMP_RELAY_SECRET
    given = parse_qs(request.query, max_num_fields=4).get("secret", [""])[0]
    knows = bool(secret) and hmac.compare_digest(given.encode(), secret.encode())
    address = client_of(request.scope, proxy_count=settings.PROXY_COUNT)
    if not knows or address not in settings.RTMP_RELAYS:
        raise HotRefusal(404, "not_found", "There is nothing here.")


def _form(body: bytes) -> dict[str, str]:
    try:
        fields = parse_qs(body.decode(), max_num_fields=MOST_FIELDS)
    except ValueError as odd:
        raise HotRefusal(400, "malformed", "Send a form.") from odd
    return {name: values[0] for name, values in fields.items()}


def route() -> HotRoute:
    door = EncoderDoor()
    return HotRoute("POST", PATH, door.answer, BODY_BYTES, stop=door.stop)
