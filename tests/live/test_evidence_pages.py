"""The desk of evidence, and the page of answers."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanhuo.kernel import jobs
from shanhuo.kernel.models import AuditEntry
from shanhuo.live.models import Cast, Question, Replay, Session
from shanhuo.live.services import clinic, sealing


@pytest.fixture
def sealed(ended, noon):
    sealing.seal(session_id=ended.pk, now=noon)
    return ended


@pytest.fixture
def at_desk(client, op):
    client.force_login(op)
    return client


def test_an_operator_compares_every_byte_and_hands_a_copy_out(at_desk, sealed, op):
    address = f"/ops/live/{sealed.public_id}/evidence"
    assert "2029年7月1日" in at_desk.get(address).content.decode()
    at_desk.post(f"{address}/verify")
    at_desk.post(f"{address}/verify")
    assert "<progress" in at_desk.get(address).content.decode()
    refused = at_desk.post(f"{address}/export", {"reason": " "})
    assert refused.status_code == 422
    at_desk.post(f"{address}/export", {"reason": "巫山法院（2026）渝01号"})
    jobs.run_due()
    page = at_desk.get(address).content.decode()
    assert "每个字节都和封存时一样" in page
    link = page.split("/export/")[1].split('"')[0]
    copy = at_desk.get(f"{address}/export/{link}")
    assert b"".join(copy.streaming_content)[:2] == b"PK"
    verbs = AuditEntry.objects.filter(actor=op.public_id).values_list("verb", flat=True)
    assert sorted(verbs) == ["evidence.export", "evidence.verify"]


def test_only_operators_and_auditors_see_evidence(client, sealed, lin, mei, audit_person):
    address = f"/ops/live/{sealed.public_id}/evidence"
    for user, status in ((lin, 403), (mei, 403), (audit_person, 200)):
        client.force_login(user)
        assert client.get(address).status_code == status
        assert client.get("/ops/live/evidence").status_code == status
    assert client.post(f"{address}/keep", {}).status_code == 403


def test_what_could_not_be_sealed_stands_in_the_list(at_desk, ended):
    Session.objects.update(sealing_problem="disk_full")
    page = at_desk.get("/ops/live/evidence?state=waiting").content.decode()
    assert "无法封存" in page
    assert "磁盘满了" in at_desk.get(f"/ops/live/{ended.public_id}/evidence").content.decode()
    assert at_desk.get("/ops/live/evidence?state=damaged").content.decode().count("脆李开园") == 0


def test_a_case_keeps_it_longer(at_desk, sealed):
    address = f"/ops/live/{sealed.public_id}/evidence/keep"
    early = at_desk.post(address, {"until": "2028-01-01", "reason": "诉讼"})
    assert "只能延长" in early.content.decode()
    at_desk.post(address, {"until": "2031-12-31", "reason": "诉讼"})
    sealed.refresh_from_db()
    assert sealed.keep_until.year == 2031


def test_the_list_costs_the_same_with_three_rows(at_desk, sealed, make_session, noon):
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert at_desk.get("/ops/live/evidence").status_code == 200
        return len(asked)

    one = cost()
    for _ in range(2):
        make_session("ended", on_air_at=noon, ended_at=noon, keep_until=noon)
    assert cost() == one
    workbook = at_desk.get("/ops/live/evidence?format=xlsx")
    assert workbook.content[:2] == b"PK"


def test_answers_are_found_by_everybody(client, make_session, make_user, mei, noon):
    session = make_session(Session.Status.ON_AIR)
    expert = make_user("陈农艺师")
    Cast.objects.create(session=session, user=expert, role="expert")
    assert "还没有回答" in client.get("/live/answers").content.decode()
    question = clinic.ask(
        session_id=session.pk, by=mei, body="脆李叶子发黄怎么办", crop="脆李", now=noon
    )
    clinic.start_answer(question_id=question.pk, by=expert, now=noon + timedelta(seconds=10))
    clinic.end_answer(question_id=question.pk, by=expert, now=noon + timedelta(seconds=40))
    begins = round(noon.timestamp() * 1000)
    Replay.objects.create(
        session=session, made_at=noon, duration_ms=60_000, stretches=[[begins, 60_000]]
    )
    page = client.get("/live/answers?q=发黄&crop=脆李").content.decode()
    assert f"/live/{session.public_id}#t=10,40" in page
    assert "陈农艺师" in page
    assert "梅买家" not in page
    assert "脆李叶子发黄" not in client.get("/live/answers?q=红蜘蛛").content.decode()
    assert Question.objects.count() == 1


def test_a_question_is_asked_and_answered_on_the_page_of_the_room(
    client, make_session, make_user, mei, noon
):
    session = make_session(Session.Status.ON_AIR)
    expert = make_user("陈农艺师")
    Cast.objects.create(session=session, user=expert, role="expert")
    address = f"/live/{session.public_id}"
    client.force_login(mei)
    refused = client.post(
        f"{address}/questions/ask", {"body": "嗯"}, headers={"hx-request": "true"}
    )
    assert (refused.status_code, "4 到 200 个字" in refused.content.decode()) == (422, True)
    client.post(f"{address}/questions/ask", {"body": "叶子发黄怎么办", "crop": "脆李"})
    assert "叶子发黄怎么办" in client.get(address).content.decode()
    question = Question.objects.get().public_id
    assert client.post(f"{address}/questions/{question}/start").status_code == 403
    client.force_login(expert)
    client.post(f"{address}/questions/{question}/start")
    assert "陈农艺师" in client.get(f"{address}/questions").content.decode()
    client.post(f"{address}/questions/{question}/end")
    assert Question.objects.get().status == "answered"
    assert client.post(f"{address}/questions/{question}/burn").status_code == 404
