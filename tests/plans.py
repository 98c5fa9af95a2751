"""Days with valid plans for them, made by a naive planner of the tests' own, and ways to spoil them.

A ``Case`` is first planned with room to spare; ``tighten`` then draws every limit of the day close around the plan,
so that one gram, piece or second more breaks a law.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial
from itertools import permutations
from typing import Any, Final, TypeVar

from hypothesis import strategies as st
from pyproj import Geod

from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing, Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment, ResourceKind
from services.model.consignments import Goods as Kind
from services.model.day import County, Day
from services.model.fleet import Vehicle
from services.model.lines import Line, LineKind, StopTime, Trip
from services.model.network import Network, Node, NodeKind, RoadPair, Transfer
from services.model.plan import Booking, Carriage, Cost, Plan, Run, Shuttle, Stop, Unserved, UnservedReason, Waiting
from services.route.checker import Law, check

SERVICE_DATE: Final = date(2026, 11, 23)  # a Monday
TOWNSHIP: Final = "220282100000"
HANDLING_S: Final = 900
IN, OUT = Direction.INBOUND, Direction.OUTBOUND
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Goods:
    """A consignment before the day exists: village by number, and what the naive planner shall do with it."""

    village: int
    direction: Direction
    fate: str  # a vehicle's id with "/trip number", a line's id, WAIT where it has a price for that, or LEFT
    carrier: str = "EXP-A"
    temperature: Temperature = Temperature.AMBIENT
    emergency: bool = False
    pieces: int = 3
    weight_g: int = 4_321
    volume_ml: int = 9_000
    kind: Kind = Kind.PARCEL
    wait_fen: int | None = None


CORE: Final = (
    Goods(0, IN, "VAN-T/0"),
    Goods(1, OUT, "VAN-T/0", carrier="EXP-B"),
    Goods(1, IN, "VAN-T/1", temperature=Temperature.FROZEN),
    Goods(0, IN, "VAN-A/0", carrier="EXP-B"),
    Goods(0, IN, "BUS"),
    Goods(1, OUT, "BUS", carrier="EXP-B", weight_g=2_500),
    Goods(0, IN, "POST", temperature=Temperature.CHILLED),
    Goods(1, OUT, "POST"),
    Goods(1, IN, "OWN"),
    Goods(0, IN, "LEFT", emergency=True),
    Goods(1, OUT, "LEFT"),
    Goods(1, OUT, "WAIT", wait_fen=77),
    Goods(0, IN, "LEFT", kind=Kind.MAIL),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A day and a plan for it."""

    day: Day
    plan: Plan

    def laws(self) -> set[Law]:
        """Name the laws that the plan breaks."""
        return {broken.law for broken in check(self.day, self.plan)}

    def run(self, vehicle_id: str = "VAN-T") -> Run:
        """Find the run of a vehicle."""
        return next(run for run in self.plan.runs if run.vehicle_id == vehicle_id)

    def booking(self, trip_id: str) -> Booking:
        """Find the first booking on a trip."""
        return next(booking for booking in self.plan.bookings if booking.trip_id == trip_id)

    def shuttle(self, trip_id: str) -> Shuttle:
        """Find the first shuttle of a trip."""
        return next(shuttle for shuttle in self.plan.shuttles if shuttle.trip_id == trip_id)

    def with_plan(self, **changes: Any) -> Case:
        """Change the plan's own fields."""
        return replace(self, plan=replace(self.plan, **changes))

    def with_cost(self, **changes: int) -> Case:
        """Change parts of the plan's cost."""
        return self.with_plan(cost=replace(self.plan.cost, **changes))

    def with_run(self, vehicle_id: str = "VAN-T", /, **changes: Any) -> Case:
        """Change the run of a vehicle."""
        run = self.run(vehicle_id)
        return self.with_plan(runs=_swapped(self.plan.runs, run, replace(run, **changes)))

    def with_stop(self, at: int, vehicle_id: str = "VAN-T", /, **changes: Any) -> Case:
        """Change one stop of a vehicle's run."""
        stops = self.run(vehicle_id).stops
        return self.with_run(vehicle_id, stops=_swapped(stops, stops[at], replace(stops[at], **changes)))

    def with_booking(self, trip_id: str, /, **changes: Any) -> Case:
        """Change the first booking on a trip."""
        booking = self.booking(trip_id)
        return self.with_plan(bookings=_swapped(self.plan.bookings, booking, replace(booking, **changes)))

    def with_shuttle(self, trip_id: str, /, **changes: Any) -> Case:
        """Change the first shuttle of a trip."""
        shuttle = self.shuttle(trip_id)
        return self.with_plan(shuttles=_swapped(self.plan.shuttles, shuttle, replace(shuttle, **changes)))

    def with_day(self, **changes: Any) -> Case:
        """Change the day's own fields."""
        return replace(self, day=replace(self.day, **changes))

    def with_county(self, **changes: Any) -> Case:
        """Change the county's own fields."""
        return self.with_day(county=replace(self.day.county, **changes))

    def with_network(self, **changes: Any) -> Case:
        """Change the network's own fields."""
        return self.with_county(network=replace(self.day.county.network, **changes))

    def with_node(self, node_id: str, /, **changes: Any) -> Case:
        """Change a node."""
        return self.with_network(nodes=_changed(self.day.county.network.nodes, "node_id", node_id, changes))

    def with_vehicle(self, vehicle_id: str = "VAN-T", /, **changes: Any) -> Case:
        """Change a vehicle."""
        return self.with_county(vehicles=_changed(self.day.county.vehicles, "vehicle_id", vehicle_id, changes))

    def with_agreement(self, agreement_id: str, /, **changes: Any) -> Case:
        """Change an agreement."""
        return self.with_county(agreements=_changed(self.day.county.agreements, "agreement_id", agreement_id, changes))

    def with_trip(self, trip_id: str, /, **changes: Any) -> Case:
        """Change a trip."""
        lines = [
            replace(line, trips=_changed(line.trips, "trip_id", trip_id, changes)) for line in self.day.county.lines
        ]
        return self.with_county(lines=tuple(lines))

    def with_consignment(self, consignment_id: str, /, **changes: Any) -> Case:
        """Change a consignment."""
        return self.with_day(consignments=_changed(self.day.consignments, "consignment_id", consignment_id, changes))

    def without_admission(self, kind: ResourceKind, resource_id: str) -> Case:
        """Take a resource out of every admission set."""
        return self.with_day(
            admission_sets=tuple(
                replace(s, admissions=tuple(a for a in s.admissions if (a.kind, a.resource_id) != (kind, resource_id)))
                for s in self.day.admission_sets
            )
        )


