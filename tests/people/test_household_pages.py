"""The county desk's household pages, over HTTP."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from shanhuo.kernel import sheets
from shanhuo.kernel.models import AuditEntry
from shanhuo.people.models import Household, HouseholdImport
from shanhuo.regions.models import Village

pytestmark = pytest.mark.django_db
LIST = sheets.write_workbook(
    "名单",
    ["户编号", "户主姓名", "户类型", "同意日期", "联系电话"],
    [["SL-100", "王五", "脱贫户", "2026-03-05", "13800138000"], ["SL-101", "", "", "", ""]],
)


@pytest.fixture
def desk(client, wang, noon):
    client.force_login(wang)
    return client


@pytest.fixture
def neighbour(client, make_user, make_organisation, make_county):
    user = make_user("邻县专员")
    county = make_county("奉节县", "500236")
    make_organisation("county_office", name="奉节办", county=county, members=(user,))
    return user


def upload(desk, raw=LIST, name="名单.xlsx"):
    return desk.post(
        reverse("county:household_import_new"), {"file": SimpleUploadedFile(name, raw)}
    )


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_questions_for_one_household_and_for_three(
    desk, make_household, count, django_assert_max_num_queries
):
    for _ in range(count):
        make_household()
    with django_assert_max_num_queries(16):
        page = desk.get(reverse("county:households"))
    assert page.text.count("<tr>") == count + 1


def test_attack_37_no_page_shows_a_whole_name_or_number_by_itself(desk, make_household):
    household = make_household(head_name="欧阳明", phone="13800138000", address="双龙镇三组")
    for address in (
        reverse("county:households"),
        reverse("county:household", args=[household.public_id]),
        reverse("county:household_edit", args=[household.public_id]),
    ):
        page = desk.get(address)
        assert page.status_code == 200
        for secret in ("欧阳明", "13800138000", "双龙镇三组"):
            assert secret not in page.text
        assert "no-store" in page.headers["Cache-Control"]


def test_a_reason_opens_the_sheet_once(desk, make_household):
    household = make_household(head_name="欧阳明")
    address = reverse("county:household_reveal", args=[household.public_id])
    assert desk.post(address, {"reason": ""}).status_code == 422
    assert "欧阳明" in desk.post(address, {"reason": "电话回访"}).text
    assert "欧阳明" not in desk.get(reverse("county:household", args=[household.public_id])).text
    assert AuditEntry.objects.filter(verb="household.reveal").count() == 1


def test_attack_18_every_address_of_a_household_is_nobodys_to_the_next_county(
    client, neighbour, make_household, wang, noon
):
    household = make_household()
    batch = HouseholdImport.objects.create(
        county=household.county, officer=wang, headings=[], uploaded_at=noon
    )
    client.force_login(neighbour)
    for name, public_id in [
        ("household", household.public_id),
        ("household_edit", household.public_id),
        ("household_reveal", household.public_id),
        ("household_withdraw", household.public_id),
        ("household_import", batch.public_id),
        ("household_import_confirm", batch.public_id),
        ("household_import_undo", batch.public_id),
        ("household_import_discard", batch.public_id),
        ("household_import_errors", batch.public_id),
    ]:
        address = reverse(f"county:{name}", args=[public_id])
        for method in (client.get, client.post):
            assert method(address).status_code in (404, 405)
    household.refresh_from_db()
    batch.refresh_from_db()
    assert (household.erased_at, batch.status) == (None, "preview")


def test_attack_16_lists_search_filters_counts_and_exports_keep_to_the_county(
    client, neighbour, make_household, noon
):
    household = make_household(head_name="欧阳明", number="SL-777")
    client.force_login(neighbour)
    for query in ("", "?q=SL-777", "?q=欧阳明", "?county=500237", "?kind=lifted", "?page=1"):
        page = client.get(reverse("county:households") + query)
        assert household.public_id not in page.text
    export = client.post(
        reverse("county:household_export") + "?county=500237", {"open": "1", "reason": "核对"}
    )
    assert load_workbook(BytesIO(export.content)).active.max_row == 1


def test_a_household_is_registered_with_a_new_village(desk):
    answer = desk.post(
        reverse("county:household_new"),
        {
            "number": "SL-1",
            "head_name": "张三",
            "kind": "monitored",
            "risk": "sudden",
            "new_township": "双龙镇",
            "new_village": "安静村",
            "given_on": "2026-06-01",
            "channel": "paper",
        },
    )
    household = Household.objects.get()
    assert answer.url == reverse("county:household", args=[household.public_id])
    assert household.village == Village.objects.get(name="安静村")


def test_a_refused_entry_comes_back_with_what_was_typed(desk):
    answer = desk.post(
        reverse("county:household_new"),
        {
            "number": "SL-1",
            "head_name": "张三 500237199001011234",
            "kind": "lifted",
            "given_on": "2026-06-01",
            "channel": "paper",
        },
    )
    assert answer.status_code == 422
    assert 'value="SL-1"' in answer.text
    assert Household.objects.count() == 0


def test_a_correction_leaves_what_was_left_empty(desk, make_household):
    household = make_household(head_name="欧阳明", phone="13800138000")
    desk.post(
        reverse("county:household_edit", args=[household.public_id]),
        {"number": "SL-9", "head_name": "", "kind": "other", "risk": "", "village": ""},
    )
    household.refresh_from_db()
    assert (household.number, household.kind) == ("SL-9", "other")
    assert (household.head_name, household.phone) == ("欧阳明", "13800138000")


def test_a_list_is_previewed_confirmed_and_undone(desk):
    preview = desk.get(upload(desk).url)
    assert "“户主姓名”没有填。" in preview.text
    assert "王五" not in preview.text
    batch = HouseholdImport.objects.get()
    desk.post(reverse("county:household_import_confirm", args=[batch.public_id]))
    assert Household.objects.get().head_name == "王五"
    errors = desk.get(reverse("county:household_import_errors", args=[batch.public_id]))
    assert "“户主姓名”没有填。" in load_workbook(BytesIO(errors.content)).active["A3"].value
    desk.post(reverse("county:household_import_undo", args=[batch.public_id]))
    assert Household.objects.count() == 0


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "另存为"),
        (b"PK\x03\x04 no zip", "读不出这个表格"),
        (b"a,b\n1,2\n", "没有找到表头"),
    ],
)
def test_attack_24_what_is_no_list_is_refused_beside_the_field(desk, raw, words):
    answer = upload(desk, raw=raw)
    assert answer.status_code == 422
    assert words in answer.text
    assert HouseholdImport.objects.count() == 0


def test_the_exported_list_is_masked_unless_a_reason_is_written(desk, make_household):
    make_household(head_name="欧阳明")
    address = reverse("county:household_export")
    masked = load_workbook(BytesIO(desk.post(address, {"reason": ""}).content)).active
    assert masked["B2"].value == "欧**"
    assert desk.post(address, {"open": "1", "reason": ""}).status_code == 422
    opened = load_workbook(BytesIO(desk.post(address, {"open": "1", "reason": "上报"}).content))
    assert opened.active["B2"].value == "欧阳明"


def test_the_template_and_the_consent_are_there_to_take(desk):
    assert desk.get(reverse("county:household_template")).content[:2] == b"PK"
    assert "不足十户" in desk.get(reverse("county:consent_sheet")).text
