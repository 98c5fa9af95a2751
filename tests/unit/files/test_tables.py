"""A table is the same in every form that it may come in, and what may be two tables is none."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.files.faults import Findings
from services.files.headers import Wanted
from services.files.tables import Table, read_table

WANTED = Wanted(
    ("id", "名称"),
    ("数量(个)", "备注"),
    personal_words=("电话",),
    aliases={"编号": "id", "数量(只)": "数量(个)"},
    unclear={"数量": "数量(个)"},
)
HEADER = ["id", "名称", "备注", "联系电话"]
CELL = st.text(st.sampled_from("ab 1,;\t，\"'\n村代码"), max_size=8).map(str.strip)
KEY = st.text(st.sampled_from("abc123"), min_size=1, max_size=4)
ROWS = st.lists(st.tuples(KEY, CELL, CELL, CELL).map(list), max_size=6)


def read(path: Path) -> tuple[Table | None, Findings]:
    findings = Findings()
    return read_table(path, WANTED, findings), findings


def written(path: Path, lines: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def contents(table: Table) -> list[tuple[str, ...]]:
    return table.rows.select("id", "名称", "备注").rows()


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    rows=ROWS,
    delimiter=st.sampled_from(",\t;"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
    title=st.sampled_from([[], [["清单 2026-11-23"]], [["清单"], [], ["制表"]]]),
)
def test_a_table_is_the_same_in_every_encoding_with_every_delimiter_and_under_titles(
    tmp_path: Path, rows: list[list[str]], delimiter: str, encoding: str, title: list[list[str]]
) -> None:
    path = written(tmp_path / "things.csv", [*title, HEADER, *rows], delimiter, encoding)
    table, findings = read(path)
    assert findings.faults == []
    assert table is not None
    assert contents(table) == [tuple(row[:3]) for row in rows]
    assert table.rows["row"].to_list() == [len(title) + 2 + at for at in range(len(rows))]
    assert table.personal == (("联系电话", sum(row[3] != "" for row in rows)),)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(rows=ROWS, above=st.integers(0, 3), left=st.integers(0, 2))
def test_a_workbook_is_the_same_as_a_csv_wherever_its_table_begins(
    tmp_path: Path, rows: list[list[str]], above: int, left: int
) -> None:
    with xlsxwriter.Workbook(tmp_path / "things.xlsx", {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        for at, cells in enumerate([HEADER, *rows], start=above):
            for column, cell in enumerate(cells, start=left):
                sheet.write_string(at, column, cell)
    table, findings = read(tmp_path / "things.csv")
    assert findings.faults == []
    assert table is not None
    assert contents(table) == [tuple(row[:3]) for row in rows]
    assert table.rows["row"].to_list() == [above + 2 + at for at in range(len(rows))]


def test_formulas_that_say_text_are_the_text(tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text('id,名称\n="001","=""x"""\n="2",a="b\n', encoding="utf-8")
    table, findings = read(path)
    assert table is None
    assert "a quotation mark" in str(findings.faults[0])
    path.write_text('id,名称\n="001","=""x"""\n', encoding="utf-8")
    table, _ = read(path)
    assert table is not None
    assert table.rows.select("id", "名称").rows() == [("001", '="x"')]


def test_two_rows_of_merged_cells_are_one_header(tmp_path: Path) -> None:
    lines = [["标题"], ["id", "货物", "", ""], ["", "名称", "数量(只)", "电话"], ["a", "米", "3", "1"]]
    table, findings = read(written(tmp_path / "things.csv", [line + [""] * (4 - len(line)) for line in lines]))
    assert table is not None
    assert table.rows.select("row", "id", "名称", "数量(个)").rows() == [(4, "a", "米", "3")]
    assert table.header == ("id", "名称", "数量(只)", "货物 电话")
    assert findings.notes == [
        "things.csv: the header is row 3; row 1 above it not read",
        "things.csv: columns read by another name: 数量(只) as 数量(个)",
    ]


def test_a_row_of_more_headings_belongs_to_the_header_though_it_could_do_without(tmp_path: Path) -> None:
    table, _ = read(written(tmp_path / "things.csv", [["id", "名称", "其他"], ["", "", "备注"], ["a", "米", "x"]]))
    assert table is not None
    assert contents(table) == [("a", "米", "x")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([["名称", "备注"]], "things.csv, column id: the required column is missing"),
        ([["清单"], ["名称"]], "things.csv, column id: the required column is missing; row 2 is most like a header"),
        ([["id", "名称", "编号"]], "things.csv row 1, column 编号: means the same as id; keep one of them"),
        ([["id", "名称", "名称"]], "things.csv row 1, column 名称: the column stands twice"),
        (
            [["id", "名称", "数量"]],
            "things.csv row 1, column 数量: the unit is missing; call it 数量(个), or say another unit in the same way",
        ),
        (
            [["id", "名称"], ["a", "b"], ["名称", "id"]],
            "things.csv row 3: looks like a header, and so does row 1; keep one table in a file",
        ),
        (
            [["id", "名称", "数量(个)"], ["a", "b", "1"], ["id", "名称", "数量(只)"]],
            "things.csv row 3: looks like a header, and so does row 1; keep one table in a file",
        ),
        (
            [["id", "名称", "数量(个)"], *[["a", "b", "1"]] * 12, ["id", "名称", "数量(只)"]],
            "things.csv row 14: is a header unlike that of row 1; keep one table in a file",
        ),
        (
            [["id", "名称", "备注"], *[["a", "b", "c"]] * 12, ["编号", "x", "备注"]],
            "things.csv row 14: is a header unlike that of row 1; keep one table in a file",
        ),
        ([[""] * 3, [""]], "things.csv: is empty; not even a header"),
    ],
)
def test_a_header_that_is_not_certain_is_refused(tmp_path: Path, lines: list[list[str]], said: str) -> None:
    table, findings = read(written(tmp_path / "things.csv", lines))
    assert table is None
    assert [str(fault) for fault in findings.faults] == [said]


