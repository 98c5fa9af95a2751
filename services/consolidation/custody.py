"""Who answers for a consignment at every moment 责任可倒查: a chain without gaps from its carrier to its node, or back.

A vehicle's, a line's and a node's owner answer for what is with them, the hub's owner for shuttles, and the goods' own
carrier where a place has no owner. Goods pass when a stop's handling ends; on trips, when these depart and arrive.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from services.consolidation.legs import Leg, RunLeg, TripLeg
from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.day import County
from services.model.plan import Shuttle
from services.model.trace import Call, Custody, CustodyKind, HandOver


class Owners:
    """Who owns what in a county."""

    def __init__(self, county: County) -> None:
        self.nodes = {node.node_id: node.owner for node in county.network.nodes}
        self.vehicles = {vehicle.vehicle_id: vehicle.owner for vehicle in county.vehicles}
        self.lines = {line.line_id: line.owner for line in county.lines}
        self.trips = {trip.trip_id: trip for line in county.lines for trip in line.trips}


def custody_chain(consignment: Consignment, legs: Sequence[Leg], owners: Owners) -> tuple[Custody, ...]:
    """Follow a consignment over its legs; without any it stays where it is, the hub or its village."""
    chain = _Chain(consignment, owners)
    for leg in legs:
        chain.ride(leg)
    return chain.close()


def hand_overs(custodies: Sequence[Custody], legs: Sequence[Leg]) -> tuple[HandOver, ...]:
    """Name each change from one custody to the next."""
    made = [
        HandOver(before.to_node, before.partner_id, after.partner_id, before.until_s, after.from_s)
        for before, after in pairwise(custodies)
    ]
    if made and custodies[0].kind is CustodyKind.CARRIER:
        made[0] = replace(made[0], latest_s=_loads_from(legs[0]) if legs else None)
    if made and custodies[-1].kind is CustodyKind.CARRIER:
        made[-1] = replace(made[-1], earliest_s=custodies[-2].from_s)
    return tuple(made)


def _loads_from(leg: Leg) -> int:
    """From when goods have to be there."""
    if isinstance(leg, RunLeg):
        return leg.take.start_s
    return leg.shuttle_to.departure_s if leg.shuttle_to else leg.booking.ready_by_s


@dataclass(slots=True)
class _Place:
    node_id: str
    since_s: int | None


class _Chain:
    """The custodies so far, and where the goods are."""

    def __init__(self, consignment: Consignment, owners: Owners) -> None:
        self._consignment = consignment
        self._owners = owners
        self._made: list[Custody] = []
        self._at: _Place | None = None

    def ride(self, leg: Leg) -> None:
        """Take the goods over a leg."""
        self._start(leg.from_node)
        if isinstance(leg, RunLeg):
            self._ride_run(leg)
        else:
            self._ride_trip(leg)

    def close(self) -> tuple[Custody, ...]:
        """Leave the goods where they are; outbound ones are the carrier's again."""
        consignment = self._consignment
        is_inbound = consignment.direction is Direction.INBOUND
        self._start(consignment.hub_id if is_inbound else consignment.node_ids[0])
        is_carried = any(c.kind not in (CustodyKind.CARRIER, CustodyKind.NODE) for c in self._made)
        last = self._wait(None)
        if not is_inbound and is_carried:
            self._made.append(Custody(CustodyKind.CARRIER, consignment.carrier_id, last, last))
        return tuple(self._made)

    def _start(self, node_id: str) -> None:
        """Begin where the first leg does: inbound goods are brought there by their carrier."""
        if self._at is None:
            self._at = _Place(node_id, None)
            if self._consignment.direction is Direction.INBOUND:
                self._made.append(Custody(CustodyKind.CARRIER, self._consignment.carrier_id, node_id, node_id))

    def _wait(self, until_s: int | None) -> str:
        """Keep the goods where they are until they go on."""
        node_id = self._at.node_id if self._at else ""
        since_s = self._at.since_s if self._at else None
        self._made.append(Custody(CustodyKind.NODE, self._keeper(node_id), node_id, node_id, since_s, until_s))
        return node_id

    def _ride_run(self, leg: RunLeg) -> None:
        vehicle_id = leg.run.vehicle_id
        self._wait(leg.take.departure_s)
        self._made.append(
            Custody(
                CustodyKind.RUN,
                self._owners.vehicles[vehicle_id],
                leg.from_node,
                leg.to_node,
                leg.take.departure_s,
                leg.drop.departure_s,
                run_id=leg.run.run_id,
                vehicle_id=vehicle_id,
                agreement_id=leg.agreement_id,
                calls=tuple(
                    Call(stop.node_id, stop.arrival_s, stop.departure_s)
                    for stop in leg.run.stops[leg.take_index : leg.drop_index + 1]
                ),
            )
        )
        self._at = _Place(leg.to_node, leg.drop.departure_s)

    def _ride_trip(self, leg: TripLeg) -> None:
        booking = leg.booking
        self._shuttle(leg.shuttle_to)
        self._wait(booking.departure_s)
        stop_times = self._owners.trips[booking.trip_id].stop_times
        self._made.append(
            Custody(
                CustodyKind.TRIP,
                self._owners.lines[booking.line_id],
                booking.board_node,
                booking.alight_node,
                booking.departure_s,
                booking.arrival_s,
                line_id=booking.line_id,
                trip_id=booking.trip_id,
                agreement_id=booking.agreement_id,
                calls=tuple(
                    Call(call.node_id, call.arrival_s, call.departure_s)
                    for call in stop_times[booking.board_index : booking.alight_index + 1]
                ),
            )
        )
        self._at = _Place(booking.alight_node, booking.arrival_s)
        self._shuttle(leg.shuttle_from)

    def _shuttle(self, shuttle: Shuttle | None) -> None:
        if shuttle is None:
            return
        self._wait(shuttle.departure_s)
        self._made.append(
            Custody(
                CustodyKind.SHUTTLE,
                self._keeper(self._consignment.hub_id),
                shuttle.from_node,
                shuttle.to_node,
                shuttle.departure_s,
                shuttle.arrival_s,
                trip_id=shuttle.trip_id,
            )
        )
        self._at = _Place(shuttle.to_node, shuttle.arrival_s)

    def _keeper(self, node_id: str) -> str:
        return self._owners.nodes[node_id] or self._consignment.carrier_id
