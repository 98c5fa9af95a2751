"""What became of a parcel 来源可追溯、运输可追踪、责任可倒查."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from services.consolidation.custody import Owners, custody_chain, hand_overs
from services.consolidation.legs import find_legs
from services.model.agreements import ids_by_name
from services.model.bags import BagContent, Bagging
from services.model.consignments import Admission, Consignment, ResourceKind
from services.model.day import County, Day
from services.model.errors import ParcelNotFoundError
from services.model.held import HeldParcel
from services.model.plan import Plan
from services.model.trace import Trace, TracedBag, TracedName, TracedWay, TraceState

_HINTS: Final = 5


@dataclass(frozen=True, slots=True)
class _Found:
    """A parcel as the day knows it: in a consignment, or among the held, or both where a row of it was refused."""

    parcel_id: str
    second_id: str
    consignment: Consignment | None
    held: tuple[HeldParcel, ...]


def trace(day: Day, plan: Plan | None, bagging: Bagging, parcel: str) -> Trace:
    """Give the account of a parcel, named ``carrier/waybill`` by its carrier's id or name and either of its numbers.

    ``plan`` is ``None`` before there is one; ``bagging`` is what ``bag_day`` made of both.

    Raises
    ------
    ParcelNotFoundError
        When the day has no such parcel; the message names parcels of the same number.
    """
    return _named(_account(day, plan, bagging, _find(day, parcel)), day.county)


def _account(day: Day, plan: Plan | None, bagging: Bagging, found: _Found) -> Trace:
    consignment = found.consignment
    if consignment is None:
        return Trace(
            parcel_id=found.parcel_id,
            second_id="",
            county_id=day.county.county_id,
            service_date=day.service_date,
            state=TraceState.HELD,
            carrier_id=found.held[0].carrier,
            held=found.held,
            detail=found.held[0].detail,
        )
    known = _with_sizes(
        Trace(
            parcel_id=found.parcel_id,
            second_id=found.second_id,
            county_id=day.county.county_id,
            service_date=day.service_date,
            state=TraceState.NOT_PLANNED,
            carrier_id=consignment.carrier_id,
            held=found.held,
            consignment_id=consignment.consignment_id,
            direction=consignment.direction,
            village_code=consignment.village_code,
            temperature=consignment.temperature,
            due_date=consignment.due_date,
            ways=_ways(day, consignment),
        ),
        consignment,
    )
    return _carried(_bagged(known, bagging), day, plan, consignment)


def _find(day: Day, asked: str) -> _Found:
    """Look a parcel up by its first number, then by its second, then among the held."""
    names = _names(day, asked)
    held = tuple(row for row in day.held if row.parcel_id in names)
    for consignment in day.consignments:
        for parcel_id in consignment.parcel_ids:
            if parcel_id in names:
                second = next((r.new_id for r in consignment.relabelled if r.parcel_id == parcel_id), "")
                return _Found(parcel_id, second, consignment, held)
    for consignment in day.consignments:
        for relabelled in consignment.relabelled:
            if names & _names(day, relabelled.new_id):
                rows = (row for row in day.held if row.parcel_id == relabelled.parcel_id)
                return _Found(relabelled.parcel_id, relabelled.new_id, consignment, (*rows, *held))
    if not held:
        raise ParcelNotFoundError(asked, tuple(_alike(day, asked)))
    return _Found(held[0].parcel_id, "", None, held)


def _names(day: Day, asked: str) -> set[str]:
    """Spell out what a name may stand for: as it is, and with the carrier's id in place of its name."""
    asked = asked.strip()
    ids = ids_by_name(day.county.partners)
    spelt = {asked}
    for place, character in enumerate(asked):
        if character == "/" and (carrier := ids.get(asked[:place].strip())):
            spelt.add(f"{carrier}/{asked[place + 1 :].strip()}")
    return spelt


def _alike(day: Day, asked: str) -> Iterator[str]:
    """Give a few parcels of other carriers with the same number."""
    number = asked.strip().rpartition("/")[2]
    known = [p for c in day.consignments for p in (*c.parcel_ids, *(r.new_id for r in c.relabelled))]
    known += [row.parcel_id for row in day.held]
    alike = dict.fromkeys(p for p in known if number and p.rpartition("/")[2].casefold() == number.casefold())
    yield from list(alike)[:_HINTS]


