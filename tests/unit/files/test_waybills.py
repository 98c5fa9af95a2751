"""Waybills read exactly, keep their row, say what cannot be read, and lose all personal data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.files.faults import CountyFolderError
from services.files.waybills import WaybillTable, read_waybills
from services.model.parcels import PARCEL_SCHEMA
from tests.builders import SERVICE_DATE

HUADIAN = Path(__file__).parents[3] / "data" / "huadian" / "parcels.csv"
CELLS = {
    "运单号": "A1",
    "快递公司": "甲速递",
    "方向": "进村",
    "村代码": "220282200229",
    "收件地址": "桦郊乡永兴村5组",
    "重量(kg)": "0.70",
    "体积(L)": "2.7",
    "件数": "1",
    "温层": "常温",
    "最晚日期": "2026-11-25",
    "品类": "书籍",
    "原运单号": "",
    "原快递公司": "",
    "应急": "否",
    "收寄验视": "是",
    "实名收寄": "是",
    "过机安检": "是",
    "收件人": "张三",
    "电话": "13900000000",
}
HEADER = ",".join(CELLS)


def read(tmp_path: Path, *rows: dict[str, str], header: str = HEADER) -> WaybillTable:
    """Read rows of the usual cells with some changed."""
    lines = [header, *(",".join((CELLS | row)[name] for name in header.split(",")) for row in rows)]
    path = tmp_path / "parcels.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return read_waybills(path, SERVICE_DATE)


def test_huadian_reads_right() -> None:
    table = read_waybills(HUADIAN, SERVICE_DATE)
    assert table.parcels.height == 2_529
    assert dict(table.parcels.schema) == PARCEL_SCHEMA
    assert table.dropped_columns == (("收件人", 2_529), ("电话", 2_529))
    assert table.parcels["row"].to_list() == list(range(2, 2_531))
    assert (table.parcels["fault"] == "").all()
    assert table.parcels.filter(pl.col("weight_g") < 0).height == 2


def test_a_row_becomes_its_values(tmp_path: Path) -> None:
    (row,) = read(tmp_path, {}).parcels.iter_rows(named=True)
    assert row == {
        "row": 2,
        "waybill": "A1",
        "carrier": "甲速递",
        "direction": "INBOUND",
        "village_code": "220282200229",
        "address": "桦郊乡永兴村5组",
        "weight_g": 700,
        "volume_ml": 2_700,
        "pieces": 1,
        "temperature": "AMBIENT",
        "due_in_days": 2,
        "category": "书籍",
        "original_waybill": "",
        "original_carrier": "",
        "emergency": False,
        "inspected": True,
        "real_name": True,
        "scanned": True,
        "fault": "",
    }


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("0.7", 700),
        ("1.0005", 1_001),
        ("1.00049", 1_000),
        (".5", 500),
        ("2.", 2_000),
        ("-1.5", -1_500),
        ("+3", 3_000),
        ("007", 7_000),
    ],
)
def test_kilograms_become_grams_exactly(tmp_path: Path, text: str, grams: int) -> None:
    parcels = read(tmp_path, {"重量(kg)": text}).parcels
    assert (parcels["weight_g"][0], parcels["fault"][0]) == (grams, "")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2026-11-22", -1),
        ("2026/12/1", 8),
        ("2026.11.24", 1),
        ("20261123", 0),
        ("", 0),
        ("2026-11-24 00:00:00", 1),
        ("2026年11月24日", 1),
    ],
)
def test_last_dates_become_days(tmp_path: Path, text: str, days: int) -> None:
    parcels = read(tmp_path, {"最晚日期": text}).parcels
    assert (parcels["due_in_days"][0], parcels["fault"][0]) == (days, "")


@pytest.mark.parametrize(
    ("column", "text", "fault"),
    [
        ("重量(kg)", "abc", '重量(kg): "abc" is not a number'),
        ("重量(kg)", "", "重量(kg): empty"),
        ("重量(kg)", "9999999999", '重量(kg): "9999999999" is too large'),
        ("体积(L)", "1e3", '体积(L): "1e3" is not a number'),
        ("件数", "1.5", '件数: "1.5" is not a whole number'),
        ("最晚日期", "soon", '最晚日期: "soon" is not a date (YYYY-MM-DD)'),
        ("最晚日期", "2026-02-30", '最晚日期: "2026-02-30" is not a date (YYYY-MM-DD)'),
        ("运单号", "", "运单号: empty"),
        ("运单号", "1.23E+14", '运单号: "1.23E+14" is in scientific notation; format the column as text'),
        ("村代码", "2.20282E+11", '村代码: "2.20282E+11" is in scientific notation; format the column as text'),
        ("快递公司", "", "快递公司: empty"),
        ("方向", "", "方向: empty"),
        ("方向", "东", '方向: "东" is neither 进村 nor 出村'),
        ("温层", "热", '温层: "热" is none of 常温 冷藏 冷冻'),
        ("应急", "也许", '应急: "…" is neither 是 nor 否'),
        ("件数", "13912345678个", '件数: "个" is not a whole number'),
    ],
)
def test_what_cannot_be_read_is_said_in_the_row(tmp_path: Path, column: str, text: str, fault: str) -> None:
    parcels = read(tmp_path, {}, {column: text}, {}).parcels
    assert parcels["fault"].to_list() == ["", fault, ""]
    if column in ("重量(kg)", "体积(L)", "件数"):
        assert 0 in parcels.select("weight_g", "volume_ml", "pieces").row(1)


def test_a_row_with_a_damaged_number_and_no_direction_says_both_and_one_without_any_number_keeps_nothing(
    tmp_path: Path,
) -> None:
    damaged, stray = {"运单号": "1.23E+14", "方向": ""}, {"运单号": "见附件", "方向": "无"}
    parcels = read(tmp_path, damaged, stray).parcels
    said = '运单号: "1.23E+14" is in scientific notation; format the column as text; 方向: empty'
    assert parcels["fault"].to_list() == [said, "row: has neither a waybill number nor a direction"]
    assert parcels.select("carrier", "address", "category").rows() == [
        ("甲速递", "桦郊乡永兴村5组", "书籍"),
        ("", "", ""),
    ]


def test_several_faults_of_a_row_are_joined(tmp_path: Path) -> None:
    faults = read(tmp_path, {"重量(kg)": "x", "件数": "y"}).parcels["fault"]
    assert faults[0] == '重量(kg): "x" is not a number; 件数: "y" is not a whole number'


def test_empty_cells_take_their_default(tmp_path: Path) -> None:
    names = ("体积(L)", "件数", "温层", "最晚日期", "品类", "应急", "收寄验视", "实名收寄", "过机安检")
    (row,) = read(tmp_path, dict.fromkeys(names, "")).parcels.iter_rows(named=True)
    assert (row["volume_ml"], row["pieces"], row["temperature"], row["due_in_days"]) == (0, 1, "AMBIENT", 0)
    assert not any(row[name] for name in ("category", "emergency", "inspected", "real_name", "scanned", "fault"))


def test_yes_and_no_in_other_words(tmp_path: Path) -> None:
    words = ("1", "0", "Y", "N", "y", "n", "true", "false")
    emergency = read(tmp_path, *({"应急": word} for word in words)).parcels["emergency"]
    assert emergency.to_list() == [True, False] * 4


@pytest.mark.parametrize("phone", ["13912345678", "139-1234-5678", "139 1234 5678", "+8613912345678", "0432-62345678"])
def test_phone_numbers_leave_the_address(tmp_path: Path, phone: str) -> None:
    address = f"永兴村{phone}，{phone}"
    assert read(tmp_path, {"收件地址": address}).parcels["address"][0] == "永兴村，"


def test_no_personal_data_stays(tmp_path: Path) -> None:
    table = read(tmp_path, {}, {"收件人": ""})
    assert table.dropped_columns == (("收件人", 1), ("电话", 2))
    assert "张三" not in repr(table) and "139" not in table.parcels.write_csv()


def test_a_row_that_shifts_its_cells_shows_none_of_them(tmp_path: Path) -> None:
    path = tmp_path / "parcels.csv"
    good = ",".join(CELLS.values())
    path.write_text("\n".join([HEADER, good.replace("桦郊乡", "桦郊乡,"), good.replace("书籍,", ""), good]))
    table = read_waybills(path, SERVICE_DATE)
    assert table.parcels["fault"].to_list() == [
        "row: has 20 cells, the header 19",
        "row: has 18 cells, the header 19",
        "",
    ]
    assert table.parcels["waybill"].to_list() == ["A1"] * 3
    assert table.parcels["carrier"].to_list() == ["", "", "甲速递"]
    assert "张三" not in table.parcels.write_csv()


def test_quoted_cells_keep_commas_breaks_and_quotation_marks(tmp_path: Path) -> None:
    parcels = read(tmp_path, {"收件地址": '"永兴村,5组\n""东头"""'}, {"运单号": '"A2"'}).parcels
    assert parcels["address"][0] == '永兴村,5组\n"东头"'
    assert parcels["waybill"].to_list() == ["A1", "A2"]
    assert parcels["row"].to_list() == [2, 3]


