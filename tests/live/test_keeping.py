"""Three years, and then it goes."""

from datetime import timedelta

import pytest

from shanhuo.kernel import jobs
from shanhuo.kernel.models import AuditEntry
from shanhuo.live.media import takes
from shanhuo.live.models import Bundle, Message, Pin, Reminder, Session
from shanhuo.live.services import keeping, sealing
from shanhuo.live.services.keeping import NotLater, StillKept
from shanhuo.live.tasks import let_go_in_time
from shanhuo.people import personal_data


@pytest.fixture
def sealed(ended, noon):
    sealing.seal(session_id=ended.pk, now=noon)
    ended.refresh_from_db()
    return ended


def test_nothing_goes_a_second_early(sealed, noon):
    with pytest.raises(StillKept, match="2029-07-01"):
        keeping.let_go(session_id=sealed.pk, now=sealed.keep_until - timedelta(seconds=1))
    assert (Message.objects.count(), Bundle.objects.count()) == (2, 1)
    assert takes.folder_of(sealed.public_id).exists()


def test_in_time_it_goes_and_the_audit_log_says_so(sealed, guarded):
    keeping.let_go(session_id=sealed.pk, now=sealed.keep_until)
    assert (Message.objects.count(), Pin.objects.count(), Bundle.objects.count()) == (0, 0, 0)
    assert not takes.folder_of(sealed.public_id).exists()
    assert Session.objects.get().title == "脆李开园"
    assert AuditEntry.objects.filter(verb="evidence.let_go").count() == 1


def test_the_nightly_job_lets_nothing_go_before_its_time(sealed, noon):
    let_go_in_time.enqueue()
    jobs.run_due()
    assert Bundle.objects.count() == 1


def test_a_case_keeps_it_longer_and_never_shorter(sealed, op, noon):
    later = sealed.keep_until + timedelta(days=365)
    keeping.keep_longer(session_id=sealed.pk, until=later, reason="诉讼", by=op, now=noon)
    with pytest.raises(StillKept):
        keeping.let_go(session_id=sealed.pk, now=sealed.keep_until)
    with pytest.raises(NotLater):
        keeping.keep_longer(session_id=sealed.pk, until=noon, reason="改主意", by=op, now=noon)


def test_a_farewell_leaves_the_evidence_and_takes_the_wishes(sealed, mei, noon):
    Reminder.objects.create(session=sealed, user=mei, asked_at=noon)
    held = personal_data.export(mei)["live"]
    assert [line["text"] for line in held["chat"]] == ["这个甜吗", "加微信"]
    personal_data.erase(mei, now=noon)
    assert (Reminder.objects.count(), Message.objects.filter(author=mei).count()) == (0, 2)


def test_a_host_who_announced_a_show_finishes_it_first(make_session, lin, noon):
    make_session(Session.Status.SCHEDULED)
    assert len(personal_data.unfinished(lin)) == 1
