"""What may be said in a room, who keeps order there, and what everybody is told."""

from datetime import timedelta

import pytest
from django.urls import reverse

from shanhuo.kernel import clock, tokens
from shanhuo.live import room_state, tickets
from shanhuo.live.models import Cast, Message, Penalty, Presence, RoomMinute
from shanhuo.live.queries import arrivals_of
from shanhuo.live.queries import room as queries
from shanhuo.live.services import room, room_sums
from shanhuo.live.services.room import Line, Verdict
from shanhuo.live.services.room_sums import Sums
from shanhuo.live.states import Arrival
from shanhuo.people.models import User
from tests.threads import at_once

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def session(make_session):
    return make_session("on_air")


def said_by(author, session, *bodies, now):
    """Verdicts on lines said two seconds apart."""
    return [
        room.say_all([Line(session.pk, author.pk, body)], now=now + 2 * number * SECOND)[0]
        for number, body in enumerate(bodies)
    ]


@pytest.mark.parametrize(
    "body",
    ["加微信", "加 微 信", "加\u200b微\u200b信", "加微訊 vx:abcde1", "ｊｉａ ｗｅｉ ｘｉｎ",
     "一三八零零一三八零零零", "１３８００１３８０００", "jia wei xin", "加.微-信"],
)  # fmt: skip
def test_attack_29_listed_words_are_held_in_whatever_spelling(session, mei, noon, body):
    assert room.say(author=mei, session_id=session.pk, body=body, now=noon) is Verdict.HELD
    assert queries.last_lines(session.pk) == []
    assert [line.body for line in queries.lines_to_decide(session)] == [room.cleaned(body)]


def test_attack_26_script_in_a_line_or_a_name_is_only_text(session, noon, client):
    villain = User.objects.create(display_name='<img src=x onerror="alert(1)">')
    room.say(author=villain, session_id=session.pk, body="</li><script>alert(1)</script>", now=noon)
    page = client.get(reverse("live:room", args=[session.public_id])).content.decode()
    assert "<script>alert" not in page and "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_hidden_letters_and_line_breaks_are_not_kept():
    assert room.cleaned("  脆\u202e李\n\n好\u0000吃\u200b ") == "脆李 好吃"
    assert room.cleaned("\u200d\ufe0f") == ""
    assert room.cleaned("👨‍👩‍👧 好") == "👨‍👩‍👧 好"


def test_a_batch_is_judged_in_the_order_of_arrival(session, mei, lin, stranger, noon):
    youth = User.objects.create(display_name="少年", youth_pin="x")
    lines = [
        Line(session.pk, mei.pk, "第一行"),
        Line(session.pk, mei.pk, "第二行"),
        Line(session.pk, lin.pk, "欢迎"),
        Line(session.pk, stranger.pk, "长" * 101),
        Line(session.pk, stranger.pk, " \u200b "),
        Line(session.pk, youth.pk, "我也来"),
        Line(10**6, mei.pk, "没有这场"),
    ]
    assert [verdict.value for verdict in room.say_all(lines, now=noon)] == [
        *("shown", "too_fast", "shown", "too_long", "empty", "not_allowed", "closed"),
    ]
    assert list(Message.objects.values_list("body", "badge")) == [("第一行", ""), ("欢迎", "host")]


def test_badges_say_who_speaks(session, lin, op, wang, zhao, mei, noon):
    Cast.objects.create(session=session, user=zhao, role="expert")
    for person in (lin, op, wang, zhao, mei):
        room.say(author=person, session_id=session.pk, body="你好", now=noon)
    assert [line.badge for line in queries.last_lines(session.pk)] == [
        *("host", "official", "official", "expert", ""),
    ]


def test_slow_mode_holds_viewers_back_and_not_the_host(session, lin, mei, noon):
    room.set_slow_mode(session_id=session.pk, by=lin, seconds=15, now=noon)
    assert said_by(mei, session, "一", "二", now=noon) == ["shown", "too_fast"]
    assert said_by(lin, session, "一", "二", now=noon) == ["shown", "shown"]
    later = noon + timedelta(seconds=15)
    assert said_by(mei, session, "三", now=later) == ["shown"]
    with pytest.raises(room.UnknownSlowMode):
        room.set_slow_mode(session_id=session.pk, by=lin, seconds=7, now=noon)


