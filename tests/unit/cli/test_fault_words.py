"""Faults of a county folder are told in Chinese, whatever they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.cli.fault_words import explain_faults
from services.files.county_folder import read_county
from services.files.faults import CountyFolderError
from services.files.waybills import read_waybills
from tests.builders import SERVICE_DATE
from tests.county_files import add_columns, set_cell, write_county

BAD_CELLS = (
    ("vehicles.csv", "capacity_g", "many", "vehicles.csv 第 2 行 capacity_g 列：“many”不是数字"),
    ("vehicles.csv", "capacity_g", "1.5", "vehicles.csv 第 2 行 capacity_g 列：“1.5”不是整数"),
    ("vehicles.csv", "fixed_fen", "9" * 20, f"vehicles.csv 第 2 行 fixed_fen 列：“{'9' * 20}”过大"),
    ("vehicles.csv", "shift_start", "5am", "vehicles.csv 第 2 行 shift_start 列：“5am”不是时间，应如 08:30"),
    ("vehicles.csv", "shift_end", "24:01", "vehicles.csv 第 2 行 shift_end 列：“24:01”晚于 24:00"),
    ("nodes.csv", "chilled", "maybe", "nodes.csv 第 2 行 chilled 列：“maybe”应为 0 或 1"),
    ("nodes.csv", "village_code", "22", "nodes.csv 第 2 行 village_code 列：“22”不是 12 位代码"),
    (
        "nodes.csv",
        "village_code",
        "2.2E+11",
        "nodes.csv 第 2 行 village_code 列：“2.2E+11”是科学计数法，位数已丢失；请把该列设为文本后重新导出",
    ),
    ("agreements.csv", "weekdays", "Mon", "agreements.csv 第 2 行 weekdays 列：“Mon”不是星期数字，应如 12345"),
    ("agreements.csv", "valid_to", "soon", "agreements.csv 第 2 行 valid_to 列：“soon”不是日期，应如 2026-11-23"),
    (
        "agreements.csv",
        "valid_to",
        "11/12/2026",
        "agreements.csv 第 2 行 valid_to 列：“11/12/2026”分不清月和日，应如 2026-11-23",
    ),
    (
        "agreements.csv",
        "valid_to",
        "26/12/31",
        "agreements.csv 第 2 行 valid_to 列：“26/12/31”的年份只有两位，有歧义，应如 2026-11-23",
    ),
    (
        "agreements.csv",
        "valid_to",
        "12月31日",
        "agreements.csv 第 2 行 valid_to 列：“12月31日”没有年份，应如 2026-11-23",
    ),
)


@pytest.mark.parametrize(("file", "column", "cell", "said"), BAD_CELLS)
def test_a_bad_cell_is_told_in_chinese(tmp_path: Path, file: str, column: str, cell: str, said: str) -> None:
    small = write_county(tmp_path)
    set_cell(small / file, 2, column, cell)
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    assert explain_faults(caught.value)[0] == said


HEADER = "运单号,快递公司,方向,收件地址,重量(kg)"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "parcels.csv：缺少该文件"),
        ({"parcels.xls": b""}, "parcels.csv：缺少该文件；有 parcels.xls，请另存为 .xlsx"),
        ({"parcels.csv": b"", "parcels.tsv": b""}, "parcels.csv：parcels.tsv 也在；请只保留一个"),
        ({"parcels.xlsx": b"x"}, "parcels.xlsx：不是可读取的 XLSX 工作簿"),
        ({"parcels.csv": b""}, "parcels.csv：是空文件，连表头也没有"),
        ({"parcels.csv": b"\xff\xfe\x00"}, "parcels.csv：UTF-16 编码损坏，请重新导出"),
        ({"parcels.csv": b"\xff"}, "parcels.csv：编码既不是 UTF-8 也不是 GB18030，请另存为 CSV UTF-8"),
        ({"parcels.csv": b"a\x00b\x00"}, "parcels.csv：首行有空字节，似为无标记的 UTF-16，请另存为 CSV UTF-8"),
        ({"parcels.csv": HEADER.encode() + b"\xe6"}, "parcels.csv 第 1 行：UTF-8 编码在此处损坏，请重新导出"),
        ({"parcels.csv": f'{HEADER}\n"'.encode()}, "parcels.csv 第 2 行：引号没有配对"),
        (
            {"parcels.csv": f'{HEADER}\n5"6,"'.encode()},
            "parcels.csv 第 2 行：单元格内有引号；请给整格加引号，并把格内引号写成两个",
        ),
        ({"parcels.csv": "运单号,方向,收件地址,重量(kg)".encode()}, "parcels.csv 快递公司 列：缺少必需的列"),
        (
            {"parcels.csv": "明细\n运单号,方向,收件地址,重量(kg)".encode()},
            "parcels.csv 快递公司 列：缺少必需的列；第 2 行最像表头",
        ),
        (
            {"parcels.csv": f"{HEADER}\n{HEADER},件数".encode()},
            "parcels.csv 第 2 行：像表头，第 1 行也像；一个文件只放一张表",
        ),
        (
            {"parcels.csv": "\n".join([HEADER, *["A1,甲,进村,村,1"] * 12, f"{HEADER},件数"]).encode()},
            "parcels.csv 第 14 行：是与第 1 行不同的另一个表头；一个文件只放一张表",
        ),
        (
            {"parcels.csv": "运单号,快递公司,方向,收件地址,重量".encode()},
            "parcels.csv 第 1 行 重量 列：没有写明单位；请改为 重量(kg)，或同样写明其他单位",
        ),
        ({"parcels.csv": f"{HEADER},方向".encode()}, "parcels.csv 第 1 行 方向 列：该列出现两次"),
        (
            {"parcels.csv": f"{HEADER},收货地址".encode()},
            "parcels.csv 第 1 行 收货地址 列：与 收件地址 列含义相同，请只保留一列",
        ),
    ],
)
def test_a_bad_waybill_file_is_told_in_chinese(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(CountyFolderError) as caught:
        read_waybills(tmp_path / "parcels.csv", SERVICE_DATE)
    assert explain_faults(caught.value)[0] == said


def test_a_row_of_another_width_is_told_in_chinese(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    partners = small / "partners.csv"
    partners.write_text(partners.read_text(encoding="utf-8") + "X,某公司\n", encoding="utf-8")
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    assert explain_faults(caught.value)[0] == "partners.csv 第 5 行：该行有 2 格，表头有 3 格"


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ("90000,,", "cold_capacity_ml", "为空；冷藏隔间还须写明它（已写 cold_capacity_g）"),
        ("90000,0,", "cold_capacity_ml", "为 0；这样的冷藏隔间无用"),
        (",,FROZEN", "cold_temperatures", "已填写，但没有 cold_capacity_g 和 cold_capacity_ml"),
        ("9,9,AMBIENT", "cold_temperatures", "AMBIENT 不是冷藏温层"),
        ("9,9,FROZEN", "cold_temperatures", "FROZEN 不在 temperatures 之列；该列须写明全部温层"),
    ],
)
def test_a_wrong_cold_compartment_is_told_in_chinese(tmp_path: Path, cells: str, column: str, words: str) -> None:
    small = write_county(tmp_path)
    add_columns(small / "vehicles.csv", "cold_capacity_g,cold_capacity_ml,cold_temperatures", cells, ",,")
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    assert explain_faults(caught.value) == [f"vehicles.csv 第 2 行 {column} 列：{words}"]


@pytest.mark.parametrize(
    ("row", "cells", "column", "words"),
    [
        (2, ",900", "recharge_s", "已填写，但没有一次充电的续航"),
        (2, "100,0", "recharge_s", "为 0；充电需要时间"),
        (3, "100,", "range_km", "已填写，但 energy 是 DIESEL；只有 ELECTRIC 车辆有一次充电的续航"),
    ],
)
def test_a_wrong_range_is_told_in_chinese(tmp_path: Path, row: int, cells: str, column: str, words: str) -> None:
    small = write_county(tmp_path)
    add_columns(small / "vehicles.csv", "range_km,recharge_s", *(cells if at == row else "," for at in (2, 3)))
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    assert explain_faults(caught.value) == [f"vehicles.csv 第 {row} 行 {column} 列：{words}"]
