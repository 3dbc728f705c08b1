"""The account pages and the operator's, over HTTP."""

import json
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from shanhuo.people import phones, rules
from shanhuo.people.models import (
    Invitation,
    Organisation,
    User,
    Verification,
    VerificationDocument,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_noon(noon):
    """The clock stands."""


@pytest.fixture
def mei(mei):
    mei.phone, mei.phone_digest = "+8613800138000", phones.digest("+8613800138000")
    mei.save()
    return mei


@pytest.fixture
def as_mei(client, mei):
    client.force_login(mei)
    return client


def photo():
    out = BytesIO()
    Image.new("RGB", (60, 40), "#1f5b41").save(out, "JPEG")
    return SimpleUploadedFile("licence.jpg", out.getvalue(), "image/jpeg")


def apply(client, **more):
    return client.post(
        reverse("account:apply"),
        {
            "kind": "merchant",
            "name": "奉节脐橙合作社",
            "county": "500237",
            "licence_number": "",
            "documents": [photo(), photo()],
            **more,
        },
    )


def test_a_name_is_changed(as_mei, mei):
    as_mei.post(reverse("account:profile"), {"display_name": "梅·阿依"})
    mei.refresh_from_db()
    assert mei.display_name == "梅·阿依"


def test_my_number_is_masked_even_to_me(as_mei):
    page = as_mei.get(reverse("account:profile")).text
    assert "138****8000" in page
    assert "13800138000" not in page


def test_my_data_comes_as_one_file_with_my_own_words(as_mei):
    answer = as_mei.post(reverse("account:export"))
    data = json.loads(answer.content)
    assert data["account"]["name"] == "梅买家"
    assert data["account"]["phone"] == "13800138000"
    assert as_mei.get(reverse("account:export")).status_code == 405


def test_attack_38_deleting_needs_the_word_and_ends_the_session(as_mei, mei):
    address = reverse("account:delete")
    assert as_mei.post(address, {"word": "好"}).status_code == 422
    assert User.objects.get(pk=mei.pk).is_active
    assert as_mei.post(address, {"word": "注销"}).status_code == 200
    assert not User.objects.get(pk=mei.pk).is_active
    assert "_auth_user_id" not in as_mei.session


def test_the_number_moves_with_a_code_and_this_browser_stays(as_mei, mei, settings):
    settings.DEMO = True
    as_mei.post(reverse("account:phone"), {"phone": "13900139000", "proof": ""})
    code = as_mei.session["people.moving_phone"]["demo_code"]
    as_mei.post(reverse("account:phone_code"), {"code": code})
    mei.refresh_from_db()
    assert mei.phone == "+8613900139000"
    assert as_mei.get(reverse("account:profile")).status_code == 200


def test_a_county_is_found_by_name_and_doubt_is_told(as_mei, make_county):
    make_county("巫山县", "500237")
    fields = {"name": "梅家菜园", "is_adult": "on"}
    assert (
        as_mei.post(reverse("account:become_creator"), {**fields, "county": "无此县"}).status_code
        == 422
    )
    as_mei.post(reverse("account:become_creator"), {**fields, "county": "500237"})
    assert Organisation.objects.get().county.adcode == "500237"


def test_papers_go_in_and_a_second_person_decides(as_mei, mei, make_county, op, client):
    make_county()
    assert apply(as_mei).url == reverse("account:organisations")
    assert VerificationDocument.objects.count() == 2
    case = Verification.objects.get()
    client.force_login(op)
    assert "奉节脐橙合作社" in client.get(reverse("ops:verifications")).text
    address = reverse("ops:verification", args=[case.public_id])
    assert client.post(address, {"decision": "refuse", "reason": ""}).status_code == 422
    client.post(address, {"decision": "accept", "reason": ""})
    assert rules.merchant_ids(mei) == frozenset({case.organisation_id})


def test_a_file_that_is_no_paper_comes_back_with_what_was_typed(as_mei, make_county):
    make_county()
    answer = apply(as_mei, documents=[SimpleUploadedFile("x.jpg", b"<svg/>", "image/jpeg")])
    assert answer.status_code == 422
    assert "奉节脐橙合作社" in answer.text
    assert Organisation.objects.count() == 0


def test_attack_16_a_paper_is_a_download_for_its_people_only(
    as_mei, make_county, op, lin, stranger, client
):
    make_county()
    apply(as_mei)
    address = reverse("account:document", args=[VerificationDocument.objects.first().public_id])
    answer = as_mei.get(address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for user, status in ((op, 200), (lin, 404), (stranger, 404)):
        client.force_login(user)
        assert client.get(address).status_code == status


def test_attack_15_an_owner_removes_a_member_who_is_out_at_the_next_click(
    client, lin, cooperative, make_user, noon
):
    guest = make_user("客人")
    guest.phone = "+8613900139000"
    guest.phone_digest = phones.digest(guest.phone)
    guest.save()
    client.force_login(lin)
    place = reverse("account:organisation", args=[cooperative.public_id])
    client.post(place, {"phone": "139 0013 9000", "role": "staff"})
    [invitation] = Invitation.objects.all()
    client.force_login(guest)
    assert "巫山山货合作社" in client.get(reverse("account:organisations")).text
    client.post(reverse("account:accept_invitation", args=[invitation.public_id]))
    assert client.get(reverse("seller:home")).status_code == 200
    client.force_login(lin)
    end = reverse("account:end_membership", args=[cooperative.public_id, guest.public_id])
    client.post(end)
    client.force_login(guest)
    assert client.get(reverse("seller:home")).status_code == 403
    assert client.get(place).status_code == 404


def test_an_operator_finds_a_person_by_the_whole_number_only(client, op, mei):
    client.force_login(op)
    search = reverse("ops:people")
    assert mei.public_id in client.get(search, {"q": "138 0013 8000"}).text
    assert mei.public_id in client.get(search, {"q": mei.public_id}).text
    for part in ("1380013", "梅买家", "8000"):
        assert mei.public_id not in client.get(search, {"q": part}).text


def test_an_operator_suspends_and_reopens_with_a_reason(client, op, mei):
    client.force_login(op)
    suspend = reverse("ops:account_suspend", args=[mei.public_id])
    assert client.post(suspend, {"reason": ""}).status_code == 422
    client.post(suspend, {"reason": "刷单"})
    assert not User.objects.get(pk=mei.pk).is_active
    client.post(reverse("ops:account_reopen", args=[mei.public_id]), {"reason": "误会"})
    assert User.objects.get(pk=mei.pk).is_active


def test_an_operator_opens_a_county_office_for_somebody_known(client, op, mei, make_county):
    make_county()
    client.force_login(op)
    fields = {"kind": "county_office", "name": "巫山办", "county": "500237"}
    address = reverse("ops:organisations")
    assert client.post(address, {**fields, "owner_phone": "13700137000"}).status_code == 422
    client.post(address, {**fields, "owner_phone": "13800138000"})
    assert len(rules.officer_county_ids(mei)) == 1


def test_an_office_without_its_county_is_refused_in_words(client, op, mei):
    client.force_login(op)
    fields = {"kind": "county_office", "name": "办", "county": "", "owner_phone": "13800138000"}
    assert client.post(reverse("ops:organisations"), fields).status_code == 422
    assert Organisation.objects.filter(kind="county_office").count() == 0
