"""Requests that may be sent twice and must act once.

The client makes a key and sends it with every try. The first answer is stored and replayed. A key
with another body, or from another person, is an error. A refusal is not stored: nothing happened,
so the same key may be tried again once its cause is mended.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.models import IdempotencyKey

# Longer than any request is allowed to run: after it, the first try has died and left no trace.
PRESUMED_DEAD = timedelta(seconds=60)
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


class StillRunning(Refusal):
    code = "still_running"
    status = 409
    message = _("Your first request is still being handled. Wait a moment, do not send it again.")


def run(
    *, owner: str, scope: str, key: str, body: bytes, now: datetime, act: Callable[[], Any]
) -> Any:
    """Answer of `act` (plain JSON values), from the first try or from this one.

    owner: public id of the person; scope: e.g. "orders.place"; body: what must be equal on a retry.
    Call it outside a transaction: `act` and the storing of its answer share one of their own.
    """
    if len(key) not in _KEY_LENGTHS:
        raise BadKey
    digest = sha256(body).hexdigest()
    row, first = IdempotencyKey.objects.get_or_create(
        scope=scope,
        key=key,
        defaults={"owner": owner, "body_digest": digest, "started_at": now},
    )
    if not first:
        if (row.owner, row.body_digest) != (owner, digest):
            raise KeyReused
        if row.answer is not None:
            return row.answer["value"]
        _take_over(row, now=now)
    return _act_and_store(row, act)


def _take_over(row: IdempotencyKey, *, now: datetime) -> None:
    """Continue for a first try that died; raises StillRunning if it may be alive."""
    abandoned = IdempotencyKey.objects.filter(
        pk=row.pk, answer__isnull=True, started_at__lt=now - PRESUMED_DEAD
    )
    if not abandoned.update(started_at=now):
        raise StillRunning


def _act_and_store(row: IdempotencyKey, act: Callable[[], Any]) -> Any:
    try:
        with transaction.atomic():
            answer = act()
            IdempotencyKey.objects.filter(pk=row.pk).update(answer={"value": answer})
    except BaseException:
        IdempotencyKey.objects.filter(pk=row.pk, answer__isnull=True).delete()
        raise
    return answer


def forget_old(*, now: datetime) -> int:
    """Delete keys older than `KEPT_FOR`; returns how many."""
    return IdempotencyKey.objects.filter(started_at__lt=now - KEPT_FOR).delete()[0]
