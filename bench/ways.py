"""Measure how long it takes to tell by which way goods come into each village.

``python -m bench.ways`` plans the example county and a made-up one of 1,400 villages in few iterations and prints, for
each, villages, runs, bookings, the seconds of the best of three, and how many villages have another way.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from datetime import date
from pathlib import Path

from bench.day import read_day
from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing, Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment, ResourceKind
from services.model.day import County, Day, PlanSettings
from services.model.fleet import Vehicle
from services.model.lines import Line, LineKind, StopTime, Trip
from services.model.network import Network, Node, NodeKind, Transfer
from services.route.day_index import DayIndex
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day
from services.route.roads.of_day import choose_roads, nodes_on_roads
from services.route.village_ways import village_ways

DATE = date(2026, 11, 23)
CARRIERS = ("EXP-A", "EXP-B")
VILLAGES_A_LINE = 20


def made_up_day(villages: int, seed: int) -> Day:
    """Make a round county: vehicles of three owners, a bus to a fifth of the villages, two carriers everywhere."""
    dice = random.Random(seed)
    hub = Node("HUB", NodeKind.HUB, "共配中心", 126.75, 42.96, opens_s=18_000, closes_s=79_200, service_s=600)
    station = Node("BS", NodeKind.BUS_STATION, "客运站", 126.745, 42.975, owner="BUS", opens_s=18_000, closes_s=79_200)
    places = [_village(number, dice) for number in range(villages)]
    vehicles = [
        _vehicle(f"{owner}-{number}", owner)
        for owner, count in (("TPL", villages // 40), ("EXP-A", villages // 60), ("POST", villages // 60))
        for number in range(1, count + 2)
    ]
    served = sorted(places[: villages // 5], key=lambda node: math.atan2(node.lat - hub.lat, node.lon - hub.lon))
    lines = tuple(
        _line(number, served[start : start + VILLAGES_A_LINE])
        for number, start in enumerate(range(0, len(served), VILLAGES_A_LINE))
    )
    county = County(
        "made-up",
        Network((hub, station, *places), (Transfer("HUB", "BS", 900, 800), Transfer("BS", "HUB", 900, 800))),
        (
            *(Partner(name, name, Role.EXPRESS) for name in CARRIERS),
            Partner("TPL", "三方", Role.THIRD_PARTY),
            Partner("POST", "邮政", Role.POSTAL),
            Partner("BUS", "客运", Role.TRANSIT),
        ),
        (
            Agreement("AG-T", CooperationModel.THIRD_PARTY, CARRIERS, "TPL", Sharing.TARIFF, tariff_piece_fen=110),
            Agreement("AG-E", CooperationModel.EXPRESS, CARRIERS, "EXP-A", Sharing.SHAPLEY),
            Agreement("AG-P", CooperationModel.POSTAL, CARRIERS, "POST", Sharing.TARIFF, tariff_piece_fen=25),
            Agreement("AG-B", CooperationModel.TRANSIT, CARRIERS, "BUS", Sharing.TARIFF, tariff_piece_fen=30),
        ),
        lines,
        tuple(vehicles),
    )
    return Day(county, DATE, tuple(_goods(places, dice)), tuple(_admissions(county, name) for name in CARRIERS))


def _village(number: int, dice: random.Random) -> Node:
    angle, far = dice.uniform(0, 2 * math.pi), math.sqrt(dice.uniform(0.01, 1))
    return Node(
        f"V{number}",
        NodeKind.VILLAGE_SHOP,
        f"村{number}",
        126.75 + 0.6 * far * math.cos(angle),
        42.96 + 0.45 * far * math.sin(angle),
        village_code=f"2202821{number:05d}",
        township_code="220282100000",
        owner="BUS",
        opens_s=25_200,
        closes_s=68_400,
        service_s=180,
        service_per_piece_s=8,
    )


def _vehicle(vehicle_id: str, owner: str) -> Vehicle:
    return Vehicle(
        *(vehicle_id, owner, "MINIVAN", "HUB", 700_000, 4_500_000, 450),
        fixed_fen=12_000,
        per_km_fen=95,
        per_hour_fen=3_000,
        max_distance_m=320_000,
        shift_start_s=21_600,
        shift_end_s=66_600,
        max_work_s=36_000,
        max_trips=3,
        co2_g_per_km=180,
    )


def _line(number: int, villages: list[Node]) -> Line:
    stops = tuple(
        StopTime(node_id, 32_400 + 600 * i, 32_400 + 600 * i + 60)
        for i, node_id in enumerate(["BS", *(node.node_id for node in villages)])
    )
    trip = Trip(f"T{number}", LineKind.BUS, stops, 100_000, 800_000, 40, max_piece_g=15_000, handling_s=900)
    return Line(f"L{number}", "BUS", "客运班线", (trip,))


def _goods(places: list[Node], dice: random.Random) -> list[Consignment]:
    goods = []
    for node in places:
        for carrier in CARRIERS:
            pieces = dice.randint(1, 9)
            goods.append(
                Consignment(
                    consignment_id=f"{node.node_id}-{carrier}",
                    direction=Direction.INBOUND,
                    hub_id="HUB",
                    village_code=node.village_code,
                    node_ids=(node.node_id,),
                    temperature=Temperature.AMBIENT,
                    due_date=DATE,
                    emergency=False,
                    pieces=pieces,
                    weight_g=900 * pieces,
                    volume_ml=4_000 * pieces,
                    max_piece_g=2_000,
                    carrier_id=carrier,
                    admission_set_id=f"AS-{carrier}",
                )
            )
    return goods


def _admissions(county: County, carrier: str) -> AdmissionSet:
    opened_by = {a.operator: "" if a.operator == carrier else a.agreement_id for a in county.agreements}
    owned = [
        *((ResourceKind.VEHICLE, v.vehicle_id, v.owner) for v in county.vehicles),
        *((ResourceKind.TRIP, t.trip_id, line.owner) for line in county.lines for t in line.trips),
        *((ResourceKind.NODE, n.node_id, n.owner) for n in county.network.nodes if n.owner),
    ]
    return AdmissionSet(f"AS-{carrier}", tuple(Admission(kind, name, opened_by[owner]) for kind, name, owner in owned))


def main() -> None:
    """Print a line a county."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--villages", type=int, default=1_400)
    parser.add_argument("--budget", type=int, default=10, help="seconds of search before anything is measured")
    arguments = parser.parse_args()
    days = {
        "huadian": read_day(Path("data/huadian"), DATE, Path("data/jilin")),
        "made-up": made_up_day(arguments.villages, seed=1),
    }
    print(f"{'county':8} {'villages':>8} {'runs':>5} {'bookings':>8} {'s':>7} {'cpu s':>7} {'another way':>11}")
    for name, day in days.items():
        settings = PlanSettings(time_budget_s=arguments.budget, compare=False)
        plan = plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None).plan
        index, matrix = DayIndex.of(day), choose_roads(day).matrix(nodes_on_roads(day))
        taken = []
        for _ in range(3):
            started, cpu = time.monotonic(), time.process_time()
            ways = village_ways(index, matrix, plan)
            taken.append((time.monotonic() - started, time.process_time() - cpu))
        other = sum(way.next_best is not None for way in ways)
        seconds, cpu_seconds = min(taken)
        print(
            f"{name:8} {len(ways):8d} {len(plan.runs):5d} {len(plan.bookings):8d} {seconds:7.2f} {cpu_seconds:7.2f} "
            f"{other:11d}"
        )


if __name__ == "__main__":
    main()
