"""A plan as settlement looks at it: whose run or trip carries whose goods under which agreement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.model.agreements import Agreement, Direction, Role, Sharing
from services.model.consignments import Consignment, ResourceKind
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.lines import Line, Trip
from services.model.network import Node, NodeKind
from services.model.plan import Booking, Plan, Run


@dataclass(frozen=True, slots=True)
class Carried:
    """A consignment on a run or trip and the agreement it travels under (empty: its carrier owns the resource)."""

    consignment: Consignment
    agreement_id: str


@dataclass(frozen=True, slots=True)
class Use:
    """One run, or one trip with all that is booked on it: its owner and what it carries."""

    owner: str
    carried: tuple[Carried, ...]
    run: Run | None = None
    trip: Trip | None = None

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The run, where it is one."""
        return (self.run.run_id,) if self.run else ()

    @property
    def trip_ids(self) -> tuple[str, ...]:
        """The trip, where it is one."""
        return (self.trip.trip_id,) if self.trip else ()

    @property
    def agreement_ids(self) -> list[str]:
        """The agreements that something travels under, by name."""
        return sorted({one.agreement_id for one in self.carried if one.agreement_id})

    def under(self, agreement_id: str) -> list[Consignment]:
        """What travels under an agreement, or (empty) by its carrier's own right."""
        return [one.consignment for one in self.carried if one.agreement_id == agreement_id]


@dataclass(frozen=True, slots=True)
class Facts:
    """Look-ups over a valid day and a plan of it.

    ``uses`` are in the order of their names, runs first. ``opening`` names, by admission set and node, the agreements
    that open the node; ``under``, by consignment, those that it travels under.
    """

    day: Day
    plan: Plan
    consignments: Mapping[str, Consignment]
    agreements: Mapping[str, Agreement]
    vehicles: Mapping[str, Vehicle]
    trips: Mapping[str, tuple[Line, Trip]]
    nodes: Mapping[str, Node]
    roles: Mapping[str, Role]
    uses: tuple[Use, ...]
    opening: Mapping[tuple[str, str], tuple[str, ...]]
    under: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, day: Day, plan: Plan) -> Facts:
        """Index a day and its plan, both valid."""
        county = day.county
        consignments = {c.consignment_id: c for c in day.consignments}
        vehicles = {v.vehicle_id: v for v in county.vehicles}
        trips = {trip.trip_id: (line, trip) for line in county.lines for trip in line.trips}
        runs = [
            Use(
                vehicles[run.vehicle_id].owner,
                tuple(Carried(consignments[c.consignment_id], c.agreement_id) for c in run.carriages),
                run=run,
            )
            for run in sorted(plan.runs, key=lambda run: run.run_id)
        ]
        booked: dict[str, list[Booking]] = {}
        for booking in sorted(plan.bookings, key=lambda b: b.booking_id):
            booked.setdefault(booking.trip_id, []).append(booking)
        on_trips = [
            Use(
                trips[trip_id][0].owner,
                tuple(Carried(consignments[b.consignment_id], b.agreement_id) for b in booked[trip_id]),
                trip=trips[trip_id][1],
            )
            for trip_id in sorted(booked)
        ]
        uses = (*runs, *on_trips)
        return cls(
            day=day,
            plan=plan,
            consignments=consignments,
            agreements={a.agreement_id: a for a in county.agreements},
            vehicles=vehicles,
            trips=trips,
            nodes={node.node_id: node for node in county.network.nodes},
            roles={partner.partner_id: partner.role for partner in county.partners},
            uses=uses,
            opening=_opening(day),
            under=_under(uses),
        )

    @property
    def hub_owner(self) -> str:
        """Who owns the hub; empty where nobody does."""
        return next((node.owner for node in self.nodes.values() if node.kind is NodeKind.HUB), "")

    def has_tariff(self, agreement_id: str) -> bool:
        """Whether an agreement charges a tariff, not a share of the cost."""
        return self.agreements[agreement_id].sharing is Sharing.TARIFF

    def carried(self) -> list[Consignment]:
        """Everything that the plan carries, by name, once each."""
        return [self.consignments[name] for name in sorted(self.under)]

    def hand_overs(self) -> Iterator[tuple[str, Consignment]]:
        """Each consignment that is carried, by name, with the node of its village where it is handed over."""
        places: dict[str, str] = {}
        for booking in self.plan.bookings:
            inbound = self.consignments[booking.consignment_id].direction is Direction.INBOUND
            places[booking.consignment_id] = booking.alight_node if inbound else booking.board_node
        # Where a run goes on from a trip, it is the run that comes to the village.
        for run in self.plan.runs:
            for stop in run.stops:
                for direction, ids in ((Direction.INBOUND, stop.drop), (Direction.OUTBOUND, stop.take)):
                    places |= {c: stop.node_id for c in ids if self.consignments[c].direction is direction}
        return ((places[name], self.consignments[name]) for name in sorted(places))


def _opening(day: Day) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], set[str]] = {}
    for admission_set in day.admission_sets:
        for admission in admission_set.admissions:
            if admission.kind is ResourceKind.NODE and admission.agreement_id:
                found.setdefault((admission_set.set_id, admission.resource_id), set()).add(admission.agreement_id)
    return {key: tuple(sorted(ids)) for key, ids in found.items()}


def _under(uses: tuple[Use, ...]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for use in uses:
        for one in use.carried:
            found.setdefault(one.consignment.consignment_id, set()).add(one.agreement_id)
    return {name: frozenset(ids) for name, ids in found.items()}
