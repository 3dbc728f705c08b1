"""How a county's list of households (农户名单) is read: headings, words and dates as offices write
them, and why a row cannot be taken. Nothing here touches the database.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.sheets import heading_key
from shanhuo.people import entries
from shanhuo.people.models import Household, HouseholdConsent

ADULT = 18
EXAMPLE_MARK = "示例"

# Our field -> the heading of our template first, then what offices write instead.
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "number": ("户编号", "户号", "编号", "农户编号", "家庭编号"),
    "head_name": ("户主姓名", "姓名", "户主", "农户姓名"),
    "kind": ("户类型", "农户类型", "农户类别", "户别", "类型"),
    "risk": ("监测类型", "监测对象类别", "风险类型", "监测户类型"),
    "township": ("乡镇", "乡镇街道", "镇", "乡"),
    "village": ("行政村", "村", "村名", "所在村", "村社区"),
    "phone": ("联系电话", "电话", "手机", "手机号", "手机号码", "联系方式"),
    "address": ("详细地址", "地址", "住址", "家庭住址"),
    "consent_on": ("同意日期", "签字日期", "同意书日期", "授权日期"),
    "consent_channel": ("同意方式", "签字方式"),
}
REQUIRED = ("number", "head_name", "kind", "consent_on")
# Looked at only to refuse people under 18; never stored.
AGE_HEADINGS = (
    "身份证号",
    "身份证号码",
    "公民身份号码",
    "证件号码",
    "出生日期",
    "出生年月",
    "出生年份",
)

KINDS = {
    "脱贫户": (Household.Kind.LIFTED, ""),
    "建档立卡户": (Household.Kind.LIFTED, ""),
    "建档立卡脱贫户": (Household.Kind.LIFTED, ""),
    "监测户": (Household.Kind.MONITORED, ""),
    "监测对象": (Household.Kind.MONITORED, ""),
    "脱贫不稳定户": (Household.Kind.MONITORED, Household.Risk.UNSTABLE),
    "边缘易致贫户": (Household.Kind.MONITORED, Household.Risk.MARGINAL),
    "突发严重困难户": (Household.Kind.MONITORED, Household.Risk.SUDDEN),
    "其他": (Household.Kind.OTHER, ""),
    "其他农户": (Household.Kind.OTHER, ""),
    "一般户": (Household.Kind.OTHER, ""),
    "一般农户": (Household.Kind.OTHER, ""),
}
RISKS = {
    "脱贫不稳定户": Household.Risk.UNSTABLE,
    "边缘易致贫户": Household.Risk.MARGINAL,
    "突发严重困难户": Household.Risk.SUDDEN,
}
CHANNELS = {
    "纸质签字": HouseholdConsent.Channel.PAPER,
    "纸质": HouseholdConsent.Channel.PAPER,
    "签字": HouseholdConsent.Channel.PAPER,
    "当面口头": HouseholdConsent.Channel.IN_PERSON,
    "当面": HouseholdConsent.Channel.IN_PERSON,
    "口头": HouseholdConsent.Channel.IN_PERSON,
    "电话": HouseholdConsent.Channel.PHONE,
}

# Why a row is refused: code -> sentence. `%(detail)s` is what stands in the cell, never a name.
REASONS: Mapping[str, Promise] = {
    "missing": _("“%(heading)s” is empty."),
    "formula": _("“%(heading)s” is a formula. Paste it as a value."),
    "bad_date": _("“%(heading)s”: “%(detail)s” is not a date. Write 2026-03-05."),
    "bad_consent_day": _("“%(heading)s” must be a day from 2020 to today."),
    "bad_kind": _("“%(heading)s”: “%(detail)s” is not known. Choose 脱贫户, 监测户 or 其他."),
    "bad_risk": _("“%(heading)s”: “%(detail)s” is not one of the three kinds of monitoring."),
    "bad_channel": _("“%(heading)s”: “%(detail)s” is not known."),
    "risk_missing": _(
        "A monitored household needs its kind: 脱贫不稳定户, 边缘易致贫户 or 突发严重困难户."
    ),
    "risk_unwanted": _("Only a monitored household has a kind of monitoring."),
    "bad_phone": _("“%(heading)s” is not a telephone number."),
    "identity_number": _("“%(heading)s” holds an identity or bank card number. Take it out."),
    "too_long": _("“%(heading)s” is too long."),
    "minor": _("The person is under 18. Data of minors is not taken."),
    "digits_lost": _("Excel has rounded “%(heading)s”. Make the column a text column."),
    "twice": _("The number already stands in row %(detail)s of this list."),
    "village_unclear": _("Several villages have this name. Write the township as well."),
}

_ROUNDED = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_DATE = re.compile(r"(\d{4})\D{1,3}(\d{1,2})\D{1,3}(\d{1,2})日?(?:[T ].*)?")
_PACKED_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_EXCEL_DAY_ZERO = date(1899, 12, 30)
_BIRTH_IN_IDENTITY = re.compile(r"\d{6}((?:19|20)\d{2})(\d{2})(\d{2})\d{3}[\dXx]")
_YEAR = re.compile(r"((?:19|20)\d{2})")


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing wrong with one cell."""

    code: str
    heading: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return str(REASONS[self.code]) % {"heading": self.heading, "detail": self.detail}


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each of our fields stands in this file, and which columns are not read at all."""

    column_of: Mapping[str, int]
    heading_of: Mapping[str, str]
    age_columns: tuple[int, ...]
    ignored: tuple[str, ...]

    def kept(self, cells: list[str]) -> list[str]:
        """The row without what stands in columns that are not read: that is not stored at all."""
        ours = {*self.column_of.values()}
        return [cell if column in ours else "" for column, cell in enumerate(cells)]

    @property
    def missing(self) -> list[str]:
        """Headings of the template that the file must have and has not."""
        return [HEADINGS[name][0] for name in REQUIRED if name not in self.column_of]


@dataclass(slots=True)
class ReadRow:
    """A row as understood. `village` is (township, name) as written; the caller looks it up."""

    line: int
    entry: entries.HouseholdEntry | None = None
    given: entries.ConsentEntry | None = None
    village: tuple[str, str] = ("", "")
    reasons: list[Reason] = field(default_factory=list)


class _Cells:
    """The cells of one row by our names, collecting what is wrong with them."""

    def __init__(self, layout: Layout, cells: list[str]) -> None:
        self._layout, self._cells = layout, cells
        self.reasons: list[Reason] = []

    def text(self, name: str, *, longest: int = 200) -> str:
        column = self._layout.column_of.get(name)
        text = self._cells[column] if column is not None and column < len(self._cells) else ""
        if text.startswith("="):
            self.refuse("formula", name)
            return ""
        if len(text) > longest:
            self.refuse("too_long", name)
        if name != "phone" and entries.holds_identity_number(text):
            self.refuse("identity_number", name)
        if _ROUNDED.fullmatch(text):
            self.refuse("digits_lost", name)
        return text

    def required(self, name: str, *, longest: int = 200) -> str:
        before = len(self.reasons)
        text = self.text(name, longest=longest)
        if not text and len(self.reasons) == before:
            self.refuse("missing", name)
        return text

    def refuse(self, code: str, name: str = "", detail: str = "") -> None:
        heading = self._layout.heading_of.get(name, HEADINGS.get(name, ("",))[0])
        # A detail is quoted from the file: long ones might hold what must not be shown.
        self.reasons.append(Reason(code, heading, detail[:20]))


def all_headings() -> list[str]:
    """Every heading that is understood, for finding the heading row."""
    return [heading for names in HEADINGS.values() for heading in names]


def layout_of(headings: list[str]) -> Layout:
    """Match the file's headings with ours; the first column of a meaning wins."""
    keys = [heading_key(text) for text in headings]
    column_of = {
        name: next(keys.index(heading) for heading in known if heading in keys)
        for name, known in HEADINGS.items()
        if any(heading in keys for heading in known)
    }
    ages = tuple(column for column, key in enumerate(keys) if key in AGE_HEADINGS)
    used = {*column_of.values()}
    return Layout(
        column_of=column_of,
        heading_of={name: headings[column] for name, column in column_of.items()},
        age_columns=ages,
        ignored=tuple(text for column, text in enumerate(headings) if text and column not in used),
    )


