"""The passkey pages, as a browser with a device meets them."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from shanhuo.kernel import clock
from shanhuo.people.models import Passkey
from tests.people.device import Device
from tests.people.test_sign_in_pages import ask, enter

pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client, settings):
    """A browser in which somebody has just signed in by code."""
    settings.DEMO = True
    settings.PUBLIC_ORIGIN = "http://localhost:8000"
    ask(client)
    enter(client)
    return client


def add(client, device, name="我的手机"):
    options = client.post(reverse("account:new_key_challenge")).json()
    made = json.dumps(device.make(options))
    return client.post(reverse("account:passkeys"), {"name": name, "credential": made})


def come_in(client, device, **extra):
    options = client.post(reverse("account:passkey_challenge")).json()
    signed = json.dumps(device.sign(options))
    return client.post(reverse("account:passkey_sign_in"), {"credential": signed}, **extra)


def test_a_key_is_added_and_opens_another_browser(signed_in):
    phone = Device()
    assert add(signed_in, phone).url == reverse("account:passkeys")
    assert "我的手机" in signed_in.get(reverse("account:passkeys")).text
    browser = Client()
    browser.get(reverse("account:sign_in") + "?next=/basket/")
    assert come_in(browser, phone).url == "/basket/"
    assert browser.session["_auth_user_id"] == signed_in.session["_auth_user_id"]


def test_a_refused_key_leads_to_the_code_with_a_sentence(client):
    answer = client.post(reverse("account:passkey_sign_in"), {"credential": "{}"})
    assert answer.status_code == 422
    assert "请改用验证码登录" in answer.text
    assert 'type="tel"' in answer.text
    assert "_auth_user_id" not in client.session


def test_attack_19_a_browser_left_open_gets_no_key_of_its_own(signed_in):
    with clock.at(clock.now() + timedelta(minutes=16)):
        assert add(signed_in, Device()).status_code == 422
        assert Passkey.objects.count() == 0
        assert signed_in.post(reverse("account:sign_in_again")).url == (
            reverse("account:sign_in") + "?next=%2Faccount%2Fpasskeys"
        )
    assert "_auth_user_id" not in signed_in.session


def test_attack_15_nobody_touches_the_keys_of_another(signed_in, mei):
    add(signed_in, Device())
    passkey = Passkey.objects.get()
    stranger = Client()
    stranger.force_login(mei)
    for errand in ("account:rename_passkey", "account:remove_passkey"):
        answer = stranger.post(reverse(errand, args=[passkey.public_id]), {"name": "x"})
        assert answer.status_code == 404
    assert Passkey.objects.get().name == "我的手机"


def test_removing_a_key_signs_out_the_browser_that_came_with_it(signed_in):
    phone = Device()
    add(signed_in, phone)
    thief = Client()
    come_in(thief, phone)
    address = reverse("account:remove_passkey", args=[Passkey.objects.get().public_id])
    assert signed_in.post(address).url == reverse("account:passkeys")
    assert signed_in.get(reverse("account:passkeys")).status_code == 200
    assert thief.get(reverse("account:passkeys")).status_code == 302


def test_the_code_still_opens_an_account_without_keys(signed_in):
    add(signed_in, Device())
    signed_in.post(reverse("account:remove_passkey", args=[Passkey.objects.get().public_id]))
    user = signed_in.session["_auth_user_id"]
    browser = Client()
    with clock.at(clock.now() + timedelta(minutes=2)):
        ask(browser)
        enter(browser)
    assert browser.session["_auth_user_id"] == user
