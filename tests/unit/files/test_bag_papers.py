"""Bags on paper: every piece stands once in the list of bags, and other papers name the same bags."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace

import pytest

from services.consolidation.bagging.bags import bag_day, seal_bags
from services.files.bag_papers import BAG_LIST_HEADER, LOOSE, BagBook, bag_list
from services.files.manifests import BAG_HEADER, PARCEL_HEADER, manifests
from services.model.bags import Bagging, BagLimits, BagRules, BagSeal
from services.model.consignments import Relabelled
from services.model.day import Day
from services.model.plan import Plan
from tests.papers_fixture import huadian_day, huadian_plan

# A piece of the fixture weighs 1,730 g: four fill a bag, and a fragile one is too heavy for any.
RULES = BagRules(BagLimits(8_000, 40_000), BagLimits(1_500, 40_000))


@pytest.fixture(scope="module", name="day")
def _day() -> Day:
    made = huadian_day()
    first, *others = made.consignments
    return replace(made, consignments=(replace(first, fragile=True), *others))


@pytest.fixture(scope="module", name="plan")
def _plan(day: Day) -> Plan:
    return huadian_plan(day).plan


@pytest.fixture(scope="module", name="bagging")
def _bagging(day: Day, plan: Plan) -> Bagging:
    return bag_day(day, plan, RULES)


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def listed(day: Day, bagging: Bagging) -> list[dict[str, str]]:
    header, *rows = rows_of(bag_list(day, bagging))
    assert header == list(BAG_LIST_HEADER)
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_list_has_every_piece_that_travels_once(day: Day, plan: Plan, bagging: Bagging) -> None:
    stays = {left.consignment_id for left in plan.unserved}
    pieces: Counter[str] = Counter()
    for row in listed(day, bagging):
        pieces[row["合配件组"]] += int(row["件数"])
    assert pieces == {c.consignment_id: c.pieces for c in day.consignments if c.consignment_id not in stays}


def test_a_bag_s_rows_add_up_to_what_is_in_it(day: Day, bagging: Bagging) -> None:
    rows = listed(day, bagging)
    pieces: Counter[str] = Counter()
    for row in rows:
        pieces[row["袋号"]] += int(row["件数"])
    assert pieces[LOOSE] > 0
    for row in rows:
        if row["袋号"] != LOOSE:
            assert int(row["袋内件数"]) == pieces[row["袋号"]]
            assert float(row["袋重(kg)"]) <= 8
            assert row["封签号"] == ""


def test_seals_and_second_numbers_are_shown(day: Day, bagging: Bagging) -> None:
    group = next(g for g in bagging.groups if g.bags and g.bags[0].contents[0].parcel_id)
    bag = group.bags[0]
    content = bag.contents[0]
    named = tuple(
        replace(c, relabelled=(Relabelled(content.parcel_id, "POST/NEW1"),))
        if c.consignment_id == content.consignment_id
        else c
        for c in day.consignments
    )
    sealed = seal_bags(bagging, [BagSeal(bag.code, "S-77")])
    rows = listed(replace(day, consignments=named), sealed)
    assert {row["封签号"] for row in rows if row["袋号"] == bag.code} == {"S-77"}
    assert [row["换单号"] for row in rows if row["换单号"]] == ["POST/NEW1"] * sum(
        c.parcel_id == content.parcel_id for g in bagging.groups for b in g.bags for c in b.contents
    )


def test_a_driver_s_paper_counts_the_bags_of_each_stop(day: Day, plan: Plan, bagging: Bagging) -> None:
    run = plan.runs[0]
    rows = rows_of(manifests(day, plan, bagging)[f"路单-{run.run_id}-{run.vehicle_id}.csv"])
    start = rows.index(list(BAG_HEADER)) + 1
    shown = rows[start : rows.index([], start)]
    for word, at in (("装", "take"), ("卸", "drop")):
        expected = [
            (str(number), bag.code, str(bag.pieces))
            for number, stop in enumerate(run.stops, start=1)
            for bag in BagBook(bagging).of_goods(getattr(stop, at))
        ]
        assert expected
        assert [(r[0], r[4], r[6]) for r in shown if r[3] == word and r[4] != LOOSE] == expected
    codes = {row[4] for row in shown}
    parcels = rows[rows.index(list(PARCEL_HEADER)) + 1 :]
    assert {code for row in parcels for code in row[6].split("、")} == codes


def test_a_booking_s_paper_names_the_bags_of_its_parcels(day: Day, plan: Plan, bagging: Bagging) -> None:
    booking = plan.bookings[0]
    rows = rows_of(manifests(day, plan, bagging)[f"搭载单-{booking.booking_id}.csv"])
    codes = {row[1] for row in rows if row and row[0] == "袋号"}
    per_parcel = {c for row in rows[rows.index(["运单号", "袋号"]) + 1 :] for c in row[1].split("、")} - {LOOSE}
    assert per_parcel == codes == {bag.code for bag in BagBook(bagging).of_goods([booking.consignment_id])}
