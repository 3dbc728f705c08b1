"""The buy door over the line: a real process, a real sale, and everything a stranger may send."""

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench import _market
from tests.realtime.conftest import Door, Said

PIECES = 3


@pytest.fixture(scope="module")
def tokens(door: Door) -> list[str]:
    """The entry tokens of six buyers in an open sale of three pieces, one for each."""
    environment = {
        **os.environ,
        "SHANHUO_DATA_DIR": str(door.data_dir),
        "SHANHUO_DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "tests.realtime.settings",
    }
    made: list[str] = _market.ask("hot_sale", PIECES, 6, env=environment)["tokens"]
    return made


def buy(door: Door, body: object) -> Said:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return door.ask("POST", "/hot/buy", raw, Content_Type="application/json")


def test_attack_07_what_is_no_request_gets_nothing(door: Door, tokens):
    token = tokens[0]
    for body in (
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 1000,
        b'{"token": 1}',
        {"token": token, "quantity": "1"},
        {"token": token, "quantity": 1.5},
        {"token": token, "quantity": None},
    ):
        said = buy(door, body)
        assert (said.status, said.code) == (400, "malformed")
    for forged in ("", "x", token[:-2] + "zz", "é", token + token, "0" * 1500):
        assert (buy(door, {"token": forged}).status, buy(door, {"token": forged}).code) == (
            401,
            "bad_token",
        )
    assert buy(door, {"token": "0" * 3000}).status == 413
    assert door.ask("GET", "/hot/buy").status == 405
    unmeasured = door.send(b"POST /hot/buy HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert unmeasured.status == 411


@pytest.mark.parametrize("quantity", [0, -1, 3, 32_768, 10**40])
def test_attack_06_odd_quantities_get_nothing(door: Door, tokens, quantity):
    said = buy(door, {"token": tokens[0], "quantity": quantity})
    assert (said.status, said.code) == (409, "too_many")


def test_six_at_once_share_three_pieces_and_hear_the_same_when_they_ask_again(door: Door, tokens):
    bodies = [{"token": token, "quantity": 1, "price_fen": 1, "buyer": 1} for token in tokens]
    with ThreadPoolExecutor(6) as six:
        first = list(six.map(lambda body: buy(door, body), bodies))
    assert sorted(said.status for said in first) == [200] * PIECES + [409] * 3
    assert {said.code for said in first if said.status == 409} == {"sold_out"}
    again = [buy(door, body) for body in bodies]
    assert [(said.status, said.body) for said in again] == [
        (said.status, said.body) for said in first
    ]
    kept = json.loads(next(said for said in first if said.status == 200).body)
    assert (kept["state"], kept["quantity"]) == ("kept", 1)
