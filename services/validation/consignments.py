"""Consignments and the admission sets that they share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from services.model.consignments import AdmissionSet, Consignment, ResourceKind
from services.model.day import Day
from services.model.errors import Violation
from services.model.network import Node, NodeKind
from services.validation.fields import (
    MAX_TOTAL,
    id_violations,
    quoted,
    reference_violation,
    text_violations,
    value_violations,
)


@dataclass(frozen=True, slots=True)
class _Known:
    """The names that a day's consignments may use."""

    nodes: Mapping[str, Node]
    partners: frozenset[str]
    agreements: frozenset[str]
    admission_sets: frozenset[str]
    resources: Mapping[ResourceKind, frozenset[str]]


def consignment_violations(day: Day) -> Iterator[Violation]:
    """Report what is wrong with a day's consignments and admission sets."""
    known = _known(day)
    yield from id_violations([one.set_id for one in day.admission_sets], "admission_sets", "set_id")
    for index, admission_set in enumerate(day.admission_sets):
        yield from _admission_violations(admission_set, known, f"admission_sets[{index}]")
    yield from id_violations([one.consignment_id for one in day.consignments], "consignments", "consignment_id")
    first: dict[str, int] = {}
    for index, consignment in enumerate(day.consignments):
        path = f"consignments[{index}]"
        yield from value_violations(consignment, path)
        yield from _amount_violations(consignment, path)
        yield from _wait_violations(consignment, day.service_date, path)
        yield from _place_violations(consignment, known, path)
        yield from reference_violation(consignment.carrier_id, known.partners, f"{path}.carrier_id", "partner")
        admissions = consignment.admission_set_id
        yield from reference_violation(admissions, known.admission_sets, f"{path}.admission_set_id", "admission set")
        yield from _parcel_violations(consignment, index, first)
        yield from _size_violations(consignment, path)
    for name in ("pieces", "weight_g", "volume_ml"):
        if sum(getattr(consignment, name) for consignment in day.consignments) >= MAX_TOTAL:
            yield Violation("consignments", f"{name} adds up to more than {MAX_TOTAL}")


def _known(day: Day) -> _Known:
    county = day.county
    nodes = {node.node_id: node for node in county.network.nodes}
    return _Known(
        nodes=nodes,
        partners=frozenset(partner.partner_id for partner in county.partners),
        agreements=frozenset(agreement.agreement_id for agreement in county.agreements),
        admission_sets=frozenset(one.set_id for one in day.admission_sets),
        resources={
            ResourceKind.VEHICLE: frozenset(vehicle.vehicle_id for vehicle in county.vehicles),
            ResourceKind.TRIP: frozenset(trip.trip_id for line in county.lines for trip in line.trips),
            ResourceKind.NODE: frozenset(nodes),
        },
    )


def _admission_violations(admission_set: AdmissionSet, known: _Known, path: str) -> Iterator[Violation]:
    yield from text_violations(admission_set, path)
    for index, admission in enumerate(admission_set.admissions):
        here = f"{path}.admissions[{index}]"
        resources, kind = known.resources[admission.kind], admission.kind.lower()
        yield from reference_violation(admission.resource_id, resources, f"{here}.resource_id", kind)
        if admission.agreement_id:
            opened_by = admission.agreement_id
            yield from reference_violation(opened_by, known.agreements, f"{here}.agreement_id", "agreement")


def _amount_violations(consignment: Consignment, path: str) -> Iterator[Violation]:
    if consignment.pieces == 0:
        yield Violation(f"{path}.pieces", "is 0")
    if consignment.max_piece_g > consignment.weight_g:
        said = f"{consignment.max_piece_g} g for the heaviest piece is more than the whole {consignment.weight_g} g"
        yield Violation(f"{path}.max_piece_g", said)
    if consignment.max_piece_ml > consignment.volume_ml:
        said = f"{consignment.max_piece_ml} ml for the largest piece is more than the whole {consignment.volume_ml} ml"
        yield Violation(f"{path}.max_piece_ml", said)


