"""The spreadsheets of the county office: the template, the list with its errors, the export."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from shanhuo.kernel import audit, clock, sheets
from shanhuo.people import household_list, masks
from shanhuo.people.household_list import EXAMPLE_MARK, HEADINGS, Reason
from shanhuo.people.models import Household, HouseholdImport, HouseholdImportRow, User
from shanhuo.people.services.verification import ReasonMissing

ROWS_WITH_HELP = 2000
ERROR_HEADING = "错误"
_EXAMPLE = (
    f"{EXAMPLE_MARK}-001",
    "张三",
    "监测户",
    "边缘易致贫户",
    "双龙镇",
    "安静村",
    "13800138000",
    "3 组 12 号",
    "2026-03-05",
    "纸质签字",
)
_CHOICES = {
    "kind": ("脱贫户", "监测户", "其他"),
    "risk": tuple(household_list.RISKS),
    "consent_channel": ("纸质签字", "当面口头", "电话"),
}
# The template is for offices that work in Chinese; its headings are what the reader looks for.
_NOTES = (
    "填写说明",
    "1. 带 * 的列必填。户编号由本县自定（如 SL-001），全县不重复；再次导入按户编号更新，不重建。",
    "2. 户类型为“监测户”的，必须选监测类型：脱贫不稳定户、边缘易致贫户、突发严重困难户。",
    "3. 必须先取得农户同意（签字或口头），填写同意日期。没有同意的农户不能导入。",
    "4. 不要填写身份证号、银行卡号、健康状况、家庭成员和未成年人信息；这些列即使有也不会保存。",
    "5. 日期可写 2026-03-05、2026.3.5 或 2026年3月5日。空单元格表示“不改动”。",
    "6. 示例行（户编号以“示例”开头）不会导入，可以不删。每次最多 5000 行。",
)


def template() -> bytes:
    """The empty list: Chinese headings, an example row, drop-downs, text columns, notes."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 - a new workbook has one
    sheet.title = "农户名单"
    for column, name in enumerate(HEADINGS, start=1):
        _dress_column(sheet, column, name)
    sheet.append(_EXAMPLE)
    sheet.freeze_panes = "A2"
    notes = book.create_sheet("填写说明")
    notes.column_dimensions["A"].width = 100
    for line in _NOTES:
        notes.append([line])
    notes["A1"].font = Font(bold=True)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def with_errors(batch: HouseholdImport) -> bytes:
    """The list as it was sent, with a column 错误 that says what is wrong with each row."""
    rows = HouseholdImportRow.objects.filter(batch=batch).exclude(cells="").order_by("line")
    # A corrected list that comes back still carries the column of the first time.
    kept = [at for at, text in enumerate(batch.headings) if text != ERROR_HEADING]
    headings = [ERROR_HEADING, *(batch.headings[at] for at in kept)]
    return sheets.write_workbook("农户名单", headings, (_with_error(row, kept) for row in rows))


@transaction.atomic
def export_households(
    *, households: QuerySet[Household], officer: User, now: datetime, reason: str | None = None
) -> bytes:
    """A list for Excel. Personal columns are masked unless a reason is given, which is kept.

    `households` comes from `queries.households_visible_to(officer)`. Raises ReasonMissing for a
    reason that says nothing.
    """
    if reason is not None and len(reason.strip()) < 2:
        raise ReasonMissing
    rows = list(_exported(households, open_=reason is not None))
    audit.record(
        verb="household.export",
        actor=officer,
        subject=f"people.User:{officer.public_id}",
        detail={
            "rows": len(rows),
            "masked": reason is None,
            "reason": (reason or "").strip()[:200],
        },
        now=now,
    )
    headings = [
        _("Number"),
        _("Name"),
        _("Kind"),
        _("Kind of monitoring"),
        _("Township"),
        _("Village"),
        _("Telephone"),
        _("Address"),
        _("Registered on"),
    ]
    return sheets.write_workbook(_("Households"), headings, rows)


def _exported(households: QuerySet[Household], *, open_: bool) -> Iterator[list[Any]]:
    rows = households.select_related("village").order_by("village__township", "village__name", "pk")
    for household in rows.iterator(chunk_size=500):
        village = household.village
        yield [
            household.number,
            household.head_name if open_ else masks.name(household.head_name),
            household.get_kind_display(),
            household.get_risk_display() if household.risk else "",
            village.township if village else "",
            village.name if village else "",
            household.phone if open_ else masks.contact(household.phone),
            household.address if open_ else masks.address(household.address),
            clock.day_of(household.registered_at) if household.registered_at else None,
        ]


def _with_error(row: HouseholdImportRow, kept: Sequence[int]) -> list[str]:
    cells = household_list.stored_cells(row.cells)
    return ["；".join(sentences(row)), *(cells[at] if at < len(cells) else "" for at in kept)]


def sentences(row: HouseholdImportRow) -> list[str]:
    """What is wrong with a row, in the reader's language."""
    return [str(Reason(*reason)) for reason in row.reasons]


def _dress_column(sheet: Worksheet, column: int, name: str) -> None:
    letter = get_column_letter(column)
    star = " *" if name in household_list.REQUIRED else ""
    cell = sheet.cell(row=1, column=column, value=HEADINGS[name][0] + star)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor="1F5B41")
    cell.alignment = Alignment(vertical="center")
    sheet.column_dimensions[letter].width = 18
    # Text columns keep leading zeros and long numbers as they were typed.
    sheet.column_dimensions[letter].number_format = "@"
    if choices := _CHOICES.get(name):
        listed = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=True)
        sheet.add_data_validation(listed)
        listed.add(f"{letter}2:{letter}{ROWS_WITH_HELP + 1}")
