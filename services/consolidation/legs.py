"""How a plan carries each consignment: the runs and trips it rides, in the order of time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from services.model.plan import Booking, Plan, Run, Shuttle, Stop


@dataclass(frozen=True, slots=True)
class RunLeg:
    """A ride on a run, between two of its stops by position."""

    run: Run
    take_index: int
    drop_index: int
    agreement_id: str

    @property
    def take(self) -> Stop:
        """Where it boards."""
        return self.run.stops[self.take_index]

    @property
    def drop(self) -> Stop:
        """Where it leaves."""
        return self.run.stops[self.drop_index]

    @property
    def from_node(self) -> str:
        """Where the ride begins."""
        return self.take.node_id

    @property
    def to_node(self) -> str:
        """Where it ends."""
        return self.drop.node_id

    @property
    def starts_s(self) -> int:
        """When the goods are given out of hand."""
        return self.take.start_s


@dataclass(frozen=True, slots=True)
class TripLeg:
    """A ride on a trip, with the shuttles that bring it to the station and fetch it there."""

    booking: Booking
    shuttle_to: Shuttle | None = None
    shuttle_from: Shuttle | None = None

    @property
    def from_node(self) -> str:
        """Where the ride begins, the shuttle included."""
        return self.shuttle_to.from_node if self.shuttle_to else self.booking.board_node

    @property
    def to_node(self) -> str:
        """Where it ends, the shuttle included."""
        return self.shuttle_from.to_node if self.shuttle_from else self.booking.alight_node

    @property
    def starts_s(self) -> int:
        """When the goods are given out of hand."""
        return self.shuttle_to.departure_s if self.shuttle_to else self.booking.ready_by_s


Leg = RunLeg | TripLeg


def find_legs(plan: Plan) -> dict[str, tuple[Leg, ...]]:
    """Give the legs of every consignment that travels, by its id."""
    legs: dict[str, list[Leg]] = defaultdict(list)
    for run in plan.runs:
        takes = {name: i for i, stop in enumerate(run.stops) for name in stop.take}
        drops = {name: i for i, stop in enumerate(run.stops) for name in stop.drop}
        for carriage in run.carriages:
            name = carriage.consignment_id
            legs[name].append(RunLeg(run, takes[name], drops[name], carriage.agreement_id))
    shuttles: dict[tuple[str, str], list[Shuttle]] = defaultdict(list)
    for shuttle in plan.shuttles:
        for name in shuttle.consignment_ids:
            shuttles[shuttle.trip_id, name].append(shuttle)
    for booking in plan.bookings:
        mine = shuttles[booking.trip_id, booking.consignment_id]
        legs[booking.consignment_id].append(
            TripLeg(
                booking,
                next((s for s in mine if _is_before(s, booking)), None),
                next((s for s in mine if not _is_before(s, booking)), None),
            )
        )
    return {name: tuple(sorted(ridden, key=lambda leg: leg.starts_s)) for name, ridden in legs.items()}


def _is_before(shuttle: Shuttle, booking: Booking) -> bool:
    return shuttle.to_node == booking.board_node and shuttle.arrival_s <= booking.ready_by_s
