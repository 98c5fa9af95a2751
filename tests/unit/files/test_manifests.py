"""The papers that go along."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest

from services.files.manifests import PARCEL_HEADER, STOP_HEADER, manifests, safe_name
from services.model.agreements import Temperature
from services.model.day import Day
from services.model.plan import Plan
from services.model.units import clock
from tests.last_mile import last_mile_day, last_mile_plan
from tests.papers_fixture import huadian_day, huadian_plan, legs, renamed

COLD = Temperature.CHILLED


@pytest.fixture(scope="module", name="day")
def _day() -> Day:
    return huadian_day()


@pytest.fixture(scope="module", name="plan")
def _plan(day: Day) -> Plan:
    return huadian_plan(day).plan


def rows_of(content: bytes) -> list[list[str]]:
    assert content.startswith("\ufeff".encode())
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def stops_of(rows: list[list[str]]) -> Iterator[dict[str, str]]:
    for row in rows[rows.index(list(STOP_HEADER)) + 1 :]:
        if not row:
            return
        yield dict(zip(STOP_HEADER, row, strict=True))


def test_each_run_and_each_booking_has_its_paper(day: Day, plan: Plan) -> None:
    names = set(manifests(day, plan))
    assert names == {f"路单-{run.run_id}-{run.vehicle_id}.csv" for run in plan.runs} | {
        f"搭载单-{booking.booking_id}.csv" for booking in plan.bookings
    }


def test_a_run_s_paper_tells_every_stop(day: Day, plan: Plan) -> None:
    run = plan.runs[5]
    rows = rows_of(manifests(day, plan)[f"路单-{run.run_id}-{run.vehicle_id}.csv"])
    head = {row[0]: row[1] for row in rows[:7]}
    assert head["车主"] == "邮政分公司"
    assert head["里程(km)"] == f"{legs(run) / 1000:.3f}"
    assert (head["出发"], head["返回"]) == (clock(run.stops[0].start_s), clock(run.stops[-1].departure_s))
    shown = list(stops_of(rows))
    assert [stop["节点"] for stop in shown] == [stop.node_id for stop in run.stops]
    assert [stop["离站件数"] for stop in shown] == [str(stop.load_pieces) for stop in run.stops]
    load = 0.0
    for stop in shown:
        load += float(stop["装上重量(kg)"]) - float(stop["卸下重量(kg)"])
        assert float(stop["离站载重(kg)"]) == pytest.approx(load)
    assert sum(int(stop["装上件数"]) for stop in shown) == sum(int(stop["卸下件数"]) for stop in shown)


def test_a_run_s_paper_lists_each_parcel_where_it_boards_and_where_it_leaves(day: Day, plan: Plan) -> None:
    run = plan.runs[0]
    rows = rows_of(manifests(day, plan)[f"路单-{run.run_id}-{run.vehicle_id}.csv"])
    parcels = rows[rows.index(list(PARCEL_HEADER)) + 1 :]
    carried = {carriage.consignment_id for carriage in run.carriages}
    waybills = {
        parcel_id.split("/")[1]
        for goods in day.consignments
        if goods.consignment_id in carried
        for parcel_id in goods.parcel_ids
    }
    for word in ("装", "卸"):
        assert sorted(row[-1] for row in parcels if row[3] == word) == sorted(waybills)


def test_a_booking_s_paper_tells_when_and_on_what_it_travels(day: Day, plan: Plan) -> None:
    booking = plan.bookings[0]
    rows = rows_of(manifests(day, plan)[f"搭载单-{booking.booking_id}.csv"])
    head = {row[0]: row[1:] for row in rows if len(row) > 1}
    goods = next(goods for goods in day.consignments if goods.consignment_id == booking.consignment_id)
    assert head["班次"] == [booking.trip_id]
    assert head["承运方"] == ["客运公司"]
    assert head["送达站前时间"] == [clock(booking.ready_by_s)]
    assert head["可取时间"] == [clock(booking.available_s)]
    assert head["件数"] == [str(goods.pieces)]
    assert head["协议"] == ["AG-6", "快交"]
    assert head["接驳"][0] == "桦甸市县级共配中心 → 桦甸市客运站"
    listed = [row[0] for row in rows[rows.index(["运单号", "袋号"]) + 1 :]]
    assert listed == [parcel_id.split("/")[1] for parcel_id in goods.parcel_ids]


def test_without_parcel_ids_consignments_are_still_listed(day: Day, plan: Plan) -> None:
    bare = replace(day, consignments=tuple(replace(goods, parcel_ids=()) for goods in day.consignments))
    papers = {name: content.decode() for name, content in manifests(bare, plan).items()}
    assert all("运单号" not in paper for name, paper in papers.items() if name.startswith("搭载单"))
    run = plan.runs[0]
    paper = next(paper for name, paper in papers.items() if name.startswith(f"路单-{run.run_id}-"))
    taken = [consignment_id for stop in run.stops for consignment_id in stop.take]
    assert taken
    assert all(f",装,{consignment_id}," in paper for consignment_id in taken)


def test_odd_ids_give_safe_names_that_differ(day: Day, plan: Plan) -> None:
    ids = ("../a", ".._a", "B:1", "b_1", "x" * 400, "x" * 401)
    odd = replace(plan, bookings=tuple(replace(plan.bookings[0], booking_id=name) for name in ids), runs=())
    names = list(manifests(day, odd))
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(set('/\\:*?"<>|').isdisjoint(name) and len(name.encode()) < 200 for name in names)


def test_a_name_is_never_empty() -> None:
    assert safe_name("///") == "_"


def test_a_node_s_name_is_no_formula(day: Day, plan: Plan) -> None:
    run = plan.runs[0]
    hostile = renamed(day, run.stops[1].node_id, "=cmd|' /C calc'!A0")
    rows = rows_of(manifests(hostile, plan)[f"路单-{run.run_id}-{run.vehicle_id}.csv"])
    assert list(stops_of(rows))[1]["名称"] == "'=cmd|' /C calc'!A0"


def test_what_a_small_vehicle_takes_on_says_so_on_its_slip_and_on_the_run_s_paper() -> None:
    day = last_mile_day()
    plan = last_mile_plan(day)
    papers = manifests(day, plan)
    (run,) = plan.runs
    assert papers[f"路单-{run.run_id}-TRI.csv"].decode("utf-8-sig").splitlines()[0] == f"路单,{run.run_id},末端接驳"
    slips = [text.decode("utf-8-sig") for name, text in papers.items() if name.startswith("搭载单")]
    assert len(slips) == 3
    assert all(f"末端接驳,路单 {run.run_id},TRI" in slip for slip in slips)


def test_a_rest_on_the_way_stands_with_the_stop_that_it_is_before() -> None:
    day = last_mile_day(max_drive_s=600, rest_s=1_200)
    plan = last_mile_plan(day)
    (run,) = plan.runs
    rows = list(stops_of(rows_of(manifests(day, plan)[f"路单-{run.run_id}-TRI.csv"])))
    assert [int(row["途中休息(分)"]) for row in rows] == [stop.rest_s // 60 for stop in run.stops]
    assert any(stop.rest_s for stop in run.stops)


def test_what_rides_in_a_cold_compartment_stands_beside_the_whole_load() -> None:
    day = last_mile_day(
        temperatures=tuple(Temperature), cold_capacity_g=9_000, cold_capacity_ml=90_000, cold_temperatures=(COLD,)
    )
    goods = (*day.consignments[:2], replace(day.consignments[2], temperature=COLD))
    nodes = tuple(replace(node, keeps_cold=True) for node in day.county.network.nodes)
    (line,) = day.county.lines
    line = replace(line, trips=tuple(replace(trip, keeps_cold=True) for trip in line.trips))
    county = replace(day.county, network=replace(day.county.network, nodes=nodes), lines=(line,))
    day = replace(day, county=county, consignments=goods)
    plan = last_mile_plan(day)
    (run,) = plan.runs
    rows = list(stops_of(rows_of(manifests(day, plan)[f"路单-{run.run_id}-TRI.csv"])))
    assert {row["冷藏隔间载重(kg)"] for row in rows} == {"0", "3"}
