"""A limit that gives, as a day: pure functions from one day to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from services.model.agreements import Agreement, CooperationModel, Role, Sharing
from services.model.consignments import Admission, AdmissionSet, Consignment, ResourceKind
from services.model.day import Day, HoldPolicy
from services.model.explanations import BindingLimit, LimitKind, SubjectKind
from services.model.fleet import Vehicle
from services.model.lines import LineKind, Trip
from services.model.network import Node, NodeKind

_VEHICLES_UNDER: Final = {
    Role.EXPRESS: CooperationModel.EXPRESS,
    Role.POSTAL: CooperationModel.POSTAL,
    Role.COMMERCE: CooperationModel.COMMERCE,
    Role.THIRD_PARTY: CooperationModel.THIRD_PARTY,
}
_TRIPS_UNDER: Final = {
    LineKind.BUS: (CooperationModel.TRANSIT,),
    LineKind.RAIL: (CooperationModel.TRANSIT,),
    LineKind.FREIGHT: (CooperationModel.TRANSIT, CooperationModel.THIRD_PARTY),
    LineKind.POSTAL: (CooperationModel.POSTAL,),
    LineKind.COMMERCE: (CooperationModel.COMMERCE,),
}
_ROLE_OF: Final = {
    CooperationModel.EXPRESS: Role.EXPRESS,
    CooperationModel.POSTAL: Role.POSTAL,
    CooperationModel.TRANSIT: Role.TRANSIT,
    CooperationModel.COMMERCE: Role.COMMERCE,
    CooperationModel.THIRD_PARTY: Role.THIRD_PARTY,
}


def apply_change(day: Day, consignment_id: str, limit: BindingLimit) -> Day:
    """Let a limit give by what it says, for one consignment; every other input stays as it is."""
    consignment = next(c for c in day.consignments if c.consignment_id == consignment_id)
    return _CHANGES[limit.kind](day, consignment, limit)


def agreements_for(day: Day, consignment: Consignment, kind: ResourceKind, resource_id: str) -> Iterator[str]:
    """The rights under which a consignment could use a resource if that kept it cold: "" where its carrier owns it."""
    county = day.county
    owner, models = _owner(day, kind, resource_id)
    if owner == consignment.carrier_id:
        yield ""
    townships = _townships(day, consignment)
    for agreement in county.agreements:
        is_wide_enough = (
            (not agreement.temperatures or consignment.temperature in agreement.temperatures)
            and (agreement.max_piece_g is None or consignment.max_piece_g <= agreement.max_piece_g)
            and (agreement.max_piece_ml is None or consignment.max_piece_ml <= agreement.max_piece_ml)
            and (not agreement.directions or consignment.direction in agreement.directions)
            and (not agreement.townships or townships.intersection(agreement.townships))
            and (not agreement.weekdays or day.service_date.isoweekday() in agreement.weekdays)
            # What categories the goods are of is not known here: an agreement that excludes some opens nothing new.
            and not agreement.excluded_categories
        )
        if (
            agreement.operator == owner
            and agreement.model in models
            and consignment.carrier_id in agreement.principals
            and agreement.is_in_force(day.service_date)
            and is_wide_enough
        ):
            yield agreement.agreement_id


def _owner(day: Day, kind: ResourceKind, resource_id: str) -> tuple[str, tuple[CooperationModel, ...]]:
    """Who owns a resource, and the models that could open it."""
    if kind is ResourceKind.VEHICLE:
        owner = next(v.owner for v in day.county.vehicles if v.vehicle_id == resource_id)
        return owner, tuple(_VEHICLES_UNDER.values())
    line, trip = next((ln, t) for ln in day.county.lines for t in ln.trips if t.trip_id == resource_id)
    return line.owner, _TRIPS_UNDER[trip.kind]


def may_be_opened(day: Day, kind: ResourceKind, resource_id: str) -> bool:
    """Whether some cooperation model could open a resource, its owner's role being what it is."""
    return _model_for(day, kind, resource_id) is not None


