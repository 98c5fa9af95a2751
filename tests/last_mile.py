"""A day on which everything comes by a freight line to a township and from there by a tricycle, both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.model.agreements import Direction
from services.model.consignments import Admission, AdmissionSet, ResourceKind
from services.model.day import Day, PlanSettings
from services.model.lines import Line, LineKind, StopTime, Trip
from services.model.network import Node, NodeKind
from services.model.plan import Plan
from services.route.planner import plan_day
from tests.builders import TOWNSHIP, VILLAGES, small_consignment, small_day
from tests.engines import InProcessEngine

OUT_S, HOME_S = 30_000, 50_000
HANDLING_S = 600


def last_mile_day(**changes: Any) -> Day:
    """Two consignments in, one out; only EXP-A's own line and tricycle may carry them; ``changes`` are the latter's."""
    small = small_day()
    station = Node(
        "TS",
        NodeKind.EXPRESS_SUPERMARKET,
        "乡镇快递超市",
        126.84,
        42.97,
        owner="EXP-A",
        township_code=TOWNSHIP,
        opens_s=25_200,
        closes_s=72_000,
        service_s=300,
        service_per_piece_s=10,
    )
    trips = (_trip("OUT", ("HUB", "TS"), OUT_S), _trip("HOME", ("TS", "HUB"), HOME_S))
    tricycle = replace(
        small.county.vehicles[0],
        vehicle_id="TRI",
        kind="ELECTRIC_TRICYCLE",
        depot="TS",
        fixed_fen=2_500,
        per_km_fen=20,
        max_trips=2,
    )
    county = replace(
        small.county,
        network=replace(small.county.network, nodes=(*small.county.network.nodes, station)),
        lines=(Line("FREIGHT", "EXP-A", "自有货运班线", trips),),
        vehicles=(replace(tricycle, **changes),),
    )
    own = [(ResourceKind.VEHICLE, "TRI"), (ResourceKind.TRIP, "OUT"), (ResourceKind.TRIP, "HOME")]
    own += [(ResourceKind.NODE, name) for name in ("HUB", "TS", "V-1", "V-2")]
    goods = (
        small_consignment(),
        small_consignment(consignment_id="C-2", village_code=VILLAGES[1], node_ids=("V-2",), parcel_ids=("EXP-A/3",)),
        small_consignment(consignment_id="C-3", direction=Direction.OUTBOUND, parcel_ids=("EXP-A/5",)),
    )
    sets = (AdmissionSet("AS-A", tuple(Admission(kind, name) for kind, name in own)),)
    return replace(small, county=county, consignments=goods, admission_sets=sets)


def last_mile_plan(day: Day) -> Plan:
    """What the default engine makes of it."""
    settings = PlanSettings(iterations=20, cores=1, compare=False)
    return plan_day(day, settings, InProcessEngine(), lambda: False, lambda *_: None).plan


def _trip(trip_id: str, stops: tuple[str, str], leaves_s: int) -> Trip:
    return Trip(
        trip_id=trip_id,
        kind=LineKind.FREIGHT,
        stop_times=(StopTime(stops[0], leaves_s, leaves_s), StopTime(stops[1], leaves_s + 1_800, leaves_s + 1_800)),
        capacity_g=100_000,
        capacity_ml=800_000,
        capacity_pieces=40,
        handling_s=HANDLING_S,
        tariff_piece_fen=30,
    )
