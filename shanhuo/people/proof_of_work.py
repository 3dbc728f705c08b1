"""A small sum for the browser before a text message is sent, in place of a picture puzzle.

The format is ALTCHA's (version 2, SHA-256). The counter is chosen here, so a phone works for a
known time: about 0.1 s on a desk, 1 to 2 s on a very cheap phone. The sum alone stops nobody who
owns a graphics card; it makes each try cost something, and `sign_in` caps what a try can do.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import altcha
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import limits, tokens
from shanhuo.kernel.errors import Refusal

PURPOSE = "people.proof_of_work"
VALID_FOR = timedelta(minutes=10)
LEAST_STEPS, MOST_STEPS = 30_000, 60_000
LONGEST_PAYLOAD = 2_000


class BadProof(Refusal):
    code = "bad_proof"
    status = 422
    message = _("The safety check has run out. Press the button once more.")


def challenge(*, now: datetime) -> dict[str, Any]:
    """What the browser must solve, as ALTCHA's JSON."""
    steps = LEAST_STEPS + secrets.randbelow(MOST_STEPS - LEAST_STEPS)
    made = altcha.create_challenge(
        "SHA-256",
        1,
        counter=steps,
        # ALTCHA would compare its own expiry with the host's clock; ours may be set.
        data={"until": int((now + VALID_FOR).timestamp())},
        hmac_secret=tokens.key_for(PURPOSE),
    )
    as_json: dict[str, Any] = made.to_dict()
    return as_json


def spend(payload: str, *, now: datetime) -> None:
    """Accept a solved challenge, once. Raises BadProof if it is wrong, old, or used before."""
    if len(payload) > LONGEST_PAYLOAD:
        raise BadProof
    if not altcha.verify_solution(payload, tokens.key_for(PURPOSE)).verified:
        raise BadProof
    solved = altcha.Payload.from_base64(payload).challenge
    until = datetime.fromtimestamp((solved.parameters.data or {})["until"], tz=UTC)
    if now >= until:
        raise BadProof
    _take_once(solved.signature or "", until=until)


def _take_once(signature: str, *, until: datetime) -> None:
    # The counter's window follows from the challenge itself, so there is no second window to use.
    try:
        limits.take(scope="people.proof", key=signature, cap=1, window=VALID_FOR, now=until)
    except limits.TooMany as again:
        raise BadProof from again
