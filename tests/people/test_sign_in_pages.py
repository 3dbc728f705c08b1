"""The sign-in pages, as a browser meets them."""

import pytest
from django.test import Client
from django.urls import reverse

from shanhuo.people import services
from shanhuo.people.models import SignInCode, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(settings):
    settings.DEMO = True


def ask(client, phone="13800138000", goal="", **extra):
    address = reverse("account:sign_in")
    client.get(f"{address}?next={goal}" if goal else address, **extra)
    return client.post(address, {"phone": phone, "proof": ""}, **extra)


def enter(client, **extra):
    code = client.session["people.sent_code"]["demo_code"]
    return client.post(reverse("account:code"), {"code": code}, **extra)


def test_two_pages_lead_in_and_on_to_where_one_wanted_to_go(client, demo):
    assert ask(client, goal="/county/?x=1").url == reverse("account:code")
    page = client.get(reverse("account:code"))
    assert client.session["people.sent_code"]["demo_code"] in page.text
    assert enter(client).url == "/county/?x=1"
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)


def test_outside_the_demo_no_page_tells_the_code(client, settings):
    settings.DEMO = False
    ask(client)
    assert "data-demo-code" not in client.get(reverse("account:code")).text


def test_the_session_is_a_new_one_after_signing_in(client, demo):
    ask(client)
    before = client.session.session_key
    enter(client)
    assert client.session.session_key != before
    assert "people.sent_code" not in client.session


def test_a_wrong_code_is_said_beside_the_field(client, demo):
    ask(client)
    answer = client.post(reverse("account:code"), {"code": "1"})
    assert answer.status_code == 422
    assert "id_code-error" in answer.text
    assert "_auth_user_id" not in client.session


def test_the_code_page_without_a_code_leads_back(client):
    assert client.get(reverse("account:code")).url == reverse("account:sign_in")


@pytest.mark.parametrize(
    "goal",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "http://testserver@evil.example/",
        "http://testserver/me",
    ],
)
def test_attack_35_nobody_is_sent_to_another_site(client, demo, goal):
    ask(client, goal=goal)
    assert enter(client).url == reverse("site:me")


def test_attack_35_a_form_of_another_site_does_nothing(demo):
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(reverse("account:sign_in"), {"phone": "13800138000", "proof": ""})
    assert answer.status_code == 403
    assert SignInCode.objects.count() == 0


def test_attack_31_forged_forwarding_headers_do_not_buy_more_codes(client, demo):
    for number, forged in enumerate(("198.51.100.1", "198.51.100.2", "198.51.100.3")):
        answer = ask(
            client,
            phone=f"1380013800{number}",
            headers={
                "X-Forwarded-For": forged,
                "X-Real-IP": forged,
                "Forwarded": f"for={forged}",
                "CF-Connecting-IP": forged,
            },
        )
    assert answer.status_code == 422
    assert SignInCode.objects.count() == 2


def test_attack_19_the_code_of_my_browser_is_unknown_to_another(client, demo):
    ask(client)
    code = client.session["people.sent_code"]["demo_code"]
    thief = Client()
    assert thief.post(reverse("account:code"), {"code": code}).url == reverse("account:sign_in")
    assert "_auth_user_id" not in thief.session


def test_attack_19_a_suspended_person_is_out_at_the_next_click(client, demo, op, noon):
    ask(client)
    enter(client)
    user = User.objects.get(phone_digest__isnull=False)
    services.suspend_account(user=user, operator=op, reason="", now=noon)
    assert client.get(reverse("site:me")).wsgi_request.user.is_anonymous


def test_signing_out_needs_a_post(client, demo):
    ask(client)
    enter(client)
    assert client.get(reverse("account:sign_out")).status_code == 405
    client.post(reverse("account:sign_out"))
    assert "_auth_user_id" not in client.session
