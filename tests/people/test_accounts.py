"""What people do with their own account."""

import pytest
from django.urls import reverse

from shanhuo.content.models import Comment
from shanhuo.content.rules import speaks_for
from shanhuo.kernel.limits import TooMany
from shanhuo.kernel.models import AuditEntry, FactRecord
from shanhuo.orders.models import Address
from shanhuo.orders.services.placing import YouthMode, place_order
from shanhuo.people import personal_data, phones, rules, services
from shanhuo.people.models import Invitation, User
from shanhuo.people.services.accounts import (
    LastOwner,
    NameMissing,
    NotOperator,
    StillNeeded,
    WrongGuardianCode,
)

pytestmark = pytest.mark.django_db
NUMBER = "+8613800138000"


@pytest.fixture
def mei(mei):
    mei.phone, mei.phone_digest = NUMBER, phones.digest(NUMBER)
    mei.save()
    return mei


@pytest.mark.parametrize("name", ["㙟·䶮", "买买提·阿布都热合曼", "𠮷田", "张"])
def test_a_name_is_kept_as_it_is_written(mei, name):
    services.rename(user=mei, display_name=f" {name} ")
    assert User.objects.get(pk=mei.pk).display_name == name


@pytest.mark.parametrize("name", ["", "  ", "长" * 51])
def test_a_name_has_1_to_50_characters(mei, name):
    with pytest.raises(NameMissing):
        services.rename(user=mei, display_name=name)


def test_attack_38_a_deleted_account_leaves_nobody_behind(mei, zhao, cooperative, lin, noon):
    services.invite(
        organisation=cooperative, phone="13800138000", role="staff", inviter=lin, now=noon
    )
    services.delete_account(user=mei, now=noon)
    left = User.objects.get(pk=mei.pk)
    assert (left.display_name, left.phone, left.phone_digest) == ("", "", None)
    assert (left.is_active, left.erased_at) == (False, noon)
    assert Invitation.objects.count() == 0
    assert AuditEntry.objects.get(verb="account.delete").actor == mei.public_id
    fact = FactRecord.objects.get(kind="people.AccountErased")
    assert fact.payload == {"user": mei.public_id}


def test_attack_38_the_number_of_a_deleted_account_begins_anew(mei, settings, noon):
    settings.DEMO = True
    services.delete_account(user=mei, now=noon)
    sent = services.request_code(phone=NUMBER, address="203.0.113.7", proof="", now=noon)
    entered = services.confirm_code(
        reference=sent.reference, guess=sent.demo_code, address="203.0.113.7", now=noon
    )
    assert entered.is_new
    assert entered.user != mei


def test_attack_38_rooms_above_erase_their_share_or_say_what_is_unfinished(mei, monkeypatch, noon):
    erased = []
    waits = ["订单在路上"]
    holding = personal_data.Holding(
        export=lambda user: {"count": 2},
        unfinished=lambda user: waits,
        erase=lambda user, now: erased.append(user.public_id),
    )
    monkeypatch.setattr(personal_data, "_holdings", {"orders": holding})
    with pytest.raises(StillNeeded):
        services.delete_account(user=mei, now=noon)
    assert User.objects.get(pk=mei.pk).is_active
    waits.clear()
    services.delete_account(user=mei, now=noon)
    assert erased == [mei.public_id]


def test_a_cooperative_is_not_left_without_an_owner(lin, cooperative, noon):
    with pytest.raises(LastOwner):
        services.delete_account(user=lin, now=noon)
    assert rules.merchant_ids(lin) == frozenset({cooperative.pk})


def test_a_creators_organisation_goes_with_the_person(zhao, noon):
    services.delete_account(user=zhao, now=noon)
    zhao.refresh_from_db()
    assert rules.creator_ids(zhao) == frozenset()


def test_only_operators_suspend_reopen_and_release(mei, lin, op, noon):
    for deed in (services.suspend_account, services.reopen_account, services.release_phone):
        with pytest.raises(NotOperator):
            deed(user=mei, operator=lin, reason="x", now=noon)
    services.suspend_account(user=mei, operator=op, reason="刷单", now=noon)
    assert not User.objects.get(pk=mei.pk).is_active
    services.reopen_account(user=mei, operator=op, reason="误会", now=noon)
    assert User.objects.get(pk=mei.pk).is_active
    assert [e.detail for e in AuditEntry.objects.order_by("pk")] == [
        {"reason": "刷单"},
        {"reason": "误会"},
    ]


def test_an_erased_account_is_not_reopened(mei, op, noon):
    services.delete_account(user=mei, now=noon)
    services.reopen_account(user=mei, operator=op, reason="x", now=noon)
    assert not User.objects.get(pk=mei.pk).is_active


def test_attack_19_signing_out_everywhere_ends_the_other_browsers(client, mei, noon):
    client.force_login(mei)
    services.end_all_sessions(user=mei, now=noon)
    assert client.get(reverse("account:profile")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_attack_19_ending_sessions_keeps_the_browser_that_asked(client, mei):
    client.force_login(mei)
    client.post(reverse("account:end_sessions"))
    assert client.get(reverse("account:profile")).status_code == 200


def test_attack_39_youth_mode_ends_with_the_guardians_code_only(mei, noon):
    services.turn_youth_mode_on(user=mei, guardian_code="1234")
    mei.refresh_from_db()
    assert not rules.may_trade(mei)
    assert "1234" not in mei.youth_pin
    for _ in range(4):
        with pytest.raises(WrongGuardianCode):
            services.turn_youth_mode_off(user=mei, guardian_code="0000", now=noon)
    services.turn_youth_mode_off(user=mei, guardian_code="1234", now=noon)
    mei.refresh_from_db()
    assert rules.may_trade(mei)


def test_attack_39_the_guardians_code_cannot_be_guessed_through(mei, noon):
    services.turn_youth_mode_on(user=mei, guardian_code="1234")
    mei.refresh_from_db()
    for _ in range(5):
        with pytest.raises(WrongGuardianCode):
            services.turn_youth_mode_off(user=mei, guardian_code="0000", now=noon)
    with pytest.raises(TooMany):
        services.turn_youth_mode_off(user=mei, guardian_code="1234", now=noon)
    mei.refresh_from_db()
    assert not rules.may_trade(mei)


def test_attack_38_a_farewell_reaches_orders_posts_and_comments(
    mei, zhao, make_county, make_post, noon
):
    post = make_post(author=zhao)
    Address.objects.create(
        owner=zhao, county=make_county(), recipient="赵大姐", phone="13700137000", street="3 组"
    )
    Comment.objects.create(post=post, author=zhao, text="我家的李子", created_at=noon)
    assert personal_data.export(zhao)["orders"]["addresses"][0]["street"] == "3 组"
    services.delete_account(user=zhao, now=noon)
    post.refresh_from_db()
    assert post.status == "withdrawn"
    assert Address.objects.count() == 0
    assert [(row.text, row.status) for row in Comment.objects.all()] == [("", "hidden")]


def test_attack_39_in_youth_mode_nothing_is_paid_or_published(zhao, mei, noon):
    for user in (zhao, mei):
        services.turn_youth_mode_on(user=user, guardian_code="1234")
        user.refresh_from_db()
    with pytest.raises(YouthMode):
        place_order(buyer=mei, address="x", wanted=[], total_seen_fen=0, key="k" * 16, now=noon)
    assert speaks_for(zhao) == frozenset()