def test_a_mute_and_a_ban_end_by_time_and_by_hand(session, lin, mei, noon):
    ten = timedelta(minutes=10)
    room.mute(session_id=session.pk, user_id=mei.pk, by=lin, lasting=ten, now=noon)
    with pytest.raises(room.Muted):
        room.say(author=mei, session_id=session.pk, body="喂", now=noon)
    assert queries.may_enter(session.pk, mei.pk, now=noon)
    assert said_by(mei, session, "好了", now=noon + ten) == ["shown"]
    room.ban(session_id=session.pk, user_id=mei.pk, by=lin, lasting=ten, now=noon + ten)
    assert not queries.may_enter(session.pk, mei.pk, now=noon + ten)
    penalty = Penalty.objects.get(kind="ban")
    room.lift(penalty_id=penalty.pk, by=lin, now=noon + ten)
    assert queries.may_enter(session.pk, mei.pk, now=noon + ten)


def test_a_ban_closes_the_page_and_the_ticket(session, lin, mei, client):
    room.ban(
        session_id=session.pk, user_id=mei.pk, by=lin, lasting=timedelta(hours=1), now=clock.now()
    )
    client.force_login(mei)
    for name in ("live:room", "live:ticket"):
        assert client.get(reverse(name, args=[session.public_id])).status_code == 403
    client.logout()
    assert client.get(reverse("live:ticket", args=[session.public_id])).status_code == 200


def test_who_keeps_order_is_not_sent_out(session, lin, op, mei, zhao, noon):
    Cast.objects.create(session=session, user=zhao, role="moderator")
    ten = timedelta(minutes=10)
    for person in (lin, op, zhao):
        with pytest.raises(room.NotThem):
            room.ban(session_id=session.pk, user_id=person.pk, by=zhao, lasting=ten, now=noon)
    with pytest.raises(room.NotYourRoom):
        room.ban(session_id=session.pk, user_id=zhao.pk, by=mei, lasting=ten, now=noon)
    assert Penalty.objects.count() == 0


def test_strangers_decide_nothing(session, mei, stranger, make_session, noon):
    room.say(author=mei, session_id=session.pk, body="你好", now=noon)
    line = Message.objects.get().public_id
    deeds = [
        lambda: room.hide(line_id=line, by=stranger, reason="offence", now=noon),
        lambda: room.show(line_id=line, by=stranger, now=noon),
        lambda: room.announce(session_id=session.pk, by=stranger, text="我", now=noon),
        lambda: room.set_slow_mode(session_id=session.pk, by=stranger, seconds=5, now=noon),
        lambda: room.announce(session_id=session.pk, by=None, text="我", now=noon),
    ]
    for deed in deeds:
        with pytest.raises(room.NotYourRoom):
            deed()
    session.refresh_from_db()
    assert (session.room_version, session.announcement) == (0, "")


def test_reports_bring_a_line_to_the_moderators_until_one_has_looked(
    session, lin, mei, stranger, noon
):
    room.say(author=mei, session_id=session.pk, body="你好", now=noon)
    line = Message.objects.get().public_id
    for _ in range(2):
        room.report(reporter=stranger, line_id=line, reason="offence", now=noon)
    assert [one.report_count for one in queries.lines_to_decide(session)] == [1]
    room.show(line_id=line, by=lin, now=noon)
    assert list(queries.lines_to_decide(session)) == []


def test_a_hidden_line_goes_and_the_room_hears_of_it(session, lin, mei, noon):
    room.say(author=mei, session_id=session.pk, body="你好", now=noon)
    line = Message.objects.get().public_id
    room.hide(line_id=line, by=lin, reason="offence", now=noon + SECOND)
    session.refresh_from_db()
    assert session.room_version == 1
    (change,) = queries.decisions_since([session.pk], noon)
    assert (change.line.id, change.is_shown) == (line, False)
    assert queries.last_lines(session.pk) == []


