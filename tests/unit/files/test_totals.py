"""Totals are told from parcels, and say when a file lost rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.files.waybills import WaybillTable, read_waybills
from tests.builders import SERVICE_DATE

HEADER = "序号,运单号,快递公司,方向,收件地址,重量(kg),件数,签收人"
PARCEL = "1,YT{},甲速递,进村,永兴村,{},{},"
TWO = (PARCEL.format(1, "0.7", 1), PARCEL.format(2, "1.25", 2))


def read(tmp_path: Path, *lines: str) -> WaybillTable:
    path = tmp_path / "parcels.csv"
    path.write_text("\n".join([HEADER, *lines]), encoding="utf-8")
    return read_waybills(path, SERVICE_DATE)


def wrong(table: WaybillTable) -> list[str]:
    """Give what totals say against the rows."""
    said = [note.removeprefix("parcels.csv ") for note in table.notes if "合计与实读不符" in note]
    return [note.removesuffix(" 合计与实读不符") for note in said]


@pytest.mark.parametrize(
    "line",
    [
        "合计,,,,,1.95,3,",
        "合 计,2,,,,1.95,3,孙小美",
        "总计：,2票,,,,1.95kg,3件,",
        ",合计,,,,,,",
        ",小计:2票,,,,1.95,,",
        ",,甲速递 汇总,,,1.95,3,",
        ",2,甲速递 计数,,,,,",
        "本页小计,,,,,2.0,3,",
        "共2票,,,,,,,",
        "共 3 件,,,,,,,",
        ",共2票，3件，1.95公斤,,,,,,",
        "以上共2单,,,,,,,",
        "合计（2票）,,,,,1950g,3,",
        "Total,,,,,1.950,3,",
        "Grand Total,2,2,,,1.95,3,".replace(",2,2,", ",2,,"),
        "3,合计,,,,1.95,3,",
        "合计,,,2,2,1.95,3,",
    ],
)
def test_a_total_that_agrees_is_skipped_and_named(tmp_path: Path, line: str) -> None:
    table = read(tmp_path, *TWO, line)
    assert table.parcels["waybill"].to_list() == ["YT1", "YT2"]
    assert (table.parcels["fault"] == "").all()
    assert table.notes[-1] == "parcels.csv: a total in row 4, skipped"
    assert "孙小美" not in repr(table)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("共3票,,,,,,,", "the total says 3 parcels, 2 were read"),
        ("合计,3,,,,1.95,3,", "the total says 3 parcels, 2 were read"),
        ("合计：5件,,,,,,,", "the total says 5, 2 parcels of 3 pieces were read"),
        ("合计,,,,,,4,", "the total says 4 pieces, 3 were read"),
        ("合计,,,,,1.96,,", "the total says 1.96 kg, 1.95 kg were read"),
        ('合计,,,,,"1,001.95",,', "the total says 1001.95 kg, 1.95 kg were read"),
        ("合计 2票 3.5公斤,,,,,,,", "the total says 3.5 kg, 1.95 kg were read"),
        ("小计,1,,,,0.7,,", "the total says 1 parcels, 2 were read; the total says 0.7 kg, 1.95 kg were read"),
    ],
)
def test_a_total_that_does_not_agree_names_both_numbers(tmp_path: Path, line: str, said: str) -> None:
    assert wrong(read(tmp_path, *TWO, line)) == [f"row 4: {said}"]


@pytest.mark.parametrize("weight", ["1.95", "2.0", "1.9", "2", "1.950"])
def test_a_weight_that_was_rounded_for_show_agrees(tmp_path: Path, weight: str) -> None:
    assert wrong(read(tmp_path, *TWO, f"合计,,,,,{weight},,")) == []


@pytest.mark.parametrize(
    "line",
    [
        "合计,,甲速递,,,1.95,3,",  # a carrier of its own
        "合计,,3,,,1.95,3,",
        "合计,,,进村,,1.95,3,",
        "合计,,,,永兴村,1.95,3,",
        "合计,YT9,,,,1.95,3,",
        "合计,773012345678,,,,1.95,3,",
        "合计,,,,,约2,3,",
        "合计,,,,,1.95,#REF!,",
        "合计见附表,,,,,,,",
        "不合计,张三,,,,,,",
        "备注,,,,,,,",
        "制表人：孙小美,,,,,,,",
    ],
)
def test_a_row_that_might_be_something_else_is_held_with_its_fault(tmp_path: Path, line: str) -> None:
    table = read(tmp_path, *TWO, line)
    assert table.parcels["row"].to_list() == [2, 3, 4]
    assert table.parcels["fault"].to_list()[:2] == ["", ""]
    assert table.parcels["fault"][2] != ""
    assert not any("total" in note for note in table.notes)
    assert not {"孙小美", "张三"} & set(table.parcels.row(2))


def test_a_subtotal_adds_up_the_rows_since_the_one_before(tmp_path: Path) -> None:
    more = (PARCEL.format(3, "3", 1), PARCEL.format(4, "2", 1))
    table = read(tmp_path, *TWO, "甲 小计,2,,,,1.95,3,", *more, "乙 小计,2,,,,5,2,", "总计,4,,,,6.95,5,")
    assert wrong(table) == []
    assert table.notes[-1] == "parcels.csv: totals in rows 4, 7, 8, skipped"
    lost = read(tmp_path, *TWO, "甲 小计,2,,,,1.95,3,", more[0], "乙 小计,2,,,,5,2,", "总计,4,,,,6.95,5,")
    assert wrong(lost) == [
        "row 6: the total says 2 parcels, 1 were read; the total says 2 pieces, 1 were read;"
        " the total says 5 kg, 3 kg were read",
        "row 7: the total says 4 parcels, 3 were read; the total says 5 pieces, 4 were read;"
        " the total says 6.95 kg, 4.95 kg were read",
    ]


def test_totals_of_two_levels_agree(tmp_path: Path) -> None:
    one, two = TWO
    lines = (
        one,
        "小计,1,,,,,,",
        two,
        "小计,1,,,,,,",
        "甲镇 合计,2,,,,1.95,,",
        one,
        "小计,1,,,,,,",
        "乙镇 合计,1,,,,0.7,,",
        "总计,3,,,,2.65,,",
    )
    assert wrong(read(tmp_path, *lines)) == []


def test_rows_without_a_readable_weight_are_told_beside_a_total(tmp_path: Path) -> None:
    table = read(tmp_path, TWO[0], PARCEL.format(2, "abc", 2), "合计,2,,,,1.95,3,")
    assert wrong(table) == ["row 4: the total says 1.95 kg, 0.7 kg were read (1 rows have no readable weight)"]


def test_titles_between_pasted_files_are_no_parcels_of_a_total(tmp_path: Path) -> None:
    table = read(tmp_path, TWO[0], "甲镇明细,,,,,,,", TWO[1], "共2票,,,,,,,")
    assert wrong(table) == []
    assert table.parcels["row"].to_list() == [2, 3, 4]


def test_many_wrong_totals_are_told_by_the_first(tmp_path: Path) -> None:
    table = read(tmp_path, *TWO, *["共9票,,,,,,,"] * 20)
    assert len(wrong(table)) == 5
    assert table.notes[-1] == "parcels.csv: 15 more totals state something else than was read"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    weights=st.lists(st.integers(1, 60_000), min_size=1, max_size=12),
    lost=st.integers(0, 11),
    cut=st.integers(0, 12),
)
def test_a_lost_row_is_always_told_where_a_total_counts_parcels(
    tmp_path: Path, weights: list[int], lost: int, cut: int
) -> None:
    rows = [PARCEL.format(at, f"{grams / 1000:.3f}", 1) for at, grams in enumerate(weights)]
    total = f"合计,{len(weights)},,,,{sum(weights) / 1000:.3f},{len(weights)},"
    halves = [*rows[:cut], f"小计,{len(rows[:cut])},,,,,,", *rows[cut:]]
    assert wrong(read(tmp_path, *halves, total)) == []
    kept = [row for at, row in enumerate(rows) if at != lost]
    if len(kept) < len(rows):
        (said,) = wrong(read(tmp_path, *kept, total))
        assert f"{len(weights)} parcels, {len(kept)} were read" in said
        assert "kg were read" in said


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    cells=st.lists(
        st.sampled_from(["", "合计", "小计", "共2票", "3", "甲速递", "进村", "YT7", "1.5", "永兴村"]),
        min_size=8,
        max_size=8,
    )
)
def test_no_row_that_says_who_or_where_is_ever_skipped(tmp_path: Path, cells: list[str]) -> None:
    table = read(tmp_path, *TWO, ",".join(cells))
    is_skipped = 4 not in table.parcels["row"].to_list() and any(cells)
    if is_skipped:
        assert any("a total in row 4" in note for note in table.notes)
        assert not {"甲速递", "进村", "永兴村", "YT7"} & set(cells[1:5])