def test_empty_rows_are_skipped_and_counted(tmp_path: Path) -> None:
    table = read(tmp_path, {}, dict.fromkeys(CELLS, ""), dict.fromkeys(CELLS, " "), {"运单号": "A2"})
    assert table.parcels["row"].to_list() == [2, 5]
    assert "parcels.csv: 2 empty rows skipped" in table.notes


def test_columns_in_any_order_and_with_full_width_brackets(tmp_path: Path) -> None:
    header = "重量（kg）,方向,运单号,快递公司,村代码,备注"
    (tmp_path / "parcels.csv").write_text(f"{header}\n1.2,出村,A1,甲速递,220282200229,x\n", encoding="gb18030")
    table = read_waybills(tmp_path / "parcels.csv", SERVICE_DATE)
    assert table.parcels.select("weight_g", "direction").row(0) == (1_200, "OUTBOUND")
    assert set(table.notes) == {"parcels.csv is in GB18030", "parcels.csv: unknown columns ignored: 备注"}


def test_a_header_alone_is_an_empty_frame(tmp_path: Path) -> None:
    table = read(tmp_path)
    assert (table.parcels.height, dict(table.parcels.schema)) == (0, PARCEL_SCHEMA)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "parcels.csv: is empty; not even a header"),
        ("运单号,快递公司,方向,村代码\n", "parcels.csv, column 重量(kg): the required column is missing"),
        ("运单号,快递公司,方向,重量(kg)\n", "parcels.csv, column 村代码: the column is missing, and 收件地址 too"),
        ('运单号,"快递公司\n', "parcels.csv row 1: a quotation mark is not closed"),
        ('运单号,快递公司\nA,5"6\nB,7"8\n', "parcels.csv row 2: a quotation mark stands within a cell"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "parcels.csv").write_text(text, encoding="utf-8")
    with pytest.raises(CountyFolderError) as caught:
        read_waybills(tmp_path / "parcels.csv", SERVICE_DATE)
    assert str(caught.value).startswith(said)