def _wait_violations(consignment: Consignment, service_date: date, path: str) -> Iterator[Violation]:
    """Report what is offered for waiting although it may not."""
    if consignment.wait_fen is None:
        return
    if consignment.due_date <= service_date:
        yield Violation(f"{path}.wait_fen", f"may not wait: it is due on {consignment.due_date}")
    if consignment.emergency:
        yield Violation(f"{path}.wait_fen", "may not wait: it is an emergency")


def _place_violations(consignment: Consignment, known: _Known, path: str) -> Iterator[Violation]:
    yield from reference_violation(consignment.hub_id, known.nodes, f"{path}.hub_id", "node")
    hub = known.nodes.get(consignment.hub_id)
    if hub and hub.kind is not NodeKind.HUB:
        yield Violation(f"{path}.hub_id", f"{quoted(hub.node_id)} is a {hub.kind}, not the HUB")
    if not consignment.village_code:
        yield Violation(f"{path}.village_code", "is empty")
    if not consignment.node_ids:
        yield Violation(f"{path}.node_ids", "names no node")
    seen: set[str] = set()
    for index, node_id in enumerate(consignment.node_ids):
        here = f"{path}.node_ids[{index}]"
        yield from reference_violation(node_id, known.nodes, here, "node")
        if node_id in seen:
            yield Violation(here, f"{quoted(node_id)} stands twice")
        seen.add(node_id)
        node = known.nodes.get(node_id)
        if node and node.village_code != consignment.village_code:
            serves = f"serves village {quoted(node.village_code)}" if node.village_code else "serves no village"
            said = f"{quoted(node_id)} {serves}, but the consignment is for {quoted(consignment.village_code)}"
            yield Violation(here, said)


def _parcel_violations(consignment: Consignment, index: int, first: dict[str, int]) -> Iterator[Violation]:
    """Report parcels without a name and parcels that an earlier consignment, or this one, has already."""
    mine: set[str] = set()
    for place, parcel in enumerate(consignment.parcel_ids):
        path = f"consignments[{index}].parcel_ids[{place}]"
        if not parcel.strip():
            yield Violation(path, "is empty")
        elif parcel in mine:
            yield Violation(path, f"{quoted(parcel)} stands twice")
        elif first.setdefault(parcel, index) != index:
            yield Violation(path, f"{quoted(parcel)} is already in consignments[{first[parcel]}]")
        mine.add(parcel)


def _size_violations(consignment: Consignment, path: str) -> Iterator[Violation]:
    """Report sizes of parcels that are not one a parcel or do not add up, and second numbers of other parcels."""
    for name, total, least in (
        ("parcel_g", "weight_g", 0),
        ("parcel_ml", "volume_ml", 0),
        ("parcel_pieces", "pieces", 1),
    ):
        sizes: tuple[int, ...] = getattr(consignment, name)
        for index, size in enumerate(sizes):
            if size < least:
                yield Violation(f"{path}.{name}[{index}]", f"{size} is less than {least}")
        if sizes and len(sizes) != len(consignment.parcel_ids):
            yield Violation(f"{path}.{name}", f"has {len(sizes)} entries for {len(consignment.parcel_ids)} parcels")
        elif sizes and sum(sizes) != getattr(consignment, total):
            yield Violation(f"{path}.{name}", f"adds up to {sum(sizes)}, not to {total} {getattr(consignment, total)}")
    mine = set(consignment.parcel_ids)
    for index, relabelled in enumerate(consignment.relabelled):
        here = f"{path}.relabelled[{index}]"
        yield from reference_violation(relabelled.parcel_id, mine, f"{here}.parcel_id", "parcel of the consignment")
        if not relabelled.new_id.strip():
            yield Violation(f"{here}.new_id", "is empty")
