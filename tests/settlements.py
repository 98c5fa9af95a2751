"""A county for settlements, plans of it written by hand, and a solver that only looks up prices.

Three express companies, one with a van; a third-party firm with a hub and a van; a bus company with a trip; a
cooperative with two shops and a tour past one of them. Agreements are the tests' own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing
from services.model.consignments import Admission, AdmissionSet, Consignment, ResourceKind
from services.model.day import County, Day
from services.model.fleet import Vehicle
from services.model.lines import Line, LineKind, StopTime, Trip
from services.model.network import Network, Node, NodeKind, Transfer
from services.model.plan import Booking, Carriage, Cost, Plan, PlanResult, Run, Shuttle, Stop
from services.model.settlement import Entry, PartnerAccount, Purpose, Settlement, SettlementSettings
from services.settlement.settle import settle
from services.settlement.solver import SearchEffort
from tests.builders import SERVICE_DATE, VILLAGES, small_consignment

CARRIERS: Final = ("EXP-A", "EXP-B", "EXP-C")
PARTNERS: Final = (
    Partner("EXP-A", "甲速递", Role.EXPRESS),
    Partner("EXP-B", "乙速递", Role.EXPRESS),
    Partner("EXP-C", "丙速递", Role.EXPRESS),
    Partner("TPL", "第三方共配公司", Role.THIRD_PARTY),
    Partner("BUS", "客运公司", Role.TRANSIT),
    Partner("COOP", "供销社", Role.COMMERCE),
)
RUN_FEN: Final = 24_000
"""What every run of ``planned`` costs: 12,000 for the van, 9,500 for 100 km, 2,500 for 50 minutes."""

Price = Callable[[Day], int]
Travels = Sequence[tuple[str, str]]


def agreement(agreement_id: str, model: CooperationModel, operator: str, sharing: Sharing, **terms: Any) -> Agreement:
    """Build an agreement of all express companies with an operator."""
    return Agreement(agreement_id, model, CARRIERS, operator, sharing, **terms)


tariff: Final = partial(agreement, sharing=Sharing.TARIFF)
third_party: Final = partial(agreement, "AG-T", CooperationModel.THIRD_PARTY, "TPL")
express: Final = partial(agreement, "AG-A", CooperationModel.EXPRESS, "EXP-A")
transit: Final = partial(agreement, "AG-BUS", CooperationModel.TRANSIT, "BUS")
commerce: Final = partial(agreement, "AG-SHOP", CooperationModel.COMMERCE, "COOP")


def county(*agreements: Agreement, **changes: Any) -> County:
    """Build the county under some agreements."""
    town = partial(Node, opens_s=18_000, closes_s=79_200)
    village = partial(Node, lat=42.96, opens_s=25_200, closes_s=72_000, service_s=240, township_code="220282100000")
    van = partial(
        Vehicle,
        kind="VAN",
        depot="HUB",
        capacity_g=700_000,
        capacity_ml=4_500_000,
        capacity_pieces=450,
        fixed_fen=12_000,
        per_km_fen=95,
        per_hour_fen=3_000,
        shift_end_s=66_600,
        co2_g_per_km=180,
    )
    trip = partial(
        Trip, capacity_g=100_000, capacity_ml=800_000, capacity_pieces=40, tariff_piece_fen=30, tariff_kg_fen=7
    )
    built = County(
        county_id="settled",
        network=Network(
            nodes=(
                town("HUB", NodeKind.HUB, "县级共配中心", 126.75, 42.96, owner="TPL"),
                town("BS", NodeKind.BUS_STATION, "客运站", 126.74, 42.97, owner="BUS"),
                village("V-1", NodeKind.VILLAGE_SHOP, "东村", 126.80, village_code=VILLAGES[0], owner="COOP"),
                village("V-2", NodeKind.VILLAGE_COMMITTEE, "中村", 126.85, village_code=VILLAGES[1], owner="TPL"),
                village("V-3", NodeKind.VILLAGE_SHOP, "西村", 126.90, village_code=VILLAGES[2], owner="COOP"),
            ),
            transfers=(Transfer("HUB", "BS", 900, 800), Transfer("BS", "HUB", 900, 800)),
        ),
        partners=PARTNERS,
        agreements=agreements,
        lines=(
            Line(
                "L-BUS",
                "BUS",
                "客运班线",
                (
                    trip(
                        "T-BUS",
                        LineKind.BUS,
                        (
                            StopTime("BS", 36_000, 36_000),
                            StopTime("V-1", 37_200, 37_200),
                            StopTime("V-2", 38_400, 38_400),
                        ),
                        tariff_trip_fen=500,
                    ),
                ),
            ),
            Line(
                "L-SHOP",
                "COOP",
                "商贸配送线",
                (
                    trip(
                        "T-SHOP", LineKind.COMMERCE, (StopTime("HUB", 36_000, 36_000), StopTime("V-1", 37_200, 37_200))
                    ),
                ),
            ),
        ),
        vehicles=(van("VAN-A", "EXP-A"), van("VAN-T", "TPL", capacity_pieces=900, fixed_fen=12_000)),
    )
    return replace(built, **changes)


def goods(name: str, carrier: str, village: int = 1, **changes: Any) -> Consignment:
    """Build a consignment of a carrier for (or from) a village by number."""
    consignment = small_consignment(
        consignment_id=name,
        carrier_id=carrier,
        village_code=VILLAGES[village - 1],
        node_ids=(f"V-{village}",),
        admission_set_id=f"AS-{carrier}",
        parcel_ids=(f"{carrier}/{name}",),
    )
    return replace(consignment, **changes)


def day_of(county: County, *consignments: Consignment) -> Day:
    """Build a day on which everything is open to a carrier that it or an agreement's operator owns."""
    owned = [
        *((ResourceKind.VEHICLE, v.vehicle_id, v.owner) for v in county.vehicles),
        *((ResourceKind.TRIP, t.trip_id, line.owner) for line in county.lines for t in line.trips),
        *((ResourceKind.NODE, n.node_id, n.owner) for n in county.network.nodes if n.owner),
    ]
    sets = [
        AdmissionSet(
            f"AS-{carrier}",
            (
                *(Admission(kind, name) for kind, name, owner in owned if owner == carrier),
                *(
                    Admission(kind, name, a.agreement_id)
                    for kind, name, owner in owned
                    for a in county.agreements
                    if a.operator == owner and carrier in a.principals
                ),
            ),
        )
        for carrier in sorted({c.carrier_id for c in consignments})
    ]
    return Day(county, SERVICE_DATE, consignments, tuple(sets))


