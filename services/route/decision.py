"""What was decided, before it is written out as a plan."""

from __future__ import annotations

from dataclasses import dataclass

from services.route.engines.engine import RunSolution
from services.route.options import BookingOption
from services.route.run_task import RunTask


@dataclass(frozen=True, slots=True)
class LastMileTour:
    """A vehicle's day from its station 末端接驳: for each departure the visits in order.

    A visit is the consignments that it hands over together; each has a booking to or from the station.
    """

    vehicle_id: str
    trips: tuple[tuple[tuple[str, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """Bookings, the run problem of the rest with its solution, and who does the last mile of what is booked."""

    bookings: tuple[BookingOption, ...]
    task: RunTask
    solution: RunSolution
    last_mile: tuple[LastMileTour, ...] = ()