def _with_sizes(known: Trace, consignment: Consignment) -> Trace:
    place = consignment.parcel_ids.index(known.parcel_id)
    sizes = consignment.parcel_pieces, consignment.parcel_g, consignment.parcel_ml
    pieces, weight_g, volume_ml = (column[place] if column else 0 for column in sizes)
    return replace(known, pieces=pieces, weight_g=weight_g, volume_ml=volume_ml)


def _ways(day: Day, consignment: Consignment) -> tuple[TracedWay, ...]:
    """Sum up what a consignment may use, by what opens it."""
    sets = (one for one in day.admission_sets if one.set_id == consignment.admission_set_id)
    by_agreement: defaultdict[str, list[Admission]] = defaultdict(list)
    for admission in (a for one in sets for a in one.admissions):
        by_agreement[admission.agreement_id].append(admission)
    agreements = {agreement.agreement_id: agreement for agreement in day.county.agreements}
    ways = []
    for agreement_id, admissions in by_agreement.items():
        agreement = agreements.get(agreement_id)
        vehicles, trips, nodes = (
            sum(a.kind is kind for a in admissions)
            for kind in (ResourceKind.VEHICLE, ResourceKind.TRIP, ResourceKind.NODE)
        )
        operator = agreement.operator if agreement else consignment.carrier_id
        ways.append(TracedWay(agreement_id, operator, vehicles, trips, nodes, agreement.model if agreement else None))
    return tuple(ways)


def _bagged(known: Trace, bagging: Bagging) -> Trace:
    def mine(content: BagContent) -> bool:
        return content.consignment_id == known.consignment_id and content.parcel_id in ("", known.parcel_id)

    def numbers(content: BagContent) -> tuple[int, ...]:
        return content.piece_numbers if content.parcel_id else ()

    bags = (
        TracedBag(bag.code, bag.seal, numbers(content))
        for group in bagging.groups
        for bag in group.bags
        for content in bag.contents
        if mine(content)
    )
    loose = (
        number for group in bagging.groups for c in group.loose if mine(c) and c.parcel_id for number in c.piece_numbers
    )
    return replace(known, bags=tuple(bags), loose_pieces=tuple(loose))


def _carried(known: Trace, day: Day, plan: Plan | None, consignment: Consignment) -> Trace:
    legs = find_legs(plan).get(consignment.consignment_id, ()) if plan else ()
    custodies = custody_chain(consignment, legs, Owners(day.county))
    traced = replace(known, custodies=custodies, hand_overs=hand_overs(custodies, legs))
    if plan is None:
        return traced
    for unserved in plan.unserved:
        if unserved.consignment_id == consignment.consignment_id:
            return replace(traced, state=TraceState.UNSERVED, unserved_reason=unserved.reason, detail=unserved.detail)
    for waiting in plan.waiting:
        if waiting.consignment_id == consignment.consignment_id:
            return replace(traced, state=TraceState.WAITING, detail=waiting.detail)
    return replace(traced, state=TraceState.PLANNED)


def _named(account: Trace, county: County) -> Trace:
    """Add what people call the partners, nodes and lines of an account."""
    partners = {account.carrier_id, account.second_id.partition("/")[0], *(way.operator_id for way in account.ways)}
    partners |= {custody.partner_id for custody in account.custodies}
    nodes = {node for custody in account.custodies for node in (custody.from_node, custody.to_node)}
    nodes |= {call.node_id for custody in account.custodies for call in custody.calls}
    lines = {custody.line_id for custody in account.custodies}
    return replace(
        account,
        partners=tuple(TracedName(p.partner_id, p.name) for p in county.partners if p.partner_id in partners),
        nodes=tuple(TracedName(n.node_id, n.name) for n in county.network.nodes if n.node_id in nodes),
        lines=tuple(TracedName(line.line_id, line.name) for line in county.lines if line.line_id in lines),
    )