@cache
def sample_case() -> Case:
    """One fixed case with a reload run, trips with and without a shuttle both ways, cold goods and unserved ones."""
    return tighten(make_case(make_county((NodeKind.VILLAGE_SHOP, NodeKind.VILLAGE_POST_POINT)), CORE))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a county and a day around ``CORE``: more villages, more goods, roads by table or by geodesic."""
    kinds = draw(
        st.lists(st.sampled_from([NodeKind.VILLAGE_SHOP, NodeKind.VILLAGE_POST_POINT]), min_size=2, max_size=5)
    )
    kinds[:2] = NodeKind.VILLAGE_SHOP, NodeKind.VILLAGE_POST_POINT
    county = make_county(kinds, spread=draw(st.integers(1, 40)), is_table=draw(st.booleans()))
    goods = st.builds(
        Goods,
        village=st.integers(0, len(kinds) - 1),
        direction=st.sampled_from(Direction),
        fate=st.sampled_from(
            ["VAN-T/0", "VAN-T/1", "VAN-A/0", "VAN-A/1", "VAN-P/0", "BUS", "POST", "OWN", "LEFT", "WAIT"]
        ),
        carrier=st.sampled_from(["EXP-A", "EXP-B"]),
        temperature=st.sampled_from(Temperature),
        emergency=st.booleans(),
        pieces=st.integers(1, 9),
        weight_g=st.integers(9, 20_000),
        volume_ml=st.integers(0, 50_000),
        kind=st.sampled_from(Kind),
        wait_fen=st.sampled_from([None, 0, 300]),
    )
    return tighten(make_case(county, (*CORE, *draw(st.lists(goods, max_size=6)))))


def make_county(kinds: Sequence[NodeKind], *, spread: int = 10, is_table: bool = False) -> County:
    """Build hub, bus station and post office in town, and a row of villages with a bus, a postal and an own line.

    The hub and every village keep cold. The postal and the own line start at the hub; the bus at its station.
    """
    town = partial(Node, opens_s=18_000, closes_s=80_000, service_s=300)
    owners = {NodeKind.VILLAGE_SHOP: "TPL", NodeKind.VILLAGE_POST_POINT: "POST"}
    nodes = [
        town("HUB", NodeKind.HUB, "共配中心", 126.75, 42.96, owner="TPL", keeps_cold=True),
        town("BS", NodeKind.BUS_STATION, "客运站", 126.745, 42.975, owner="BUS"),
        town("PO", NodeKind.POST_OFFICE, "邮政分公司", 126.738, 42.968, owner="POST"),
    ]
    for i, kind in enumerate(kinds):
        nodes.append(
            Node(
                f"V{i}",
                kind,
                f"{i}村",
                126.75 + spread / 500 * (i + 1),
                42.96 + (-1) ** i * spread / 1_000,
                village_code=f"22028210020{i}",
                township_code=TOWNSHIP,
                owner=owners[kind],
                opens_s=21_600,
                closes_s=79_200,
                service_s=240,
                service_per_piece_s=8,
                keeps_cold=True,
            )
        )
    villages = [f"V{i}" for i in range(len(kinds))]
    ids = [node.node_id for node in nodes]
    pairs = [
        RoadPair(a, b, 3_000 + 700 * ids.index(a) + 411 * ids.index(b), 600 + 31 * ids.index(a))
        for a, b in permutations(ids, 2)
    ]
    network = Network(
        tuple(nodes),
        (Transfer("HUB", "BS", 900, 800), Transfer("BS", "HUB", 1_000, 850)),
        tuple(pairs) if is_table else (),
    )
    trip = partial(Trip, handling_s=HANDLING_S, capacity_g=10**9, capacity_ml=10**9, capacity_pieces=10**6)
    bus = partial(trip, kind=LineKind.BUS, tariff_piece_fen=40)
    post = partial(trip, kind=LineKind.POSTAL, keeps_cold=True)
    van = partial(
        Vehicle,
        capacity_g=10**9,
        capacity_ml=10**9,
        capacity_pieces=10**6,
        max_trips=9,
        fixed_fen=12_000,
        per_km_fen=95,
        per_hour_fen=3_000,
        co2_g_per_km=187,
    )
    agreement = partial(Agreement, principals=("EXP-A", "EXP-B"), sharing=Sharing.TARIFF, emergency=True)
    return County(
        county_id="county",
        network=network,
        partners=(
            *(Partner(name, name, Role.EXPRESS) for name in ("EXP-A", "EXP-B")),
            Partner("POST", "邮政", Role.POSTAL),
            Partner("BUS", "客运", Role.TRANSIT),
            Partner("TPL", "三方", Role.THIRD_PARTY),
        ),
        agreements=(
            agreement("AG-TPL", CooperationModel.THIRD_PARTY, operator="TPL", tariff_piece_fen=110, minimum_fen=30_000),
            agreement("AG-A", CooperationModel.EXPRESS, operator="EXP-A", sharing=Sharing.SHAPLEY),
            agreement("AG-BUS", CooperationModel.TRANSIT, operator="BUS", tariff_piece_fen=30, tariff_run_fen=77),
            agreement(
                "AG-POST",
                CooperationModel.POSTAL,
                operator="POST",
                tariff_piece_fen=25,
                tariff_kg_fen=5,
                minimum_fen=5_000,
            ),
        ),
        lines=(
            Line(
                "BUS",
                "BUS",
                "客运班线",
                (
                    bus("BUS-O", stop_times=_calls(["BS", *villages], 36_000)),
                    bus("BUS-R", stop_times=_calls([*reversed(villages), "BS"], 50_000)),
                ),
            ),
            Line(
                "POST",
                "POST",
                "邮路",
                (
                    post("POST-O", stop_times=_calls(["HUB", *villages], 30_000)),
                    post("POST-R", stop_times=_calls([*villages, "HUB"], 55_000)),
                ),
            ),
            Line(
                "OWN",
                "EXP-A",
                "自有货运",
                (
                    trip(
                        "OWN-O",
                        LineKind.FREIGHT,
                        _calls(["HUB", *villages], 40_000),
                        tariff_piece_fen=7,
                        tariff_kg_fen=33,
                        tariff_trip_fen=500,
                    ),
                ),
            ),
        ),
        vehicles=(
            van("VAN-T", "TPL", "BOX", "HUB", temperatures=tuple(Temperature)),
            van("VAN-A", "EXP-A", "MINIVAN", "HUB"),
            van("VAN-P", "POST", "POSTAL_VAN", "PO"),
        ),
    )


def make_case(county: County, goods: Sequence[Goods]) -> Case:
    """Plan a day naively: every consignment has the fate it names, or is left where that may not be."""
    consignments = [_consignment(county, i, g) for i, g in enumerate(goods)]
    sets = tuple(_admissions(county, carrier) for carrier in ("EXP-A", "EXP-B"))
    day = Day(county, SERVICE_DATE, tuple(consignments), sets)
    loads: dict[str, dict[str, list[Consignment]]] = defaultdict(lambda: defaultdict(list))
    bookings: list[Booking] = []
    left: list[Consignment] = []
    waiting: list[Waiting] = []
    for consignment, g in zip(consignments, goods, strict=True):
        vehicle_id, _, trip = g.fate.partition("/")
        trip_id = f"{g.fate}-{'O' if g.direction is IN else 'R'}"
        is_cold = g.temperature is not Temperature.AMBIENT
        if trip and not (is_cold and vehicle_id != "VAN-T"):
            loads[vehicle_id][trip].append(consignment)
        elif (
            trip_id in ("BUS-O", "BUS-R", "POST-O", "POST-R", "OWN-O")
            and not (is_cold and g.fate != "POST")
            and not (g.fate == "OWN" and g.carrier != "EXP-A")
        ):
            bookings.append(_book(day, consignment, trip_id, f"B{len(bookings)}"))
        elif g.fate == "WAIT" and consignment.wait_fen is not None:
            waiting.append(Waiting(consignment.consignment_id, consignment.wait_fen, 5, "tomorrow will do"))
        else:
            left.append(consignment)
    runs = [
        drive(day, vehicle_id, [trips[key] for key in sorted(trips)], f"R-{vehicle_id}")
        for vehicle_id, trips in loads.items()
    ]
    unserved = tuple(Unserved(c.consignment_id, UnservedReason.FLEET_EXHAUSTED, "one more van") for c in left)
    shuttles = _shuttles(day, bookings)
    plan = Plan("county", SERVICE_DATE, tuple(runs), tuple(bookings), shuttles, unserved, Cost(), tuple(waiting))
    return Case(day, replace(plan, cost=price(day, plan)))


def drive(day: Day, vehicle_id: str, trips: Sequence[Sequence[Consignment]], run_id: str) -> Run:
    """Drive depot, hub, villages, hub, ..., depot, each as early as may be, everything by the vehicle's rates."""
    vehicle = next(v for v in day.county.vehicles if v.vehicle_id == vehicle_id)
    nodes = {node.node_id: node for node in day.county.network.nodes}
    visits: list[tuple[str, list[Consignment], list[Consignment]]] = [(vehicle.depot, [], [])]
    brought: list[Consignment] = []
    for trip in trips:
        visits.append(("HUB", brought, [c for c in trip if c.direction is IN]))
        for node_id in dict.fromkeys(c.node_ids[0] for c in trip):
            here = [c for c in trip if c.node_ids[0] == node_id]
            visits.append((node_id, [c for c in here if c.direction is IN], [c for c in here if c.direction is OUT]))
        brought = [c for c in trip if c.direction is OUT]
    visits += [("HUB", brought, []), (vehicle.depot, [], [])]
    stops: list[Stop] = []
    now_s, load = 21_600, (0, 0, 0)
    for node_id, drop, take in visits:
        leg_m, leg_s = road(day, stops[-1].node_id, node_id) if stops else (0, 0)
        node, pieces = nodes[node_id], sum(c.pieces for c in (*drop, *take))
        arrival_s = now_s + leg_s
        start_s = max(arrival_s, node.opens_s)
        now_s = start_s + (node.service_s + node.service_per_piece_s * pieces if pieces else 0)
        load = _plus(_plus(load, take), drop, -1)
        names = tuple(c.consignment_id for c in drop), tuple(c.consignment_id for c in take)
        stops.append(Stop(node_id, arrival_s, start_s, now_s, leg_m, *names, *load))
    distance_m = sum(stop.leg_distance_m for stop in stops)
    duration_s = stops[-1].departure_s - stops[0].start_s
    co2_g_fen = distance_m * vehicle.co2_g_per_km * day.objective.co2_fen_per_kg
    return Run(
        run_id,
        vehicle_id,
        tuple(stops),
        tuple(Carriage(c.consignment_id, _agreement(day, c, vehicle_id)) for trip in trips for c in trip),
        distance_m,
        duration_s,
        vehicle.fixed_fen,
        _round(distance_m * vehicle.per_km_fen, 1_000),
        _round(duration_s * vehicle.per_hour_fen, 3_600),
        _round(co2_g_fen, 1_000_000),
    )