def is_example(layout: Layout, cells: list[str]) -> bool:
    """Whether this is the example row of our template."""
    column = layout.column_of.get("number", 0)
    return column < len(cells) and cells[column].startswith(EXAMPLE_MARK)


def read_row(layout: Layout, line: int, cells: list[str], *, today: date) -> ReadRow:
    """Understand one row; `reasons` says everything that is wrong with it."""
    row = _Cells(layout, cells)
    number = _plain(row.required("number", longest=entries.LONGEST_NUMBER))
    name = row.required("head_name", longest=entries.LONGEST_NAME)
    kind, risk = _kind(row)
    phone = _phone(row)
    address = row.text("address", longest=entries.LONGEST_ADDRESS)
    given = _consent(row, today=today)
    village = (row.text("township", longest=40), row.text("village", longest=40))
    if any(_shows_minor(cells[c], today) for c in layout.age_columns if c < len(cells)):
        row.refuse("minor")
    read = ReadRow(line=line, village=village, reasons=row.reasons)
    if not row.reasons:
        read.given = given
        read.entry = entries.HouseholdEntry(
            number=number, head_name=name, kind=kind, risk=risk, phone=phone, address=address
        )
    return read


def parse_date(text: str) -> date | None:
    """2024.3.5, 2024/3/5, 2024年3月5日, 20240305, ISO, or Excel's day number (since 1900)."""
    plain = _plain(text)
    match = _DATE.fullmatch(plain) or _PACKED_DATE.fullmatch(plain)
    try:
        if match:
            return date(*(int(part) for part in match.groups()))
        if plain.isdigit() and len(plain) == 5:
            return _EXCEL_DAY_ZERO + timedelta(days=int(plain))
    except (ValueError, OverflowError):
        return None
    return None


