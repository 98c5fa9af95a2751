"""Days on which one limit of a known kind keeps something out, drawn at random, and that limit let go by hand.

``let_go`` is written once more here, with nothing of the explanation's own code.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any, Final

from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing, Temperature
from services.model.consignments import AdmissionSet, Consignment
from services.model.day import County, Day, PlanSettings
from services.model.explanations import BindingLimit, LimitKind, SubjectKind
from services.model.fleet import Vehicle
from services.model.lines import Line, LineKind, StopTime, Trip
from services.model.network import ClosedRoad, Network, Node, NodeKind, Transfer
from services.model.plan import Plan
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day
from tests.random_days import SERVICE_DATE, TOWNSHIP, admissions

Chance = random.Random
_PARTNERS: Final = (
    Partner("EXP-A", "甲速递", Role.EXPRESS),
    Partner("EXP-B", "乙速递", Role.EXPRESS),
    Partner("BUS", "客运", Role.TRANSIT),
    Partner("TPL", "三方", Role.THIRD_PARTY),
)
_ITERATIONS: Final = 12


@dataclass(frozen=True, slots=True)
class Infeasible:
    """A day and the kind of limit that keeps something of it out; of whom, where only one can be meant."""

    day: Day
    kind: LimitKind
    subject: str = ""


def planned(day: Day, iterations: int = _ITERATIONS) -> Plan:
    """Plan a day anew."""
    settings = PlanSettings(iterations=iterations, cores=1, compare=False)
    return plan_day(day, settings, KernelEngine(), lambda: False, lambda *_: None, with_ways=False).plan


def _node(chance: Chance, number: int, **changes: Any) -> Node:
    """A village some 4 to 12 km from the hub, open all day."""
    node = Node(
        f"V{number}",
        NodeKind.VILLAGE_SHOP,
        f"{number}村",
        126.75 + chance.choice((-1, 1)) * chance.uniform(0.04, 0.1),
        42.96 + chance.choice((-1, 1)) * chance.uniform(0.02, 0.05),
        village_code=f"22028210020{number}",
        township_code=TOWNSHIP,
        owner="EXP-A",
        service_s=chance.choice((120, 240)),
        service_per_piece_s=chance.choice((0, 10)),
    )
    return replace(node, **changes)


def _goods(chance: Chance, number: int, village: int, **changes: Any) -> Consignment:
    pieces = chance.randint(2, 6)
    weight_g, volume_ml = pieces * chance.randint(1_000, 4_000), pieces * chance.randint(2_000, 9_000)
    consignment = Consignment(
        consignment_id=f"C{number}",
        direction=chance.choice((Direction.INBOUND, Direction.INBOUND, Direction.OUTBOUND)),
        hub_id="HUB",
        village_code=f"22028210020{village}",
        node_ids=(f"V{village}",),
        temperature=Temperature.AMBIENT,
        due_date=SERVICE_DATE,
        emergency=False,
        pieces=pieces,
        weight_g=weight_g,
        volume_ml=volume_ml,
        max_piece_g=weight_g // pieces,
        carrier_id="EXP-A",
        admission_set_id="",
        max_piece_ml=volume_ml // pieces,
    )
    return replace(consignment, **changes)


def _van(number: int = 0, **changes: Any) -> Vehicle:
    van = Vehicle(
        f"VAN-{number}",
        "EXP-A",
        "VAN",
        "HUB",
        capacity_g=900_000,
        capacity_ml=6_000_000,
        capacity_pieces=600,
        fixed_fen=5_000,
        per_km_fen=60,
        per_hour_fen=1_000,
        shift_start_s=6 * 3_600,
        shift_end_s=18 * 3_600,
        max_trips=1,
    )
    return replace(van, **changes)


def _day(
    nodes: Sequence[Node],
    goods: Sequence[Consignment],
    vans: Sequence[Vehicle] = (),
    lines: Sequence[Line] = (),
    agreements: Sequence[Agreement] = (),
    closed: Sequence[ClosedRoad] = (),
) -> Day:
    hub = Node(
        "HUB",
        NodeKind.HUB,
        "共配中心",
        126.75,
        42.96,
        owner="EXP-A",
        opens_s=6 * 3_600,
        service_s=300,
        keeps_cold=True,
    )
    station = Node("BS", NodeKind.BUS_STATION, "客运站", 126.74, 42.97, owner="BUS")
    network = Network(
        (hub, station, *nodes),
        (Transfer("HUB", "BS", 900, 800), Transfer("BS", "HUB", 900, 800)),
        closed_roads=tuple(closed),
    )
    county = County("county", network, _PARTNERS, tuple(agreements), tuple(lines), tuple(vans))
    named = [replace(c, admission_set_id=f"AS-{c.consignment_id}") for c in goods]
    sets = tuple(AdmissionSet(c.admission_set_id, admissions(county, c)) for c in named)
    return Day(county, SERVICE_DATE, tuple(named), sets)


def _drawn(chance: Chance, villages: int, **changes: Any) -> tuple[list[Node], list[Consignment]]:
    nodes = [_node(chance, i) for i in range(villages)]
    return nodes, [_goods(chance, i, i, **changes) for i in range(villages)]


def _capacity(field: str, size: str, kind: LimitKind, chance: Chance) -> Infeasible:
    """One van that goes once, has time for no more than that, and lacks less than the smallest has."""
    nodes, goods = _drawn(chance, chance.randint(2, 4), direction=Direction.INBOUND)
    run = planned(_day(nodes, goods, [_van()])).runs[0]
    sizes = [getattr(c, size) for c in goods]
    lacks = chance.randint(1, min(sizes))
    # A little more time than it takes: a second departure needs minutes, a fuller van none.
    limits = {field: sum(sizes) - lacks, "max_work_s": run.duration_s + 300}
    return Infeasible(_day(nodes, goods, [_van(**limits)]), kind, "VAN-0")


def _trips(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, 2, direction=Direction.INBOUND)
    most = max(c.weight_g for c in goods)
    return Infeasible(_day(nodes, goods, [_van(capacity_g=most)]), LimitKind.TRIPS, "VAN-0")


def _trip(chance: Chance, villages: int, **changes: Any) -> Line:
    calls = ["BS", *(f"V{i}" for i in range(villages))]
    start_s = chance.randint(8, 14) * 3_600
    trip = Trip(
        "BUS-1",
        LineKind.BUS,
        tuple(StopTime(name, start_s + 1_200 * i, start_s + 1_200 * i + 60) for i, name in enumerate(calls)),
        capacity_g=10**6,
        capacity_ml=10**7,
        capacity_pieces=10**4,
        handling_s=600,
    )
    return Line("BUS", "BUS", "客运班线", (replace(trip, **changes),))


_BY_BUS: Final = (
    Agreement("AG-BUS", CooperationModel.TRANSIT, ("EXP-A",), "BUS", Sharing.TARIFF, tariff_piece_fen=40),
)


def _trip_full(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, chance.randint(2, 4), direction=Direction.INBOUND)
    field, size = chance.choice(
        (("capacity_g", "weight_g"), ("capacity_ml", "volume_ml"), ("capacity_pieces", "pieces"))
    )
    sizes = [getattr(c, size) for c in goods]
    limits = {field: sum(sizes) - chance.randint(1, min(sizes))}
    # What goes as far as the first stop shares only the first segment: there all are on board.
    day = _day(nodes, goods, [], [_trip(chance, len(nodes), **limits)], _BY_BUS)
    return Infeasible(day, LimitKind.TRIP_FULL, "BUS-1")


def _piece_size(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, chance.randint(1, 3), direction=Direction.INBOUND)
    field, size = chance.choice((("max_piece_g", "max_piece_g"), ("max_piece_ml", "max_piece_ml")))
    limits = {field: max(getattr(c, size) for c in goods) - chance.randint(1, 500)}
    day = _day(nodes, goods, [], [_trip(chance, len(nodes), **limits)], _BY_BUS)
    return Infeasible(day, LimitKind.PIECE_SIZE, "BUS-1")


def _window(chance: Chance) -> Infeasible:
    """A village that closes before a van that leaves as soon as the hub opens could be there."""
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    nodes[0] = replace(nodes[0], opens_s=4 * 3_600, closes_s=6 * 3_600 + chance.randint(0, 8) * 60)
    return Infeasible(_day(nodes, goods, [_van()]), LimitKind.TIME_WINDOW, "V0")


def _shift(chance: Chance) -> Infeasible:
    """A shift that is too short by more than engines keep in hand for unloading at the hub."""
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    run = planned(_day(nodes, goods, [_van()])).runs[0]
    lasts_s = run.stops[-1].departure_s - run.stops[0].start_s
    ends_s = 6 * 3_600 + max(900, lasts_s - chance.randint(420, 1_500))
    return Infeasible(_day(nodes, goods, [_van(shift_end_s=ends_s)]), LimitKind.SHIFT, "VAN-0")


def _work(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    run = planned(_day(nodes, goods, [_van()])).runs[0]
    works_s = max(600, run.duration_s - chance.randint(420, 1_500))
    return Infeasible(_day(nodes, goods, [_van(max_work_s=works_s)]), LimitKind.WORK_HOURS, "VAN-0")


def _range(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    run = planned(_day(nodes, goods, [_van()])).runs[0]
    far_m = max(2_000, run.distance_m - chance.randint(500, 6_000))
    return Infeasible(_day(nodes, goods, [_van(max_distance_m=far_m)]), LimitKind.RANGE, "VAN-0")


def _cold(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    goods[0] = replace(goods[0], temperature=chance.choice((Temperature.CHILLED, Temperature.FROZEN)))
    return Infeasible(_day(nodes, goods, [_van()]), LimitKind.COLD, "VAN-0")


def _admissibility(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    goods[0] = replace(goods[0], carrier_id="EXP-B")
    return Infeasible(_day(nodes, goods, [_van()]), LimitKind.ADMISSIBILITY, "VAN-0")


def _storage(chance: Chance) -> Infeasible:
    nodes = [_node(chance, i) for i in range(2)]
    goods = [_goods(chance, i, 0, direction=Direction.INBOUND) for i in range(3)]
    field, size = chance.choice((("max_pieces", "pieces"), ("max_volume_ml", "volume_ml")))
    sizes = [getattr(c, size) for c in goods]
    limits: Any = {field: sum(sizes) - chance.randint(1, min(sizes))}
    nodes[0] = replace(nodes[0], **limits)
    return Infeasible(_day(nodes, goods, [_van()]), LimitKind.STORAGE, "V0")


def _daily_limit(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, chance.randint(2, 3), direction=Direction.INBOUND)
    sizes = [c.pieces for c in goods]
    agreement = Agreement(
        "AG-TPL",
        CooperationModel.THIRD_PARTY,
        ("EXP-A",),
        "TPL",
        Sharing.PROPORTIONAL_PIECES,
        max_pieces_per_day=sum(sizes) - chance.randint(1, min(sizes)),
    )
    return Infeasible(_day(nodes, goods, [_van(owner="TPL")], agreements=[agreement]), LimitKind.DAILY_LIMIT, "AG-TPL")


def _access(chance: Chance) -> Infeasible:
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    nodes[0] = replace(nodes[0], barred_kinds=("VAN",))
    return Infeasible(_day(nodes, goods, [_van()]), LimitKind.ACCESS, "V0")


def _regular(chance: Chance) -> Infeasible:
    """A village's own vehicle is another carrier's, with whom there is no agreement."""
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    nodes[0] = replace(nodes[0], regular_vehicle="VAN-1")
    return Infeasible(_day(nodes, goods, [_van(), _van(1, owner="EXP-B")]), LimitKind.REGULAR_VEHICLE, "V0")


def _road(chance: Chance) -> Infeasible:
    node, goods = _node(chance, 0), _goods(chance, 0, 0)
    # The line runs between the village and all else.
    west = (126.745 + node.lon) / 2 if node.lon < 126.75 else (126.75 + node.lon) / 2
    ridge = ClosedRoad("山口", from_lon=west, from_lat=42.5, to_lon=west, to_lat=43.5)
    return Infeasible(_day([node], [goods], [_van()], closed=[ridge]), LimitKind.ROAD_CLOSED, "山口")


def _promise(chance: Chance) -> Infeasible:
    """A village that is closed today, and goods that were promised for today or before."""
    nodes, goods = _drawn(chance, chance.randint(1, 3))
    nodes[0] = replace(nodes[0], open_weekdays=(2, 4, 6))
    goods[0] = replace(goods[0], due_date=SERVICE_DATE - timedelta(days=chance.randint(0, 3)))
    return Infeasible(_day(nodes, goods, [_van()]), LimitKind.PROMISE_PAST, "C0")


BUILDERS: Final[dict[str, Callable[[Chance], Infeasible]]] = {
    "capacity in grams": partial(_capacity, "capacity_g", "weight_g", LimitKind.CAPACITY_G),
    "capacity in millilitres": partial(_capacity, "capacity_ml", "volume_ml", LimitKind.CAPACITY_ML),
    "capacity in pieces": partial(_capacity, "capacity_pieces", "pieces", LimitKind.CAPACITY_PIECES),
    "departures": _trips,
    "trip full": _trip_full,
    "piece too large": _piece_size,
    "window": _window,
    "shift": _shift,
    "hours of work": _work,
    "range": _range,
    "cold": _cold,
    "admissibility": _admissibility,
    "storage": _storage,
    "pieces a day": _daily_limit,
    "access": _access,
    "regular vehicle": _regular,
    "closed road": _road,
    "promise past": _promise,
}


# --- the limit let go ---


def let_go(day: Day, name: str, limit: BindingLimit) -> Day:
    """Change a day's input as a limit says, field by field."""
    county, network = day.county, day.county.network
    goods = next(c for c in day.consignments if c.consignment_id == name)
    match limit.subject_kind:
        case SubjectKind.VEHICLE:
            vans = tuple(
                _vehicle_let_go(v, goods, limit) if v.vehicle_id == limit.subject else v for v in county.vehicles
            )
            day = replace(day, county=replace(county, vehicles=vans))
            if limit.kind is LimitKind.ADMISSIBILITY:
                owner = next(v.owner for v in vans if v.vehicle_id == limit.subject)
                model = {"EXP-A": CooperationModel.EXPRESS, "TPL": CooperationModel.THIRD_PARTY}.get(
                    owner, CooperationModel.EXPRESS
                )
                agreement = Agreement("NEW", model, (goods.carrier_id,), owner, Sharing.PROPORTIONAL_WEIGHT)
                day = replace(day, county=replace(day.county, agreements=(*county.agreements, agreement)))
        case SubjectKind.TRIP:
            lines = tuple(
                replace(
                    line, trips=tuple(_trip_let_go(t, limit) if t.trip_id == limit.subject else t for t in line.trips)
                )
                for line in county.lines
            )
            day = replace(day, county=replace(county, lines=lines))
        case SubjectKind.NODE:
            nodes = tuple(_node_let_go(n, limit) if n.node_id == limit.subject else n for n in network.nodes)
            day = replace(day, county=replace(county, network=replace(network, nodes=nodes)))
        case SubjectKind.ROAD:
            roads = tuple(road for road in network.closed_roads if road.name != limit.subject)
            day = replace(day, county=replace(county, network=replace(network, closed_roads=roads)))
        case SubjectKind.AGREEMENT:
            agreements = tuple(
                replace(a, max_pieces_per_day=(a.max_pieces_per_day or 0) + limit.by_pieces)
                if a.agreement_id == limit.subject
                else a
                for a in county.agreements
            )
            day = replace(day, county=replace(county, agreements=agreements))
        case SubjectKind.COUNTY:
            prices = replace(day.objective, unserved_fen=day.objective.unserved_fen + limit.by_fen)
            day = replace(day, objective=prices)
        case SubjectKind.CONSIGNMENT:
            due: date = day.service_date + timedelta(days=limit.by_days)
            later = replace(goods, due_date=due, wait_fen=1)
            day = replace(day, consignments=tuple(later if c is goods else c for c in day.consignments))
    # Who may use what follows from all that by the rule of DESIGN.md section 4, once more.
    sets = tuple(AdmissionSet(c.admission_set_id, admissions(day.county, c)) for c in day.consignments)
    return replace(day, admission_sets=sets)