def price(day: Day, plan: Plan) -> Cost:
    """Add up a plan whose parts are priced."""
    agreements = {a.agreement_id: a for a in day.county.agreements}
    trips = {trip.trip_id: trip for line in day.county.lines for trip in line.trips}
    tariffs: dict[str, int] = defaultdict(int)
    for booking in plan.bookings:
        tariffs[booking.agreement_id] += booking.tariff_fen
    for trip_id, name in {(b.trip_id, b.agreement_id) for b in plan.bookings}:
        tariffs[name] += agreements[name].tariff_run_fen if name else trips[trip_id].tariff_trip_fen
    left = {u.consignment_id for u in plan.unserved}
    return Cost(
        vehicles_fen=sum(run.vehicle_fen for run in plan.runs),
        distance_fen=sum(run.distance_fen for run in plan.runs),
        time_fen=sum(run.time_fen for run in plan.runs),
        co2_fen=sum(run.co2_fen for run in plan.runs),
        tariffs_fen=sum(max(fen, agreements[a].minimum_fen if a else 0) for a, fen in tariffs.items()),
        transfers_fen=sum(shuttle.cost_fen for shuttle in plan.shuttles),
        unserved_fen=sum(
            (20_000 + 1_000 * c.pieces) * (10 if c.emergency else 5 if c.goods is Kind.MAIL else 1)
            for c in day.consignments
            if c.consignment_id in left
        ),
        waiting_fen=sum(one.wait_fen for one in plan.waiting),
    )