def _kind(row: _Cells) -> tuple[str, str]:
    word = _plain(row.required("kind"))
    if word and word not in KINDS:
        row.refuse("bad_kind", "kind", word)
    kind, risk = KINDS.get(word, ("", ""))
    written = _plain(row.text("risk"))
    if written and written not in RISKS:
        row.refuse("bad_risk", "risk", written)
    risk = RISKS.get(written, risk)
    if kind == Household.Kind.MONITORED and not risk:
        row.refuse("risk_missing", "risk")
    if kind in (Household.Kind.LIFTED, Household.Kind.OTHER) and risk:
        row.refuse("risk_unwanted", "risk")
    return kind, risk


def _phone(row: _Cells) -> str:
    text = row.text("phone")
    try:
        return entries.contact(text)
    except Refusal:
        row.refuse("bad_phone", "phone")
        return ""


def _consent(row: _Cells, *, today: date) -> entries.ConsentEntry | None:
    text = row.required("consent_on")
    given_on = parse_date(text) if text else None
    if text and given_on is None:
        row.refuse("bad_date", "consent_on", text)
    if given_on and not entries.FIRST_CONSENT <= given_on <= today:
        row.refuse("bad_consent_day", "consent_on")
    word = _plain(row.text("consent_channel")) or "纸质签字"
    if word not in CHANNELS:
        row.refuse("bad_channel", "consent_channel", word)
    if given_on is None or word not in CHANNELS:
        return None
    return entries.ConsentEntry(given_on=given_on, channel=CHANNELS[word])


def _shows_minor(text: str, today: date) -> bool:
    born = _born(_plain(text))
    return born is not None and _age(born, today) < ADULT


def _born(text: str) -> date | None:
    """The day of birth that a cell shows; of a bare year, its last day (when in doubt, younger)."""
    try:
        if identity := _BIRTH_IN_IDENTITY.fullmatch(text):
            return date(*(int(part) for part in identity.groups()))
        if day := parse_date(text):
            return day
        if year := _YEAR.match(text):
            return date(int(year[1]), 12, 31)
    except ValueError:
        return None
    return None


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def stored_cells(text: str) -> list[str]:
    """A row's cells as `HouseholdImportRow.cells` keeps them."""
    cells: list[str] = json.loads(text) if text else []
    return cells
