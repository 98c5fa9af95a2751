"""The problem and the state of a search as plain arrays, which is what compiled code works on.

Nodes are numbered: tasks first, then a start and an end for each vehicle slot, then a pool of reloads. A slot is one
vehicle of a type; a route is the chain of nodes from its start to its end, and a trip the part between two depots.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from services.route.kernel.problem import NO_LIMIT, Ints, KernelProblem

_Array = npt.NDArray[Any]

# Neighbours beside whom a task may be inserted, and those from whose routes strings are removed around it.
_NEAR: Final = 40
_AROUND: Final = 100
_WAITING_WEIGHT: Final = 0.2
# No route of a county or a benchmark has more reloads than this times the vehicles in use.
_LEAST_RELOADS: Final = 16


def _whole(*names: str) -> np.dtype[Any]:
    return np.dtype([(name, np.int64) for name in names], align=True)


_TASK: Final = _whole(
    *("location", "service", "earliest", "latest", "release", "leaving", "option_first", "option_last"),
    *("kinds", "due", "late", "site"),
)
_KIND: Final = _whole(
    *("first_slot", "start", "end", "reload", "fixed", "per_distance", "per_duration", "longest_distance"),
    *("longest_duration", "start_earliest", "start_latest", "end_latest", "reload_earliest", "reload_latest"),
    *("most_trips", "handling", "station", "slots", "reload_handling", "longest_trip"),
)
_OPTION: Final = _whole("price", "first", "last", "account", "quota", "pieces", "station", "ready", "due", "late")
_FLAGS: Final = np.dtype(
    [(name, np.bool_) for name in ("has_times", "has_releases", "has_kinds", "has_longest_trips", "has_lateness")],
    align=True,
)
# Of each node: its neighbours in the route, how far the next is and how long it takes to get there; then durations with
# windows for their beginning: of the stretch from the route's start to the node, of that from it to the route's end, of
# the node by itself, and of that from the trip's first task to it. A task is released and due as its booking says; a
# depot is left not before what the trip that begins there takes is released, and reached before what the trip that ends
# there brings is due. A depot knows how far the trip that begins there goes, if its kind has a limit.
_NODE: Final = _whole(
    *("nxt", "prv", "route", "location", "way", "drive", "stamp", "start_duration", "start_earliest", "start_latest"),
    *("end_duration", "end_earliest", "end_latest", "own_duration", "own_earliest", "own_latest"),
    *("trip_duration", "trip_earliest", "trip_latest", "depot", "trip_release", "trip_due", "release", "due"),
    "trip_distance",
)
# Of each slot, and of each place in lists of slots.
_SLOT: Final = _whole(
    *("kind", "cost", "distance", "duration", "tasks", "trips", "place", "touched"),
    *("active", "free", "touched_slot", "saved_until"),
)
# Of each task, and of each place in the list of removed tasks.
_MARK: Final = np.dtype(
    [
        *((name, np.int64) for name in ("option", "old_option", "best_option", "removed")),
        ("is_removed", np.bool_),
        ("order_key", np.float64),
    ],
    align=True,
)
# Of each place in lists of nodes.
_POOL: Final = _whole("free_reload", "dropped", "saved", "best_nxt")
_FLEET: Final = _whole("free_count")
_ACCOUNT: Final = _whole("users", "price")
_ONE: Final = np.dtype(
    [
        *((name, np.int64) for name in ("cost", "active", "free_reloads", "best_cost", "touched", "dropped")),
        *((name, np.int64) for name in ("removed", "stamp", "leaving")),
        ("random", np.uint64),
    ],
    align=True,
)

# What is known of the load at a node: on the leg that leaves it, and the most on the trip up to it and from it on.
LEG: Final = 0
BEFORE: Final = 1
AFTER: Final = 2
# On what terms a charge is to be had within a step: as it costs, for nothing, or not at all.
NORMAL: Final = 0
FREE: Final = 1
BARRED: Final = 2


class Problem(NamedTuple):
    """What does not change; see ``KernelProblem``.

    ``near`` and ``around`` (n, m) are tasks, nearest first. ``admitted`` (k, n) says which types may do a task from
    end to end, ``admitted_last`` which may do its last mile; ``at_station`` (stations, m) lists each station's types,
    -1 where there are fewer.
    """

    one: _Array
    distance: _Array
    duration: _Array
    distance_back: _Array
    duration_back: _Array
    task: _Array
    deliver: _Array
    pick_up: _Array
    admitted: _Array
    admitted_last: _Array
    at_station: _Array
    near: _Array
    around: _Array
    kind: _Array
    capacity: _Array
    option: _Array
    option_charges: _Array
    option_load: _Array
    room: _Array
    charge_price: _Array
    minimum: _Array
    quota_pieces: _Array


class State(NamedTuple):
    """What changes.

    ``load`` (nodes, 3, d); ``room`` (slots, 2, d) is the most that can be delivered and picked up more anywhere in a
    route; ``used`` (s, d) is how full the ledger's rows are; ``one`` holds the scalars.
    """

    one: _Array
    node: _Array
    load: _Array
    slot: _Array
    room: _Array
    mark: _Array
    pool: _Array
    fleet: _Array
    used: _Array
    charge_users: _Array
    charge_terms: _Array
    account: _Array
    quota_used: _Array


def make_problem(problem: KernelProblem) -> Problem:
    """Lay a problem out, with each task's neighbours."""
    tasks, types, options = problem.tasks, problem.types, problem.options
    count = len(tasks.location)
    slots = np.minimum(types.count, max(1, count))
    near = _neighbours(problem)
    station = _or_none(types.station, len(types.count), -1)
    option_station = _or_none(options.station, len(options.task), -1)
    option_ready = _or_none(options.ready, len(options.task), 0)
    option_due = _or_none(options.due, len(options.task), NO_LIMIT)
    handling = _or_none(types.handling, len(types.count), 0)
    longest_trip = _or_none(types.longest_trip, len(types.count), NO_LIMIT)
    longest_trip = np.where(types.reload >= 0, longest_trip, NO_LIMIT)
    admitted = tasks.admitted & (station < 0)[:, None]
    task_late = _or_none(tasks.late, count, 0)
    has_lateness = bool((task_late > 0).any())
    has_stations = bool((station >= 0).any() and (option_station >= 0).any())
    has_times = bool(
        (tasks.earliest > 0).any()
        or (tasks.latest < NO_LIMIT).any()
        or (types.per_duration > 0).any()
        or (types.longest_duration < NO_LIMIT).any()
        or (types.end_latest < NO_LIMIT).any()
        or has_stations
        or has_lateness
    )
    distance, duration = _laid_out(problem.distance), _laid_out(problem.duration)
    first = np.searchsorted(options.task, np.arange(count + 1))
    return Problem(
        one=np.array(
            [
                (
                    has_times,
                    (tasks.release > 0).any() or has_stations,
                    not admitted.all(),
                    (longest_trip < NO_LIMIT).any(),
                    has_lateness,
                )
            ],
            dtype=_FLAGS,
        ),
        distance=distance,
        duration=duration,
        distance_back=_transposed(distance),
        duration_back=_transposed(duration),
        task=_record(
            _TASK,
            count,
            *(tasks.location, tasks.service, tasks.earliest, tasks.latest, tasks.release, tasks.leaving),
            *(first[:-1], first[1:], admitted.sum(axis=0)),
            *(_or_none(tasks.due, count, NO_LIMIT), task_late, _or_none(tasks.site, count, -1)),
        ),
        deliver=np.ascontiguousarray(tasks.deliver),
        pick_up=np.ascontiguousarray(tasks.pick_up),
        admitted=np.ascontiguousarray(admitted),
        admitted_last=np.ascontiguousarray(tasks.admitted & (station >= 0)[:, None]),
        at_station=_at_stations(station, option_station),
        near=np.ascontiguousarray(near[:, :_NEAR]),
        around=np.ascontiguousarray(near[:, :_AROUND]),
        kind=_record(
            _KIND,
            len(types.count),
            *(np.cumsum(slots) - slots, types.start, types.end, types.reload, types.fixed, types.per_distance),
            *(types.per_duration, types.longest_distance, types.longest_duration, types.start_earliest),
            *(types.start_latest, types.end_latest, types.reload_earliest, types.reload_latest),
            *(
                np.where(types.reload >= 0, types.trips, 1),
                handling,
                station,
                slots,
                types.reload_handling if len(types.reload_handling) else handling,
                longest_trip,
            ),
        ),
        capacity=np.ascontiguousarray(types.capacity),
        option=_record(
            _OPTION,
            len(options.task),
            *(options.price, options.first, options.last, options.account, options.quota, options.pieces),
            *(option_station, option_ready, option_due, _or_none(options.late, len(options.task), 0)),
        ),
        option_charges=np.ascontiguousarray(options.charges),
        option_load=np.ascontiguousarray(options.load),
        room=np.ascontiguousarray(options.room),
        charge_price=options.charge_price,
        minimum=options.minimum,
        quota_pieces=options.quota_pieces,
    )


