"""What the kernel searches on: tasks, vehicle types and line options as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def _none() -> Ints:
    return np.zeros(0, dtype=np.int64)


# Stands for "no limit" and "never" where a number is needed; sums of a few of them still fit.
NO_LIMIT: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Tasks:
    """What has to be done, one row each; ``n`` tasks, ``d`` dimensions of load.

    ``location`` (n,) is a row of the matrices. Service takes ``service`` and begins within ``earliest`` to ``latest``;
    the vehicle may not leave for the trip before ``release``. ``deliver`` and ``pick_up`` (n, d) are loaded at the
    start of the trip and unloaded at its end. Leaving a task out costs ``leaving``. ``admitted`` (types, n) says which
    vehicle types may do it.

    A task whose call begins after ``due`` (n,) costs ``late`` (n,) for each unit of time. Tasks of one ``site`` (n,)
    that follow one another are one call, which begins with the first of them; -1 is no site. Without entries, nothing
    is late, and no two tasks are one call.
    """

    location: Ints
    service: Ints
    earliest: Ints
    latest: Ints
    release: Ints
    deliver: Ints
    pick_up: Ints
    leaving: Ints
    admitted: Flags
    due: Ints = field(default_factory=_none)
    late: Ints = field(default_factory=_none)
    site: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class VehicleTypes:
    """Kinds of vehicles, one row each; ``k`` types.

    A vehicle leaves the location ``start`` within ``start_earliest`` to ``start_latest`` and ends at ``end`` until
    ``end_latest``. At ``reload`` (-1: nowhere), open from ``reload_earliest`` to ``reload_latest``, it may begin
    another of at most ``trips``. Costs: ``fixed`` a vehicle used, ``per_distance``, ``per_duration`` a unit.
    ``capacity`` has shape (k, d). Handling takes ``handling`` at the start and at the end, ``reload_handling`` at each
    reload.

    No trip may be longer than ``longest_trip``, measured from ``reload`` and back to it wherever the vehicle starts and
    ends: so it depends on nothing but the trip's tasks, and stays what it is when other trips come and go. A type that
    reloads nowhere has no such limit.

    A type with a ``station`` (-1: none) is for the last mile: it starts, reloads and ends there, loads as late at the
    start as at a reload, and does only tasks that are booked to that station. Without entries, ``handling`` is 0,
    ``reload_handling`` is like it, no trip has a limit and no type a station.
    """

    count: Ints
    start: Ints
    end: Ints
    reload: Ints
    capacity: Ints
    fixed: Ints
    per_distance: Ints
    per_duration: Ints
    longest_distance: Ints
    longest_duration: Ints
    start_earliest: Ints
    start_latest: Ints
    end_latest: Ints
    reload_earliest: Ints
    reload_latest: Ints
    trips: Ints
    handling: Ints = field(default_factory=_none)
    station: Ints = field(default_factory=_none)
    reload_handling: Ints = field(default_factory=_none)
    longest_trip: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class Options:
    """Other ways to do tasks: to be booked on a line.

    ``task`` (o,) in ascending order, ``price`` (o,), its load on ledger rows ``first`` to ``last`` (o,), exclusive.
    ``charges`` (o, c) are charges paid once however many options name them, -1 where there are fewer; ``charge_price``
    their amounts. ``account`` (o,) is an account with a minimum (-1: none) that ``price`` counts towards;
    ``minimum`` (a,) is what such an account costs at least once used. ``quota`` (o,) is a quota of pieces (-1: none)
    and ``quota_pieces`` (q,) its size. ``room`` (s, d) are the ledger's rows.

    With a ``station`` (o,) of at least 0 a booking is one part of the way only: a vehicle of that station does the
    rest, on a trip that begins there not before ``ready`` (o,) and whose end is handled from ``due`` (o,) on at the
    latest. Without entries, no booking needs a vehicle. ``late`` (o,) is what it costs that a booking brings its task
    too late; it counts towards no account.
    """

    task: Ints = field(default_factory=_none)
    price: Ints = field(default_factory=_none)
    first: Ints = field(default_factory=_none)
    last: Ints = field(default_factory=_none)
    charges: Ints = field(default_factory=lambda: np.zeros((0, 1), dtype=np.int64))
    account: Ints = field(default_factory=_none)
    quota: Ints = field(default_factory=_none)
    room: Ints = field(default_factory=lambda: np.zeros((0, 1), dtype=np.int64))
    charge_price: Ints = field(default_factory=_none)
    minimum: Ints = field(default_factory=_none)
    quota_pieces: Ints = field(default_factory=_none)
    load: Ints = field(default_factory=lambda: np.zeros((0, 1), dtype=np.int64))
    pieces: Ints = field(default_factory=_none)
    station: Ints = field(default_factory=_none)
    ready: Ints = field(default_factory=_none)
    due: Ints = field(default_factory=_none)
    late: Ints = field(default_factory=_none)


@dataclass(frozen=True, slots=True)
class KernelProblem:
    """A day for the kernel: ``distance`` and ``duration`` have shape (locations, locations), whole numbers.

    To leave a task out must never make what comes after it later: no way may be quicker through a task, its service
    included, than past it. Ways by road are so, also rounded to seconds, where a call takes some seconds at least.
    """

    distance: Ints
    duration: Ints
    tasks: Tasks
    types: VehicleTypes
    options: Options = field(default_factory=Options)


@dataclass(frozen=True, slots=True)
class KernelRoute:
    """One vehicle's day: for each trip the tasks in order."""

    vehicle_type: int
    trips: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class KernelSolution:
    """Routes, the option of each task that is booked, and the cost of all, left tasks included.

    A task with an option that has a station is in a route too.
    """

    routes: tuple[KernelRoute, ...]
    booked: tuple[tuple[int, int], ...]
    cost: int


def without_the_impossible(problem: KernelProblem) -> KernelProblem:
    """The problem without vehicles, reloads and admissions whose time windows leave no moment for them.

    Searches join windows and look at where they meet; a window that is empty by itself would escape them.
    """
    tasks, types = problem.tasks, problem.types
    has_time = (types.count > 0) & (types.start_earliest <= np.minimum(types.start_latest, types.end_latest))
    may_reload = types.reload_earliest <= np.minimum(types.reload_latest, types.end_latest)
    meets = has_time[:, None] & (tasks.earliest <= tasks.latest)[None, :]
    meets &= types.start_earliest[:, None] <= tasks.latest[None, :]
    meets &= tasks.earliest[None, :] <= types.end_latest[:, None]
    if meets.all() and may_reload.all():
        return problem
    return replace(
        problem,
        tasks=replace(tasks, admitted=tasks.admitted & meets),
        # Not without the place of reloads, from where trips are measured.
        types=replace(types, count=np.where(has_time, types.count, 0), trips=np.where(may_reload, types.trips, 1)),
    )
