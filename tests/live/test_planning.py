"""A session before air: who may plan one, what must be there, and who looks at it first."""

from datetime import timedelta

import pytest

from shanhuo.live import queries
from shanhuo.live.models import Cast, Check, Reminder, Session, SessionStep
from shanhuo.live.readiness import missing_of
from shanhuo.live.services import planning
from shanhuo.live.services.planning import Part
from shanhuo.live.states import CastRole, SessionKind
from shanhuo.live.transitions import WrongStatus
from shanhuo.people import queries as houses
from shanhuo.people import services as people
from tests.live.conftest import SCRIPT


def statuses(session):
    return list(session.steps.order_by("pk").values_list("after", flat=True))


def test_a_plan_goes_from_draft_over_the_check_to_the_list(plan, put_goods, lin, op, noon):
    session = plan()
    assert [row.pk for row in queries.upcoming(now=noon)] == []
    assert [one.code for one in missing_of(session)] == ["goods"]
    with pytest.raises(planning.NotReady) as refusal:
        planning.submit(session_id=session.pk, by=lin, now=noon)
    assert refusal.value.details == {"missing": ["goods"]}
    put_goods(session)
    planning.submit(session_id=session.pk, by=lin, now=noon)
    assert [row.pk for row in queries.waiting_for_check(op)] == [session.pk]
    planning.check(session_id=session.pk, checker=op, agreed=True, now=noon)
    assert [row.pk for row in queries.upcoming(now=noon)] == [session.pk]
    assert statuses(session) == ["submitted", "scheduled"]


def test_words_changed_after_the_check_need_a_new_check(plan, put_goods, lin, op, noon):
    session = plan()
    put_goods(session)
    planning.submit(session_id=session.pk, by=lin, now=noon)
    planning.check(session_id=session.pk, checker=op, agreed=True, now=noon)
    words = {"title": session.title, "notice": "", "script": SCRIPT}
    later = session.starts_at + timedelta(hours=1)
    planning.edit(session_id=session.pk, by=lin, starts_at=later, now=noon, **words)
    session.refresh_from_db()
    assert (session.status, session.starts_at) == ("scheduled", later)
    words["script"] += "最后一句：全网最低价。"
    planning.edit(session_id=session.pk, by=lin, starts_at=later, now=noon, **words)
    session.refresh_from_db()
    assert session.status == "draft"
    planning.submit(session_id=session.pk, by=lin, now=noon + timedelta(minutes=1))
    session.refresh_from_db()
    assert session.status == "submitted"


def test_an_official_session_needs_two_different_persons(
    plan, put_goods, wang, op, second_op, make_user, noon
):
    office = houses.houses_of(wang)[0]
    session = plan(host=wang, house=office, kind=SessionKind.MAYORS)
    assert session.is_official
    put_goods(session)
    assert [one.code for one in missing_of(session)] == ["moderator"]
    helper = make_user("场控")
    parts = [
        Part(user_id=wang.pk, role=CastRole.HOST, share_basis_points=10_000),
        Part(user_id=helper.pk, role=CastRole.MODERATOR),
    ]
    planning.set_cast(session_id=session.pk, by=wang, parts=parts, now=noon)
    planning.submit(session_id=session.pk, by=wang, now=noon)
    planning.check(session_id=session.pk, checker=op, agreed=True, now=noon)
    with pytest.raises(planning.CheckedAlready):
        planning.check(session_id=session.pk, checker=op, agreed=True, now=noon)
    session.refresh_from_db()
    assert session.status == "submitted"
    planning.check(session_id=session.pk, checker=second_op, agreed=True, now=noon)
    session.refresh_from_db()
    assert session.status == "scheduled"


def test_nobody_checks_a_session_that_he_has_a_part_in(
    plan, put_goods, lin, op, second_op, stranger, noon
):
    session = plan()
    put_goods(session)
    parts = [
        Part(user_id=lin.pk, role=CastRole.HOST, share_basis_points=10_000),
        Part(user_id=op.pk, role=CastRole.MODERATOR),
    ]
    planning.set_cast(session_id=session.pk, by=lin, parts=parts, now=noon)
    planning.submit(session_id=session.pk, by=lin, now=noon)
    for person in (lin, op, stranger):
        with pytest.raises(planning.MayNotCheck):
            planning.check(session_id=session.pk, checker=person, agreed=True, now=noon)
    assert Check.objects.count() == 0
    assert [row.pk for row in queries.waiting_for_check(op)] == []
    with pytest.raises(planning.ReasonMissing):
        planning.check(session_id=session.pk, checker=second_op, agreed=False, now=noon)
    planning.check(
        session_id=session.pk, checker=second_op, agreed=False, reason="缺合格证", now=noon
    )
    session.refresh_from_db()
    assert (session.status, queries.last_refusal(session).reason) == ("draft", "缺合格证")


