"""The interface of a run engine: an immutable problem in, routes out, the best so far on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from services.model.agreements import Temperature

IntMatrix = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Load:
    """An amount in the three dimensions of capacity, and how much of it is chilled and frozen."""

    weight_g: int = 0
    volume_ml: int = 0
    pieces: int = 0
    chilled_g: int = 0
    chilled_ml: int = 0
    frozen_g: int = 0
    frozen_ml: int = 0

    def __add__(self, other: Load) -> Load:
        """Both together."""
        return Load(
            self.weight_g + other.weight_g,
            self.volume_ml + other.volume_ml,
            self.pieces + other.pieces,
            self.chilled_g + other.chilled_g,
            self.chilled_ml + other.chilled_ml,
            self.frozen_g + other.frozen_g,
            self.frozen_ml + other.frozen_ml,
        )

    def __neg__(self) -> Load:
        """What takes it away again."""
        return Load(
            *(-self.weight_g, -self.volume_ml, -self.pieces),
            *(-self.chilled_g, -self.chilled_ml, -self.frozen_g, -self.frozen_ml),
        )

    def of(self, classes: frozenset[Temperature]) -> tuple[int, int]:
        """Grams and millilitres of cold classes."""
        weight_g = volume_ml = 0
        if Temperature.CHILLED in classes:
            weight_g, volume_ml = self.chilled_g, self.chilled_ml
        if Temperature.FROZEN in classes:
            weight_g, volume_ml = weight_g + self.frozen_g, volume_ml + self.frozen_ml
        return weight_g, volume_ml

    def fits(self, room: Room) -> bool:
        """Whether there is room for it in every dimension."""
        if self.pieces > room.pieces:
            return False
        if room.compartment is None:
            return self.weight_g <= room.weight_g and self.volume_ml <= room.volume_ml
        apart_g, apart_ml = self.of(room.compartment.classes)
        return (
            apart_g <= room.compartment.weight_g
            and apart_ml <= room.compartment.volume_ml
            and self.weight_g - apart_g <= room.weight_g
            and self.volume_ml - apart_ml <= room.volume_ml
        )


@dataclass(frozen=True, slots=True)
class Compartment:
    """Room apart from the rest, in which goods of cold ``classes`` ride and nothing else."""

    weight_g: int
    volume_ml: int
    classes: frozenset[Temperature]


@dataclass(frozen=True, slots=True)
class Room:
    """What can be carried at once; with a ``compartment``, grams and millilitres are for what does not ride in it."""

    weight_g: int
    volume_ml: int
    pieces: int
    compartment: Compartment | None = None

    @property
    def whole(self) -> tuple[int, int, int]:
        """Grams, millilitres and pieces, wherever they ride."""
        apart = self.compartment
        return (
            self.weight_g + (apart.weight_g if apart else 0),
            self.volume_ml + (apart.volume_ml if apart else 0),
            self.pieces,
        )


@dataclass(frozen=True, slots=True)
class Demand:
    """What one visit to a node delivers and picks up.

    ``node`` is a row of the problem's matrices. Handling takes ``handling_s`` on top of the node's own service time,
    which is spent once by a vehicle that serves several demands there in one call. ``classes`` are the vehicle
    classes that may serve it. Leaving it out costs ``leaving_fen``; where it ``may_wait`` until tomorrow that is a
    choice like any other, elsewhere the last resort. A call that begins after ``due_s`` costs ``late_fen_per_min``;
    none begins before ``not_before_s``, as long as the node's hours allow to wait.
    """

    node: int
    deliver: Load
    pick_up: Load
    handling_s: int
    classes: frozenset[int]
    leaving_fen: int
    may_wait: bool = False
    due_s: int | None = None
    late_fen_per_min: int = 0
    not_before_s: int = 0


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """Vehicles that are alike in everything that matters to a run.

    ``depot`` is a row of the matrices. ``max_distance_m`` and ``max_work_s`` are for the whole day. One that
    ``is_last_mile`` loads and unloads at its depot, which takes ``handling_s``, and serves only what is booked to it.
    With its driver's rests a way takes ``pace`` times its duration. One with a ``range_m`` recharges between its trips,
    which takes ``recharge_s`` at least: no trip is longer than that, the ways from and to the depot included. A vehicle
    that alone calls at some nodes is a class of its own, with its name as ``regular``. One that is under way starts at
    ``from_node``, a row of the matrices, at ``shift_start_s`` sharp, with what it delivers on board, and makes no other
    trip; what it has fetched already is no part of its ``capacity``.
    """

    count: int
    depot: int
    capacity: Room
    fixed_fen: int
    per_km_fen: int
    per_hour_fen: int
    co2_g_per_km: int
    max_distance_m: int
    shift_start_s: int
    shift_end_s: int
    max_work_s: int
    max_trips: int
    is_last_mile: bool = False
    handling_s: int = 0
    kind: str = ""
    pace: Fraction = Fraction(1)
    range_m: int | None = None
    recharge_s: int = 0
    regular: str = ""
    from_node: int | None = None


@dataclass(frozen=True, slots=True)
class RunProblem:
    """One hub, a fleet and the demands to be served by runs.

    ``distance_m``, ``duration_s`` have shape (n, n); ``service_s``, ``opens_s``, ``closes_s`` have shape (n,). Loading
    and unloading at the hub takes the hub's own service time.
    """

    hub: int
    distance_m: IntMatrix
    duration_s: IntMatrix
    service_s: npt.NDArray[np.int64]
    opens_s: npt.NDArray[np.int64]
    closes_s: npt.NDArray[np.int64]
    demands: tuple[Demand, ...]
    classes: tuple[VehicleClass, ...]
    co2_fen_per_kg: int

    @property
    def compartments(self) -> tuple[frozenset[Temperature], ...]:
        """The sets of temperature classes that some vehicle's compartment keeps apart, in a fixed order."""
        found = {vehicle.capacity.compartment.classes for vehicle in self.classes if vehicle.capacity.compartment}
        return tuple(sorted(found, key=sorted))

    @property
    def pace(self) -> Fraction:
        """The slowest of the classes' paces: engines know one duration for each way."""
        return max((vehicle.pace for vehicle in self.classes), default=Fraction(1))


