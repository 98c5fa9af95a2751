"""A plausible plan over data/huadian, to draw and print papers from before a planner has run. Not a shipped thing."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing, Temperature
from services.model.consignments import Consignment
from services.model.day import County, Day
from services.model.fleet import Vehicle
from services.model.lines import Line, LineKind, StopTime, Trip
from services.model.network import Network, Node, NodeKind, Position, Transfer
from services.model.plan import (
    Booking,
    Carriage,
    CarrierAlone,
    Comparison,
    Cost,
    Plan,
    PlanResult,
    Run,
    Shuttle,
    Stop,
    Unserved,
    UnservedReason,
)
from services.model.units import rate_fen

FOLDER = Path(__file__).parents[1] / "data" / "huadian"
DATE = date(2026, 11, 23)
VEHICLES = ("BOX-1", "BOX-2", "VAN-A1", "EV-1", "COLD-1", "PVAN-1", "VAN-B1", "VAN-C1", "TRI-100")
CARRIERS = ("EXP-A", "EXP-B", "EXP-C", "EXP-D", "EXP-E", "EXP-F")


def read(name: str) -> Iterator[dict[str, str]]:
    """Rows of a file of the county folder."""
    with (FOLDER / name).open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def seconds(text: str) -> int:
    """HH:MM or HH:MM:SS as seconds."""
    parts = [int(part) for part in text.split(":")]
    return parts[0] * 3600 + parts[1] * 60 + (parts[2] if len(parts) > 2 else 0)


def outline() -> str:
    """Read the county's outline, GeoJSON."""
    return (FOLDER / "outline.geojson").read_text(encoding="utf-8")


def huadian_day() -> Day:
    """Two consignments in and some out for nearly every village."""
    nodes = tuple(
        Node(
            node_id=row["node_id"],
            kind=NodeKind(row["kind"]),
            name=row["name"],
            lon=float(row["lon"]),
            lat=float(row["lat"]),
            village_code=row["village_code"],
            township_code=row["township_code"],
            owner=row["owner"],
            opens_s=seconds(row["opens"]),
            closes_s=seconds(row["closes"]),
            service_s=int(row["service_s"]),
            service_per_piece_s=int(row["service_per_piece_s"]),
            position=Position.PLACED if row["position"] == "placed" else Position.NEAR_SOURCE,
        )
        for row in read("nodes.csv")
    )
    stop_times: dict[str, list[StopTime]] = {}
    for row in read("gtfs/stop_times.txt"):
        call = StopTime(row["stop_id"], seconds(row["arrival_time"]), seconds(row["departure_time"]))
        stop_times.setdefault(row["trip_id"], []).append(call)
    kinds = {row["trip_id"]: row for row in read("gtfs/freight.txt")}
    trips: dict[str, list[Trip]] = {}
    for row in read("gtfs/trips.txt"):
        freight = kinds[row["trip_id"]]
        trip = Trip(
            row["trip_id"],
            LineKind(freight["line_kind"]),
            tuple(stop_times[row["trip_id"]]),
            int(freight["capacity_g"]),
            int(freight["capacity_ml"]),
            int(freight["capacity_pieces"]),
            handling_s=int(freight["handling_s"]),
        )
        trips.setdefault(row["route_id"], []).append(trip)
    county = County(
        county_id="220282",
        network=Network(
            nodes,
            tuple(
                Transfer(row["from_node"], row["to_node"], int(row["duration_s"]), int(row["cost_fen_per_trip"]))
                for row in read("transfers.csv")
            ),
        ),
        partners=tuple(Partner(row["partner_id"], row["name"], Role(row["role"])) for row in read("partners.csv")),
        agreements=tuple(
            Agreement(
                row["agreement_id"],
                CooperationModel(row["model"]),
                tuple(row["principals"].split("|")),
                row["operator"],
                Sharing(row["sharing"]),
            )
            for row in read("agreements.csv")
        ),
        lines=tuple(
            Line(row["route_id"], row["agency_id"], row["route_long_name"], tuple(trips[row["route_id"]]))
            for row in read("gtfs/routes.txt")
        ),
        vehicles=tuple(
            Vehicle(
                row["vehicle_id"],
                row["owner"],
                row["kind"],
                row["depot"],
                int(row["capacity_g"]),
                int(row["capacity_ml"]),
                int(row["capacity_pieces"]),
                fixed_fen=int(row["fixed_fen"]),
                per_km_fen=int(row["per_km_fen"]),
                per_hour_fen=int(row["per_hour_fen"]),
            )
            for row in read("vehicles.csv")
        ),
    )
    return Day(county, DATE, tuple(_consignments(nodes)), ())


