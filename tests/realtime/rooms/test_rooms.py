"""Sockets of live rooms: what one says, everybody hears with the next tick; what is sent to hurt
hurts nobody else."""

import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shanhuo.kernel import clock, tokens
from shanhuo.live import tickets
from tests.realtime.rooms.conftest import Rooms
from tests.realtime.rooms.sockets import CLOSE, PING, PONG, TEXT, Page, Refused, frame


def sql(rooms: Rooms, statement: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(rooms.folder / "shanhuo.sqlite3", timeout=20)) as database:
        rows = database.execute(statement, values).fetchall()
        database.commit()
    return rows


def eventually(happened, what: str) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_what_one_says_everybody_hears_with_the_next_tick(rooms):
    mei, guest, other = rooms.enter("mei"), rooms.enter(), rooms.enter(session="two")
    before = guest.tick(lambda tick: tick["v"] == 2)["l"]
    mei.send({"t": "like", "n": 7})
    mei.send({"t": "say", "c": "a1", "b": " 脆李 \u200b好吃 <b>吗</b>"})
    assert mei.said("a1") == "shown"
    heard = guest.tick(lambda tick: bool(tick["m"]))
    assert [line[1:] for line in heard["m"]] == [["mei", "脆李 好吃 <b>吗</b>", ""]]
    assert heard["l"] == before + 7
    eventually(lambda: rooms.state()["likes"] == before + 7, "room.json knows the likes")
    state = rooms.state()
    assert (state["state"], state["viewers"]) == ("on_air", 2)
    assert state["messages"][-1]["body"] == "脆李 好吃 <b>吗</b>"
    assert other.tick()["m"] == []
    assert rooms.state("two")["messages"] == []


def test_a_viewer_with_two_tabs_is_one_viewer(rooms):
    rooms.enter("mei", viewer=5)
    second = rooms.enter("mei", viewer=5)
    assert second.tick()["v"] == 1


def test_a_line_with_a_listed_word_waits_for_a_moderator(rooms):
    lin, guest = rooms.enter("lin"), rooms.enter()
    lin.send({"t": "say", "c": "1", "b": "加 微 信 abc12345"})
    assert lin.said("1") == "held"
    assert guest.tick()["m"] == []


def test_whoever_is_not_signed_in_reads(rooms):
    guest = rooms.enter()
    guest.send({"t": "say", "c": "1", "b": "你好"})
    assert guest.said("1") == "not_allowed"


def test_no_ticket_an_old_one_and_a_forged_one_open_nothing(rooms):
    seat = tickets.Ticket(rooms.sessions["one"]["pk"], 1)
    old = tickets.write(seat, now=clock.now() - tickets.LIFE - timedelta(seconds=1))
    good = rooms.ticket()
    forged = good[:-2] + ("AA" if good[-2:] != "AA" else "BB")
    elsewhere = tokens.sign("live.take", b"x" * 25, expires_at=clock.now() + timedelta(hours=1))
    for ticket in ("", old, forged, elsewhere, "a" * 3000, "%00"):
        with pytest.raises(Refused) as refused:
            Page(rooms.port, ticket)
        assert (refused.value.status, refused.value.why) == (403, "bad_ticket")


def test_a_ticket_for_a_session_that_is_not_there_is_shown_out(rooms):
    rooms.sessions["none"] = {"pk": 10**6, "key": ""}
    assert rooms.enter(session="none").closed_with() == (1008, "banned")


def test_somebody_sent_out_leaves_at_once_and_does_not_come_back(rooms):
    lin, mei = rooms.enter("lin"), rooms.enter("mei")
    lin.tick()
    now = datetime.now(UTC)
    (session, who) = rooms.sessions["one"]["pk"], rooms.people["lin"]
    sql(
        rooms,
        "INSERT INTO live_penalty (session_id, user_id, kind, by_id, at, until, reason)"
        " VALUES (?, ?, 'ban', ?, ?, ?, '')",
        *(session, who, rooms.people["zhao"], str(now), str(now + timedelta(hours=1))),
    )
    assert lin.closed_with() == (1008, "banned")
    with pytest.raises(Refused) as refused:
        rooms.enter("lin")
    assert (refused.value.status, refused.value.why) == (403, "banned")
    assert mei.tick(lambda tick: tick["v"] == 1)
    sql(rooms, "UPDATE live_penalty SET lifted_at = ?", str(now))
    eventually(lambda: can_enter(rooms, "lin"), "lifted")


def can_enter(rooms: Rooms, who: str) -> bool:
    try:
        rooms.enter(who)
    except Refused:
        return False
    return True


def test_attack_33_five_hundred_sockets_from_one_address(rooms):
    inside, sent_away = [], []
    for number in range(500):
        page = rooms.enter(viewer=1000 + number)
        (sent_away if number >= 40 else inside).append(page)
    assert {page.closed_with() for page in sent_away} == {(1013, "too many from one address")}
    assert inside[0].tick(lambda tick: tick["v"] == 40)
    # Our one proxy says who it really is; what a stranger wrote left of that counts for nothing.
    neighbour = rooms.enter(headers="X-Forwarded-For: 127.0.0.1, 203.0.113.9\r\n", viewer=1)
    assert neighbour.tick()["v"] == 41
    inside.pop().line.close()
    eventually(lambda: can_stay(rooms), "a place became free")