def test_an_xlsx_is_the_same_as_a_csv(tmp_path: Path) -> None:
    plain = read(tmp_path, {}, {"运单号": "A2", "最晚日期": "2026-11-24"})
    rows = pl.DataFrame([CELLS, CELLS | {"运单号": "A2", "最晚日期": "2026-11-24"}])
    typed = rows.with_columns(
        pl.col("重量(kg)", "体积(L)").cast(pl.Float64),
        pl.col("最晚日期").str.to_date(),
        pl.col("村代码").cast(pl.Int64),
    )
    typed.write_excel(tmp_path / "sheet.xlsx", dtype_formats={pl.Int64: "0"})
    assert read_waybills(tmp_path / "sheet.xlsx", SERVICE_DATE).parcels.equals(plain.parcels)
    assert read_waybills(tmp_path / "sheet.csv", SERVICE_DATE).parcels.equals(plain.parcels)


def test_long_numbers_stay_text(tmp_path: Path) -> None:
    assert read(tmp_path, {"运单号": "00123456789012345678901"}).parcels["waybill"][0] == "00123456789012345678901"


def test_a_relabelled_parcel_keeps_its_original_number_and_carrier(tmp_path: Path) -> None:
    parcels = read(tmp_path, {"原运单号": "YT1", "原快递公司": "乙速递"}, {"原运单号": "1.23E+14"}).parcels
    assert parcels.select("original_waybill", "original_carrier").row(0) == ("YT1", "乙速递")
    said = '原运单号: "1.23E+14" is in scientific notation; format the column as text'
    assert parcels["fault"].to_list() == ["", said]


def test_three_hundred_thousand_rows(tmp_path: Path) -> None:
    tail = ",".join(CELLS.values()).removeprefix("A1")
    path = tmp_path / "parcels.csv"
    path.write_text(HEADER + "\n" + "".join(f"A{i}{tail}\n" for i in range(300_000)))
    parcels = read_waybills(path, date(2026, 11, 23)).parcels
    assert dict(parcels.schema) == PARCEL_SCHEMA
    assert (parcels.height, parcels["row"][-1], parcels["waybill"][-1]) == (300_000, 300_001, "A299999")
    assert parcels["weight_g"].sum() == 300_000 * 700


@settings(deadline=None, max_examples=150)
@given(
    column=st.sampled_from(list(CELLS)),
    cell=st.one_of(
        st.text(max_size=15), st.floats().map(str), st.integers().map(str), st.text("0123456789-/.eE+", max_size=15)
    ),
)
def test_any_changed_cell_reads_or_is_refused(column: str, cell: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("one") / "parcels.csv"
    line = ",".join((CELLS | {column: cell}).values())
    path.write_bytes(f"{HEADER}\n{line}\n".encode("utf-8", "surrogatepass"))
    try:
        parcels = read_waybills(path, SERVICE_DATE).parcels
    except CountyFolderError as error:
        assert error.faults
    else:
        assert dict(parcels.schema) == PARCEL_SCHEMA
        assert sum(parcels.null_count().row(0)) == 0