def _consignments(nodes: tuple[Node, ...]) -> Iterator[Consignment]:
    for number, node in enumerate(node for node in nodes if node.village_code):
        for copy in range(3):
            outbound = copy == 2
            if outbound and number % 3:
                continue
            carrier = CARRIERS[(number + copy) % 6]
            pieces = 1 + (number * 7 + copy * 5) % 12
            yield Consignment(
                consignment_id=f"{'O' if outbound else 'I'}{node.village_code}-{carrier}-1",
                direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
                hub_id="HUB",
                village_code=node.village_code,
                node_ids=(node.node_id,),
                temperature=Temperature.CHILLED if number % 29 == 0 else Temperature.AMBIENT,
                due_date=DATE,
                emergency=False,
                pieces=pieces,
                weight_g=pieces * 1_730,
                volume_ml=pieces * 4_100,
                max_piece_g=4_000,
                carrier_id=carrier,
                admission_set_id="S1",
                parcel_ids=tuple(
                    f"{carrier}/{carrier[-1]}22028{number:03d}{copy}{piece:02d}" for piece in range(pieces)
                ),
            )


def metres(a: Node, b: Node) -> int:
    """Road between two nodes, roughly."""
    x = (a.lon - b.lon) * math.cos(math.radians(a.lat)) * 111_320
    return round(math.hypot(x, (a.lat - b.lat) * 110_574) * 1.32)


def huadian_plan(day: Day) -> PlanResult:
    """Plan runs by angle round the hub, bookings on buses, two consignments left."""
    nodes = {node.node_id: node for node in day.county.network.nodes}
    at: dict[str, list[Consignment]] = {}
    for goods in day.consignments:
        at.setdefault(goods.node_ids[0], []).append(goods)
    bookings, shuttles = _bookings(day, at)
    booked = {booking.consignment_id for booking in bookings}
    left = [goods for goods in day.consignments if goods.consignment_id not in booked]
    unserved, left = left[-2:], left[:-2]
    away = {goods.consignment_id for goods in left}
    hub = nodes["HUB"]
    villages = sorted(
        {goods.node_ids[0] for goods in left},
        key=lambda node_id: (math.atan2(nodes[node_id].lat - hub.lat, nodes[node_id].lon - hub.lon), node_id),
    )
    share = math.ceil(len(villages) / 8)
    groups = [villages[start : start + share] for start in range(0, len(villages), share)]
    vehicles = {vehicle.vehicle_id: vehicle for vehicle in day.county.vehicles}
    runs = tuple(
        _run(f"R{number}", vehicles[VEHICLES[number - 1]], group, nodes, at, away)
        for number, group in enumerate(groups, start=1)
    )
    cost = Cost(
        vehicles_fen=sum(run.vehicle_fen for run in runs),
        distance_fen=sum(run.distance_fen for run in runs),
        time_fen=sum(run.time_fen for run in runs),
        tariffs_fen=sum(booking.tariff_fen for booking in bookings),
        transfers_fen=sum(shuttle.cost_fen for shuttle in shuttles),
        unserved_fen=sum(20_000 + 1_000 * goods.pieces for goods in unserved),
        co2_fen=sum(run.co2_fen for run in runs),
    )
    plan = Plan(
        county_id=day.county.county_id,
        service_date=day.service_date,
        runs=runs,
        bookings=bookings,
        shuttles=shuttles,
        unserved=tuple(
            Unserved(
                goods.consignment_id, UnservedReason.OUT_OF_REACH, "BOX-1 晚于站点关门 19:00 到达；关门推迟 25 分钟即可"
            )
            for goods in unserved
        ),
        cost=cost,
    )
    alone = tuple(CarrierAlone(carrier, 60, 5, 0, 41_000 * (9 - i)) for i, carrier in enumerate(CARRIERS))
    shared = round(cost.total_fen * 1.09)
    return PlanResult(plan, Comparison(shared, sum(one.cost_fen for one in alone), alone))


