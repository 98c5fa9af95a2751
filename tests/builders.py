"""The smallest valid county and day, for tests to change one thing of.

Hub and bus station in town, three villages, two express companies and a bus company, a bus line with one trip out
and two vans. ``replace`` from dataclasses changes what lies deeper::

    county = small_county()
    small_county(vehicles=(replace(county.vehicles[0], capacity_g=0),))
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Final

from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing, Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment, ResourceKind
from services.model.day import County, Day
from services.model.fleet import Vehicle
from services.model.lines import Line, LineKind, StopTime, Trip
from services.model.network import Network, Node, NodeKind, Transfer

SERVICE_DATE: Final = date(2026, 11, 23)  # a Monday
VILLAGES: Final = ("220282100201", "220282100202", "220282100203")
TOWNSHIP: Final = "220282100000"


def small_network(**changes: Any) -> Network:
    """Build hub, bus station and three villages some 5 to 15 km away, with shuttles between hub and station."""
    town = partial(Node, opens_s=18_000, closes_s=79_200)
    village = partial(Node, lat=42.96, township_code=TOWNSHIP, opens_s=25_200, closes_s=72_000, service_s=240)
    network = Network(
        nodes=(
            town("HUB", NodeKind.HUB, "县级共配中心", 126.75, 42.96, owner="EXP-A", keeps_cold=True),
            town("BS", NodeKind.BUS_STATION, "客运站", 126.74, 42.97, owner="BUS"),
            village("V-1", NodeKind.VILLAGE_SHOP, "东村服务站", 126.80, village_code=VILLAGES[0], owner="EXP-A"),
            village("V-2", NodeKind.VILLAGE_COMMITTEE, "中村服务站", 126.85, village_code=VILLAGES[1], owner="EXP-A"),
            village("V-3", NodeKind.VILLAGE_POST_POINT, "西村服务站", 126.90, village_code=VILLAGES[2], owner="EXP-B"),
        ),
        transfers=(Transfer("HUB", "BS", 900, 800), Transfer("BS", "HUB", 900, 800)),
    )
    return replace(network, **changes)


def small_county(**changes: Any) -> County:
    """Build the smallest county that has one of everything; ``changes`` replace its fields."""
    trip = Trip(
        trip_id="T-1",
        kind=LineKind.BUS,
        stop_times=(StopTime("BS", 36_000, 36_000), StopTime("V-1", 37_200, 37_260), StopTime("V-2", 38_400, 38_400)),
        capacity_g=100_000,
        capacity_ml=800_000,
        capacity_pieces=40,
        max_piece_g=15_000,
        handling_s=900,
        tariff_piece_fen=30,
    )
    van = partial(
        Vehicle,
        kind="MINIVAN",
        depot="HUB",
        capacity_g=700_000,
        capacity_ml=4_500_000,
        capacity_pieces=450,
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
    county = County(
        county_id="small",
        network=small_network(),
        partners=(
            Partner("EXP-A", "甲速递", Role.EXPRESS),
            Partner("EXP-B", "乙速递", Role.EXPRESS),
            Partner("BUS", "客运公司", Role.TRANSIT),
        ),
        agreements=(
            Agreement("AG-1", CooperationModel.EXPRESS, ("EXP-B",), "EXP-A", Sharing.SHAPLEY),
            Agreement("AG-2", CooperationModel.TRANSIT, ("EXP-A", "EXP-B"), "BUS", Sharing.TARIFF, tariff_piece_fen=30),
        ),
        lines=(Line("L-1", "BUS", "客运班线", (trip,)),),
        vehicles=(van("VAN-A", "EXP-A"), van("VAN-B", "EXP-B")),
    )
    return replace(county, **changes)


def small_consignment(**changes: Any) -> Consignment:
    """Build an inbound consignment of two pieces from EXP-A to the first village."""
    consignment = Consignment(
        consignment_id="C-1",
        direction=Direction.INBOUND,
        hub_id="HUB",
        village_code=VILLAGES[0],
        node_ids=("V-1",),
        temperature=Temperature.AMBIENT,
        due_date=SERVICE_DATE,
        emergency=False,
        pieces=2,
        weight_g=3_000,
        volume_ml=9_000,
        max_piece_g=2_000,
        carrier_id="EXP-A",
        admission_set_id="AS-A",
        parcel_ids=("EXP-A/1", "EXP-A/2"),
    )
    return replace(consignment, **changes)


def small_day(**changes: Any) -> Day:
    """Build a day of the small county: one consignment in to V-1, one in to V-2, one out of V-3."""
    van_a, van_b = Admission(ResourceKind.VEHICLE, "VAN-A"), Admission(ResourceKind.VEHICLE, "VAN-B")
    by_bus = Admission(ResourceKind.TRIP, "T-1", "AG-2"), Admission(ResourceKind.NODE, "BS", "AG-2")
    own_a = tuple(Admission(ResourceKind.NODE, node) for node in ("HUB", "V-1", "V-2"))
    of_a = tuple(Admission(ResourceKind.NODE, node, "AG-1") for node in ("V-1", "V-2"))
    own_b = Admission(ResourceKind.NODE, "V-3")
    day = Day(
        county=small_county(),
        service_date=SERVICE_DATE,
        consignments=(
            small_consignment(),
            small_consignment(
                consignment_id="C-2", village_code=VILLAGES[1], node_ids=("V-2",), parcel_ids=("EXP-A/3", "EXP-A/4")
            ),
            small_consignment(
                consignment_id="C-3",
                direction=Direction.OUTBOUND,
                village_code=VILLAGES[2],
                node_ids=("V-3",),
                carrier_id="EXP-B",
                admission_set_id="AS-B",
                parcel_ids=("EXP-B/1", "EXP-B/2"),
            ),
        ),
        admission_sets=(
            AdmissionSet("AS-A", (van_a, *by_bus, *own_a)),
            AdmissionSet("AS-B", (van_b, Admission(ResourceKind.VEHICLE, "VAN-A", "AG-1"), *by_bus, *of_a, own_b)),
        ),
    )
    return replace(day, **changes)