def tighten(case: Case) -> Case:
    """Draw the limits of vehicles, trips, nodes and agreements close around the plan; the post carries mail too."""
    consignments = {c.consignment_id: c for c in case.day.consignments}
    for run in case.plan.runs:
        mail = 7 if run.vehicle_id == "VAN-P" else 0
        case = case.with_vehicle(
            run.vehicle_id,
            **_mail(mail),
            capacity_g=mail + max(stop.load_g for stop in run.stops),
            capacity_ml=mail + max(stop.load_ml for stop in run.stops),
            capacity_pieces=mail + max(stop.load_pieces for stop in run.stops),
            shift_start_s=run.stops[0].start_s,
            shift_end_s=run.stops[-1].departure_s,
            max_work_s=run.duration_s,
            max_distance_m=run.distance_m,
            max_trips=sum(any(consignments[c].direction is IN for c in stop.take) for stop in run.stops),
        )
    for trip_id in {b.trip_id for b in case.plan.bookings}:
        on = [(b, consignments[b.consignment_id]) for b in case.plan.bookings if b.trip_id == trip_id]
        loads = [_plus((0, 0, 0), [c for b, c in on if b.board_index <= i < b.alight_index]) for i in range(9)]
        mail = 9 if trip_id.startswith("POST") else 0
        case = case.with_trip(
            trip_id,
            **_mail(mail),
            capacity_g=mail + max(load[0] for load in loads),
            capacity_ml=mail + max(load[1] for load in loads),
            capacity_pieces=mail + max(load[2] for load in loads),
            max_piece_g=max(c.max_piece_g for _, c in on),
            max_piece_ml=max(c.max_piece_ml for _, c in on),
        )
    dropped = [(stop.node_id, c) for run in case.plan.runs for stop in run.stops for c in stop.drop]
    dropped += [(b.alight_node, b.consignment_id) for b in case.plan.bookings]
    for node in case.day.county.network.nodes:
        kept = [
            consignments[c] for node_id, c in dropped if node_id == node.node_id and consignments[c].direction is IN
        ]
        _, volume_ml, pieces = _plus((0, 0, 0), kept)
        # Where nothing is kept, no limit says so: 0 would be none.
        limits = {"max_pieces": pieces or None, "max_volume_ml": volume_ml or None}
        case = case.with_node(node.node_id, **limits, open_weekdays=(1, 4))
    under: dict[str, int] = defaultdict(int)
    travels = [(b.consignment_id, b.agreement_id) for b in case.plan.bookings]
    travels += [(c.consignment_id, c.agreement_id) for run in case.plan.runs for c in run.carriages]
    for name, agreement_id in travels:
        under[agreement_id] += 0 if consignments[name].emergency else consignments[name].pieces
    for agreement_id, pieces in under.items():
        case = case.with_agreement(agreement_id, max_pieces_per_day=pieces) if agreement_id else case
    return case


