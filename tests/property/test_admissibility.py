"""The rule of who may use what and the checker's own restatement of it agree on drawn agreements and parcels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing, Temperature
from services.model.consignments import Admission, AdmissionSet, Consignment, ResourceKind
from services.model.day import County, Day
from services.model.lines import Line, LineKind, Trip
from services.model.network import Node, NodeKind
from services.model.plan import Booking, Carriage, Cost, Plan, Run
from services.route.checker.admissibility import check_admissibility
from services.route.checker.facts import gather_facts
from tests.builders import SERVICE_DATE, TOWNSHIP, VILLAGES, small_county
from tests.parcels import consolidate_small, small_parcels

PARTNERS: Final = ("EXP-A", "EXP-B", "OP")
LIQUIDS: Final = ("蜂蜜", "饮料")
OTHER_TOWNSHIP: Final = "220282999000"
temperatures = st.sampled_from((Temperature.AMBIENT, *Temperature))
owners = st.sampled_from(("EXP-B", "OP", "OP"))
carriers = st.sampled_from(("EXP-A", "EXP-A", "EXP-B"))
near_dates = (
    st.none() | st.none() | st.none() | st.integers(-1, 1).map(lambda days: SERVICE_DATE + timedelta(days=days))
)
piece_limits = st.none() | st.none() | st.sampled_from((500, 1_000, 2_000))


def some(values: Any) -> st.SearchStrategy[tuple[Any, ...]]:
    """Mostly nothing or all, else some of these: drawn evenly, hardly any parcel would be within a scope."""
    open_side = st.sampled_from(((), (), (), tuple(values)))
    return open_side | open_side | st.lists(st.sampled_from(values), min_size=1, unique=True).map(tuple)


agreement_lists = st.lists(
    st.builds(
        Agreement,
        agreement_id=st.just(""),
        model=st.sampled_from(CooperationModel),
        principals=st.sampled_from(((), ("EXP-B",), ("EXP-A",), ("EXP-A", "EXP-B"), PARTNERS)),
        operator=owners,
        sharing=st.just(Sharing.SHAPLEY),
        directions=some(Direction),
        temperatures=some(Temperature),
        max_piece_g=piece_limits,
        excluded_categories=some(("书籍", "LIQUID")),
        townships=some((TOWNSHIP, OTHER_TOWNSHIP)),
        weekdays=some((SERVICE_DATE.isoweekday(), 7)),
        valid_from=near_dates,
        valid_to=near_dates,
        emergency=st.booleans(),
    ),
    max_size=5,
).map(lambda drawn: tuple(replace(a, agreement_id=f"AG-{i}") for i, a in enumerate(drawn)))

parcels = st.fixed_dictionaries(
    {
        "carrier": carriers,
        "direction": st.sampled_from(("INBOUND", "INBOUND", "OUTBOUND")),
        "village_code": st.sampled_from(VILLAGES),
        "weight_g": st.sampled_from((500, 1_000, 1_001, 2_000, 2_001)),
        "pieces": st.integers(1, 2),
        "temperature": temperatures.map(str),
        "category": st.sampled_from(("书籍", "食品", *LIQUIDS)),
        "emergency": st.booleans(),
        "scanned": st.sampled_from((True, True, False)),
    }
).map(lambda parcel: {**parcel, "scanned": parcel["scanned"] or parcel["direction"] == "OUTBOUND"})


@dataclass(frozen=True)
class Owned:
    """A resource, and what it can hold whoever asks."""

    kind: ResourceKind
    resource_id: str
    temperatures: tuple[Temperature, ...]
    max_piece_g: int | None = None

    def fits(self, consignment: Consignment) -> bool:
        light = self.max_piece_g is None or consignment.max_piece_g <= self.max_piece_g
        return light and consignment.temperature in self.temperatures


@st.composite
def counties(draw: st.DrawFn) -> tuple[County, tuple[Owned, ...]]:
    """The small county with drawn agreements, owners and kinds; and its resources beside the hub."""
    county = small_county()
    owned: list[Owned] = []
    vehicles = []
    for vehicle in county.vehicles:
        keeps = draw(st.lists(temperatures, min_size=1, unique=True).map(tuple))
        vehicles.append(replace(vehicle, owner=draw(owners), temperatures=keeps))
        owned.append(Owned(ResourceKind.VEHICLE, vehicle.vehicle_id, keeps))
    lines = []
    for number in range(2):
        trip = replace(
            county.lines[0].trips[0],
            trip_id=f"T-{number}",
            kind=draw(st.sampled_from(LineKind)),
            max_piece_g=draw(piece_limits),
            keeps_cold=draw(st.booleans()),
        )
        lines.append(Line(f"L-{number}", draw(owners), "线路", (trip,)))
        owned.append(Owned(ResourceKind.TRIP, trip.trip_id, _kept(trip), trip.max_piece_g))
    hub, *places = county.network.nodes
    nodes: list[Node] = [hub]
    for node in places:
        kind = draw(st.sampled_from([kind for kind in NodeKind if kind is not NodeKind.HUB]))
        owner = draw(st.just("") | owners)
        township = draw(st.sampled_from((TOWNSHIP, OTHER_TOWNSHIP, ""))) if node.village_code else ""
        nodes.append(replace(node, kind=kind, owner=owner, township_code=township))
        owned.append(Owned(ResourceKind.NODE, node.node_id, tuple(Temperature)))
    return (
        replace(
            county,
            network=replace(county.network, nodes=tuple(nodes)),
            partners=tuple(Partner(p, f"{p}公司", Role.EXPRESS) for p in PARTNERS),
            agreements=draw(agreement_lists),
            lines=tuple(lines),
            vehicles=tuple(vehicles),
        ),
        tuple(owned),
    )


def _kept(trip: Trip) -> tuple[Temperature, ...]:
    return tuple(Temperature) if trip.keeps_cold else (Temperature.AMBIENT,)


def refused_by_the_checker(
    county: County, consignment: Consignment, opened_by: str, owned: tuple[Owned, ...]
) -> set[str]:
    """The resources that the checker refuses under one agreement, when the admission set claims them all."""
    claimed = AdmissionSet("ALL", tuple(Admission(o.kind, o.resource_id, opened_by) for o in owned))
    day = Day(county, SERVICE_DATE, (replace(consignment, admission_set_id="ALL"),), (claimed,))
    carriage = Carriage(consignment.consignment_id, opened_by)
    runs = tuple(
        Run(o.resource_id, o.resource_id, (), (carriage,), 0, 0, 0, 0, 0, 0)
        for o in owned
        if o.kind is ResourceKind.VEHICLE
    )
    bookings = tuple(
        Booking(
            booking_id=o.resource_id,
            consignment_id=consignment.consignment_id,
            line_id="",
            trip_id=o.resource_id if o.kind is ResourceKind.TRIP else "",
            agreement_id=opened_by,
            board_node="HUB",
            alight_node=o.resource_id if o.kind is ResourceKind.NODE else "HUB",
            board_index=0,
            alight_index=1,
            ready_by_s=0,
            departure_s=0,
            arrival_s=0,
            available_s=0,
            tariff_fen=0,
        )
        for o in owned
        if o.kind is not ResourceKind.VEHICLE
    )
    plan = Plan(county.county_id, SERVICE_DATE, runs, bookings, (), (), Cost())
    return {broken.subject for broken in check_admissibility(gather_facts(day), plan)}


def is_refused_for_its_goods(agreement: Agreement, parcel: dict[str, Any]) -> bool:
    """What the checker cannot see, as a consignment says neither category nor scan."""
    excluded = set(agreement.excluded_categories)
    if "LIQUID" in excluded:
        excluded.update(LIQUIDS)
    accepted = parcel["emergency"] and agreement.emergency
    is_transit = agreement.model is CooperationModel.TRANSIT
    unfit = is_transit and (not parcel["scanned"] or parcel["category"] in LIQUIDS)
    return unfit or (parcel["category"] in excluded and not accepted)


@given(counties(), parcels)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.too_slow])
def test_consolidation_admits_exactly_what_the_checker_lets_pass(
    drawn: tuple[County, tuple[Owned, ...]], parcel: dict[str, Any]
) -> None:
    county, owned = drawn
    answer = consolidate_small(small_parcels(parcel), county)
    (consignment,), (admission_set,) = answer.consignments, answer.admission_sets
    expected: set[Admission] = set()
    for agreement in (None, *county.agreements):
        if agreement and is_refused_for_its_goods(agreement, parcel):
            continue
        opened_by = agreement.agreement_id if agreement else ""
        refused = refused_by_the_checker(county, consignment, opened_by, owned)
        expected |= {
            Admission(o.kind, o.resource_id, opened_by)
            for o in owned
            if o.resource_id not in refused and o.fits(consignment)
        }
    admitted = [a for a in admission_set.admissions if a.resource_id != "HUB"]
    event("admitted by an agreement" if any(a.agreement_id for a in admitted) else "none admitted by an agreement")
    assert len(admitted) == len(set(admitted))
    assert set(admitted) == expected
