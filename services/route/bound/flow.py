"""The relaxation: a flow of vehicles, kind by kind, over the nodes they call at, and shares of goods that ride on it.

Of a run is kept: where its vehicle loads, which nodes it calls at, metres and seconds between them, handling, the
length of its day, and how much goes out from and into the hub at once. Left out are the order of calls with their
hours, rests, what a vehicle of a kind is beside the others, and lateness but for what nobody can avoid. What costs
once (a vehicle, a trip's charge, a shuttle, an agreement's minimum) may be paid in part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from services.route.bound.bookings import RunShare, Station, add_bookings
from services.route.bound.groups import Group
from services.route.bound.kinds import Kind, earliest_s
from services.route.bound.program import Program
from services.route.bound.ways import Ways
from services.route.day_index import DayIndex
from services.route.options import BookingOption
from services.route.roads.source import IntMatrix

Edge = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Base:
    """Where vehicles of a kind load, as columns: those used, their loops, calls that take and drop, and all calls."""

    used: int
    loops: int
    takes: int
    drops: int
    calls: int
    count: int


@dataclass(slots=True)
class Part:
    """What the program knows of a kind: columns and rows by name. Nodes are rows of the ways.

    ``distance_m`` and ``duration_s`` are the ways in their better direction. ``calls`` are the columns that count how
    often a place is passed: each time two ways meet there.
    """

    kind: Kind
    distance_m: IntMatrix
    duration_s: IntMatrix
    bases: dict[int, Base] = field(default_factory=dict)
    calls: dict[int, list[int]] = field(default_factory=dict)
    visited: dict[int, int] = field(default_factory=dict)
    again: dict[int, int] = field(default_factory=dict)
    reached_from: dict[int, set[int]] = field(default_factory=dict)
    edges: dict[Edge, int] = field(default_factory=dict)
    degree: dict[int, int] = field(default_factory=dict)
    most_calls: dict[int, int] = field(default_factory=dict)
    work: int = 0
    range: int | None = None
    cuts: list[tuple[int, frozenset[int]]] = field(default_factory=list)

    @property
    def places(self) -> list[int]:
        """All its nodes, bases and depot among them."""
        return list(self.degree)

    def has_way(self, a: int, b: int) -> bool:
        """Whether a vehicle of the kind might drive between two places: from a station only to what it serves."""
        from_base = [(n, m) for n, m in ((a, b), (b, a)) if n in self.bases]
        if not self.kind.is_last_mile or not from_base or (a in self.visited and b in self.visited):
            return True
        return any(m in self.visited and n in self.reached_from[m] for n, m in from_base)

    def most_on(self, a: int, b: int) -> float:
        """How often the kind drives between two places at most: two ways for each call at either."""
        calls = [self.most_calls[n] for n in (a, b) if n in self.most_calls]
        return 2.0 * (min(calls) if calls else sum(base.count for base in self.bases.values()))


@dataclass(slots=True)
class Flow:
    """The program of a day with its parts. ``shares`` are by group, part and node."""

    index: DayIndex
    ways: Ways
    program: Program
    parts: list[Part]
    groups: list[Group]
    names: list[str]
    shares: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def add_edge(self, part: Part, a: int, b: int) -> None:
        """Let a kind drive between two places, either way, where it might."""
        edge = (a, b) if a < b else (b, a)
        if edge in part.edges or not part.has_way(a, b):
            return
        seconds, metres = float(part.duration_s[a, b]), float(part.distance_m[a, b])
        entries = [(part.degree[a], 1.0), (part.degree[b], 1.0), (part.work, seconds)]
        if part.range is not None:
            entries.append((part.range, metres))
        entries += [(row, 1.0) for row, inside in part.cuts if a in inside and b in inside]
        fen = part.kind.m_fen * metres + part.kind.s_fen * seconds
        column = part.edges[edge] = self.program.column(fen, part.most_on(a, b), entries)
        for base, node in ((a, b), (b, a)):
            if part.kind.is_last_mile and base in part.bases and base not in part.visited:
                again = [(part.again[node], 2.0)] if node in part.again else []
                self.program.if_broken(0.0, [(part.bases[base].used, 2.0), *again, (column, -1.0)])


def build_flow(
    index: DayIndex, ways: Ways, kinds: Sequence[Kind], groups: Sequence[Group], options: Sequence[BookingOption]
) -> Flow:
    """Write the program down, with no way between nodes yet."""
    program, kept = Program(), [group for group in groups if group.serves or group.places]
    program.constant = float(sum(group.leaving_fen for group in groups if not (group.serves or group.places)))
    flow = Flow(index, ways, program, [], kept, list(ways.position))
    numbers: dict[int, int] = {}
    for k, kind in enumerate(kinds):
        served: dict[int, list[Group]] = {}
        for group in kept:
            for other, node_id in group.serves:
                if other == k:
                    served.setdefault(ways.position[node_id], []).append(group)
        if served:
            numbers[k] = len(flow.parts)
            flow.parts.append(_add_kind(flow, k, kind, served))
    on_runs = _add_goods(flow, numbers)
    stations = [
        Station(base.used, base.count, [o for o in options if o.station == flow.names[row]])
        for part in flow.parts
        if part.kind.is_last_mile
        for row, base in part.bases.items()
    ]
    add_bookings(program, index, kept, on_runs, stations)
    return flow


def _add_kind(flow: Flow, k: int, kind: Kind, served: Mapping[int, Sequence[Group]]) -> Part:
    program, nodes, part = flow.program, flow.index.nodes, Part(kind, *_better_ways(flow.ways, kind))
    goods = {c.consignment_id for groups in served.values() for group in groups for c in group.consignments}
    work: list[tuple[int, float]] = []
    for node, groups in sorted(served.items()):
        service_s = nodes[flow.names[node]].service_s
        part.most_calls[node] = sum(len(group.consignments) for group in groups)
        part.reached_from[node] = set().union(*(group.serves[k, flow.names[node]] for group in groups))
        part.visited[node] = program.column(kind.s_fen * service_s, 1.0)
        part.calls[node] = [part.visited[node]]
        if part.most_calls[node] > 1:
            part.again[node] = program.column(kind.s_fen * service_s, part.most_calls[node] - 1.0)
            part.calls[node].append(part.again[node])
        work += [(column, float(service_s)) for column in part.calls[node]]
    for row in sorted(set().union(*part.reached_from.values())):
        base = part.bases[row] = _add_base(flow, kind, row, float(len(goods)))
        work += [(base.used, -float(kind.work_s)), (base.calls, float(nodes[flow.names[row]].service_s))]
        part.calls.setdefault(row, []).append(base.loops)
    if not kind.is_last_mile and len(kind.depots) == 1 and not kind.depots <= set(part.bases):
        (depot,) = kind.depots
        part.calls.setdefault(depot, []).extend(base.used for base in part.bases.values())
    for place, columns in part.calls.items():
        part.degree[place] = program.row(0.0, 0.0, [(column, -2.0) for column in columns])
    part.work = program.at_most(0.0, work)
    if kind.day_m is not None:
        part.range = program.at_most(0.0, [(base.used, -float(kind.day_m)) for base in part.bases.values()])
    return part


def _better_ways(ways: Ways, kind: Kind) -> tuple[IntMatrix, IntMatrix]:
    """Metres and seconds in the better direction; of several depots the hub stands for the nearest."""
    both = np.minimum(ways.distance_m, ways.distance_m.T), np.minimum(ways.duration_s, ways.duration_s.T)
    if not kind.is_last_mile and len(kind.depots) > 1:
        (hub,), depots = kind.bases, sorted(kind.depots)
        for matrix in both:
            matrix[hub] = np.minimum(matrix[hub], matrix[depots].min(axis=0))
            matrix[:, hub] = matrix[hub]
    return both


def _add_base(flow: Flow, kind: Kind, row: int, most: float) -> Base:
    program, count = flow.program, kind.bases[row]
    service_fen = kind.s_fen * flow.index.nodes[flow.names[row]].service_s
    used = program.column(kind.fixed_fen - kind.rounding_fen, min(float(count), most))
    loops, takes, drops = (program.column(0.0, 2 * most) for _ in range(3))
    calls = program.column(service_fen, 3 * most)
    at_least_0 = [
        [(loops, 1.0), (used, -1.0)],
        [(loops, 1.0), (takes, -1.0)],
        [(loops, 1.0), (drops, -1.0)],
        [(used, float(kind.max_trips)), (takes, -1.0)],
        [(takes, 1.0), (drops, 1.0), (used, -1.0)],
        [(calls, 1.0), (takes, -1.0)],
        [(calls, 1.0), (drops, -1.0)],
    ]
    if kind.is_last_mile or kind.depots == {row}:
        # A run of so many loops is here once more than that; its first call only takes and its last only drops.
        at_least_0.append([(calls, 1.0), (takes, -1.0), (drops, -1.0), (loops, 1.0), (used, -1.0)])
    for entries in at_least_0:
        program.at_least(0.0, entries)
    return Base(used, loops, takes, drops, calls, count)


def _add_goods(flow: Flow, numbers: Mapping[int, int]) -> list[list[RunShare]]:
    """Shares of each group that runs carry, kind by kind and node by node."""
    program, nodes = flow.program, flow.index.nodes
    loads: dict[tuple[int, bool, int], list[tuple[int, float]]] = {}
    on_runs: list[list[RunShare]] = []
    heaviest: dict[str, int] = {}
    for g, group in enumerate(flow.groups):
        for _, node_id in group.serves:
            known = heaviest.setdefault(node_id, g)
            if group.leaving_fen > flow.groups[known].leaving_fen:
                heaviest[node_id] = g
    for g, group in enumerate(flow.groups):
        shares: list[RunShare] = []
        for (k, node_id), bases in group.serves.items():
            p, node = numbers[k], flow.ways.position[node_id]
            part = flow.parts[p]
            at_base_s = min(nodes[flow.names[base]].service_per_piece_s for base in bases)
            handling_s = float((nodes[node_id].service_per_piece_s + at_base_s) * group.pieces)
            fen = part.kind.s_fen * handling_s + _least_late_fen(flow, part.kind, group, node_id)
            if part.kind.is_last_mile:
                fen += group.to_station_fen
            share = program.column(fen, 1.0, [(part.work, handling_s)])
            flow.shares[g, p, node] = share
            shares.append((share, node_id, part.kind.is_last_mile))
            add = program.at_least if heaviest[node_id] == g else program.if_broken
            add(0.0, [(part.visited[node], 1.0), (share, -1.0)])
            ends = [base.takes if group.inbound else base.drops for base in part.bases.values()]
            program.if_broken(0.0, [*((end, 1.0) for end in ends), (share, -1.0)])
            for unit, amount in enumerate(group.amounts()):
                loads.setdefault((p, group.inbound, unit), []).append((share, amount))
        on_runs.append(shares)
    for (p, inbound, unit), entries in loads.items():
        part, room = flow.parts[p], float(flow.parts[p].kind.room[unit])
        ends = [base.takes if inbound else base.drops for base in part.bases.values()]
        program.at_least(0.0, [*((end, room) for end in ends), *((share, -amount) for share, amount in entries)])
    for part in flow.parts:
        for column in part.visited.values():
            program.if_broken(0.0, [*((base.used, 1.0) for base in part.bases.values()), (column, -1.0)])
    return on_runs


def _least_late_fen(flow: Flow, kind: Kind, group: Group, node_id: str) -> float:
    node, rate = flow.index.nodes[node_id], flow.index.day.objective.late_fen_per_min
    if not group.inbound or node.due_by_s is None or not rate:
        return 0.0
    late_s = earliest_s(flow.index, flow.ways, kind, node) - node.due_by_s
    return group.least((max(0.0, late_s * rate / 60 - 0.5), c.pieces) for c in group.consignments)
