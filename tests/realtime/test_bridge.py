import hashlib
import json
import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.realtime.conftest import Door, opened_door, read_answer

GIB = 1 << 30
TELL = b"GET /tell HTTP/1.1\r\nHost: localhost\r\n"


def test_a_page_is_answered_with_what_the_client_sent(door: Door):
    said = door.ask("GET", "/tell/%E6%A2%A8%20%2F?q=%E6%A2%A8", Cookie="a=1")
    seen = json.loads(said.body)
    assert said.status == 200
    assert seen["PATH_INFO"] == "/tell/梨 /"
    assert seen["QUERY_STRING"] == "q=%E6%A2%A8"
    assert (seen["REMOTE_ADDR"], seen["HTTP_HOST"]) == ("127.0.0.1", "localhost")


def test_an_old_phone_may_ask_without_escaping(door: Door):
    said = door.send(b"GET /tell?q=" + "梨".encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert json.loads(said.body)["QUERY_STRING"].encode("latin-1").decode() == "q=梨"


@pytest.mark.parametrize("odd", ["梨".encode(), b"\xff\xfe"])
def test_attack_34_odd_bytes_in_a_header_or_address_are_no_500(door: Door, odd: bytes):
    in_header = door.send(TELL + b"X-Name: " + odd + b"\r\n\r\n")
    in_address = door.send(b"GET /tell?q=" + odd + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert {in_header.status, in_address.status} <= {200, 400}


def test_attack_31_forged_forwarding_headers_never_reach_the_application(door: Door):
    forged = (
        b"X-Forwarded-For: 6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
        b"X_Forwarded_For: 6.6.6.6\r\nTrue-Client-IP: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
        b"X-Forwarded-Host: evil.example\r\n\r\n"
    )
    seen = json.loads(door.send(TELL + forged).body)
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["wsgi.url_scheme"] == "http"
    assert seen["headers"] == ["HTTP_HOST"]


def test_attack_31_behind_one_proxy_of_ours_only_its_word_counts(tmp_path):
    with opened_door(tmp_path, SHANHUO_PROXY_COUNT="1") as door:
        forged = b"X-Forwarded-For: 6.6.6.6, 7.7.7.7\r\nX-Forwarded-Proto: https\r\n\r\n"
        seen = json.loads(door.send(TELL + forged).body)
        assert (seen["REMOTE_ADDR"], seen["wsgi.url_scheme"]) == ("7.7.7.7", "https")
        seen = json.loads(door.send(TELL + b"\r\n").body)
        assert seen["REMOTE_ADDR"] == "127.0.0.1"


@pytest.mark.parametrize("name", [b"Host", b"Content-Type", b"Authorization"])
def test_attack_34_two_opinions_about_one_request_are_refused(door: Door, name: bytes):
    said = door.send(TELL + name + b": one\r\n" + name + b": two\r\n\r\n")
    assert (said.status, said.code) == (400, "repeated_header")


def test_attack_34_repeated_cookies_and_others_are_joined(door: Door):
    seen = json.loads(door.send(TELL + b"Cookie: a=1\r\nCookie: b=2\r\n\r\n").body)
    assert seen["cookie"] == "a=1; b=2"


def test_attack_34_contradictory_lengths_are_refused(door: Door):
    raw = b"POST /digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 5\r\n"
    assert door.send(raw + b"\r\nabcde").status == 400


def test_attack_34_ten_thousand_query_parameters_are_one_string(door: Door):
    query = "&".join(f"p{number}=1" for number in range(10_000))
    said = door.ask("GET", f"/tell?{query}")
    assert said.status in {200, 414, 431}
    assert door.ask("GET", f"/hot/feed?{query[:20_000]}").code == "bad_query"
    assert door.ask("GET", "/tell").status == 200


def test_a_large_body_arrives_whole(door: Door):
    body = bytes(range(256)) * 8_192  # 2 MiB: beyond what stays in memory
    said = json.loads(door.ask("POST", "/digest", body).body)
    assert said == {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}


def test_a_chunked_body_arrives_whole(door: Door):
    raw = b"POST /digest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    said = json.loads(door.send(raw + b"5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n").body)
    assert said == {"bytes": 8, "sha256": hashlib.sha256(b"abcdefgh").hexdigest()}


def test_attack_34_a_body_beyond_the_limit_is_refused_before_it_is_sent(door: Door):
    raw = b"POST /digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n"
    said = door.send(raw)
    assert (said.status, said.code) == (413, "too_large")


def test_attack_34_slow_bodies_and_headers_hold_nobody_else_up(door: Door):
    """Trap 13: two hundred half-sent requests, and the next one is answered at once."""
    half_body = b"POST /digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nabc"
    half_head = b"GET /tell HTTP/1.1\r\nHost: local"
    half_signals = b"POST /hot/signals HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n{"
    lines = []
    try:
        for number in range(200):
            line = socket.create_connection(("127.0.0.1", door.port), 5)
            line.sendall((half_body, half_head, half_signals)[number % 3])
            lines.append(line)
        began = time.monotonic()
        assert door.ask("GET", "/tell").status == 200
        assert door.ask("GET", "/hot/feed").status == 200
        assert time.monotonic() - began < 5
    finally:
        for line in lines:
            line.close()


def test_a_long_answer_is_sent_whole(door: Door):
    with socket.create_connection(("127.0.0.1", door.port), 15) as line:
        line.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert read_answer(line).body.count(b"x") == 2_000_000


@pytest.fixture
def film(door: Door) -> Path:
    """Three gigabytes, of which the disk holds the end."""
    path = door.data_dir / "private" / "film.mp4"
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.truncate(3 * GIB)
        file.seek(-4, os.SEEK_END)
        file.write(b"last")
    return path


def test_a_download_goes_on_where_it_broke_off(door: Door, film: Path):
    """Beyond what an answer may be that waits in a file: the server sends it, untouched."""
    whole = door.ask("HEAD", "/film/film.mp4")
    assert (whole.status, whole.header("content-length")) == (200, str(3 * GIB))
    etag = whole.header("etag")
    rest = door.ask("GET", "/film/film.mp4", Range=f"bytes={3 * GIB - 4}-", If_Range=etag)
    assert (rest.status, rest.body) == (206, b"last")
    assert rest.header("content-range") == f"bytes {3 * GIB - 4}-{3 * GIB - 1}/{3 * GIB}"
    assert rest.header("content-disposition").startswith("attachment; filename*=UTF-8''%E8%84%86")


def test_a_file_that_changed_is_not_sewn_to_the_old_half(door: Door, film: Path):
    etag = door.ask("HEAD", "/film/film.mp4").header("etag")
    film.write_bytes(b"another")
    said = door.ask("GET", "/film/film.mp4", Range="bytes=4-", If_Range=etag)
    assert (said.status, said.body, said.header("content-range")) == (200, b"another", "")
    late = door.ask("GET", "/film/film.mp4", Range="bytes=7-")
    assert (late.status, late.header("content-range")) == (416, "bytes */7")


def test_a_reader_who_leaves_frees_what_they_held(door: Door):
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", door.port), 5) as line:
            line.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
            line.recv(10)
    assert door.ask("GET", "/tell").status == 200


def test_slow_readers_hold_no_thread(door: Door):
    """More slow readers than threads; pages are answered all the same."""
    lines = []
    try:
        for _ in range(12):
            line = socket.create_connection(("127.0.0.1", door.port), 5)
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            line.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
            lines.append(line)
        assert door.ask("GET", "/tell").status == 200
    finally:
        for line in lines:
            line.close()


def test_head_has_the_headers_and_no_body(door: Door):
    said = door.ask("HEAD", "/tell")
    assert (said.status, said.body) == (200, b"")
    assert int(said.header("content-length")) > 0


def test_a_failing_page_is_a_500_and_the_next_one_works(door: Door):
    assert door.ask("GET", "/fail").status == 500
    assert door.ask("GET", "/tell").status == 200


def test_an_unknown_method_of_a_hot_door_is_refused_and_an_unknown_door_is_none(door: Door):
    said = door.ask("POST", "/hot/feed")
    assert (said.status, said.header("allow")) == (405, "GET")
    assert door.ask("GET", "/hot/nothing").status == 404


def test_a_request_in_hand_is_answered_before_the_house_closes(tmp_path):
    with (
        opened_door(tmp_path) as house,
        socket.create_connection(("127.0.0.1", house.port), 15) as line,
    ):
        line.sendall(b"POST /digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n12")
        until_begun(house)
        os.killpg(house.pid, signal.SIGTERM)
        until_closed(house)
        line.sendall(b"34")
        assert json.loads(read_answer(line).body)["bytes"] == 4


def until_begun(house: Door) -> None:
    """One loop answers in turn: an answer to a later line means that the first was read."""
    assert house.ask("GET", "/tell").status == 200


def until_closed(house: Door) -> None:
    """Nobody is let in any more: refused, or reset by a listener that closes at that moment."""
    with pytest.raises((ConnectionRefusedError, ConnectionResetError)):
        while True:
            socket.create_connection(("127.0.0.1", house.port), 15).close()
