"""Records of a show cannot go before their time, whoever asks."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from shanhuo.live.models import Cast, Explanation, Message, Session, SessionStep

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("table", [Message, Explanation, SessionStep])
def test_the_database_keeps_every_row_of_a_show(ended, guarded, table):
    with pytest.raises(IntegrityError, match="kept until"), transaction.atomic():
        table.objects.all()._raw_delete(using="default")
    assert table.objects.exists()


def test_a_plan_that_never_was_on_air_may_change(ended, guarded):
    Session.objects.filter(pk=ended.pk).update(on_air_at=None)
    assert Cast.objects.exists()
    Message.objects.all()._raw_delete(using="default")
    assert Message.objects.count() == 0


def test_what_was_let_go_may_be_deleted(ended, guarded):
    Session.objects.filter(pk=ended.pk).update(released_at=ended.keep_until)
    Message.objects.all()._raw_delete(using="default")
    assert Message.objects.count() == 0


def test_nothing_is_let_go_early(ended):
    early = ended.keep_until - timedelta(seconds=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.filter(pk=ended.pk).update(released_at=early)


def test_the_time_to_keep_only_grows(ended, guarded):
    Session.objects.filter(pk=ended.pk).update(keep_until=ended.keep_until + timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Session.objects.filter(pk=ended.pk).update(keep_until=ended.keep_until)
