"""Random small days: owners, temperatures, directions, lines with and without shuttles, tight limits, what may wait.

Everything is admitted by the rule of DESIGN.md section 4, written once more here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from typing import Final

from hypothesis import strategies as st

from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing, Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment, Goods, ResourceKind
from services.model.day import County, Day, Objective
from services.model.fleet import Energy, Vehicle
from services.model.lines import Line, LineKind, StopTime, Trip
from services.model.network import ClosedRoad, Network, Node, NodeKind, RoadPair, Transfer

SERVICE_DATE: Final = date(2026, 11, 23)
TOWNSHIP: Final = "220282100000"
CARRIERS: Final = ("EXP-A", "EXP-B")
PARTNERS: Final = (
    *(Partner(name, name, Role.EXPRESS) for name in CARRIERS),
    Partner("BUS", "客运", Role.TRANSIT),
    Partner("POST", "邮政", Role.POSTAL),
    Partner("TPL", "三方", Role.THIRD_PARTY),
)
_TEMPERATURES: Final = (
    (Temperature.AMBIENT,),
    (Temperature.AMBIENT, Temperature.CHILLED),
    tuple(Temperature),
)
_COLD: Final = (Temperature.CHILLED, Temperature.FROZEN)


@st.composite
def random_days(draw: st.DrawFn) -> Day:
    """Draw a valid day that is small enough to be planned in a moment."""
    nodes = draw(_nodes())
    villages = [node for node in nodes if node.village_code]
    vehicles = draw(st.lists(_vehicles(), min_size=1, max_size=4))
    names = st.sampled_from(["", "", "", "VAN-0", "VAN-1", "VAN-9", "TRI"])
    nodes = [replace(node, regular_vehicle=draw(names)) if node.village_code else node for node in nodes]
    dues = st.sampled_from([None, None, 0, 3_600, 10_800])
    nodes = [replace(n, due_by_s=_due(n, draw(dues))) if n.village_code else n for n in nodes]
    county = County(
        county_id="county",
        network=Network(
            nodes=tuple(nodes),
            transfers=(Transfer("HUB", "BS", 900, 800), Transfer("BS", "HUB", 900, 800)),
            road_pairs=_table(nodes) if draw(st.booleans()) else (),
            closed_roads=() if draw(st.integers(0, 3)) else draw(closings(nodes)),
        ),
        partners=PARTNERS,
        agreements=draw(_agreements()),
        lines=draw(_lines(["TS", *(node.node_id for node in villages)])),
        vehicles=tuple(replace(vehicle, vehicle_id=f"VAN-{i}") for i, vehicle in enumerate(vehicles)),
    )
    goods = draw(st.lists(_consignments(villages), min_size=1, max_size=9))
    consignments = [replace(c, consignment_id=f"C{i}", admission_set_id=f"AS-{i}") for i, c in enumerate(goods)]
    sets = tuple(AdmissionSet(c.admission_set_id, admissions(county, c)) for c in consignments)
    objective = Objective(late_fen_per_min=draw(st.sampled_from([0, 0, 3, 60])))
    return Day(county, SERVICE_DATE, tuple(consignments), sets, objective)


def _due(node: Node, after_s: int | None) -> int | None:
    """A time so long after a node opens, while it is open."""
    return None if after_s is None else min(node.opens_s + after_s, node.closes_s)


@st.composite
def last_mile_days(draw: st.DrawFn) -> Day:
    """Draw a day on which goods can come by post to a township and from there by a tricycle, if that pays."""
    day = draw(random_days())
    tricycle = replace(
        draw(_vehicles()),
        vehicle_id="TRI",
        kind="TRICYCLE",
        depot="TS",
        owner="TPL",
        capacity_g=200_000,
        capacity_ml=1_500_000,
        capacity_pieces=draw(st.sampled_from([15, 120])),
        fixed_fen=draw(st.sampled_from([0, 100])),
        per_km_fen=1,
        shift_end_s=86_400,
        max_distance_m=None,
        max_work_s=None,
        temperatures=tuple(Temperature),
        mail_g=0,
        mail_ml=0,
        mail_pieces=0,
    )
    by_post = Agreement("AG-POSTAL", CooperationModel.POSTAL, CARRIERS, "POST", Sharing.SHAPLEY, tariff_piece_fen=1)
    neutral = Agreement("AG-THIRD_PARTY", CooperationModel.THIRD_PARTY, CARRIERS, "TPL", Sharing.SHAPLEY)
    kept = [a for a in day.county.agreements if a.agreement_id not in ("AG-POSTAL", "AG-THIRD_PARTY")]
    village_ids = [node.node_id for node in day.county.network.nodes if node.village_code]
    post = draw(_lines(["TS", *village_ids]).filter(lambda lines: any(line.line_id == "POST" for line in lines)))
    nodes = tuple(replace(n, owner="TPL") if n.node_id == "TS" else n for n in day.county.network.nodes)
    county = replace(
        day.county,
        network=replace(day.county.network, nodes=nodes),
        agreements=(*kept, by_post, neutral),
        lines=post,
        vehicles=(*(replace(v, fixed_fen=12_000, per_km_fen=95) for v in day.county.vehicles), tricycle),
    )
    sets = tuple(AdmissionSet(c.admission_set_id, admissions(county, c)) for c in day.consignments)
    return replace(day, county=county, admission_sets=sets)


def admissions(county: County, consignment: Consignment) -> tuple[Admission, ...]:
    """List what a consignment may use: what its carrier owns, and what agreements in force open to it."""
    owned = [
        *((ResourceKind.VEHICLE, v.vehicle_id, v.owner) for v in county.vehicles),
        *((ResourceKind.TRIP, t.trip_id, line.owner) for line in county.lines for t in line.trips),
        *((ResourceKind.NODE, n.node_id, n.owner) for n in county.network.nodes if n.owner),
    ]
    found = [Admission(kind, name) for kind, name, owner in owned if owner == consignment.carrier_id]
    found += [
        Admission(kind, name, agreement.agreement_id)
        for kind, name, owner in owned
        for agreement in county.agreements
        if agreement.operator == owner
        and consignment.carrier_id in agreement.principals
        and _covers(agreement.model, county, kind, name)
        and (not agreement.directions or consignment.direction in agreement.directions)
        and (agreement.max_piece_ml is None or consignment.max_piece_ml <= agreement.max_piece_ml)
    ]
    keeps = {v.vehicle_id: v.temperatures for v in county.vehicles}
    return tuple(
        a for a in found if a.kind is not ResourceKind.VEHICLE or consignment.temperature in keeps[a.resource_id]
    )


def _covers(model: CooperationModel, county: County, kind: ResourceKind, name: str) -> bool:
    if kind is ResourceKind.VEHICLE:
        return model is not CooperationModel.TRANSIT
    if kind is ResourceKind.TRIP:
        line_kind = next(t.kind for line in county.lines for t in line.trips if t.trip_id == name)
        return (model, line_kind) in {
            (CooperationModel.TRANSIT, LineKind.BUS),
            (CooperationModel.POSTAL, LineKind.POSTAL),
        }
    node_kind = next(n.kind for n in county.network.nodes if n.node_id == name)
    return model is CooperationModel.THIRD_PARTY or (model, node_kind) in {
        (CooperationModel.TRANSIT, NodeKind.BUS_STATION),
        (CooperationModel.POSTAL, NodeKind.POST_OFFICE),
        (CooperationModel.POSTAL, NodeKind.VILLAGE_POST_POINT),
        (CooperationModel.EXPRESS, NodeKind.VILLAGE_SHOP),
    }


@st.composite
def _nodes(draw: st.DrawFn) -> list[Node]:
    hub = Node(
        "HUB",
        NodeKind.HUB,
        "县级共配中心",
        126.75,
        42.96,
        owner="EXP-A",
        opens_s=draw(st.sampled_from([0, 25_200])),
        closes_s=draw(st.sampled_from([43_200, 68_400, 86_400])),
        service_s=draw(st.sampled_from([0, 300, 1_800])),
        service_per_piece_s=draw(st.sampled_from([0, 0, 60])),
        keeps_cold=draw(st.booleans()),
    )
    town = [
        Node("BS", NodeKind.BUS_STATION, "客运站", 126.74, 42.97, owner="BUS", opens_s=18_000, closes_s=79_200),
        Node("PO", NodeKind.POST_OFFICE, "邮政所", 126.76, 42.95, owner="POST"),
        Node(
            "TS",
            NodeKind.EXPRESS_SUPERMARKET,
            "乡镇快递超市",
            126.85,
            42.96,
            owner=draw(st.sampled_from(["EXP-A", "TPL"])),
            township_code=TOWNSHIP,
            opens_s=draw(st.sampled_from([0, 25_200])),
            closes_s=draw(st.sampled_from([61_200, 86_400])),
            service_s=draw(st.sampled_from([0, 240])),
            service_per_piece_s=draw(st.sampled_from([0, 8])),
            keeps_cold=draw(st.booleans()),
        ),
    ]
    villages = [
        Node(
            f"V{i}",
            draw(st.sampled_from([NodeKind.VILLAGE_SHOP, NodeKind.VILLAGE_POST_POINT])),
            f"村{i}",
            126.80 + draw(st.integers(0, 40)) / 50,
            42.96 + draw(st.integers(-10, 10)) / 50,
            village_code=f"22028210020{i}",
            township_code=TOWNSHIP,
            opens_s=draw(st.sampled_from([0, 28_800, 50_400])),
            closes_s=draw(st.sampled_from([50_600, 61_200, 86_400])),
            service_s=draw(st.sampled_from([0, 240, 600])),
            service_per_piece_s=draw(st.sampled_from([0, 10, 90])),
            keeps_cold=draw(st.booleans()),
            open_weekdays=draw(st.sampled_from([(), (), (), (), (), (1, 4), (2, 3)])),
            max_pieces=draw(st.sampled_from([None, None, None, 5, 12])),
            max_volume_ml=draw(st.sampled_from([None, None, None, 8_000, 80_000])),
            barred_kinds=draw(st.sampled_from([(), (), (), ("TRUCK",), ("TRUCK", "VAN")])),
        )
        for i in range(draw(st.integers(1, 5)))
    ]
    owners = {NodeKind.VILLAGE_SHOP: "EXP-A", NodeKind.VILLAGE_POST_POINT: "POST"}
    return [hub, *town, *(replace(village, owner=owners[village.kind]) for village in villages)]


@st.composite
def closings(draw: st.DrawFn, nodes: Sequence[Node]) -> tuple[ClosedRoad, ...]:
    """Draw closed roads, at least one: ways between nodes, and lines across the county."""
    names = st.lists(st.sampled_from([node.node_id for node in nodes]), min_size=2, max_size=2, unique=True)
    way = st.builds(lambda ends, one_way: ClosedRoad("路", ends[0], ends[1], one_way), names, st.booleans())
    point = st.tuples(
        st.integers(0, 50).map(lambda i: 126.7 + i / 50), st.integers(-12, 12).map(lambda i: 42.96 + i / 50)
    )
    ends = st.lists(point, min_size=2, max_size=2, unique=True)
    line = ends.map(lambda two: ClosedRoad("桥", "", "", False, *two[0], *two[1]))
    return tuple(draw(st.lists(way | line, min_size=1, max_size=4)))


def _vehicles() -> st.SearchStrategy[Vehicle]:
    start_s = st.sampled_from([0, 21_600])
    mail = st.sampled_from([(0, 0, 0), (0, 0, 0), (10_000, 80_000, 3), (40_000, 90_000, 8)])
    apart = st.sampled_from([None, None, (12_000, 40_000), (300_000, 2_000_000)])
    drawn = st.tuples(_bare_vehicles(start_s), mail, apart, st.sampled_from([_COLD[:1], _COLD[1:], _COLD]))
    vehicles = drawn.map(lambda one: _with_compartment(_with_mail(*one[:2]), *one[2:]))
    charges = st.sampled_from([None, None, (60_000, None), (60_000, 600), (120_000, 3_600), (250_000, 900)])
    return st.tuples(vehicles, charges).map(lambda one: _with_charge(*one))


def _with_charge(vehicle: Vehicle, charge: tuple[int, int | None] | None) -> Vehicle:
    """An electric one with its range and how long it takes to recharge, if it can."""
    if charge is None:
        return vehicle
    return replace(vehicle, energy=Energy.ELECTRIC, range_m=charge[0], recharge_s=charge[1])


def _with_compartment(vehicle: Vehicle, size: tuple[int, int] | None, classes: tuple[Temperature, ...]) -> Vehicle:
    """A cold compartment for some of the classes that the vehicle keeps, if it keeps them."""
    kept = tuple(temperature for temperature in classes if temperature in vehicle.temperatures)
    if size is None or not kept:
        return vehicle
    return replace(vehicle, cold_capacity_g=size[0], cold_capacity_ml=size[1], cold_temperatures=kept)


def _with_mail(vehicle: Vehicle, mail: tuple[int, int, int]) -> Vehicle:
    """Room for mail, where the post owns the vehicle."""
    if vehicle.owner != "POST":
        return vehicle
    return replace(vehicle, mail_g=mail[0], mail_ml=mail[1], mail_pieces=mail[2])


def _bare_vehicles(start_s: st.SearchStrategy[int]) -> st.SearchStrategy[Vehicle]:
    return st.builds(
        Vehicle,
        vehicle_id=st.just("VAN"),
        owner=st.sampled_from(["EXP-A", "EXP-B", "TPL", "POST"]),
        kind=st.sampled_from(["VAN", "TRUCK"]),
        depot=st.sampled_from(["HUB", "HUB", "PO", "V0", "TS", "TS"]),
        capacity_g=st.sampled_from([40_000, 700_000]),
        capacity_ml=st.sampled_from([90_000, 4_500_000]),
        capacity_pieces=st.sampled_from([8, 30, 450]),
        fixed_fen=st.sampled_from([0, 12_000]),
        per_km_fen=st.sampled_from([0, 95]),
        per_hour_fen=st.sampled_from([0, 3_000]),
        max_distance_m=st.sampled_from([None, 60_000, 200_000]),
        temperatures=st.sampled_from(_TEMPERATURES),
        shift_start_s=start_s,
        shift_end_s=st.sampled_from([43_200, 66_600, 86_400]),
        max_work_s=st.sampled_from([None, 10_800, 36_000]),
        max_trips=st.integers(1, 3),
        co2_g_per_km=st.sampled_from([0, 187]),
        max_drive_s=st.sampled_from([None, None, None, 1_200, 4_000]),
        rest_s=st.sampled_from([300, 1_800]),
    )


@st.composite
def _agreements(draw: st.DrawFn) -> tuple[Agreement, ...]:
    fen = st.sampled_from([0, 30, 110])
    made = [
        Agreement(
            f"AG-{model}",
            model,
            CARRIERS,
            operator,
            Sharing.SHAPLEY,
            directions=draw(st.sampled_from([(), (), (Direction.INBOUND,)])),
            max_piece_ml=draw(st.sampled_from([None, None, 7_000])),
            max_pieces_per_day=draw(st.sampled_from([None, 0, 7, 25])),
            tariff_piece_fen=draw(fen),
            tariff_kg_fen=draw(fen),
            tariff_run_fen=draw(st.sampled_from([0, 500])),
            minimum_fen=draw(st.sampled_from([0, 3_000])),
        )
        for model, operator in (
            (CooperationModel.TRANSIT, "BUS"),
            (CooperationModel.POSTAL, "POST"),
            (CooperationModel.THIRD_PARTY, "TPL"),
            (CooperationModel.EXPRESS, "EXP-A"),
        )
        if draw(st.integers(0, 3))
    ]
    return tuple(made)


@st.composite
def _lines(draw: st.DrawFn, villages: list[str]) -> tuple[Line, ...]:
    def trip(trip_id: str, kind: LineKind, stops: list[str], start_s: int) -> Trip:
        step = 1_500
        mail = draw(st.booleans()) and kind is LineKind.POSTAL
        return Trip(
            trip_id=trip_id,
            kind=kind,
            stop_times=tuple(StopTime(n, start_s + step * i, start_s + step * i + 60) for i, n in enumerate(stops)),
            capacity_g=draw(st.sampled_from([10_000, 100_000])),
            capacity_ml=draw(st.sampled_from([60_000, 800_000])),
            capacity_pieces=draw(st.sampled_from([6, 40])),
            max_piece_g=draw(st.sampled_from([None, 5_000])),
            max_piece_ml=draw(st.sampled_from([None, 7_000])),
            mail_g=4_000 if mail else 0,
            mail_ml=50_000 if mail else 0,
            mail_pieces=2 if mail else 0,
            keeps_cold=draw(st.booleans()),
            handling_s=draw(st.sampled_from([0, 900])),
            tariff_piece_fen=30,
        )

    start_s = draw(st.sampled_from([18_000, 32_000, 48_000]))
    bus = (
        trip("BUS-O", LineKind.BUS, ["BS", *villages], start_s),
        trip("BUS-R", LineKind.BUS, [*reversed(villages), "BS"], start_s + 15_000),
    )
    post = (
        trip("POST-O", LineKind.POSTAL, ["HUB", *villages], 30_000),
        trip("POST-R", LineKind.POSTAL, [*villages, "HUB"], 50_000),
    )
    own = Line("OWN", "EXP-A", "自有", (trip("OWN-O", LineKind.FREIGHT, ["HUB", *villages], 36_000),))
    lines = (Line("BUS", "BUS", "客运班线", bus), Line("POST", "POST", "邮路", post), own)
    return tuple(line for line in lines if draw(st.integers(0, 3)))


@st.composite
def _consignments(draw: st.DrawFn, villages: list[Node]) -> Consignment:
    village = draw(st.sampled_from(villages))
    pieces = draw(st.integers(1, 12))
    weight_g = pieces * draw(st.sampled_from([400, 3_000, 8_000]))
    volume_ml = draw(st.sampled_from([0, 9_000, 70_000]))
    emergency = draw(st.integers(0, 5)) == 5
    days = draw(st.sampled_from([0, 0, 1, 2]))
    # Nothing, hardly anything, about what a stop costs, and more than anything else.
    wait_fen = draw(st.sampled_from([None, 0, 40 * pieces, 900 * pieces, 10**6]))
    return Consignment(
        consignment_id="C",
        direction=draw(st.sampled_from(Direction)),
        hub_id="HUB",
        village_code=village.village_code,
        node_ids=(village.node_id,),
        temperature=draw(st.sampled_from([Temperature.AMBIENT, *Temperature])),
        due_date=SERVICE_DATE + timedelta(days=days),
        emergency=emergency,
        pieces=pieces,
        weight_g=weight_g,
        volume_ml=volume_ml,
        max_piece_g=weight_g // pieces,
        max_piece_ml=-(-volume_ml // pieces),
        goods=draw(st.sampled_from([Goods.PARCEL, *Goods])),
        wait_fen=wait_fen if days and not emergency else None,
        carrier_id=draw(st.sampled_from(CARRIERS)),
        admission_set_id="AS",
    )


def _table(nodes: list[Node]) -> tuple[RoadPair, ...]:
    """Write down uneven roads between all pairs; the way back is never quite the way there."""
    pairs = []
    for (i, a), (j, b) in permutations(enumerate(nodes), 2):
        apart_m = round((abs(a.lon - b.lon) + abs(a.lat - b.lat)) * 90_000) + 97 * (i > j)
        pairs.append(RoadPair(a.node_id, b.node_id, apart_m, apart_m * 3 // 40))
    return tuple(pairs)