def _or_none(values: Ints, count: int, otherwise: int) -> Ints:
    return values if len(values) or not count else np.full(count, otherwise, dtype=np.int64)


def _at_stations(station: Ints, option_station: Ints) -> Ints:
    """The vehicle types of each station, -1 where there are fewer than elsewhere."""
    kinds = [np.flatnonzero(station == place) for place in range(max([-1, *station, *option_station]) + 1)]
    rows = np.full((len(kinds), max([1, *map(len, kinds)])), -1, dtype=np.int64)
    for row, found in zip(rows, kinds, strict=True):
        row[: len(found)] = found
    return rows


def _laid_out(matrix: Ints) -> _Array:
    return np.ascontiguousarray(matrix.astype(np.int32))


def _transposed(matrix: _Array) -> _Array:
    """Ways to a place side by side; the same array where there and back are alike, which spares the cache."""
    return matrix if (matrix == matrix.T).all() else np.ascontiguousarray(matrix.T)


def _record(dtype: np.dtype[Any], count: int, *columns: _Array) -> _Array:
    record = np.zeros(count, dtype=dtype)
    for name, column in zip(dtype.names or (), columns, strict=True):
        record[name] = column
    return record


def _neighbours(problem: KernelProblem) -> npt.NDArray[np.int32]:
    """Each task's other tasks, nearest first, (n, at most ``_AROUND``).

    Near is what is a short way off in the better direction, with what would have to be waited for added (Vidal,
    Crainic, Gendreau, Prins 2013, A hybrid genetic algorithm with adaptive diversity management).
    """
    tasks = problem.tasks
    count = len(tasks.location)
    kept = min(_AROUND, max(0, count - 1))
    away = problem.distance[np.ix_(tasks.location, tasks.location)].astype(np.float64)
    drive = problem.duration[np.ix_(tasks.location, tasks.location)]
    latest = np.minimum(tasks.latest, NO_LIMIT)
    arrival_latest = latest[:, None] + tasks.service[:, None] + drive
    arrival_earliest = tasks.earliest[:, None] + tasks.service[:, None] + drive
    away += _WAITING_WEIGHT * np.maximum(0, tasks.earliest[None, :] - arrival_latest)
    away += np.maximum(0, arrival_earliest - latest[None, :])
    away = np.minimum(away, away.T)
    np.fill_diagonal(away, np.inf)
    if kept == 0:
        return np.zeros((count, 0), dtype=np.int32)
    nearest = np.argpartition(away, kept - 1, axis=1)[:, :kept]
    rows = np.arange(count)[:, None]
    return nearest[rows, np.argsort(away[rows, nearest], axis=1, kind="stable")].astype(np.int32)


