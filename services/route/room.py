"""How large goods are, and what room is on offer for them: universal-service mail 普服邮件 goes first on the post's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from services.model.agreements import Temperature
from services.model.consignments import Consignment
from services.model.fleet import Vehicle
from services.model.lines import Trip
from services.route.engines.engine import Compartment, Load, Room


def load_of(consignment: Consignment) -> Load:
    """A consignment's size."""
    weight_g, volume_ml = consignment.weight_g, consignment.volume_ml
    if consignment.temperature is Temperature.CHILLED:
        return Load(weight_g, volume_ml, consignment.pieces, chilled_g=weight_g, chilled_ml=volume_ml)
    if consignment.temperature is Temperature.FROZEN:
        return Load(weight_g, volume_ml, consignment.pieces, frozen_g=weight_g, frozen_ml=volume_ml)
    return Load(weight_g, volume_ml, consignment.pieces)


def total_load(goods: Iterable[Consignment]) -> Load:
    """The size of consignments together."""
    total = Load()
    for consignment in goods:
        total += load_of(consignment)
    return total


def on_offer(vehicle: Vehicle) -> Vehicle:
    """The vehicle as large as mail leaves it."""
    room = room_on(vehicle)
    return replace(
        vehicle,
        capacity_g=room.weight_g,
        capacity_ml=room.volume_ml,
        capacity_pieces=room.pieces,
        mail_g=0,
        mail_ml=0,
        mail_pieces=0,
    )


def room_on(resource: Vehicle | Trip) -> Room:
    """The room that mail leaves in a vehicle or on each segment of a trip."""
    return Room(
        resource.capacity_g - resource.mail_g,
        resource.capacity_ml - resource.mail_ml,
        resource.capacity_pieces - resource.mail_pieces,
        _compartment(resource) if isinstance(resource, Vehicle) else None,
    )


def room_for(vehicle: Vehicle, temperature: Temperature) -> Room:
    """The room for goods of one class: the compartment's where they ride in it, else the main hold's."""
    room = room_on(vehicle)
    if room.compartment is not None and temperature in room.compartment.classes:
        return Room(room.compartment.weight_g, room.compartment.volume_ml, room.pieces)
    return replace(room, compartment=None)


def classes_apart(vehicle: Vehicle) -> frozenset[Temperature]:
    """The classes of goods that ride in a vehicle's compartment; none where it has no compartment."""
    return frozenset(vehicle.cold_temperatures if vehicle.has_cold_compartment else ())


def _compartment(vehicle: Vehicle) -> Compartment | None:
    if vehicle.cold_capacity_g is None or vehicle.cold_capacity_ml is None:
        return None
    return Compartment(vehicle.cold_capacity_g, vehicle.cold_capacity_ml, frozenset(vehicle.cold_temperatures))
