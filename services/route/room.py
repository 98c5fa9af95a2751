"""How large goods are, and what room is on offer for them: universal-service mail 普服邮件 goes first on the post's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from services.model.consignments import Consignment
from services.model.fleet import Vehicle
from services.model.lines import Trip
from services.route.engines.engine import Load


def load_of(consignment: Consignment) -> Load:
    """A consignment's size."""
    return Load(consignment.weight_g, consignment.volume_ml, consignment.pieces)


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


def room_on(resource: Vehicle | Trip) -> Load:
    """The room that mail leaves in a vehicle or on each segment of a trip."""
    return Load(
        resource.capacity_g - resource.mail_g,
        resource.capacity_ml - resource.mail_ml,
        resource.capacity_pieces - resource.mail_pieces,
    )
