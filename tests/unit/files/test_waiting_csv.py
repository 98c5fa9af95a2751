"""The list of parcels that wait."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

from services.files.waiting_csv import HEADER, waiting_csv
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.plan import Cost, Plan, Waiting
from tests.builders import SERVICE_DATE, VILLAGES, small_consignment, small_day

DAY = small_day(
    consignments=(
        small_consignment(consignment_id="B", village_code=VILLAGES[1], node_ids=("V-2",), due_date=date(2026, 11, 25)),
        small_consignment(
            consignment_id="A",
            pieces=4,
            parcel_ids=("EXP-A/773012345678901", "EXP-A/=1"),
            parcel_pieces=(3, 1),
            due_date=date(2026, 11, 24),
        ),
    )
)
WAITING = (Waiting("B", 121, 7, "东村今日仅 2 件可缓"), Waiting("A", 100, 41, "-"))


def rows(*waiting: Waiting, day: Day = DAY) -> list[list[str]]:
    plan = Plan("small", SERVICE_DATE, (), (), (), (), Cost(), waiting)
    return list(csv.reader(io.StringIO(waiting_csv(day, plan).decode("utf-8-sig"))))


def test_every_parcel_is_a_row_by_village() -> None:
    header, *found = rows(*WAITING)
    assert tuple(header) == HEADER
    assert [(row[0].strip(), row[1], row[4].strip()) for row in found] == [
        (VILLAGES[0], "东村服务站", "773012345678901"),
        (VILLAGES[0], "东村服务站", "'=1"),
        (VILLAGES[1], "中村服务站", "1"),
        (VILLAGES[1], "中村服务站", "2"),
    ]
    assert found[0][2:4] == ["EXP-A", "进村"]
    assert found[0][6] == "2026-11-24"
    assert found[2][9:] == ["东村今日仅 2 件可缓", "B"]


def test_prices_and_savings_are_shared_by_pieces_and_add_up() -> None:
    _, *found = rows(*WAITING)
    assert [row[5] for row in found] == ["3", "1", "1", "1"]
    assert [row[7] for row in found] == ["0.75", "0.25", "0.61", "0.60"]
    assert [row[8] for row in found] == ["0.31", "0.10", "0.04", "0.03"]


def test_a_consignment_without_named_parcels_is_one_row() -> None:
    nameless: tuple[Consignment, ...] = tuple(replace(c, parcel_ids=(), parcel_pieces=()) for c in DAY.consignments)
    _, *found = rows(*WAITING, day=replace(DAY, consignments=nameless))
    assert [(row[4], row[5], row[7], row[10]) for row in found] == [("", "4", "1.00", "A"), ("", "2", "1.21", "B")]


def test_where_nothing_waits_there_is_nothing_but_the_header() -> None:
    assert rows() == [list(HEADER)]