def planned(day: Day, runs: dict[str, Travels] | None = None, booked: dict[str, Travels] | None = None) -> Plan:
    """Write a plan: by vehicle, and by trip, each consignment's name and the agreement it travels under."""
    return Plan(
        day.county.county_id,
        day.service_date,
        tuple(_run(day, vehicle_id, travels) for vehicle_id, travels in (runs or {}).items()),
        tuple(_bookings(day, booked or {})),
        tuple(_shuttles(day, booked or {})),
        (),
        Cost(),
    )


def _run(day: Day, vehicle_id: str, travels: Travels) -> Run:
    vehicle = next(v for v in day.county.vehicles if v.vehicle_id == vehicle_id)
    carried = [_consignment(day, name) for name, _ in travels]
    inbound = tuple(c.consignment_id for c in carried if c.direction is Direction.INBOUND)
    outbound = tuple(c.consignment_id for c in carried if c.direction is Direction.OUTBOUND)
    at_village: dict[str, list[str]] = defaultdict(list)
    for c in carried:
        at_village[c.node_ids[0]].append(c.consignment_id)

    def stop(number: int, node_id: str, drop: tuple[str, ...], take: tuple[str, ...]) -> Stop:
        time_s = 30_000 + 600 * number
        return Stop(node_id, time_s, time_s, time_s, 0, drop, take, 0, 0, 0)

    stops = [stop(0, "HUB", (), inbound)]
    for number, (node_id, names) in enumerate(at_village.items(), start=1):
        dropped, taken = (tuple(n for n in names if n in group) for group in (inbound, outbound))
        stops.append(stop(number, node_id, dropped, taken))
    stops.append(stop(len(stops), "HUB", outbound, ()))
    return Run(
        run_id=f"R-{vehicle_id}",
        vehicle_id=vehicle_id,
        stops=tuple(stops),
        carriages=tuple(Carriage(name, agreement_id) for name, agreement_id in travels),
        distance_m=100_000,
        duration_s=3_000,
        vehicle_fen=vehicle.fixed_fen,
        distance_fen=100 * vehicle.per_km_fen,
        time_fen=(10 * vehicle.per_hour_fen + 6) // 12,
        co2_fen=180,
    )


