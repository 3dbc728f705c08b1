"""A key in one's own telephone opens the account; nothing else does, and the code always does."""

from datetime import timedelta

import pytest

from shanhuo.kernel.limits import TooMany
from shanhuo.kernel.models import AuditEntry
from shanhuo.people import personal_data, services
from shanhuo.people.models import Passkey, User
from shanhuo.people.services.passkeys import (
    AT_MOST,
    PasskeyNameMissing,
    PasskeyRefused,
    TooManyPasskeys,
)
from shanhuo.people.services.sign_in import AccountClosed
from tests.people.device import Device

pytestmark = pytest.mark.django_db
ADDRESS = "203.0.113.7"


@pytest.fixture(autouse=True)
def origin(settings):
    settings.PUBLIC_ORIGIN = "http://localhost:8000"


def add(user, device, now, name="我的手机"):
    asked = services.begin_adding(user=user, now=now)
    made = device.make(asked.options)
    return services.add_passkey(user=user, state=asked.state, credential=made, name=name, now=now)


def enter(device, now):
    asked = services.begin_entering(now=now)
    return services.enter_with_passkey(
        state=asked.state, credential=device.sign(asked.options), address=ADDRESS, now=now
    )


def test_a_key_opens_the_account_it_was_made_for(mei, stranger, noon):
    phone, other = Device(), Device()
    add(mei, phone, noon)
    add(stranger, other, noon)
    assert enter(phone, noon).user == mei
    assert enter(other, noon).user == stranger
    assert Passkey.objects.get(user=mei).used_at == noon


def test_adding_and_removing_stand_in_the_audit_log(mei, noon):
    passkey = add(mei, Device(), noon)
    services.remove_passkey(passkey=passkey, now=noon)
    rows = AuditEntry.objects.order_by("pk").values_list("verb", "actor", "detail")
    assert list(rows) == [
        ("account.add_passkey", mei.public_id, {"passkey": passkey.public_id}),
        ("account.remove_passkey", mei.public_id, {"passkey": passkey.public_id}),
    ]


def test_attack_19_a_removed_key_opens_nothing_and_ends_what_it_had_opened(mei, noon):
    phone = Device()
    passkey = add(mei, phone, noon)
    before = User.objects.get(pk=mei.pk).get_session_auth_hash()
    services.remove_passkey(passkey=passkey, now=noon)
    assert User.objects.get(pk=mei.pk).get_session_auth_hash() != before
    with pytest.raises(PasskeyRefused):
        enter(phone, noon)


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "http://localhost.evil.example:8000"},
        {"origin": "http://localhost:9000"},
        {"verified": False},
        {"handle": "c29tZWJvZHlFbHNl"},
        {"credential_id": b"x" * 32},
        {"key": Device().key},
        {"counted": 0},
    ],
    ids=["other site", "other port", "unlocked", "other owner", "other key", "forged", "copied"],
)
def test_attack_19_only_the_device_itself_enters_from_our_own_pages(mei, noon, change):
    phone = Device()
    add(mei, phone, noon)
    enter(phone, noon)
    for name, value in change.items():
        setattr(phone, name, value)
    with pytest.raises(PasskeyRefused):
        enter(phone, noon)


def test_attack_19_a_signature_counts_once_and_not_late(mei, noon):
    phone = Device()
    add(mei, phone, noon)
    asked = services.begin_entering(now=noon)
    signed = phone.sign(asked.options)
    late = noon + timedelta(minutes=5)
    with pytest.raises(PasskeyRefused):
        services.enter_with_passkey(state=asked.state, credential=signed, address=ADDRESS, now=late)
    for state in ({}, services.begin_entering(now=noon).state):
        with pytest.raises(PasskeyRefused):
            services.enter_with_passkey(state=state, credential=signed, address=ADDRESS, now=noon)
    services.enter_with_passkey(state=asked.state, credential=signed, address=ADDRESS, now=noon)
    with pytest.raises(PasskeyRefused):
        services.enter_with_passkey(state=asked.state, credential=signed, address=ADDRESS, now=noon)


@pytest.mark.parametrize(
    "garbage",
    [None, 1, "x", [], {}, {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}],
)
def test_attack_19_what_no_device_made_is_refused_in_words(mei, noon, garbage):
    asked = services.begin_entering(now=noon)
    with pytest.raises(PasskeyRefused):
        services.enter_with_passkey(
            state=asked.state, credential=garbage, address=ADDRESS, now=noon
        )
    making = services.begin_adding(user=mei, now=noon)
    with pytest.raises(PasskeyRefused):
        services.add_passkey(
            user=mei, state=making.state, credential=garbage, name="手机", now=noon
        )


def test_attack_19_a_registration_that_was_cut_off_is_refused(mei, noon):
    asked = services.begin_adding(user=mei, now=noon)
    made = Device().make(asked.options)
    whole = made["response"]["attestationObject"]
    for length in range(0, 210, 7):
        made["response"]["attestationObject"] = whole[:length]
        with pytest.raises(PasskeyRefused):
            services.add_passkey(
                user=mei, state=asked.state, credential=made, name="手机", now=noon
            )
    assert Passkey.objects.count() == 0


def test_attack_19_guesses_with_keys_are_counted_per_network(noon):
    asked = services.begin_entering(now=noon)
    for _ in range(60):
        with pytest.raises(PasskeyRefused):
            services.enter_with_passkey(state=asked.state, credential={}, address=ADDRESS, now=noon)
    with pytest.raises(TooMany):
        services.enter_with_passkey(state=asked.state, credential={}, address=ADDRESS, now=noon)


def test_a_closed_account_stays_closed(mei, op, noon):
    phone = Device()
    add(mei, phone, noon)
    services.suspend_account(user=mei, operator=op, reason="试验", now=noon)
    with pytest.raises(AccountClosed):
        enter(phone, noon)


def test_attack_19_a_released_number_takes_the_keys_with_it(mei, op, noon):
    phone = Device()
    add(mei, phone, noon)
    services.release_phone(user=mei, operator=op, reason="号码换了主人", now=noon)
    with pytest.raises(PasskeyRefused):
        enter(phone, noon)


def test_attack_38_a_deleted_account_keeps_no_key(mei, noon):
    add(mei, Device(), noon)
    services.delete_account(user=mei, now=noon)
    assert Passkey.objects.count() == 0


def test_one_key_belongs_to_one_account(mei, stranger, noon):
    phone = Device()
    add(mei, phone, noon)
    with pytest.raises(PasskeyRefused):
        add(stranger, phone, noon)
    assert Passkey.objects.count() == 1


def test_an_account_has_a_bounded_number_of_named_keys(mei, noon):
    with pytest.raises(PasskeyNameMissing):
        add(mei, Device(), noon, name=" ")
    for _ in range(AT_MOST):
        passkey = add(mei, Device(), noon)
    with pytest.raises(TooManyPasskeys):
        add(mei, Device(), noon)
    services.rename_passkey(passkey=passkey, name="平板")
    names = [row["name"] for row in personal_data.export(mei)["account"]["passkeys"]]
    assert names == ["我的手机"] * (AT_MOST - 1) + ["平板"]
