"""A day's objects by name, made once and passed along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from services.model.agreements import Agreement
from services.model.consignments import Consignment, Goods, ResourceKind
from services.model.day import Day
from services.model.fleet import Vehicle
from services.model.lines import Line, Trip
from services.model.network import Node, NodeKind
from services.route.hand_over import nodes_to_use

Agreements = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Where a vehicle that is out with goods is next free to go elsewhere, and when."""

    node_id: str
    ready_s: int


_EMERGENCY_FACTOR: Final = 10
_MAIL_FACTOR: Final = 5


@dataclass(frozen=True, slots=True)
class DayIndex:
    """Look-ups over a valid day.

    ``admitted[set][kind][resource]`` are the agreements that open a resource, the carrier's own right ("") first.
    ``node_ids`` are the nodes where each consignment can be handed over today, preferred first; none where all are
    closed or full. ``regulars`` are the vehicles of the fleet that alone call at some nodes, ``under_way`` those that
    are out already.
    """

    day: Day
    hub: Node
    nodes: Mapping[str, Node]
    agreements: Mapping[str, Agreement]
    vehicles: Mapping[str, Vehicle]
    trips: Mapping[str, tuple[Line, Trip]]
    consignments: Mapping[str, Consignment]
    admitted: Mapping[str, Mapping[ResourceKind, Mapping[str, Agreements]]]
    node_ids: Mapping[str, tuple[str, ...]]
    regulars: frozenset[str]
    under_way: Mapping[str, UnderWay] = field(default_factory=dict)

    @classmethod
    def of(cls, day: Day) -> DayIndex:
        """Index a day that validation has passed."""
        county = day.county
        admitted: dict[str, dict[ResourceKind, dict[str, Agreements]]] = {}
        for admission_set in day.admission_sets:
            by_kind = admitted.setdefault(admission_set.set_id, {kind: {} for kind in ResourceKind})
            for admission in sorted(admission_set.admissions, key=lambda a: a.agreement_id):
                ways = by_kind[admission.kind]
                ways[admission.resource_id] = (*ways.get(admission.resource_id, ()), admission.agreement_id)
        return cls(
            day=day,
            hub=next(node for node in county.network.nodes if node.kind is NodeKind.HUB),
            nodes={node.node_id: node for node in county.network.nodes},
            agreements={agreement.agreement_id: agreement for agreement in county.agreements},
            vehicles={vehicle.vehicle_id: vehicle for vehicle in county.vehicles},
            trips={trip.trip_id: (line, trip) for line in county.lines for trip in line.trips},
            consignments={c.consignment_id: c for c in day.consignments},
            admitted=admitted,
            node_ids=nodes_to_use(day),
            regulars=frozenset(node.regular_vehicle for node in county.network.nodes)
            & frozenset(vehicle.vehicle_id for vehicle in county.vehicles),
        )

    def regular_at(self, node: Node) -> str:
        """The vehicle whose runs alone call at a node today; empty where any may."""
        return node.regular_vehicle if node.regular_vehicle in self.regulars else ""

    def may_call(self, vehicle: Vehicle, node: Node) -> bool:
        """Whether a vehicle's runs may call at a node: its kind can go there, and no other is the regular one."""
        return vehicle.kind not in node.barred_kinds and self.regular_at(node) in ("", vehicle.vehicle_id)

    def ways(self, consignment: Consignment, kind: ResourceKind, resource_id: str) -> Agreements:
        """The agreements that open a resource to a consignment; empty when nothing does."""
        return self.admitted[consignment.admission_set_id][kind].get(resource_id, ())

    def unserved_fen(self, consignment: Consignment) -> int:
        """The price of leaving a consignment behind."""
        objective = self.day.objective
        price = objective.unserved_fen + objective.unserved_fen_per_piece * consignment.pieces
        if consignment.emergency:
            return price * _EMERGENCY_FACTOR
        return price * _MAIL_FACTOR if consignment.goods is Goods.MAIL else price

    def leaving_fen(self, consignment: Consignment) -> int:
        """The price of not carrying a consignment today: of its waiting where it may wait, else of leaving it."""
        return self.unserved_fen(consignment) if consignment.wait_fen is None else consignment.wait_fen

    def counts_towards_limit(self, consignment: Consignment, agreement_id: str) -> bool:
        """Whether its pieces use up an agreement's pieces a day; emergency goods go before any such limit."""
        agreement = self.agreements.get(agreement_id)
        return agreement is not None and agreement.max_pieces_per_day is not None and not consignment.emergency
