"""Spreadsheets in and out: officers live in Excel.

Reading is bounded before anything is unpacked: a workbook is a ZIP that strangers made. Writing
disarms: a cell that begins like a formula would run in the reader's Excel.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO, StringIO
from itertools import islice
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from shanhuo.kernel.errors import Refusal

LARGEST_BYTES = 5 * 1024 * 1024
LARGEST_UNPACKED = 16 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 5_000
MOST_COLUMNS = 60
HEADING_WITHIN = 15
LONGEST_CELL = 1_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_DANGEROUS = ("vbaproject.bin", "/externallinks/", "/embeddings/", "/activex/", "/connections.xml")
_FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
_HEADING_NOISE = re.compile(r"[\s*＊:：]|[((].*?[))]")


class NotASheet(Refusal):
    code = "not_a_sheet"
    status = 422
    message = _("This spreadsheet cannot be read. Save it as .xlsx or .csv and send it again.")


class OldOrLockedSheet(Refusal):
    code = "old_or_locked_sheet"
    status = 422
    message = _(
        "This is an old .xls file or has a password. Open it, choose “Save as”, type .xlsx, "
        "without a password."
    )


class SheetTooLarge(Refusal):
    code = "sheet_too_large"
    status = 413
    message = _("The spreadsheet is too large. At most 5,000 rows and 5 MB; send it in parts.")


class SheetWithPrograms(Refusal):
    code = "sheet_with_programs"
    status = 422
    message = _(
        "The spreadsheet holds macros or links to other files. Copy the rows into a new .xlsx file."
    )


class NoHeadings(Refusal):
    code = "no_headings"
    status = 422
    message = _("No heading row was found. It must have at least these columns: %(wanted)s.")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows under the heading row of a sheet, as text.

    Dates are ISO text; whole numbers have no point; a formula is its text, beginning with "=".
    """

    headings: list[str]
    rows: list[tuple[int, list[str]]]


def read_table(raw: bytes, *, wanted: Sequence[str], known: Iterable[str]) -> Table:
    """The table whose heading row holds at least two `known` headings; titles above are skipped.

    `rows` are (row number as Excel shows it, cells), empty rows left out.
    Raises NotASheet, OldOrLockedSheet, SheetTooLarge, SheetWithPrograms, NoHeadings(wanted).
    """
    if len(raw) > LARGEST_BYTES:
        raise SheetTooLarge
    if raw.startswith(_OLE):
        raise OldOrLockedSheet
    sheets = _workbook_sheets(raw) if raw.startswith(b"PK") else iter([_csv_rows(raw)])
    headings = {heading_key(text) for text in known}
    for rows in sheets:
        if table := _table(rows, headings):
            return table
    raise NoHeadings(wanted="、".join(wanted))


def heading_key(text: str) -> str:
    """ "户主姓名 *（必填）" -> "户主姓名": how headings are compared."""
    return _HEADING_NOISE.sub("", unicodedata.normalize("NFKC", text))


def disarm(text: str) -> str:
    """A text that no spreadsheet program runs: an apostrophe before what starts a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def write_workbook(title: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """An .xlsx of one sheet. Texts are disarmed; numbers and dates stay numbers and dates."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for index in range(len(headings)):
        sheet.column_dimensions[chr(65 + index) if index < 26 else f"A{chr(39 + index)}"].width = 16
    sheet.append([_heading_cell(sheet, text) for text in headings])
    for row in rows:
        sheet.append([disarm(cell) if isinstance(cell, str) else cell for cell in row])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def yuan(amount_fen: int) -> Decimal:
    """A number that Excel adds up; exact, unlike a float."""
    return Decimal(amount_fen) / 100


def at(moment: datetime | None) -> datetime | str:
    """As Excel keeps it: Shanghai time without its name."""
    return timezone.localtime(moment).replace(tzinfo=None) if moment else ""


def write_csv(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with a mark, so that Excel shows Chinese; texts are disarmed."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(headings)
    for row in rows:
        writer.writerow([disarm(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _heading_cell(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=disarm(text))
    cell.font = Font(bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    return cell


def _workbook_sheets(raw: bytes) -> Iterator[Iterable[list[str]]]:
    _inspect(raw)
    try:
        book = load_workbook(BytesIO(raw), read_only=True, keep_links=False)
        for sheet in book.worksheets:
            if sheet.sheet_state == "visible":
                yield _sheet_rows(sheet)
    # openpyxl raises KeyError, ValueError, TypeError, ParseError and more on broken parts.
    except Refusal:
        raise
    except Exception as broken:
        raise NotASheet from broken


def _sheet_rows(sheet: Any) -> Iterator[list[str]]:
    # One row more than is allowed shows that there are more.
    most = MOST_ROWS + HEADING_WITHIN + 1
    for row in sheet.iter_rows(max_row=most, max_col=MOST_COLUMNS, values_only=True):
        yield [_text(value) for value in row]


def _inspect(raw: bytes) -> None:
    """Look into the ZIP without unpacking more than is allowed."""
    try:
        with ZipFile(BytesIO(raw)) as archive:
            parts = archive.infolist()
            _refuse_size(parts)
            _refuse_programs(archive, parts)
    except (BadZipFile, NotImplementedError, RuntimeError, OSError) as broken:
        raise NotASheet from broken


def _refuse_size(parts: Sequence[ZipInfo]) -> None:
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise SheetTooLarge


def _refuse_programs(archive: ZipFile, parts: Sequence[ZipInfo]) -> None:
    names = {part.filename.lower() for part in parts}
    if "xl/workbook.xml" not in names:
        raise NotASheet
    if any(mark in name for name in names for mark in _DANGEROUS):
        raise SheetWithPrograms
    for part in parts:
        with archive.open(part) as opened:
            # No part of an honest workbook declares a document type; entity bombs do.
            if b"<!DOCTYPE" in opened.read(1024).upper():
                raise NotASheet


def _csv_rows(raw: bytes) -> Iterator[list[str]]:
    text = _decoded(raw)
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    try:
        for row in csv.reader(StringIO(text), delimiter=delimiter):
            yield [_text(cell) for cell in row[:MOST_COLUMNS]]
    except csv.Error as broken:
        raise NotASheet from broken


def _decoded(raw: bytes) -> str:
    """UTF-16 and UTF-8 by their marks, else UTF-8, else the GB 18030 that Excel here writes."""
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise NotASheet


def _table(rows: Iterable[list[str]], known: set[str]) -> Table | None:
    numbered = enumerate(rows, start=1)
    for _line, cells in islice(numbered, HEADING_WITHIN):
        if len(known & {heading_key(cell) for cell in cells}) >= 2:
            headings = _trimmed(cells)
            return Table(headings=headings, rows=_body(numbered, width=len(headings)))
    return None


def _body(numbered: Iterable[tuple[int, list[str]]], *, width: int) -> list[tuple[int, list[str]]]:
    rows = []
    for line, cells in numbered:
        if any(cells[:width]):
            rows.append((line, [*cells, *[""] * width][:width]))
        if len(rows) > MOST_ROWS:
            raise SheetTooLarge
    return rows


def _trimmed(cells: list[str]) -> list[str]:
    while cells and not cells[-1]:
        cells = cells[:-1]
    return cells


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        at_midnight = value.time() == time.min
        return (value.date() if at_midnight else value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()[:LONGEST_CELL]