def can_stay(rooms: Rooms) -> bool:
    page = rooms.enter(viewer=7)
    opcode, _payload = page.next()
    return opcode == TEXT


def test_attack_33_a_megabyte_of_chat_is_refused_before_it_is_read(rooms):
    mei, guest = rooms.enter("mei"), rooms.enter()
    mei.send_raw(frame(b"x" * 100, length=1_000_000))
    assert mei.closed_with()[0] == 1009
    assert guest.tick(lambda tick: tick["v"] == 1)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(b"{"), 1007),
        (frame(b"\xff\xfe"), 1007),
        (frame(b'{"t":"boss"}'), 1007),
        (frame(b'{"t":"like","n":0}'), 1007),
        (frame(b'{"t":"like","n":1000000}'), 1007),
        (frame(b'{"t":"like","n":1e400}'), 1007),
        (frame(b'{"t":"say","c":"1"}'), 1007),
        (frame(b"{}" * 40, opcode=2), 1003),
        (b"\x81\x02{}", 1002),
        (b"\x83\x80aaaa", 1002),
        (frame(b"", opcode=CLOSE), 1000),
    ],
    ids=[
        "half",
        "no-text",
        "unknown-kind",
        "no-likes",
        "too-many-likes",
        "endless-likes",
        "no-words",
        "binary",
        "unmasked",
        "odd-opcode",
        "goodbye",
    ],
)
def test_a_frame_that_is_not_one_of_ours_ends_the_line(rooms, sent, code):
    page = rooms.enter()
    page.send_raw(sent)
    assert page.closed_with()[0] == code


def test_attack_33_a_flood_of_lines_is_one_line(rooms):
    mei = rooms.enter("mei")
    for number in range(30):
        mei.send({"t": "say", "c": str(number), "b": f"第 {number} 行"})
    said = [mei.said(str(number)) for number in range(30)]
    assert said[0] == "shown"
    assert set(said[1:]) == {"too_fast"}
    # In one piece: the line is ended in the middle of them.
    mei.send_raw(frame(b'{"t":"hb"}') * 60)
    assert mei.closed_with() == (1008, "too many frames")


def test_attack_33_taps_of_one_socket_count_once_in_a_while(rooms):
    mei = rooms.enter("mei", session="two")
    before = mei.tick()["l"]
    for _ in range(10):
        mei.send({"t": "like", "n": 50})
    assert mei.tick(lambda tick: tick["l"] > before)["l"] == before + 50


def test_attack_34_bytes_that_come_one_by_one_hold_nobody_up(rooms):
    slow, mei = rooms.enter(), rooms.enter("mei")
    whole = frame(b'{"t":"like","n":3}')
    slow.send_raw(whole[:7])
    assert mei.tick(lambda tick: tick["v"] == 2)
    slow.send_raw(whole[7:])
    assert slow.tick(lambda tick: tick["l"] > 0)


def test_pings_are_answered(rooms):
    page = rooms.enter()
    page.send(b"there?", opcode=PING)
    opcode, payload = page.next()
    while opcode != PONG:
        opcode, payload = page.next()
    assert payload == b"there?"


def test_kill_9_in_mid_show_loses_nothing_that_was_acknowledged(rooms):
    mei = rooms.enter("mei")
    before = mei.tick()["l"]
    mei.send({"t": "like", "n": 9})
    mei.send({"t": "say", "c": "k", "b": "还在吗"})
    assert mei.said("k") == "shown"
    assert mei.tick(lambda tick: tick["l"] > before)["l"] == before + 9
    rooms.kill()
    assert mei.closed_with() == (1006, "")
    rooms.start()
    again = rooms.enter("mei")
    assert again.tick()["l"] == before + 9
    eventually(lambda: rooms.state()["messages"][-1]["body"] == "还在吗", "the line is there")
    joins = sql(rooms, "SELECT sum(joins) FROM live_roomminute")
    assert joins[0][0] >= 2


def test_two_programs_on_one_machine_sum_up_what_both_hear(rooms):
    """They know of each other by the database alone."""
    second = replace(rooms, port=rooms.port + 1, process=None, pages=[])
    second.start()
    try:
        here, there = rooms.enter("mei"), second.enter("lin")
        assert here.tick(lambda tick: tick["v"] == 2) and there.tick(lambda tick: tick["v"] == 2)
        before = here.tick()["l"]
        there.send({"t": "like", "n": 4})
        there.send({"t": "say", "c": "z", "b": "隔壁好"})
        assert there.said("z") == "shown"
        assert here.tick(lambda tick: bool(tick["m"]))["m"][0][1:3] == ["lin", "隔壁好"]
        assert here.tick(lambda tick: tick["l"] == before + 4)
    finally:
        second.close_pages()
        second.kill()
