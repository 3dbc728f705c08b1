"""A request sent twice acts once."""

import threading
from datetime import datetime
from typing import Any

import pytest

from shanhuo.kernel import clock, idempotency
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.models import IdempotencyKey
from tests.threads import at_once

pytestmark = pytest.mark.django_db

calls: list[int] = []


def order(**changes: Any) -> Any:
    def act() -> dict[str, int]:
        calls.append(1)
        return {"order": len(calls)}

    request = {"owner": "mei", "scope": "order", "key": "k" * 16, "body": b"tea", "act": act}
    return idempotency.run(**{**request, "now": clock.now(), **changes})


@pytest.fixture(autouse=True)
def _forget() -> None:
    calls.clear()


def test_attack_08_same_key_same_body_replays_the_first_answer(noon: datetime) -> None:
    assert order() == order() == {"order": 1}
    assert len(calls) == 1


def test_attack_08_same_key_other_body_is_an_error(noon: datetime) -> None:
    order()
    with pytest.raises(idempotency.KeyReused):
        order(body=b"two teas")
    assert len(calls) == 1


def test_attack_08_same_key_other_user_is_an_error(noon: datetime) -> None:
    order()
    with pytest.raises(idempotency.KeyReused):
        order(owner="stranger")
    assert len(calls) == 1


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_attack_08_while_the_first_is_running_the_second_waits() -> None:
    inside, begun = threading.Event(), threading.Event()

    def first() -> Any:
        def act() -> str:
            inside.set()
            begun.wait(10)
            return "first"

        return order(act=act)

    def second() -> Any:
        inside.wait(10)
        begun.set()
        return order()

    assert at_once([first, second]) == ["first", "first"]
    assert calls == []


def test_a_refused_request_may_be_tried_again_with_its_key(noon: datetime) -> None:
    def refuse() -> None:
        raise Refusal

    with pytest.raises(Refusal):
        order(act=refuse)
    assert IdempotencyKey.objects.count() == 0
    assert order() == {"order": 1}


def test_the_answer_is_kept_with_the_key(noon: datetime) -> None:
    order()
    assert IdempotencyKey.objects.get().answer == {"value": {"order": 1}}


@pytest.mark.parametrize("key", ["", "short", "k" * 81])
def test_a_key_of_odd_length_is_refused(key: str) -> None:
    with pytest.raises(idempotency.BadKey):
        order(key=key)
    assert (calls, IdempotencyKey.objects.count()) == ([], 0)


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_attack_08_twelve_at_once_act_once() -> None:
    answers = at_once([order] * 12)
    assert len(calls) == 1
    assert answers == [{"order": 1}] * 12