def _run(
    run_id: str,
    vehicle: Vehicle,
    group: list[str],
    nodes: dict[str, Node],
    at: dict[str, list[Consignment]],
    away: set[str],
) -> Run:
    goods = {node_id: [one for one in at[node_id] if one.consignment_id in away] for node_id in group}
    order, todo = ["HUB"], list(group)
    while todo:
        order.append(min(todo, key=lambda node_id: metres(nodes[order[-1]], nodes[node_id])))
        todo.remove(order[-1])
    order.append("HUB")
    if vehicle.depot != "HUB":
        order = [vehicle.depot, *order, vehicle.depot]
    inbound = [one for some in goods.values() for one in some if one.direction is Direction.INBOUND]
    outbound = [one for some in goods.values() for one in some if one.direction is Direction.OUTBOUND]
    on_board: dict[str, Consignment] = {}
    stops: list[Stop] = []
    now = 6 * 3600 + 900 * int(run_id[1:])
    for position, node_id in enumerate(order):
        node = nodes[node_id]
        leg = metres(nodes[order[position - 1]], node) if position else 0
        arrival = now + math.ceil(leg / 42_000 * 3600)
        start = max(arrival, node.opens_s)
        drop: list[Consignment] = []
        take: list[Consignment] = []
        if node_id == "HUB":
            first = all(stop.node_id != "HUB" for stop in stops)
            take, drop = (inbound, []) if first else ([], outbound)
        elif node_id in goods:
            drop = [one for one in goods[node_id] if one.direction is Direction.INBOUND]
            take = [one for one in goods[node_id] if one.direction is Direction.OUTBOUND]
        for one in drop:
            on_board.pop(one.consignment_id)
        on_board |= {one.consignment_id: one for one in take}
        pieces = sum(one.pieces for one in drop + take)
        now = start + node.service_s + node.service_per_piece_s * pieces
        stops.append(
            Stop(
                node_id=node_id,
                arrival_s=arrival,
                start_s=start,
                departure_s=now,
                leg_distance_m=leg,
                drop=tuple(one.consignment_id for one in drop),
                take=tuple(one.consignment_id for one in take),
                load_g=sum(one.weight_g for one in on_board.values()),
                load_ml=sum(one.volume_ml for one in on_board.values()),
                load_pieces=sum(one.pieces for one in on_board.values()),
            )
        )
    distance = sum(stop.leg_distance_m for stop in stops)
    duration = stops[-1].departure_s - stops[0].start_s
    return Run(
        run_id=run_id,
        vehicle_id=vehicle.vehicle_id,
        stops=tuple(stops),
        carriages=tuple(Carriage(one.consignment_id, "AG-1") for one in inbound + outbound),
        distance_m=distance,
        duration_s=duration,
        vehicle_fen=vehicle.fixed_fen,
        distance_fen=rate_fen(distance, vehicle.per_km_fen, 1_000),
        time_fen=rate_fen(duration, vehicle.per_hour_fen, 3_600),
        co2_fen=distance // 500_000,
    )


def _bookings(day: Day, at: dict[str, list[Consignment]]) -> tuple[tuple[Booking, ...], tuple[Shuttle, ...]]:
    bookings: list[Booking] = []
    shuttles: list[Shuttle] = []
    transfers = {(leg.from_node, leg.to_node): leg for leg in day.county.network.transfers}
    taken: set[str] = set()
    for line in day.county.lines:
        trip = line.trips[0]
        first = trip.stop_times[0]
        transfer = transfers.get(("HUB", first.node_id))
        if transfer is None or len(bookings) > 18:
            continue
        mine: list[str] = []
        for index, call in enumerate(trip.stop_times):
            for goods in at.get(call.node_id, ()):
                if goods.direction is Direction.INBOUND and goods.consignment_id not in taken and len(mine) < 4:
                    taken.add(goods.consignment_id)
                    mine.append(goods.consignment_id)
                    bookings.append(
                        Booking(
                            booking_id=f"B{len(bookings) + 1}",
                            consignment_id=goods.consignment_id,
                            line_id=line.line_id,
                            trip_id=trip.trip_id,
                            agreement_id="AG-6",
                            board_node=first.node_id,
                            alight_node=call.node_id,
                            board_index=0,
                            alight_index=index,
                            ready_by_s=first.departure_s - trip.handling_s,
                            departure_s=first.departure_s,
                            arrival_s=call.arrival_s,
                            available_s=call.arrival_s + trip.handling_s,
                            tariff_fen=30 * goods.pieces + 95,
                        )
                    )
        if mine:
            end = first.departure_s - trip.handling_s
            shuttles.append(
                Shuttle(
                    trip.trip_id,
                    "HUB",
                    first.node_id,
                    end - transfer.duration_s,
                    end,
                    transfer.cost_fen_per_trip,
                    tuple(mine),
                )
            )
    return tuple(bookings), tuple(shuttles)


def held_frame() -> pl.DataFrame:
    """Make some held parcels of every kind that huadian has."""
    rows = [
        (
            2_401,
            "A22028200002039",
            "甲速递",
            "VILLAGE_AMBIGUOUS",
            "收件地址: 可能是 2 个村",
            ["220282002206", "220282100208"],
        ),
        (2_402, "=1+1", "乙速递", "VILLAGE_UNKNOWN", "收件地址: 无法识别", []),
        (2_403, "773012345678901", "丙速递", "DUPLICATE", "与第 7 行重复", []),
        (2_404, "773012345678902", "丙速递", "DUPLICATE", "与第 9 行重复", []),
        (2_405, "D1", "@丁速递", "MALFORMED", "-重量(kg): 不能为负", []),
        (2_406, "E1", "戊速递", "PROHIBITED", "品类: 烟花爆竹", []),
        (2_407, "F1", "己速递", "CHECKS_MISSING", "过机安检: 否", []),
    ]
    schema: dict[str, Any] = {
        "row": pl.UInt32,
        "waybill": pl.String,
        "carrier": pl.String,
        "reason": pl.String,
        "detail": pl.String,
        "candidates": pl.List(pl.String),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def renamed(day: Day, node_id: str, name: str) -> Day:
    """Give the day another name for one node."""
    network = day.county.network
    nodes = tuple(replace(node, name=name) if node.node_id == node_id else node for node in network.nodes)
    return replace(day, county=replace(day.county, network=replace(network, nodes=nodes)))


def legs(run: Run) -> int:
    """Sum up a run's legs."""
    return sum(after.leg_distance_m for _, after in pairwise(run.stops))