@dataclass(frozen=True, slots=True)
class Route:
    """One vehicle's day: for each departure from the hub the demands in order, by position in the problem."""

    vehicle_class: int
    trips: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class RunSolution:
    """Routes for a problem; what is in no route is unserved. ``cost_fen`` is the engine's own figure."""

    routes: tuple[Route, ...]
    cost_fen: int


@dataclass(frozen=True, slots=True)
class Booking:
    """A demand on a trip, from its ``first_segment`` to before its ``last_segment``, in place of a run.

    ``charges`` are paid once however many bookings name them. ``price_fen`` counts towards the minimum of ``account``;
    ``pieces`` use up ``quota``. With a ``station``, a row of the matrices, a vehicle of the last mile has to do the
    rest: it loads there from ``ready_s`` on and has unloaded by ``due_s``. ``late_fen`` is the price of what it brings
    too late, and counts towards no account.
    """

    demand: int
    price_fen: int
    first_segment: int
    last_segment: int
    load: Load
    charges: tuple[int, ...] = ()
    account: int | None = None
    quota: int | None = None
    pieces: int = 0
    station: int | None = None
    ready_s: int = 0
    due_s: int | None = None
    late_fen: int = 0


@dataclass(frozen=True, slots=True)
class Bookable:
    """Bookings that may be chosen, demand by demand, with the room on each segment and what they have in common."""

    bookings: tuple[Booking, ...]
    rooms: tuple[Room, ...]
    charge_fen: tuple[int, ...]
    minimum_fen: tuple[int, ...]
    quota_pieces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """How a day is done: runs, and pairs of a demand and its booking.

    A demand that is booked to a station is in a run of the last mile as well, no other booked one is in any.
    """

    runs: RunSolution
    booked: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search: seconds, or iterations where a plan must repeat."""

    seconds: float
    iterations: int | None = None
    seed: int = 1

    def share(self, part: float) -> Effort:
        """A part of this effort, never nothing."""
        iterations = None if self.iterations is None else max(1, round(self.iterations * part))
        return Effort(max(0.05, self.seconds * part), iterations, self.seed)

    def reseeded(self, offset: int) -> Effort:
        """The same effort with another seed."""
        return Effort(self.seconds, self.iterations, self.seed + offset)


OnBest = Callable[[RunSolution], None]
ShouldStop = Callable[[], bool]


OnBestWay = Callable[[Way], None]


class Engine(Protocol):
    """Anything that plans runs."""

    def solve(
        self,
        problem: RunProblem,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBest,
        start: RunSolution | None = None,
    ) -> RunSolution | None:
        """Search until the effort is spent or ``should_stop``; ``None`` when nothing feasible was found."""
        ...


@runtime_checkable
class JointEngine(Protocol):
    """An engine that decides runs and bookings together."""

    def solve_jointly(
        self,
        problem: RunProblem,
        bookable: Bookable,
        effort: Effort,
        should_stop: ShouldStop,
        on_best: OnBestWay,
        start: Way | None = None,
    ) -> Way:
        """Search until the effort is spent or ``should_stop``; never worse than ``start`` as far as that fits."""
        ...
