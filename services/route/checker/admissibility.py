"""Who may use what: by the consignments' admission sets, and again by the agreements themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from services.model.agreements import Agreement
from services.model.agreements import CooperationModel as Model
from services.model.consignments import Admission, Consignment, ResourceKind
from services.model.lines import LineKind
from services.model.network import Node, NodeKind
from services.model.plan import Plan
from services.route.checker.facts import Facts
from services.route.checker.law import BrokenLaw, Law

_VEHICLES_OPENED_BY: Final = frozenset({Model.POSTAL, Model.EXPRESS, Model.COMMERCE, Model.THIRD_PARTY})
_TRIPS_OPENED_BY: Final[dict[LineKind, frozenset[Model]]] = {
    LineKind.BUS: frozenset({Model.TRANSIT}),
    LineKind.RAIL: frozenset({Model.TRANSIT}),
    LineKind.FREIGHT: frozenset({Model.TRANSIT, Model.THIRD_PARTY}),
    LineKind.POSTAL: frozenset({Model.POSTAL}),
    LineKind.COMMERCE: frozenset({Model.COMMERCE}),
}
_NODES_OPENED_BY: Final[dict[NodeKind, frozenset[Model]]] = {
    NodeKind.HUB: frozenset({Model.THIRD_PARTY}),
    NodeKind.BUS_STATION: frozenset({Model.TRANSIT, Model.THIRD_PARTY}),
    NodeKind.RAIL_STATION: frozenset({Model.TRANSIT, Model.THIRD_PARTY}),
    NodeKind.FREIGHT_STATION: frozenset({Model.TRANSIT, Model.THIRD_PARTY}),
    NodeKind.POST_OFFICE: frozenset({Model.POSTAL, Model.THIRD_PARTY}),
    NodeKind.VILLAGE_POST_POINT: frozenset({Model.POSTAL, Model.THIRD_PARTY}),
    NodeKind.EXPRESS_OUTLET: frozenset({Model.EXPRESS, Model.THIRD_PARTY}),
    NodeKind.EXPRESS_SUPERMARKET: frozenset({Model.EXPRESS, Model.COMMERCE, Model.THIRD_PARTY}),
    NodeKind.VILLAGE_SHOP: frozenset({Model.EXPRESS, Model.COMMERCE, Model.THIRD_PARTY}),
    NodeKind.VILLAGE_COMMITTEE: frozenset({Model.EXPRESS, Model.THIRD_PARTY}),
    NodeKind.PARCEL_LOCKER: frozenset({Model.POSTAL, Model.EXPRESS, Model.COMMERCE, Model.THIRD_PARTY}),
}


@dataclass(frozen=True, slots=True)
class _Resource:
    kind: ResourceKind
    resource_id: str
    owner: str
    opened_by: frozenset[Model]


def check_admissibility(facts: Facts, plan: Plan) -> Iterator[BrokenLaw]:
    """Find what travels with somebody who may not carry it.

    A run's hand-over at the village needs no admission of the node: it is the goods' address. Where a trip leaves
    goods, any agreement may open the node; the hub is everybody's.
    """
    for run in plan.runs:
        vehicle = facts.vehicles.get(run.vehicle_id)
        for carriage in run.carriages:
            consignment = facts.consignments.get(carriage.consignment_id)
            if vehicle and consignment:
                resource = _Resource(ResourceKind.VEHICLE, vehicle.vehicle_id, vehicle.owner, _VEHICLES_OPENED_BY)
                for detail in _objections(facts, consignment, resource, carriage.agreement_id):
                    yield BrokenLaw(Law.ADMISSIBILITY, run.run_id, detail)
    opening = _node_agreements(facts)
    for booking in plan.bookings:
        consignment = facts.consignments.get(booking.consignment_id)
        if consignment is None:
            continue
        if booking.trip_id in facts.trips:
            line, trip = facts.trips[booking.trip_id]
            resource = _Resource(ResourceKind.TRIP, trip.trip_id, line.owner, _TRIPS_OPENED_BY[trip.kind])
            for detail in _objections(facts, consignment, resource, booking.agreement_id):
                yield BrokenLaw(Law.ADMISSIBILITY, booking.booking_id, detail)
        for node in (facts.nodes.get(booking.board_node), facts.nodes.get(booking.alight_node)):
            if node and node.kind is not NodeKind.HUB:
                agreements = opening.get((consignment.admission_set_id, node.node_id), [])
                for detail in _node_objections(facts, consignment, node, agreements):
                    yield BrokenLaw(Law.ADMISSIBILITY, booking.booking_id, detail)


def _node_agreements(facts: Facts) -> dict[tuple[str, str], list[str]]:
    """List what opens each node to each admission set."""
    opening: dict[tuple[str, str], list[str]] = {}
    for admission_set in facts.day.admission_sets:
        for admission in admission_set.admissions:
            if admission.kind is ResourceKind.NODE:
                key = admission_set.set_id, admission.resource_id
                opening.setdefault(key, []).append(admission.agreement_id)
    return opening


def _node_objections(facts: Facts, consignment: Consignment, node: Node, agreements: list[str]) -> Iterator[str]:
    """Take the best of the agreements that the admission set names: one that truly opens the node is enough."""
    resource = _Resource(ResourceKind.NODE, node.node_id, node.owner, _NODES_OPENED_BY[node.kind])
    if not agreements:
        yield f"{consignment.consignment_id} is not admitted to node {node.node_id}"
    else:
        yield from min((list(_objections(facts, consignment, resource, a)) for a in agreements), key=len)


def _objections(facts: Facts, consignment: Consignment, resource: _Resource, agreement_id: str) -> Iterator[str]:
    """Everything that stands against a consignment on a resource under an agreement."""
    what = (
        f"{consignment.consignment_id} on {resource.kind} {resource.resource_id} under {agreement_id or 'no agreement'}"
    )
    admitted = facts.admissions.get(consignment.admission_set_id, frozenset())
    if Admission(resource.kind, resource.resource_id, agreement_id) not in admitted:
        yield f"{what} is not in admission set {consignment.admission_set_id}"
    if not agreement_id:
        if resource.owner != consignment.carrier_id:
            yield f"{what}: its owner is {resource.owner}, the carrier {consignment.carrier_id}"
    elif agreement := facts.agreements.get(agreement_id):
        for limit in _limits_broken(facts, consignment, resource, agreement):
            yield f"{what}: {limit}"


def _limits_broken(facts: Facts, consignment: Consignment, resource: _Resource, agreement: Agreement) -> Iterator[str]:
    """Section 4 of the design, read once more: force, operator, kind, principals and scope."""
    today = facts.day.service_date
    accepted_as_emergency = consignment.emergency and agreement.emergency
    if (agreement.valid_from and today < agreement.valid_from) or (agreement.valid_to and today > agreement.valid_to):
        yield f"not in force on {today}"
    if agreement.operator != resource.owner:
        yield f"its operator is {agreement.operator}, the owner {resource.owner}"
    if agreement.model not in resource.opened_by:
        yield f"model {agreement.model} does not open it"
    if agreement.temperatures and consignment.temperature not in agreement.temperatures:
        yield f"not for {consignment.temperature} goods"
    if agreement.max_piece_g is not None and consignment.max_piece_g > agreement.max_piece_g:
        yield f"a piece of {consignment.max_piece_g} g is over {agreement.max_piece_g} g"
    if agreement.max_piece_ml is not None and consignment.max_piece_ml > agreement.max_piece_ml:
        yield f"a piece of {consignment.max_piece_ml} ml is over {agreement.max_piece_ml} ml"
    if accepted_as_emergency:
        return
    if consignment.carrier_id not in agreement.principals:
        yield f"{consignment.carrier_id} is no principal"
    if agreement.directions and consignment.direction not in agreement.directions:
        yield f"not for {consignment.direction}"
    if agreement.townships and not _townships(facts, consignment).intersection(agreement.townships):
        yield f"not for the township of village {consignment.village_code}"
    if agreement.weekdays and today.isoweekday() not in agreement.weekdays:
        yield f"not on weekday {today.isoweekday()}"


def _townships(facts: Facts, consignment: Consignment) -> set[str]:
    return {facts.nodes[n].township_code for n in consignment.node_ids if n in facts.nodes}
