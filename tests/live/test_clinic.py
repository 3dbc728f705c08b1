"""Questions are asked once, answered one at a time, and found again."""

from datetime import timedelta

import pytest

from shanhuo.kernel.limits import TooMany
from shanhuo.live import queries
from shanhuo.live.models import Cast, Penalty, Question, Replay, Session
from shanhuo.live.services import clinic


@pytest.fixture
def show(make_session, make_user, noon):
    """On air, with an expert who is called Chen."""
    session = make_session(Session.Status.ON_AIR)
    Cast.objects.create(session=session, user=make_user("陈农艺师"), role="expert")
    return session


@pytest.fixture
def chen(show):
    return Cast.objects.get(session=show, role="expert").user


def ask(show, user, noon, body="脆李叶子发黄是什么病", **words):
    return clinic.ask(session_id=show.pk, by=user, body=body, now=noon, **words)


def test_a_question_waits_and_everybody_sees_how_many(show, mei, noon):
    ask(show, mei, noon, crop="脆李", symptom="叶子发黄")
    queue = queries.queue_of(show.pk)
    assert (queue.answering, queue.waiting) == (None, 1)
    assert (queue.next[0].asker, queue.next[0].crop) == ("梅**", "脆李")
    show.refresh_from_db()
    assert show.room_version == 1


def test_one_open_question_each(show, mei, chen, noon):
    first = ask(show, mei, noon)
    with pytest.raises(clinic.AskedAlready):
        ask(show, mei, noon)
    clinic.start_answer(question_id=first.pk, by=chen, now=noon)
    clinic.end_answer(question_id=first.pk, by=chen, now=noon)
    ask(show, mei, noon, body="什么时候套袋合适")
    assert Question.objects.count() == 2


@pytest.mark.parametrize("body", ["嗯", "问" * 201, " \u0000\n "])
def test_a_question_has_a_length(show, mei, noon, body):
    with pytest.raises(clinic.BadQuestion):
        ask(show, mei, noon, body=body)
    assert Question.objects.count() == 0


def test_listed_words_are_found_in_any_spelling(show, mei, noon):
    with pytest.raises(clinic.ListedWords):
        ask(show, mei, noon, body="想问病虫害，加 威 信 聊")
    assert Question.objects.count() == 0


def test_seven_questions_an_hour_are_too_many(show, mei, noon):
    ask(show, mei, noon)
    for _ in range(clinic.QUESTIONS_PER_HOUR - 1):
        with pytest.raises(clinic.AskedAlready):
            ask(show, mei, noon)
    with pytest.raises(TooMany):
        ask(show, mei, noon)


def test_whoever_is_muted_does_not_ask(show, mei, lin, noon):
    until = noon + timedelta(minutes=5)
    Penalty.objects.create(session=show, user=mei, kind="mute", by=lin, at=noon, until=until)
    with pytest.raises(clinic.MayNotWrite):
        ask(show, mei, noon)
    ask(show, mei, until)
    assert Question.objects.count() == 1


def test_one_answer_at_a_time_with_the_experts_name(show, mei, zhao, chen, noon):
    first, second = ask(show, mei, noon), ask(show, zhao, noon, body="李子树什么时候修剪")
    clinic.start_answer(question_id=first.pk, by=chen, now=noon)
    clinic.start_answer(question_id=second.pk, by=chen, now=noon + timedelta(minutes=2))
    queue = queries.queue_of(show.pk)
    assert (queue.answering.id, queue.answering.expert) == (second.public_id, "陈农艺师")
    first.refresh_from_db()
    assert (first.status, first.answer_ended_at) == ("answered", noon + timedelta(minutes=2))


def test_a_stranger_does_not_work_on_the_queue(show, mei, stranger, noon):
    question = ask(show, mei, noon)
    for deed in (clinic.start_answer, clinic.end_answer, clinic.pass_over):
        with pytest.raises(clinic.NotYourQueue):
            deed(question_id=question.pk, by=stranger, now=noon)
    question.refresh_from_db()
    assert question.status == "waiting"


def test_after_the_show_nothing_waits(show, mei, zhao, chen, noon):
    answered, waiting = ask(show, mei, noon), ask(show, zhao, noon)
    clinic.start_answer(question_id=answered.pk, by=chen, now=noon)
    clinic.close_queue(session_id=show.pk, now=noon + timedelta(minutes=3))
    assert list(Question.objects.order_by("pk").values_list("status", flat=True)) == [
        "answered",
        "passed",
    ]
    with pytest.raises(clinic.NotWaiting):
        clinic.pass_over(question_id=waiting.pk, by=chen, now=noon)


def test_answers_are_found_by_crop_and_symptom_where_the_replay_shows_them(show, mei, chen, noon):
    question = ask(show, mei, noon, crop="脆李", symptom="叶子发黄")
    clinic.start_answer(question_id=question.pk, by=chen, now=noon + timedelta(seconds=100))
    clinic.end_answer(question_id=question.pk, by=chen, now=noon + timedelta(seconds=160))
    assert queries.answers(q="叶子发黄").count() == 0
    # 20 s before the answer the signal was away for 30 s.
    start = round(noon.timestamp() * 1000)
    Replay.objects.create(
        session=show,
        made_at=noon,
        duration_ms=170_000,
        stretches=[[start, 50_000], [start + 80_000, 120_000]],
    )
    [clip] = queries.clips_of(list(queries.answers(q="发黄", crop="脆李")))
    assert clip.address == f"/live/{show.public_id}#t=70,130"
    assert (clip.expert, queries.answered_crops()) == ("陈农艺师", ["脆李"])
    assert (queries.answers(q="红蜘蛛").count(), queries.answers(crop="茶").count()) == (0, 0)
    Replay.objects.update(withdrawn_at=noon)
    assert queries.answers(q="发黄").count() == 0
