"""From one field key to the next while people come and go."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from shanhuo.console import doctor
from shanhuo.kernel import rekeying
from shanhuo.kernel.models import AuditEntry
from shanhuo.kernel.rekeying import State
from shanhuo.people import phones, queries
from shanhuo.people.models import Household, User

pytestmark = pytest.mark.django_db
NUMBER = "+8613800138000"


@pytest.fixture
def old_days(settings, make_household, mei):
    """Mei and two families, entered under the old key; the new one was put in front of it."""
    settings.FIELD_KEYS = ["old key"]
    mei.phone, mei.phone_digest = NUMBER, phones.digest(NUMBER)
    mei.save()
    for name in ("冉光荣", "向 明"):
        make_household(head_name=name, phone="13900139000")
    settings.FIELD_KEYS = ["new key", "old key"]


def rekey() -> str:
    out = StringIO()
    call_command("rekey", stdout=out)
    return out.getvalue()


def doctor_says() -> tuple[str, ...]:
    return {finding.check: finding.problems for finding in doctor.examine()}["field keys"]


def people_as_known() -> list[str]:
    names = list(Household.objects.order_by("pk").values_list("head_name", flat=True))
    return [User.objects.get(phone_digest=phones.digest(NUMBER)).phone, *names]


def test_every_column_moves_to_the_new_key_and_nobody_notices(old_days, settings):
    before = people_as_known()
    assert rekeying.state() == State(current=0, older=7, unknown=0)
    assert "people.Household.head_name: 2 values rewritten" in rekey()
    assert rekeying.state() == State(current=7, older=0, unknown=0)
    settings.FIELD_KEYS = ["new key"]
    assert people_as_known() == before == [NUMBER, "冉光荣", "向 明"]
    assert queries.user_by_phone(NUMBER).phone == NUMBER


def test_values_without_a_key_name_are_moved_too(old_days, settings):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE people_household SET phone = substr(phone, 10)")
    rekey()
    settings.FIELD_KEYS = ["new key"]
    assert set(Household.objects.values_list("phone", flat=True)) == {"13900139000"}


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(old_days, monkeypatch):
    monkeypatch.setattr(rekeying, "BATCH", 1)
    rewrite = rekeying._rewrite
    written = []

    def killed_after_three(column, pk, stored):
        if len(written) == 3:
            raise KeyboardInterrupt
        written.append(pk)
        return rewrite(column, pk, stored)

    monkeypatch.setattr(rekeying, "_rewrite", killed_after_three)
    with pytest.raises(KeyboardInterrupt):
        rekey()
    assert rekeying.state() == State(current=3, older=4, unknown=0)
    monkeypatch.setattr(rekeying, "_rewrite", rewrite)
    rekey()
    assert rekeying.state() == State(current=7, older=0, unknown=0)


def test_a_value_that_changes_meanwhile_is_not_put_back(old_days, monkeypatch):
    def changed_between(stored):
        User.objects.filter(phone_digest=phones.digest(NUMBER)).update(phone="+8613911139111")
        return NUMBER

    monkeypatch.setattr(rekeying, "decrypt", changed_between)
    rekeying._rekey_column(rekeying.Column(User, "phone"))
    assert User.objects.get(phone_digest=phones.digest(NUMBER)).phone == "+8613911139111"


def test_the_audit_log_says_what_was_moved_and_nothing_personal(old_days):
    rekey()
    rekey()
    rows = AuditEntry.objects.filter(verb="keys.rekey").order_by("pk")
    moved = {row.detail["column"]: row.detail["values"] for row in rows}
    assert moved == {
        "people.User.phone": 1,
        "people.Household.number": 2,
        "people.Household.head_name": 2,
        "people.Household.phone": 2,
    }
    assert len(rows) == 4
    assert {row.actor for row in rows} == {""}


def test_a_lost_key_is_said_and_loses_nothing(old_days, settings):
    settings.FIELD_KEYS = ["new key"]
    with pytest.raises(CommandError, match="7 values"):
        rekey()
    settings.FIELD_KEYS = ["new key", "old key"]
    assert people_as_known()[0] == NUMBER


def test_doctor_leads_from_one_key_to_the_next(old_days, settings):
    assert doctor_says() == ("7 encrypted values are under an older key; run: shanhuo rekey",)
    rekey()
    (sentence,) = doctor_says()
    assert "set SHANHUO_HASH_KEY to the last, take the others out" in sentence
    settings.FIELD_KEYS = ["new key"]
    assert doctor_says() == ()
    settings.HASH_KEY = "new key"
    (sentence,) = doctor_says()
    assert "People are not found by their numbers" in sentence


def test_doctor_misses_a_key_that_was_taken_out_too_early(old_days, settings):
    settings.FIELD_KEYS = ["new key"]
    assert doctor_says()[0].startswith("7 encrypted values name a key that is not")
