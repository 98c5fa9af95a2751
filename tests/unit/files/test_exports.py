"""What people really export: the right row or a named error, never a wrong number.

The files in ``exports/`` are kept as their bytes are; workbooks are written by the tests. Each case states every row
that comes out, with its waybill number, grams and fault.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlsxwriter

from services.files.faults import CountyFolderError
from services.files.waybills import WaybillTable, read_waybills
from tests.builders import SERVICE_DATE

EXPORTS = Path(__file__).parent / "exports"
PLANTED = ("钱多多", "孙小美", "19912345678", "19912345679")

Row = tuple[int, str, int, str]
"""Row number, waybill number, grams, fault."""

NO_NUMBER = "运单号: is no waybill number"
STRAY = "row: has neither a waybill number nor a direction"
SCIENTIFIC = "is in scientific notation; format the column as text"
ROUNDED = "lost digits, as all long numbers of the carrier end in 0; format the column as text"
NO_DATE = "is not a date (YYYY-MM-DD)"


@dataclass(frozen=True)
class Case:
    """An export, the rows it becomes, and notes that it brings (without the file's name)."""

    file: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


CASES = (
    Case("bom_and_windows_line_ends.csv", ((2, "YT0000000001", 700, ""), (3, "YT0000000002", 12_345, ""))),
    Case("gb18030.csv", ((2, "773012345678901", 1_200, ""),), (" is in GB18030",)),
    Case(
        "unicode_text.txt",
        ((2, "YT0000000001", 700, ""), (3, "", 1_500, f'运单号: "7.73012E+14" {SCIENTIFIC}')),
        (" is in UTF-16", " is separated by tabs"),
    ),
    Case(
        "utf16_big_endian.tsv",
        ((2, "YT0000000001", 700, ""), (3, "773012345678902", 1_500, "")),
        (" is in UTF-16", " is separated by tabs"),
    ),
    Case(
        "semicolons_and_decimal_commas.csv",
        (
            (3, "YT1", 0, '重量(kg): "0,70" has a decimal comma; write a point'),
            (4, "YT2", 0, '重量(kg): "1,200" is ambiguous, as its comma may be a decimal one; write it without'),
            (5, "YT3", 1_200_500, ""),
            (6, "YT4", 3_500, ""),
        ),
        (" is separated by semicolons", ": the header is row 2; row 1 above it not read"),
    ),
    Case(
        "full_width_commas_in_the_header.csv",
        ((2, "YT1", 700, ""), (3, "YT2", 800, "")),
        (": the header is separated by full-width commas",),
    ),
    Case(
        "full_width_commas_throughout.csv",
        ((2, "YT1", 700, ""), (3, "YT2", 800, ""), (4, "YT3", 900, "")),
        (": the header is separated by full-width commas",),
    ),
    Case(
        "title_rows_and_footer.csv",
        ((4, "YT1", 700, ""), (5, "YT2", 1_300, ""), (7, "", 0, STRAY)),
        (
            " is in GB18030",
            ": the header is row 3; rows 1, 2 above it not read",
            ": a total in row 6, skipped",
        ),
    ),
    Case(
        "header_pasted_again.csv",
        (*((row, f"YT{row - 1}", 500, "") for row in range(2, 14)), (15, "YT13", 800, "")),
        (": the header again in row 14, skipped",),
    ),
    Case(
        "total_of_a_file_that_lost_rows.csv",
        ((2, "YT1", 700, ""), (3, "YT2", 1_300, "")),
        (
            ": a total in row 4, skipped",
            " row 4: the total says 3 parcels, 2 were read; the total says 6.5 kg, 2 kg were read 合计与实读不符",
        ),
    ),
    Case(
        "subtotals_by_company.csv",
        ((2, "YT1", 700, ""), (3, "YT2", 1_250, ""), (5, "ZT1", 3_000, "")),
        (" is in GB18030", ": totals in rows 4, 6, 7, skipped", ": unknown columns ignored: 序号"),
    ),
    Case(
        "row_that_is_no_certain_total.csv",
        ((2, "YT1", 700, ""), (3, "", 700, NO_NUMBER), (4, "", 0, STRAY), (5, "", 0, STRAY)),
    ),
    Case(
        "rows_of_another_width.csv",
        (
            (2, "YT1", 0, "row: has 8 cells, the header 7"),
            (3, "YT2", 0, "row: has 8 cells, the header 7"),
            (4, "YT3", 900, ""),
            (7, "", 0, "row: has 1 cells, the header 7"),
        ),
        (
            ": totals in rows 5, 6, skipped",
            " row 6: the total says 2.4 kg, 0.9 kg were read (2 rows have no readable weight) 合计与实读不符",
        ),
    ),
    Case(
        "waybills_in_scientific_notation.csv",
        (
            (2, "", 700, f'运单号: "1.23E+14" {SCIENTIFIC}'),
            (3, "", 800, f'运单号: "7.73012e14" {SCIENTIFIC}'),
            (4, "YT1E5", 900, ""),
            (5, "123456789012345", 1_000, ""),
            (
                6,
                "",
                1_100,
                '运单号: "1234567890123456.0" was a decimal number and lost digits; format the column as text',
            ),
            (7, "", 1_200, '运单号: "7730.5" is a number with decimals; format the column as text'),
        ),
    ),
    Case(
        "waybills_under_text_guards.csv",
        (
            (2, "773012345678901", 100, ""),
            (3, "773012345678902", 200, ""),
            (4, "773012345678903", 300, ""),
            (5, "YT1234", 400, ""),
            (6, "YT12345", 500, ""),
            (7, "773012345678904", 600, ""),
            (8, "773012345678905", 700, ""),
            (9, "7730123", 800, ""),
            (10, "773012345678906", 900, ""),
        ),
    ),
    Case(
        "cells_that_hold_no_waybill.csv",
        (
            (2, "", 100, '运单号: "773012345678901 773012345678902" is more than one waybill number'),
            *((row, "", 100 * (row - 1), NO_NUMBER) for row in (3, 4, 5)),
            (6, "", 500, "运单号: empty"),
            (7, "", 600, NO_NUMBER),
            (8, "", 700, NO_NUMBER),
            (9, "YT7", 800, ""),
        ),
    ),
    Case(
        "waybills_rounded_by_a_spreadsheet.csv",
        (
            (2, "", 100, f'运单号: "123456789012345000" {ROUNDED}'),
            (3, "", 200, f'运单号: "123456789012346000" {ROUNDED}'),
            (4, "123456789012345678", 300, ""),
            (5, "123456789012345670", 400, ""),
            (6, "1234567890123450", 500, ""),
            (7, "YT1", 600, ""),
        ),
        (": 1 long waybill numbers end in 0; stored as numbers, they lost digits",),
    ),
    Case(
        "dates_of_every_kind.csv",
        (
            *((row, f"YT{row - 1}", 1_000, "") for row in range(2, 21)),
            (
                21,
                "YT20",
                1_000,
                '最晚日期: "11/12/2026" is ambiguous, as either number may be the month; write YYYY-MM-DD',
            ),
            (22, "YT21", 1_000, '最晚日期: "26/11/24" is ambiguous, as its year has two digits; write YYYY-MM-DD'),
            (23, "YT22", 1_000, '最晚日期: "6月3日" has no year; write YYYY-MM-DD'),
            (24, "YT23", 1_000, f'最晚日期: "2026-02-30" {NO_DATE}'),
            (25, "YT24", 1_000, f'最晚日期: "…" {NO_DATE}'),
        ),
    ),
    Case(
        "quantities_with_units.csv",
        (
            (2, "YT1", 1_200, ""),
            (3, "YT2", 1_200_500, ""),
            (4, "YT3", 1_200, ""),
            (5, "YT4", 1_200, ""),
            (6, "YT5", 500, ""),
            (7, "YT6", 500, ""),
            (8, "YT7", 1_500, ""),
            (9, "YT8", 1_200, ""),
            (10, "YT9", 0, '重量(kg): "0,70" has a decimal comma; write a point'),
            (11, "YT10", 0, '重量(kg): "1,200" is ambiguous, as its comma may be a decimal one; write it without'),
            (12, "YT11", 0, '重量(kg): "1e3" is not a number'),
            (13, "YT12", 0, '重量(kg): "约2" is not a number'),
            (14, "YT13", 0, "重量(kg): empty"),
            (15, "YT14", 0, ""),
            (16, "YT15", 0, '重量(kg): "1²" is not a number'),
            (17, "YT16", 0, '重量(kg): "2.5L" is not a number'),
        ),
    ),
    Case(
        "weights_in_grams.csv",
        ((2, "YT1", 700, ""), (3, "YT2", 1_200, ""), (4, "YT3", 1_200, ""), (5, "YT4", 0, "")),
        (" is in GB18030", ": columns read by another name: 重量(克) as 重量(kg), 体积(cm3) as 体积(L)"),
    ),
    Case(
        "volumes_in_cubic_metres.csv",
        ((2, "YT1", 700, ""),),
        (": columns read by another name: 重量/斤 as 重量(kg), 体积(m3) as 体积(L)",),
    ),
    Case(
        "other_headings.csv",
        ((2, "YT1", 700, ""),),
        (
            ": unknown columns ignored: 备注",
            ": columns read by another name: *快递单号 as 运单号, 承运商 as 快递公司, 收货人地址 as 收件地址,"
            " 实际重量(KG) as 重量(kg), 品名 as 品类, 承诺日期 as 最晚日期",
        ),
    ),
    Case(
        "relabelled_parcels.csv",
        (
            (2, "9876543210987", 700, ""),
            (3, "9876543210988", 800, ""),
            (4, "9876543210989", 900, f'原运单号: "1.23E+14" {SCIENTIFIC}'),
        ),
    ),
    Case("sender_and_recipient_columns.csv", ((2, "YT1", 700, ""),), (": unknown columns ignored: 寄件地址",)),
)

REFUSED = {
    "title_rows_and_a_missing_column.csv": (
        ", column 快递公司: the required column is missing; row 3 is most like a header"
    ),
    "two_headers.csv": " row 3: looks like a header, and so does row 1; keep one table in a file",
    "header_pasted_in_another_order.csv": " row 14: is a header unlike that of row 1; keep one table in a file",
    "header_pasted_in_another_unit.csv": " row 14: is a header unlike that of row 1; keep one table in a file",
    "two_columns_of_one_meaning.csv": " row 1, column 快递单号: means the same as 运单号; keep one of them",
    "weight_without_a_unit.csv": (
        " row 1, column 重量: the unit is missing; call it 重量(kg), or say another unit in the same way"
    ),
    "broken_utf8.csv": " row 3: is in UTF-8, but broken here; export it again",
    "utf16_without_its_mark.csv": ": is neither in UTF-8 nor in GB18030",
}


def rows_of(table: WaybillTable) -> tuple[Row, ...]:
    return tuple(table.parcels.select("row", "waybill", "weight_g", "fault").rows())


def said_of(table: WaybillTable) -> str:
    """Give all that leaves the reader, as one text."""
    return table.parcels.write_csv() + repr(table)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_an_export_becomes_the_right_rows(case: Case) -> None:
    table = read_waybills(EXPORTS / case.file, SERVICE_DATE)
    assert rows_of(table) == case.rows
    assert sorted(table.notes) == sorted(f"{case.file}{note}" for note in case.notes)
    assert not any(planted in said_of(table) for planted in PLANTED)


@pytest.mark.parametrize("file", REFUSED)
def test_an_export_that_could_be_read_wrongly_is_refused_by_name(file: str) -> None:
    with pytest.raises(CountyFolderError) as caught:
        read_waybills(EXPORTS / file, SERVICE_DATE)
    assert str(caught.value.faults[0]) == f"{file}{REFUSED[file]}"
    assert not any(planted in str(caught.value) for planted in PLANTED)


def test_every_kept_file_is_a_case() -> None:
    assert {path.name for path in EXPORTS.iterdir()} == {case.file for case in CASES} | set(REFUSED)


def test_the_other_columns_of_exports_come_out_right() -> None:
    def column(file: str, name: str) -> list[object]:
        return read_waybills(EXPORTS / file, SERVICE_DATE).parcels[name].to_list()

    assert column("dates_of_every_kind.csv", "due_in_days") == [*[1] * 16, 41, 1, 0, *[0] * 5]
    assert column("quantities_with_units.csv", "volume_ml") == [2_700, 2_700, 3_000, 3_000, 30, *[0] * 11]
    assert column("quantities_with_units.csv", "pieces") == [1, 2, 3, 1_000, *[1] * 12]
    assert column("weights_in_grams.csv", "volume_ml") == [2_700, 12_500, 3_000, 0]
    assert column("volumes_in_cubic_metres.csv", "volume_ml") == [2_700]
    assert column("relabelled_parcels.csv", "original_waybill") == ["YT1", "", ""]
    assert column("relabelled_parcels.csv", "original_carrier") == ["甲速递", "", "甲速递"]
    assert column("other_headings.csv", "address") == ["桦郊乡永兴村5组"]
    assert column("other_headings.csv", "category") == ["书籍"]
    assert column("full_width_commas_in_the_header.csv", "address")[0] == "桦郊乡，永兴村，5组"
    assert column("sender_and_recipient_columns.csv", "address") == ["永兴村"]
    assert column("row_that_is_no_certain_total.csv", "carrier") == ["甲速递", "甲速递", "", ""]


HEADINGS = ("运单号", "快递公司", "方向", "收件地址", "重量(kg)", "最晚日期", "收件人")
Writer = Callable[[xlsxwriter.Workbook], None]


def workbook(path: Path, write: Writer) -> WaybillTable:
    """Write a workbook and read it."""
    with xlsxwriter.Workbook(path / "parcels.xlsx") as book:
        write(book)
    table = read_waybills(path / "parcels.csv", SERVICE_DATE)
    assert not any(planted in said_of(table) for planted in PLANTED)
    return table


def merged_header(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet()
    sheet.merge_range("A1:I1", "桦甸市 2026-11-23 快件明细 制表人：孙小美")
    for at, name in enumerate(("运单号", "快递公司", "方向")):
        sheet.merge_range(2, at, 3, at, name)
    sheet.merge_range("D3:F3", "货物信息")
    sheet.merge_range("G3:I3", "收件人信息")
    sheet.write_row("D4", ("重量(kg)", "体积(L)", "件数", "姓名", "电话", "地址"))
    sheet.write_row("A5", ("YT1", "甲速递", "进村", 0.7, 2.7, 2, "钱多多", "19912345678", "永兴村"))
    sheet.write_row("A6", ("YT2", "甲速递", "进村", 1.3, 3, 1, "钱多多", "19912345678", "永兴村 19912345678"))
    sheet.merge_range("A7:C7", "合计：2票")
    sheet.write_row("D7", (2.0, 5.7, 3))


def test_a_header_of_merged_cells_is_read_with_its_second_row(tmp_path: Path) -> None:
    table = workbook(tmp_path, merged_header)
    assert rows_of(table) == ((5, "YT1", 700, ""), (6, "YT2", 1_300, ""))
    assert table.parcels.select("volume_ml", "pieces", "address").rows() == [(2_700, 2, "永兴村"), (3_000, 1, "永兴村")]
    assert table.dropped_columns == (("收件人信息 姓名", 2), ("收件人信息 电话", 2))
    assert table.notes == (
        "parcels.xlsx: the header is row 4; rows 1, 2 above it not read",
        "parcels.xlsx: columns read by another name: 收件人信息地址 as 收件地址",
        "parcels.xlsx: a total in row 7, skipped",
    )


def typed_cells(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet()
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": 'm"月"d"日" h:mm'})
    sheet.write_row("A1", HEADINGS)
    waybills = ("773012345678901", 773012345678902, "773012345678901234", 773012345678901234, 1234567890123456, 12.5)
    dates = (
        (dt.date(2026, 11, 24), day),
        (dt.datetime(2026, 11, 24, 18), moment),
        (46350,),
        ("46350",),
        (46350.75,),
        (),
    )
    for at, (waybill, due) in enumerate(zip(waybills, dates, strict=True), start=1):
        sheet.write_row(at, 0, (waybill, "甲速递", "进村", "永兴村", at / 10 + 0.005, "", "钱多多"))
        if due:
            sheet.write(at, 5, *due)


def test_numbers_of_a_workbook_keep_their_digits_or_are_refused(tmp_path: Path) -> None:
    table = workbook(tmp_path, typed_cells)
    assert rows_of(table) == (
        (2, "773012345678901", 105, ""),
        (3, "773012345678902", 205, ""),
        (4, "773012345678901234", 305, ""),
        (5, "", 405, f'运单号: "7.73012E+17" {SCIENTIFIC}'),
        (6, "", 505, f'运单号: "1.23457E+15" {SCIENTIFIC}'),
        (7, "", 605, '运单号: "12.5" is a number with decimals; format the column as text'),
    )
    assert table.parcels["due_in_days"].to_list() == [1, 1, 1, 1, 1, 0]


def failed_formulas(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet()
    sheet.write_row("A1", (*HEADINGS, "村代码", "件数", "品类"))
    for row in range(2, 7):
        sheet.write_row(
            f"A{row}", (f"YT{row}", "甲速递", "进村", "永兴村", 0.7, "", "钱多多", "220282200229", 1, "书籍")
        )
    for cell, error in (
        ("B2", "#REF!"),
        ("D3", "#N/A"),
        ("F4", "#VALUE!"),
        ("H5", "#N/A"),
        ("I6", "#DIV/0!"),
        ("J6", "#N/A"),
    ):
        sheet.write_formula(cell, "=NOW()", None, error)


def test_formulas_that_failed_are_no_empty_cells(tmp_path: Path) -> None:
    sheet_error = "is an error of the spreadsheet"
    assert [fault for *_, fault in rows_of(workbook(tmp_path, failed_formulas))] == [
        f'快递公司: "#REF!" {sheet_error}',
        f'收件地址: "#N/A" {sheet_error}',
        f'最晚日期: "#VALUE!" {NO_DATE}',
        f'村代码: "#N/A" {sheet_error}',
        f'件数: "#DIV/0!" is not a whole number; 品类: "#N/A" {sheet_error}',
    ]


def several_sheets(book: xlsxwriter.Workbook) -> None:
    hidden, shown = book.add_worksheet(), book.add_worksheet("孙小美")
    shown.activate()
    shown.set_first_sheet()
    hidden.hide()
    for sheet, waybill in ((hidden, "YT1"), (shown, "YT2")):
        sheet.write_row("C3", HEADINGS)
        sheet.write_row("C5", (waybill, "甲速递", "进村", "永兴村", 0.7, "", "钱多多"))


def test_the_first_sheet_that_shows_is_read_with_the_row_numbers_that_it_shows(tmp_path: Path) -> None:
    table = workbook(tmp_path, several_sheets)
    assert rows_of(table) == ((5, "YT2", 700, ""),)
    assert table.notes == (
        "parcels.xlsx: only sheet 2 of 2 is read",
        "parcels.xlsx: the header is row 3; rows 1, 2 above it not read",
        "parcels.xlsx: 1 empty rows skipped",
    )


def test_an_old_workbook_is_named(tmp_path: Path) -> None:
    (tmp_path / "parcels.xls").write_bytes(b"")
    with pytest.raises(CountyFolderError, match=r"parcels\.csv: the file is missing; parcels\.xls is there"):
        read_waybills(tmp_path / "parcels.csv", SERVICE_DATE)


def test_two_forms_of_one_table_contradict_each_other(tmp_path: Path) -> None:
    for name in ("parcels.tsv", "parcels.txt"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(CountyFolderError, match=r"parcels\.tsv: parcels\.txt is there as well; keep one of them"):
        read_waybills(tmp_path / "parcels.csv", SERVICE_DATE)