def test_a_form_says_the_same_as_a_socket(session, mei, client):
    address = reverse("live:say", args=[session.public_id])
    assert client.post(address, {"body": "你好"}).status_code == 302
    client.force_login(mei)
    assert client.post(address, {"body": "你好"}).status_code == 302
    assert [line.body for line in queries.last_lines(session.pk)] == ["你好"]
    assert client.post(address, {"body": "太快"}).status_code == 429
    assert client.post(address, {"body": " "}).status_code == 422


def test_sums_of_two_processes_add_up_and_the_most_viewers_are_the_most(session, noon):
    for _ in range(2):
        room_sums.add_sums(
            [Sums(session.pk, joins={Arrival.LIST: 2}, most_viewers=9, likes=7)], now=noon
        )
    room_sums.add_sums([Sums(session.pk, most_viewers=4, messages=1)], now=noon + 30 * SECOND)
    (minute,) = RoomMinute.objects.all()
    assert (minute.joins, minute.most_viewers, minute.likes, minute.messages) == (4, 9, 14, 1)
    [came] = arrivals_of([session.pk])[session.pk]
    assert (came.label, came.joins) == ("直播列表", 4)
    room_sums.add_sums([Sums(session.pk, likes=1)], now=noon + 60 * SECOND)
    assert queries.likes_of([session.pk]) == {session.pk: 15}


def test_presence_of_a_dead_process_is_not_believed_for_long(session, noon):
    room_sums.tell_presence({session.pk: 5}, process="a", now=noon)
    room_sums.tell_presence({session.pk: 7}, process="b", now=noon)
    room_sums.tell_presence({session.pk: 6}, process="a", now=noon + 9 * SECOND)
    assert queries.viewers_of([session.pk], now=noon + 9 * SECOND) == {session.pk: 13}
    later = noon + 11 * SECOND
    assert queries.viewers_of([session.pk], now=later) == {session.pk: 6}
    assert queries.viewers_of([session.pk], now=later, without="a") == {session.pk: 0}
    room_sums.forget_presence(now=noon + timedelta(minutes=5))
    assert Presence.objects.count() == 0


def test_a_ticket_holds_a_seat_and_nothing_opens_it_later(mei, noon):
    text = tickets.ticket_for(session_id=7, viewer=9, user=mei, now=noon)
    assert tickets.read(text, now=noon) == tickets.Ticket(7, 9, mei.pk, True)
    with pytest.raises(tokens.BadToken):
        tickets.read(text, now=noon + tickets.LIFE)
    mei.youth_pin = "x"
    text = tickets.ticket_for(session_id=7, viewer=9, user=mei, now=noon)
    assert tickets.read(text, now=noon) == tickets.Ticket(7, 9, mei.pk, False)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("localhost:8000", "ws://localhost:8002/room"),
        ("shanhuo.example", "ws://shanhuo.example:8002/room"),
        ("[::1]:8000", "ws://[::1]:8002/room"),
        ("[::1]", "ws://[::1]:8002/room"),
    ],
)
def test_the_page_finds_its_room(settings, host, address):
    assert tickets.address_for(host) == address
    settings.ROOMS_URL = "wss://rooms.example/room"
    assert tickets.address_for(host) == "wss://rooms.example/room"


def test_the_page_and_the_file_say_the_same(session, mei, noon):
    room.say(author=mei, session_id=session.pk, body="你好", now=noon)
    room_sums.add_sums([Sums(session.pk, joins={Arrival.SHARE: 1}, likes=3)], now=noon)
    room_sums.tell_presence({session.pk: 4}, process="a", now=noon)
    state = room_state.read(session.pk, now=noon)
    assert (state.state, state.viewers, state.likes, state.version) == ("on_air", 4, 3, 0)
    assert [line.body for line in state.messages] == ["你好"]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_processes_add_to_one_minute_at_the_same_moment(session, noon):
    told = Sums(session.pk, joins={Arrival.SHARE: 1}, likes=2)
    add = lambda: room_sums.add_sums([told], now=noon)  # noqa: E731
    assert at_once([add] * 8) == [None] * 8
    (minute,) = RoomMinute.objects.all()
    assert (minute.joins, minute.likes) == (8, 16)
