"""Requests that may be sent twice and must act once.

The client makes a key and sends it with every try. The first answer is stored and replayed. A key
with another body, or from another person, is an error. A refusal is not stored: nothing happened,
so the same key may be tried again once its cause is mended.

Key, deed and answer are one transaction. A second try that comes while the first is running waits
for the key in the database, and gets the first one's answer; a first try that died left nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.models import IdempotencyKey
from shanhuo.kernel.rows import change, insert

KEPT_FOR = timedelta(days=3)
_KEY_LENGTHS = range(8, 81)


class BadKey(Refusal):
    code = "idempotency_key_bad"
    status = 422
    message = _("The form is incomplete. Open the page again and send it once more.")


class KeyReused(Refusal):
    code = "idempotency_key_reused"
    status = 422
    message = _("This form was already sent with other content. Open the page again.")


@transaction.atomic
def run(
    *, owner: str, scope: str, key: str, body: bytes, now: datetime, act: Callable[[], Any]
) -> Any:
    """Answer of `act` (plain JSON values), from the first try or from this one.

    owner: public id of the person; scope: e.g. "orders.place"; body: what must be equal on a retry.
    Raises BadKey, KeyReused, or whatever `act` raises: then nothing is kept.
    """
    if len(key) not in _KEY_LENGTHS:
        raise BadKey
    digest = sha256(body).hexdigest()
    row = IdempotencyKey(scope=scope, key=key, owner=owner, body_digest=digest, started_at=now)
    if not insert([row], unless_there=True):
        return _first_answer(row)
    answer = act()
    change([row], answer={"value": answer})
    return answer


def _first_answer(again: IdempotencyKey) -> Any:
    first = IdempotencyKey.objects.get(scope=again.scope, key=again.key)
    if (first.owner, first.body_digest) != (again.owner, again.body_digest):
        raise KeyReused
    answer: dict[str, Any] = first.answer or {}
    return answer["value"]


def forget_old(*, now: datetime) -> int:
    """Delete keys older than `KEPT_FOR`; returns how many."""
    return IdempotencyKey.objects.filter(started_at__lt=now - KEPT_FOR).delete()[0]
