"""The day's input by name, as the laws look it up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from services.model.agreements import Agreement, Direction
from services.model.consignments import Admission, Consignment
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.lines import Line, Trip
from services.model.network import Node, RoadPair, Transfer
from services.model.plan import Run


@dataclass(frozen=True, slots=True)
class Facts:
    """What the day says, ready to be asked for by id; every look-up may miss, for a plan may name anything."""

    day: Day
    nodes: dict[str, Node]
    transfers: dict[tuple[str, str], Transfer]
    road_pairs: dict[tuple[str, str], RoadPair]
    agreements: dict[str, Agreement]
    trips: dict[str, tuple[Line, Trip]]
    vehicles: dict[str, Vehicle]
    consignments: dict[str, Consignment]
    admissions: dict[str, frozenset[Admission]]

    def known(self, consignment_ids: Iterable[str]) -> list[Consignment]:
        """Give the consignments that the day knows among these, in their order."""
        return [self.consignments[c] for c in consignment_ids if c in self.consignments]


def gather_facts(day: Day) -> Facts:
    """Index a day's input by id."""
    county = day.county
    return Facts(
        day=day,
        nodes={node.node_id: node for node in county.network.nodes},
        transfers={(t.from_node, t.to_node): t for t in county.network.transfers},
        road_pairs={(pair.from_node, pair.to_node): pair for pair in county.network.road_pairs},
        agreements={agreement.agreement_id: agreement for agreement in county.agreements},
        trips={trip.trip_id: (line, trip) for line in county.lines for trip in line.trips},
        vehicles={vehicle.vehicle_id: vehicle for vehicle in county.vehicles},
        consignments={c.consignment_id: c for c in day.consignments},
        admissions={s.set_id: frozenset(s.admissions) for s in day.admission_sets},
    )


def is_last_mile(facts: Facts, run: Run) -> bool:
    """Whether a run's vehicle stands in a township, and so is for the last mile."""
    vehicle = facts.vehicles.get(run.vehicle_id)
    depot = facts.nodes.get(vehicle.depot) if vehicle else None
    return depot is not None and bool(depot.township_code)


def hub_and_village(consignment: Consignment, start: str, end: str) -> tuple[str, str]:
    """Tell which of a journey's two ends is on the hub's side and which on the village's."""
    return (start, end) if consignment.direction is Direction.INBOUND else (end, start)