def test_a_heading_without_its_unit_is_ignored_beside_one_that_has_it(tmp_path: Path) -> None:
    table, findings = read(written(tmp_path / "things.csv", [["id", "名称", "数量", "数量(个)"], ["a", "b", "1", "2"]]))
    assert table is not None
    assert table.rows["数量(个)"].to_list() == ["2"]
    assert findings.notes == ["things.csv: unknown columns ignored: 数量"]


def test_a_cell_that_says_a_heading_is_no_header(tmp_path: Path) -> None:
    lines = [["id", "名称", "备注"], ["编号", "b", "c"], ["a", "名称", "备注"], ["x", "y", "编号"]]
    table, findings = read(written(tmp_path / "things.csv", lines))
    assert table is not None
    assert contents(table) == [tuple(line) for line in lines[1:]]
    assert findings.notes == []


def test_a_header_of_two_rows_may_come_again(tmp_path: Path) -> None:
    header = [["id", "货物", ""], ["", "名称", "备注"]]
    lines = [*header, *[["a", "b", "c"]] * 10, *header, ["d", "e", "f"]]
    table, findings = read(written(tmp_path / "things.csv", lines))
    assert table is not None
    assert contents(table) == [("a", "b", "c")] * 10 + [("d", "e", "f")]
    assert findings.notes == ["things.csv: the header again in rows 13, 14, skipped"]


def test_a_table_that_requires_nothing_has_its_header_first(tmp_path: Path) -> None:
    path = written(tmp_path / "things.csv", [[], ["a", "备注"], ["1", "2"]])
    table = read_table(path, Wanted((), ("备注",)), Findings())
    assert table is not None
    assert table.rows.select("row", "备注").rows() == [(3, "2")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("id,名称\na,米\nb,面".encode() + b"\xe6", "things.csv row 3: is in UTF-8, but broken here; export it again"),
        ("\ufeffid,名".encode() + b"\xe7", "things.csv row 1: is in UTF-8, but broken here; export it again"),
        ("\ufeffid,名称".encode("utf-16-le")[:-1], "things.csv: is in UTF-16, but broken; export it again"),
        ("id,name\n".encode("utf-16-be"), "things.csv: has zero bytes in its first row"),
        (b"\xff\x81", "things.csv: is neither in UTF-8 nor in GB18030"),
    ],
)
def test_a_broken_encoding_is_named_and_never_read_as_another(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "things.csv").write_bytes(data)
    table, findings = read(tmp_path / "things.csv")
    assert table is None
    assert str(findings.faults[0]).startswith(said)


def test_gb18030_with_few_characters_is_no_broken_utf8(tmp_path: Path) -> None:
    (tmp_path / "things.csv").write_bytes("id,名称\na,联通\n".encode("gbk"))
    table, findings = read(tmp_path / "things.csv")
    assert table is not None
    assert table.rows["名称"].to_list() == ["联通"]
    assert findings.notes == ["things.csv is in GB18030"]


def test_full_width_commas_separate_only_what_they_must(tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    path.write_text("清单，一\nid，名称，备注\na,米，面,c\nb,油,d\n", encoding="utf-8")
    table, _ = read(path)
    assert table is not None
    assert contents(table) == [("a", "米，面", "c"), ("b", "油", "d")]
    path.write_text("id，名称，备注\na，米，c\nb，油，盐，d\n", encoding="utf-8")
    table, _ = read(path)
    assert table is not None
    assert table.rows["width"].to_list() == [3, 4]  # the row that has one too many shows it


def test_errors_and_long_numbers_of_a_workbook_are_texts_that_nothing_takes_for_values(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "things.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ("id", "名称", "备注"))
        sheet.write_row("A2", (123456789012345678, "123456789012345678", 1.5))
        sheet.write_row("A3", (123456789012345, 0.1 + 0.2, True))
        for at, error in enumerate(("#DIV/0!", "#N/A", "#NAME?")):
            sheet.write_formula(3, at, "=1", None, error)
    table, _ = read(tmp_path / "things.csv")
    assert table is not None
    assert contents(table) == [
        ("1.23457E+17", "123456789012345678", "1.5"),
        ("123456789012345", "0.3", "true"),
        ("#DIV/0!", "#N/A", "#NAME?"),
    ]


def test_many_headers_are_named_by_the_first(tmp_path: Path) -> None:
    lines = [["id", "名称"], *[["a", "b"], ["id", "名称"]] * 5_000]
    table, findings = read(written(tmp_path / "things.csv", lines))
    assert table is not None
    assert table.rows.height == 5_000
    shown = ", ".join(str(row) for row in range(3, 23, 2))
    assert findings.notes == [f"things.csv: the header again in rows {shown} and 4990 more, skipped"]
    assert table.rows.schema["row"] == pl.UInt32