def _vehicle_let_go(van: Vehicle, goods: Consignment, limit: BindingLimit) -> Vehicle:
    temperatures = van.temperatures
    if limit.kind is LimitKind.COLD:
        temperatures = (*temperatures, goods.temperature)
    return replace(
        van,
        capacity_g=van.capacity_g + limit.by_g,
        capacity_ml=van.capacity_ml + limit.by_ml,
        capacity_pieces=van.capacity_pieces + limit.by_pieces,
        max_trips=van.max_trips + limit.by_trips,
        max_distance_m=None if van.max_distance_m is None else van.max_distance_m + limit.by_m,
        shift_start_s=van.shift_start_s + (limit.by_s if limit.kind is LimitKind.SHIFT and limit.by_s < 0 else 0),
        shift_end_s=van.shift_end_s + (limit.by_s if limit.kind is LimitKind.SHIFT and limit.by_s > 0 else 0),
        max_work_s=None
        if van.max_work_s is None
        else van.max_work_s + (limit.by_s if limit.kind is LimitKind.WORK_HOURS else 0),
        temperatures=temperatures,
    )


def _trip_let_go(trip: Trip, limit: BindingLimit) -> Trip:
    if limit.kind is LimitKind.PIECE_SIZE:
        return replace(
            trip,
            max_piece_g=None if trip.max_piece_g is None else trip.max_piece_g + limit.by_g,
            max_piece_ml=None if trip.max_piece_ml is None else trip.max_piece_ml + limit.by_ml,
        )
    return replace(
        trip,
        capacity_g=trip.capacity_g + limit.by_g,
        capacity_ml=trip.capacity_ml + limit.by_ml,
        capacity_pieces=trip.capacity_pieces + limit.by_pieces,
        keeps_cold=trip.keeps_cold or limit.kind is LimitKind.COLD,
    )


def _node_let_go(node: Node, limit: BindingLimit) -> Node:
    match limit.kind:
        case LimitKind.ACCESS:
            return replace(node, barred_kinds=())
        case LimitKind.REGULAR_VEHICLE:
            return replace(node, regular_vehicle="")
        case LimitKind.STORAGE:
            return replace(
                node,
                max_pieces=None if node.max_pieces is None else node.max_pieces + limit.by_pieces,
                max_volume_ml=None if node.max_volume_ml is None else node.max_volume_ml + limit.by_ml,
            )
        case LimitKind.COLD:
            return replace(node, keeps_cold=True)
    if limit.by_days:
        return replace(node, open_weekdays=())
    opens_s, closes_s = node.opens_s + min(limit.by_s, 0), node.closes_s + max(limit.by_s, 0)
    return replace(node, opens_s=opens_s, closes_s=closes_s)