def _model_for(day: Day, kind: ResourceKind, resource_id: str) -> CooperationModel | None:
    owner, models = _owner(day, kind, resource_id)
    role = next((p.role for p in day.county.partners if p.partner_id == owner), None)
    return next((model for model in models if _ROLE_OF[model] is role), None)


def _admitted(day: Day, consignment: Consignment, limit: BindingLimit) -> Day:
    """Open a resource to one consignment by a right that there is, or by an agreement made for it."""
    kind = ResourceKind.VEHICLE if limit.subject_kind is SubjectKind.VEHICLE else ResourceKind.TRIP
    rights = list(agreements_for(day, consignment, kind, limit.subject))
    if not rights:
        model, (owner, _) = _model_for(day, kind, limit.subject), _owner(day, kind, limit.subject)
        if model is None:
            return day
        name = _new_name(f"{consignment.carrier_id}+{owner}", [a.agreement_id for a in day.county.agreements])
        made = _agreement_for(day, consignment, name, model, owner)
        day = replace(day, county=replace(day.county, agreements=(*day.county.agreements, made)))
        rights = [name]
    opened = [Admission(kind, limit.subject, rights[0])]
    if kind is ResourceKind.TRIP:
        opened += _stops_of(day, consignment, limit.subject, rights[0])
    return _with_admissions(day, consignment, opened)


def _agreement_for(day: Day, consignment: Consignment, name: str, model: CooperationModel, owner: str) -> Agreement:
    """An agreement made for one consignment: no wider, or it would cover what another of the same kind does."""
    return Agreement(
        name,
        model,
        (consignment.carrier_id,),
        owner,
        Sharing.PROPORTIONAL_PIECES,
        directions=(consignment.direction,),
        temperatures=(consignment.temperature,),
        townships=tuple(sorted(_townships(day, consignment) - {""})),
        weekdays=(day.service_date.isoweekday(),),
        valid_from=day.service_date,
        valid_to=day.service_date,
    )


def _townships(day: Day, consignment: Consignment) -> set[str]:
    return {n.township_code for n in day.county.network.nodes if n.node_id in consignment.node_ids}


def _stops_of(day: Day, consignment: Consignment, trip_id: str, agreement_id: str) -> Iterator[Admission]:
    """Open a trip's own stations, and whatever else the same agreement's operator owns on its way."""
    _, trip = next((ln, t) for ln in day.county.lines for t in ln.trips if t.trip_id == trip_id)
    agreement = next((a for a in day.county.agreements if a.agreement_id == agreement_id), None)
    called = {stop.node_id for stop in trip.stop_times}
    for node in day.county.network.nodes:
        if node.node_id not in called or node.kind is NodeKind.HUB:
            continue
        if node.owner == consignment.carrier_id:
            yield Admission(ResourceKind.NODE, node.node_id)
        elif agreement and node.owner == agreement.operator:
            yield Admission(ResourceKind.NODE, node.node_id, agreement_id)


def _colder(day: Day, consignment: Consignment, limit: BindingLimit) -> Day:
    """Let a vehicle, a trip or a node keep a consignment's temperature, and open it where a right to it is there."""
    if limit.subject_kind is SubjectKind.NODE:
        return _node(day, limit.subject, lambda node: replace(node, keeps_cold=True))
    if limit.subject_kind is SubjectKind.TRIP:
        day = _trip(day, limit.subject, lambda trip: replace(trip, keeps_cold=True))
        kind = ResourceKind.TRIP
    else:
        kept = consignment.temperature
        day = _vehicle(
            day,
            limit.subject,
            lambda v: v if kept in v.temperatures else replace(v, temperatures=(*v.temperatures, kept)),
        )
        kind = ResourceKind.VEHICLE
    rights = agreements_for(day, consignment, kind, limit.subject)
    return _with_admissions(day, consignment, [Admission(kind, limit.subject, right) for right in rights])