def make_state(p: Problem, seed: int) -> State:
    """A state in which nothing is done yet."""
    tasks, dimensions = len(p.task), p.deliver.shape[1]
    counts = p.kind["slots"]
    slots = int(counts.sum())
    reloads = tasks + _LEAST_RELOADS if (p.kind["most_trips"] > 1).any() else 0
    nodes = tasks + 2 * slots + reloads
    node = np.zeros(nodes, dtype=_NODE)
    node["nxt"] = node["prv"] = node["route"] = node["depot"] = -1
    node["location"][:tasks] = p.task["location"]
    for name in ("earliest", "latest"):
        node[f"own_{name}"][:tasks] = p.task[name]
    node["own_duration"][:tasks] = p.task["service"]
    node["release"][:tasks] = p.task["release"]
    node["due"] = node["trip_due"] = NO_LIMIT
    slot = np.zeros(slots + 1, dtype=_SLOT)
    slot["place"] = slot["touched"] = -1
    kind = np.repeat(np.arange(len(p.kind)), counts)
    slot["kind"][:-1] = kind
    number = np.arange(slots)
    # The last of a list is taken first.
    slot["free"][:-1] = 2 * p.kind["first_slot"][kind] + counts[kind] - 1 - number
    starts, ends = node[tasks : tasks + 2 * slots : 2], node[tasks + 1 : tasks + 2 * slots : 2]
    starts["nxt"], ends["prv"] = tasks + 2 * number + 1, tasks + 2 * number
    starts["route"] = ends["route"] = number
    starts["location"], ends["location"] = p.kind["start"][kind], p.kind["end"][kind]
    starts["own_earliest"] = ends["own_earliest"] = p.kind["start_earliest"][kind]
    starts["own_latest"], ends["own_latest"] = p.kind["start_latest"][kind], p.kind["end_latest"][kind]
    starts["own_duration"] = ends["own_duration"] = p.kind["handling"][kind]
    mark = np.zeros(tasks, dtype=_MARK)
    mark["option"] = mark["old_option"] = mark["best_option"] = -1
    pool = np.zeros(nodes, dtype=_POOL)
    pool["free_reload"][:reloads] = np.arange(nodes - 1, nodes - 1 - reloads, -1)
    pool["best_nxt"] = node["nxt"]
    one = np.zeros(1, dtype=_ONE)
    one["free_reloads"] = reloads
    one["leaving"] = one["cost"] = one["best_cost"] = p.task["leaving"].sum()
    one["random"] = (seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64 or 1
    fleet = np.zeros(len(p.kind), dtype=_FLEET)
    fleet["free_count"] = counts
    return State(
        one=one,
        node=node,
        load=np.zeros((nodes, 3, dimensions), dtype=np.int64),
        slot=slot,
        room=np.repeat(p.capacity[kind][:, None, :], 2, axis=1),
        mark=mark,
        pool=pool,
        fleet=fleet,
        used=np.zeros_like(p.room),
        charge_users=np.zeros_like(p.charge_price),
        charge_terms=np.zeros_like(p.charge_price),
        account=np.zeros(len(p.minimum), dtype=_ACCOUNT),
        quota_used=np.zeros_like(p.quota_pieces),
    )