def _mail(amount: int) -> dict[str, int]:
    return {"mail_g": amount, "mail_ml": amount, "mail_pieces": amount}


def _consignment(county: County, number: int, goods: Goods) -> Consignment:
    return Consignment(
        consignment_id=f"C{number}",
        direction=goods.direction,
        hub_id="HUB",
        village_code=f"22028210020{goods.village}",
        node_ids=(f"V{goods.village}",),
        temperature=goods.temperature,
        due_date=SERVICE_DATE if goods.wait_fen is None else SERVICE_DATE + timedelta(days=1),
        emergency=goods.emergency,
        pieces=goods.pieces,
        weight_g=goods.weight_g,
        volume_ml=goods.volume_ml,
        max_piece_g=-(-goods.weight_g // goods.pieces),
        carrier_id=goods.carrier,
        admission_set_id=f"AS-{goods.carrier}",
        parcel_ids=(f"{goods.carrier}/{number}",),
        goods=goods.kind,
        max_piece_ml=-(-goods.volume_ml // goods.pieces),
        wait_fen=None if goods.emergency else goods.wait_fen,
    )


def _admissions(county: County, carrier: str) -> AdmissionSet:
    """Write down what the county's agreements open to a carrier; in ``make_county`` scopes are open."""
    opened_by = {"TPL": "AG-TPL", "POST": "AG-POST", "BUS": "AG-BUS", "EXP-A": "" if carrier == "EXP-A" else "AG-A"}
    resources = [
        *((ResourceKind.VEHICLE, v.vehicle_id, v.owner) for v in county.vehicles),
        *((ResourceKind.TRIP, t.trip_id, line.owner) for line in county.lines for t in line.trips),
        *((ResourceKind.NODE, n.node_id, n.owner) for n in county.network.nodes),
    ]
    admissions = tuple(Admission(kind, name, opened_by[owner]) for kind, name, owner in resources)
    return AdmissionSet(f"AS-{carrier}", admissions)


def _agreement(day: Day, consignment: Consignment, resource_id: str) -> str:
    admissions = next(s for s in day.admission_sets if s.set_id == consignment.admission_set_id).admissions
    return next(a.agreement_id for a in admissions if a.resource_id == resource_id)


def _book(day: Day, consignment: Consignment, trip_id: str, booking_id: str) -> Booking:
    line, trip = next((line, t) for line in day.county.lines for t in line.trips if t.trip_id == trip_id)
    at = [stop.node_id for stop in trip.stop_times]
    village = at.index(consignment.node_ids[0])
    board, alight = (0, village) if consignment.direction is IN else (village, len(at) - 1)
    departure_s, arrival_s = trip.stop_times[board].departure_s, trip.stop_times[alight].arrival_s
    agreement_id = _agreement(day, consignment, trip_id)
    tariff = next((a for a in day.county.agreements if a.agreement_id == agreement_id), trip)
    by_weight_fen = _round(consignment.weight_g * tariff.tariff_kg_fen, 1_000)
    return Booking(
        booking_id,
        consignment.consignment_id,
        line.line_id,
        trip_id,
        agreement_id,
        at[board],
        at[alight],
        board,
        alight,
        departure_s - HANDLING_S,
        departure_s,
        arrival_s,
        arrival_s + HANDLING_S,
        consignment.pieces * tariff.tariff_piece_fen + by_weight_fen,
    )


def _shuttles(day: Day, bookings: Iterable[Booking]) -> tuple[Shuttle, ...]:
    out, back = day.county.network.transfers
    goods = [b for b in bookings if b.trip_id == "BUS-O"], [b for b in bookings if b.trip_id == "BUS-R"]
    shuttles = []
    for transfer, served in zip((out, back), goods, strict=True):
        if served:
            first = served[0]
            departs_s = first.ready_by_s - transfer.duration_s if transfer is out else first.available_s
            times = departs_s, departs_s + transfer.duration_s, transfer.cost_fen_per_trip
            names = tuple(b.consignment_id for b in served)
            shuttles.append(Shuttle(first.trip_id, transfer.from_node, transfer.to_node, *times, names))
    return tuple(shuttles)


def _calls(node_ids: Sequence[str], start_s: int) -> tuple[StopTime, ...]:
    return tuple(StopTime(n, start_s + 1_200 * i, start_s + 1_200 * i + 60) for i, n in enumerate(node_ids))


def road(day: Day, from_node: str, to_node: str) -> tuple[int, int]:
    """Give metres and seconds by PROJ, which the checker does not use."""
    if from_node == to_node:
        return 0, 0
    network = day.county.network
    for pair in network.road_pairs:
        if (pair.from_node, pair.to_node) == (from_node, to_node):
            return pair.distance_m, pair.duration_s
    nodes = {node.node_id: node for node in network.nodes}
    start, end = nodes[from_node], nodes[to_node]
    _, _, geodesic_m = Geod(ellps="WGS84").inv(start.lon, start.lat, end.lon, end.lat)
    distance_m = round(geodesic_m * 1.32)
    return distance_m, -(-distance_m * 3_600 // 42_000)


def _plus(load: tuple[int, int, int], goods: Iterable[Consignment], sign: int = 1) -> tuple[int, int, int]:
    grams, millilitres, pieces = load
    for c in goods:
        grams, millilitres, pieces = (
            grams + sign * c.weight_g,
            millilitres + sign * c.volume_ml,
            pieces + sign * c.pieces,
        )
    return grams, millilitres, pieces


def _round(amount: int, per: int) -> int:
    return int((Decimal(amount) / per).quantize(Decimal(1), ROUND_HALF_UP))


def _swapped(items: tuple[T, ...], old: T, new: T) -> tuple[T, ...]:
    return tuple(new if item is old else item for item in items)


def _changed(items: tuple[Any, ...], key: str, name: str, changes: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(replace(item, **changes) if getattr(item, key) == name else item for item in items)
