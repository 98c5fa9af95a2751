"""The papers of a settlement: they add up to what it says, in a spreadsheet, a terminal and a document."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal

import orjson
from rich.cells import cell_len
from rich.console import Console

from services.files.settlement_json import settlement_document
from services.files.settlement_sheets import BILL_FILE, ENTRIES_FILE, SHARING_FILE, settlement_sheets
from services.files.settlement_terminal import print_settlement
from services.files.words import CORE, PURPOSES, SHARINGS
from services.model.agreements import Sharing
from services.model.settlement import CoreTest, CoreVerdict, Purpose, Settlement
from tests.settlements import (
    commerce,
    county,
    day_of,
    express,
    goods,
    planned,
    settled,
    third_party,
    transit,
)

DAY = day_of(
    county(
        third_party(Sharing.TARIFF, tariff_piece_fen=110, tariff_kg_fen=5, minimum_fen=3_000),
        express(Sharing.SHAPLEY),
        transit(Sharing.TARIFF, tariff_piece_fen=30),
        commerce(Sharing.TARIFF, tariff_piece_fen=35),
    ),
    goods("C-1", "EXP-A"),
    goods("C-2", "EXP-B", 2),
    goods("C-3", "EXP-C", 3),
    goods("C-4", "EXP-B", 2, weight_g=12_345),
    goods("C-5", "EXP-A", 3),
)
SETTLEMENT = settled(
    DAY,
    planned(
        DAY,
        {"VAN-A": [("C-1", ""), ("C-2", "AG-A"), ("C-3", "AG-A")], "VAN-T": [("C-5", "AG-T")]},
        {"T-BUS": [("C-4", "AG-BUS")]},
    ),
)


def rows_of(name: str, settlement: Settlement = SETTLEMENT) -> list[list[str]]:
    content = settlement_sheets(settlement)[name]
    assert content.startswith("\ufeff".encode())
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def yuan(cells: list[str]) -> Decimal:
    return sum((Decimal(cell.removeprefix("'")) for cell in cells if cell), Decimal(0))


def shown(settlement: Settlement, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=False)
    print_settlement(settlement, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_bill_has_a_row_a_partner_that_adds_up_to_the_spending() -> None:
    rows = rows_of(BILL_FILE)
    start = next(i for i, row in enumerate(rows) if row and row[0] == "合作方")
    header, *partners = rows[start : start + 1 + len(SETTLEMENT.accounts)]
    charge = header.index("应承担(元)")
    assert [row[1] for row in partners] == [a.name for a in SETTLEMENT.accounts]
    assert yuan([row[charge] for row in partners]) == Decimal(SETTLEMENT.spent_fen) / 100


def test_every_finding_stands_below_it_in_words() -> None:
    rows = rows_of(BILL_FILE)
    details = [f.detail for f in SETTLEMENT.findings]
    assert details
    assert [row[0] for row in rows[-len(details) :]] == details


def test_the_entries_are_all_there_and_what_is_paid_is_received() -> None:
    header, *rows = rows_of(ENTRIES_FILE)
    assert [row[0] for row in rows] == [entry.entry_id for entry in SETTLEMENT.entries]
    paid, received = (yuan([row[header.index(name)] for row in rows]) for name in ("付(元)", "收(元)"))
    assert paid == received > 0
    purposes = {row[header.index("事由")] for row in rows}
    assert purposes == {PURPOSES[p] for p in Purpose} - {PURPOSES[Purpose.TARIFF_RUN]}
    goods_column = header.index("合配件组")
    assert all(row[goods_column] for row in rows)


def test_the_sharing_names_every_coalition_with_its_cost() -> None:
    rows = rows_of(SHARING_FILE)
    (shared,) = SETTLEMENT.shared_costs
    coalitions = {row[0]: row[2] for row in rows if row and "EXP-" in row[0]}
    assert len([c for c in shared.coalitions if "+".join(c.members) in coalitions]) == 7
    assert yuan([coalitions["EXP-A+EXP-B+EXP-C"]]) == Decimal(shared.shared_fen) / 100
    assert ["协议", "AG-A", "快快", "按沙普利值"] in rows


def test_a_day_without_shared_costs_says_so() -> None:
    day = day_of(county(), goods("C-1", "EXP-A"))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", "")]}))
    assert rows_of(SHARING_FILE, settlement) == [["当日没有按成本分摊的协议"]]


def test_a_terminal_of_80_columns_shows_every_partner_and_finding() -> None:
    text = shown(SETTLEMENT)
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= 80
    for account in SETTLEMENT.accounts:
        assert account.name in text
    joined = "".join(text.split())
    for finding in SETTLEMENT.findings:
        assert "".join(finding.detail.split()) in joined
    assert "AG-A 快快，甲速递运营，按沙普利值：分摊 240.00 元" in text
    assert "在核内" in text


def test_large_amounts_fit_too() -> None:
    accounts = tuple(
        replace(
            a,
            spent_fen=12_345_678,
            paid_fen=12_345_678,
            received_fen=12_345_678,
            charge_fen=-12_345_678,
            stand_alone_fen=12_345_678,
            pieces=99_999,
        )
        for a in SETTLEMENT.accounts
    )
    text = shown(replace(SETTLEMENT, accounts=accounts))
    assert max(cell_len(line.rstrip()) for line in text.splitlines()) <= 80
    assert text.count("-123,456.78") == len(accounts)
    assert "…" not in text


def test_who_would_leave_is_shown() -> None:
    (shared,) = SETTLEMENT.shared_costs
    core = CoreTest(CoreVerdict.OUTSIDE, ("EXP-A", "EXP-C"), 1_234, 55, 20)
    text = shown(replace(SETTLEMENT, shared_costs=(replace(shared, core=core),)))
    assert "不在核内，甲速递、丙速递多付 12.34 元；核为空（至少差 0.55 元）" in text


def test_every_word_is_there() -> None:
    assert set(PURPOSES) == set(Purpose)
    assert set(SHARINGS) == set(Sharing)
    assert set(CORE) == set(CoreVerdict)


def test_the_document_has_all_of_it() -> None:
    document = orjson.loads(settlement_document(SETTLEMENT))
    assert document["format"] == "cuntong-settlement-1"
    settlement = document["settlement"]
    assert sum(entry["fen"] for entry in settlement["entries"]) == 0
    assert len(settlement["entries"]) == len(SETTLEMENT.entries)
    assert settlement["service_date"] == "2026-11-23"
    assert settlement["shared_costs"][0]["sharing"] == "SHAPLEY"
    assert settlement_document(SETTLEMENT) == settlement_document(SETTLEMENT)