def _with_admissions(day: Day, consignment: Consignment, opened: list[Admission]) -> Day:
    """Give one consignment a set of admissions of its own with more in it."""
    held = next(s for s in day.admission_sets if s.set_id == consignment.admission_set_id)
    more = tuple(one for one in dict.fromkeys(opened) if one not in held.admissions)
    if not more:
        return day
    name = _new_name(f"{held.set_id}+", [s.set_id for s in day.admission_sets])
    wider = replace(day, admission_sets=(*day.admission_sets, AdmissionSet(name, (*held.admissions, *more))))
    return _consignment(wider, replace(consignment, admission_set_id=name))


def _new_name(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "+"
    return name


def _larger(vehicle: Vehicle, consignment: Consignment, limit: BindingLimit) -> Vehicle:
    pieces = vehicle.capacity_pieces + limit.by_pieces
    if vehicle.keeps_apart(consignment.temperature):
        return replace(
            vehicle,
            cold_capacity_g=(vehicle.cold_capacity_g or 0) + limit.by_g,
            cold_capacity_ml=(vehicle.cold_capacity_ml or 0) + limit.by_ml,
            capacity_pieces=pieces,
        )
    return replace(
        vehicle,
        capacity_g=vehicle.capacity_g + limit.by_g,
        capacity_ml=vehicle.capacity_ml + limit.by_ml,
        capacity_pieces=pieces,
    )


def _longer(vehicle: Vehicle, limit: BindingLimit) -> Vehicle:
    if limit.kind is LimitKind.SHIFT:
        return replace(
            vehicle,
            shift_start_s=vehicle.shift_start_s + min(0, limit.by_s),
            shift_end_s=vehicle.shift_end_s + max(0, limit.by_s),
        )
    if limit.kind is LimitKind.WORK_HOURS:
        return replace(vehicle, max_work_s=_plus(vehicle.max_work_s, limit.by_s))
    if limit.kind is LimitKind.TRIPS:
        return replace(vehicle, max_trips=vehicle.max_trips + limit.by_trips)
    return replace(
        vehicle,
        max_distance_m=_plus(vehicle.max_distance_m, limit.by_m),
        range_m=_plus(vehicle.range_m, limit.by_m),
    )


def _roomier(trip: Trip, limit: BindingLimit) -> Trip:
    if limit.kind is LimitKind.PIECE_SIZE:
        return replace(
            trip,
            max_piece_g=_plus(trip.max_piece_g, limit.by_g),
            max_piece_ml=_plus(trip.max_piece_ml, limit.by_ml),
        )
    return replace(
        trip,
        capacity_g=trip.capacity_g + limit.by_g,
        capacity_ml=trip.capacity_ml + limit.by_ml,
        capacity_pieces=trip.capacity_pieces + limit.by_pieces,
    )


def _more_open(day: Day, node: Node, limit: BindingLimit) -> Node:
    if limit.kind is LimitKind.STORAGE:
        return replace(
            node,
            max_pieces=_plus(node.max_pieces, limit.by_pieces),
            max_volume_ml=_plus(node.max_volume_ml, limit.by_ml),
        )
    if limit.kind is LimitKind.ACCESS:
        return replace(node, barred_kinds=())
    if limit.kind is LimitKind.REGULAR_VEHICLE:
        return replace(node, regular_vehicle="")
    weekday = day.service_date.isoweekday()
    if limit.by_days and not node.is_open_on(day.service_date):
        return replace(node, open_weekdays=tuple(sorted((*node.open_weekdays, weekday))))
    return replace(node, opens_s=node.opens_s + min(0, limit.by_s), closes_s=node.closes_s + max(0, limit.by_s))


def _plus(limit: int | None, more: int) -> int | None:
    return None if limit is None else limit + more


def _vehicle(day: Day, vehicle_id: str, change: Callable[[Vehicle], Vehicle]) -> Day:
    vehicles = tuple(change(v) if v.vehicle_id == vehicle_id else v for v in day.county.vehicles)
    return replace(day, county=replace(day.county, vehicles=vehicles))


def _trip(day: Day, trip_id: str, change: Callable[[Trip], Trip]) -> Day:
    lines = tuple(
        replace(line, trips=tuple(change(t) if t.trip_id == trip_id else t for t in line.trips))
        for line in day.county.lines
    )
    return replace(day, county=replace(day.county, lines=lines))


def _node(day: Day, node_id: str, change: Callable[[Node], Node]) -> Day:
    network = day.county.network
    nodes = tuple(change(n) if n.node_id == node_id else n for n in network.nodes)
    return replace(day, county=replace(day.county, network=replace(network, nodes=nodes)))


def _consignment(day: Day, changed: Consignment) -> Day:
    kept: Any = changed.consignment_id
    return replace(day, consignments=tuple(changed if c.consignment_id == kept else c for c in day.consignments))


def _larger_vehicle(day: Day, consignment: Consignment, limit: BindingLimit) -> Day:
    return _vehicle(day, limit.subject, lambda vehicle: _larger(vehicle, consignment, limit))


def _longer_day(day: Day, _: Consignment, limit: BindingLimit) -> Day:
    return _vehicle(day, limit.subject, lambda vehicle: _longer(vehicle, limit))


def _roomier_trip(day: Day, _: Consignment, limit: BindingLimit) -> Day:
    return _trip(day, limit.subject, lambda trip: _roomier(trip, limit))


def _opener_node(day: Day, _: Consignment, limit: BindingLimit) -> Day:
    return _node(day, limit.subject, lambda node: _more_open(day, node, limit))


def _open_road(day: Day, _: Consignment, limit: BindingLimit) -> Day:
    network = day.county.network
    left = tuple(road for road in network.closed_roads if road.title != limit.subject)
    return replace(day, county=replace(day.county, network=replace(network, closed_roads=left)))


def _more_a_day(day: Day, _: Consignment, limit: BindingLimit) -> Day:
    agreements = tuple(
        replace(a, max_pieces_per_day=_plus(a.max_pieces_per_day, limit.by_pieces))
        if a.agreement_id == limit.subject
        else a
        for a in day.county.agreements
    )
    return replace(day, county=replace(day.county, agreements=agreements))


def _later_promise(day: Day, consignment: Consignment, limit: BindingLimit) -> Day:
    return _consignment(
        day,
        replace(
            consignment,
            due_date=day.service_date + timedelta(days=limit.by_days),
            wait_fen=HoldPolicy().fen_per_piece * consignment.pieces,
        ),
    )


def _dearer_to_leave(day: Day, _: Consignment, limit: BindingLimit) -> Day:
    prices = day.objective
    return replace(day, objective=replace(prices, unserved_fen=prices.unserved_fen + limit.by_fen))


def _as_it_is(day: Day, _consignment: Consignment, _limit: BindingLimit) -> Day:
    return day


_CHANGES: Final[dict[LimitKind, Callable[[Day, Consignment, BindingLimit], Day]]] = {
    LimitKind.CAPACITY_G: _larger_vehicle,
    LimitKind.CAPACITY_ML: _larger_vehicle,
    LimitKind.CAPACITY_PIECES: _larger_vehicle,
    LimitKind.PIECE_SIZE: _roomier_trip,
    LimitKind.TRIP_FULL: _roomier_trip,
    LimitKind.TIME_WINDOW: _opener_node,
    LimitKind.SHIFT: _longer_day,
    LimitKind.WORK_HOURS: _longer_day,
    LimitKind.TRIPS: _longer_day,
    LimitKind.RANGE: _longer_day,
    LimitKind.COLD: _colder,
    LimitKind.ADMISSIBILITY: _admitted,
    LimitKind.ACCESS: _opener_node,
    LimitKind.REGULAR_VEHICLE: _opener_node,
    LimitKind.ROAD_CLOSED: _open_road,
    LimitKind.STORAGE: _opener_node,
    LimitKind.DAILY_LIMIT: _more_a_day,
    LimitKind.PROMISE_PAST: _later_promise,
    LimitKind.PRICE: _dearer_to_leave,
    LimitKind.UNSEARCHED: _as_it_is,
}