def _bookings(day: Day, booked: dict[str, Travels]) -> Iterable[Booking]:
    agreements = {a.agreement_id: a for a in day.county.agreements}
    for trip_id, travels in booked.items():
        line, trip = next((line, t) for line in day.county.lines for t in line.trips if t.trip_id == trip_id)
        calls = [stop.node_id for stop in trip.stop_times]
        for name, agreement_id in travels:
            c = _consignment(day, name)
            at = calls.index(c.node_ids[0])
            price = agreements[agreement_id] if agreement_id else trip
            departure_s, arrival_s = trip.stop_times[0].departure_s, trip.stop_times[at].arrival_s
            yield Booking(
                booking_id=f"B-{name}",
                consignment_id=name,
                line_id=line.line_id,
                trip_id=trip_id,
                agreement_id=agreement_id,
                board_node=calls[0],
                alight_node=calls[at],
                board_index=0,
                alight_index=at,
                ready_by_s=departure_s,
                departure_s=departure_s,
                arrival_s=arrival_s,
                available_s=arrival_s,
                tariff_fen=c.pieces * price.tariff_piece_fen + (c.weight_g * price.tariff_kg_fen + 500) // 1_000,
            )


def _shuttles(day: Day, booked: dict[str, Travels]) -> Iterable[Shuttle]:
    for trip_id, travels in booked.items():
        if trip_id == "T-BUS":
            out = day.county.network.transfers[0]
            names = tuple(name for name, _ in travels)
            yield Shuttle(trip_id, "HUB", "BS", 35_100, 36_000, out.cost_fen_per_trip, names)


def _consignment(day: Day, name: str) -> Consignment:
    return next(c for c in day.consignments if c.consignment_id == name)


@dataclass(frozen=True, slots=True)
class LookUp:
    """A solver that plans nothing: it states a price for each day and keeps what it was asked."""

    price: Price
    asked: list[Day] = field(default_factory=list)
    efforts: list[SearchEffort] = field(default_factory=list)

    def solve(self, days: Sequence[Day], effort: SearchEffort) -> Sequence[Plan]:
        """Price each day."""
        self.asked.extend(days)
        self.efforts.append(effort)
        return [
            Plan(day.county.county_id, day.service_date, (), (), (), (), Cost(vehicles_fen=self.price(day)))
            for day in days
        ]


def villages(day: Day) -> str:
    """Which villages a coalition's day goes to, by number: ``13`` for the first and the third."""
    return "".join(sorted({c.node_ids[0].removeprefix("V-") for c in day.consignments}))


def has(day: Day, vehicle_id: str) -> bool:
    """Whether a coalition has vehicles of this kind."""
    return any(vehicle.vehicle_id.startswith(f"{vehicle_id}/") for vehicle in day.county.vehicles)


def by_villages(prices: dict[str, int]) -> Price:
    """A price by the villages gone to."""
    return lambda day: prices[villages(day)]


def any_price(day: Day) -> int:
    """A price that grows with villages and pieces, less where a trip passes: subadditive enough to be plausible."""
    passed = {stop.node_id for line in day.county.lines for trip in line.trips for stop in trip.stop_times}
    nodes = {c.node_ids[0] for c in day.consignments}
    return (10_000 if nodes - passed else 0) + 3_000 * len(nodes - passed) + 7 * sum(c.pieces for c in day.consignments)


def settled(day: Day, plan: Plan, price: Price = any_price, settings: SettlementSettings | None = None) -> Settlement:
    """Settle a plan with coalitions priced."""
    return settle(day, PlanResult(plan), settings or SettlementSettings(iterations=1), LookUp(price))


def account(settlement: Settlement, partner_id: str) -> PartnerAccount:
    """Find a partner's account."""
    return next(a for a in settlement.accounts if a.partner_id == partner_id)


def charges(settlement: Settlement) -> dict[str, int]:
    """What each partner is charged, where that is not nothing."""
    return {a.partner_id: a.charge_fen for a in settlement.accounts if a.charge_fen}


def payments(settlement: Settlement, purpose: Purpose) -> dict[str, int]:
    """What each partner pays (above 0) or receives for a purpose."""
    fen: dict[str, int] = defaultdict(int)
    for entry in entries(settlement, purpose):
        fen[entry.partner_id] += entry.fen
    return dict(fen)


def entries(settlement: Settlement, purpose: Purpose) -> list[Entry]:
    """The entries for a purpose."""
    return [entry for entry in settlement.entries if entry.purpose is purpose]
