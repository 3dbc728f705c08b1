"""Workbooks of strangers, and ours for strangers."""

import time
import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from shanhuo.kernel import sheets

WANTED = ["户编号", "姓名"]


def read(raw):
    return sheets.read_table(raw, wanted=WANTED, known=WANTED)


def workbook(*rows, title=None):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def saved(book):
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(raw, name, content=b"x"):
    """The workbook with one more part in its archive."""
    out = BytesIO(raw)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_a_merged_title_above_the_headings_is_skipped():
    book = Workbook()
    book.active.append(["巫山县农户名单"])
    book.active.merge_cells("A1:C1")
    book.active.append([])
    book.active.append(["户编号 *", "姓名\n（必填）", "备注"])
    book.active.append(["SL-1", " 张三 ", None])
    table = read(saved(book))
    assert table.headings == ["户编号 *", "姓名\n（必填）", "备注"]
    assert table.rows == [(4, ["SL-1", "张三", ""])]


def test_cells_become_the_text_that_the_reader_saw():
    early = datetime.fromisoformat("2024-03-05T08:30:00")
    cells = [1, 138.0, 1.5, early.replace(hour=0, minute=0), early.date(), early]
    table = read(workbook(["户编号", "姓名", "a", "b", "c", "d"], cells))
    assert table.rows[0][1] == [
        "1",
        "138",
        "1.5",
        "2024-03-05",
        "2024-03-05",
        "2024-03-05T08:30:00",
    ]


def test_empty_rows_are_no_rows():
    table = read(workbook(["户编号", "姓名"], ["1", "a"], [None, " "], ["2", "b"]))
    assert [line for line, _cells in table.rows] == [2, 4]


@pytest.mark.parametrize("encoding", ["gbk", "gb18030", "utf-8", "utf-8-sig", "utf-16"])
def test_attack_24_a_csv_is_read_in_whatever_code_excel_wrote_it(encoding):
    raw = "户编号,姓名\r\nSL-1,张三\r\n".encode(encoding)
    assert read(raw).rows == [(2, ["SL-1", "张三"])]


def test_attack_24_tabs_divide_too():
    assert read("户编号\t姓名\n1\t李\n".encode("utf-16")).rows == [(2, ["1", "李"])]


def test_attack_24_an_old_xls_renamed_is_named_for_what_it_is():
    with pytest.raises(sheets.OldOrLockedSheet):
        read(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 2000)


@pytest.mark.parametrize(
    "part",
    [
        "xl/vbaProject.bin",
        "xl/externalLinks/externalLink1.xml",
        "xl/embeddings/oleObject1.bin",
        "xl/activeX/activeX1.xml",
        "xl/connections.xml",
    ],
)
def test_attack_24_macros_and_links_are_refused(part):
    with pytest.raises(sheets.SheetWithPrograms):
        read(with_part(workbook(["户编号", "姓名"], ["1", "a"]), part))


def test_attack_24_a_formula_comes_as_text_and_is_not_counted():
    table = read(workbook(["户编号", "姓名"], ["1", '=HYPERLINK("http://x","y")']))
    assert table.rows[0][1][1] == '=HYPERLINK("http://x","y")'


def test_attack_24_a_bomb_is_refused_before_it_is_unpacked():
    raw = with_part(workbook(["户编号", "姓名"]), "xl/media/bomb", b"\0" * 40_000_000)
    assert len(raw) < 100_000
    with pytest.raises(sheets.SheetTooLarge):
        read(raw)


def test_attack_24_a_lie_about_the_unpacked_size_gains_nothing():
    raw = bytearray(with_part(workbook(["户编号", "姓名"]), "xl/lie", b"\0" * 40_000_000))
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (10).to_bytes(4, "little")
    started = time.process_time()
    with pytest.raises((sheets.NotASheet, sheets.NoHeadings, sheets.SheetTooLarge)):
        read(bytes(raw))
    assert time.process_time() - started < 2


def test_attack_24_entities_are_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(sheets.NotASheet):
        read(with_part(workbook(["户编号", "姓名"]), "xl/sharedStrings2.xml", bomb))


@pytest.mark.parametrize("rows", [5_001, 600_000])
def test_attack_24_more_rows_than_allowed_are_refused(rows):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with zipfile.ZipFile(BytesIO(workbook(["户编号", "姓名"]))) as honest:
            for part in honest.infolist():
                if "sheet1.xml" not in part.filename:
                    archive.writestr(part, honest.read(part))
        body = "".join(f'<row r="{n}"><c r="A{n}"><v>{n}</v></c></row>' for n in range(2, rows + 2))
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/'
            'spreadsheetml/2006/main"><sheetData><row r="1">'
            '<c r="A1" t="inlineStr"><is><t>户编号</t></is></c>'
            '<c r="B1" t="inlineStr"><is><t>姓名</t></is></c></row>'
            f"{body}</sheetData></worksheet>",
        )
    with pytest.raises(sheets.SheetTooLarge):
        read(out.getvalue())


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"PK\x03\x04 broken",
        b"\0\0\0\0",
        b"%PDF-1.7",
        workbook(["完全", "不同"], ["1", "2"]),
        workbook(["户编号", "姓名"], ["1", "a"])[:500],
    ],
)
def test_attack_24_what_is_no_list_is_refused_in_words(raw):
    with pytest.raises((sheets.NotASheet, sheets.NoHeadings)):
        read(raw)


def test_attack_24_another_archive_is_no_workbook():
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(sheets.NotASheet):
        read(out.getvalue())


def test_attack_24_a_file_over_five_megabytes_is_refused_unread():
    with pytest.raises(sheets.SheetTooLarge):
        read(b"a" * (5 * 1024 * 1024 + 1))


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+86 138", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x"],
)
def test_attack_28_no_exported_text_starts_a_formula(text):
    raw = sheets.write_workbook("名单", ["姓名"], [[text]])
    cell = load_workbook(BytesIO(raw)).active["A2"]
    assert (cell.data_type, cell.value) == ("s", f"'{text}".replace("\r", "\n"))
    assert sheets.write_csv(["姓名"], [[text]]).decode("utf-8-sig").count("'" + text[0]) == 1


def test_numbers_and_days_stay_what_they_are():
    raw = sheets.write_workbook("名单", ["数", "日"], [[-5, date(2026, 7, 1)]])
    sheet = load_workbook(BytesIO(raw)).active
    assert (sheet["A2"].value, sheet["B2"].value) == (-5, datetime.fromisoformat("2026-07-01"))