def test_attack_39_a_minor_and_a_stranger_go_on_no_air(plan, lin, stranger, cooperative, noon):
    with pytest.raises(planning.AgeNotStated):
        plan(is_adult=False)
    with pytest.raises(planning.NotAHost):
        plan(host=stranger)
    people.turn_youth_mode_on(user=lin, guardian_code="2468")
    lin.refresh_from_db()
    with pytest.raises(planning.NotInYouthMode):
        plan()
    assert Session.objects.count() == 0


def test_a_costream_stands_on_shares_that_everybody_agreed_to(plan, put_goods, lin, zhao, noon):
    session = plan(kind=SessionKind.COSTREAM)
    put_goods(session, 2)
    codes = [one.code for one in missing_of(session)]
    assert codes == ["cohost", "counties"]

    def cast(*shares):
        people_and_roles = zip((lin, zhao), (CastRole.HOST, CastRole.COHOST), strict=True)
        parts = [
            Part(user_id=user.pk, role=role, share_basis_points=share)
            for (user, role), share in zip(people_and_roles, shares, strict=True)
        ]
        planning.set_cast(session_id=session.pk, by=lin, parts=parts, now=noon)

    for shares in ((6_000, 3_000), (10_001, -1)):
        with pytest.raises(planning.SharesDoNotSum):
            cast(*shares)
    cast(6_000, 4_000)
    assert [one.code for one in missing_of(session)] == ["agreement", "counties"]
    with pytest.raises(planning.AgeNotStated):
        planning.agree(session_id=session.pk, user=zhao, is_adult=False, now=noon)
    planning.agree(session_id=session.pk, user=zhao, is_adult=True, now=noon)
    assert [one.code for one in missing_of(session)] == ["counties"]
    # Another share is another agreement; the host's own change is agreed to by making it.
    cast(7_000, 3_000)
    agreed = dict(Cast.objects.filter(session=session).values_list("user", "agreed_at"))
    assert agreed == {lin.pk: noon, zhao.pk: None}


def test_only_its_directors_change_a_session(plan, mei, noon):
    session = plan()
    words = {"title": "改名", "notice": "", "script": "", "starts_at": session.starts_at}
    deeds = [
        lambda: planning.edit(session_id=session.pk, by=mei, now=noon, **words),
        lambda: planning.set_cast(session_id=session.pk, by=mei, parts=[], now=noon),
        lambda: planning.submit(session_id=session.pk, by=mei, now=noon),
        lambda: planning.take_back(session_id=session.pk, by=mei, now=noon),
        lambda: planning.cancel(session_id=session.pk, by=mei, reason="", now=noon),
    ]
    for deed in deeds:
        with pytest.raises(planning.NotTheDirector):
            deed()
    assert SessionStep.objects.count() == 0


def test_a_reminder_is_told_once_the_session_opens(plan, put_goods, lin, mei, op, noon):
    session = plan()
    with pytest.raises(WrongStatus):
        planning.remind(session_id=session.pk, user=mei, wanted=True, now=noon)
    put_goods(session)
    planning.submit(session_id=session.pk, by=lin, now=noon)
    planning.check(session_id=session.pk, checker=op, agreed=True, now=noon)
    for _ in range(2):
        planning.remind(session_id=session.pk, user=mei, wanted=True, now=noon)
    assert Reminder.objects.count() == 1
    assert planning.tell_reminded(session_id=session.pk, now=noon) == 1
    assert planning.tell_reminded(session_id=session.pk, now=noon) == 0
    planning.remind(session_id=session.pk, user=mei, wanted=False, now=noon)
    assert not queries.wants_reminder(mei, session)


def test_a_taken_back_or_cancelled_session_is_on_no_list(plan, put_goods, lin, op, mei, noon):
    session = plan()
    put_goods(session)
    planning.submit(session_id=session.pk, by=lin, now=noon)
    planning.take_back(session_id=session.pk, by=lin, now=noon)
    planning.cancel(session_id=session.pk, by=lin, reason="下雨", now=noon)
    assert statuses(session) == ["submitted", "draft", "cancelled"]
    assert not queries.sessions_visible_to(mei).filter(pk=session.pk).exists()
    with pytest.raises(WrongStatus):
        planning.take_back(session_id=session.pk, by=lin, now=noon)
