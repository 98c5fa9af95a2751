"""The bound of the linear program, cut by cut, and then vehicle by vehicle: how many go out is a whole number."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from services.route.bound.cuts import add_cuts, reduced_costs
from services.route.bound.flow import Flow, Part
from services.route.bound.program import Floats, Solved

# Ways from each place to so many of its nearest are in the program from the start; others come as prices ask for them.
NEAREST: Final = 8
_DEAR: Final = -1e-6
_MOST_ROWS: Final = 3_000
_MOST_EDGES: Final = 400
# With fewer rows than this to put right, the point is worth cutting.
_FEW_ROWS: Final = 300
_WHOLE: Final = 1e-4
# A round that gains less than this part of the bound, twice in a row, is followed by branching.
_LITTLE: Final = 1e-2
_PATIENCE: Final = 2
_ROUNDS_A_NODE: Final = 3


@dataclass(slots=True)
class Purse:
    """What a bound may take: rounds of solving, and whether to go on at all."""

    rounds: int
    should_stop: Callable[[], bool]

    def take(self) -> bool:
        """Whether another round may begin."""
        self.rounds -= 1
        return self.rounds >= 0 and not self.should_stop()


@dataclass(frozen=True, order=True, slots=True)
class _Node:
    """A part of what is left: how many vehicles there are at least and at most, counter by counter."""

    bound: float
    number: int
    limits: tuple[tuple[float, float], ...] = field(compare=False)
    values: tuple[float, ...] | None = field(compare=False, default=None)


def relaxed_bound(flow: Flow, purse: Purse, enough: float) -> float:
    """The best bound found until the purse is empty, or it reaches ``enough``."""
    add_first_edges(flow)
    counters = list(_counters(flow))
    rows = [flow.program.row(0.0, most, [(c, 1.0) for c in columns]) for columns, most in counters]
    root = _Node(0.0, 0, tuple((0.0, most) for _, most in counters))
    open_nodes = [_bounded(flow, root, rows, counters, purse, enough, None)]
    count = 0
    while open_nodes[0].bound < enough and purse.rounds > 0 and not purse.should_stop():
        node = heapq.heappop(open_nodes)
        branch = _branch(node)
        if branch is None:
            heapq.heappush(open_nodes, node)
            break
        at, value = branch
        for low, high in ((node.limits[at][0], np.floor(value)), (np.ceil(value), node.limits[at][1])):
            count += 1
            limits = (*node.limits[:at], (float(low), float(high)), *node.limits[at + 1 :])
            child = _Node(node.bound, count, limits)
            heapq.heappush(open_nodes, _bounded(flow, child, rows, counters, purse, enough, _ROUNDS_A_NODE))
    return open_nodes[0].bound


def add_first_edges(flow: Flow) -> None:
    """Let every kind drive to the nearest places, and straight from where it loads."""
    for part in flow.parts:
        places = part.places
        metres = part.distance_m[np.ix_(places, places)]
        for at, node in enumerate(places):
            for other in np.argsort(metres[at], kind="stable")[: NEAREST + 1]:
                if int(other) != at:
                    flow.add_edge(part, node, places[int(other)])
            for base in part.bases:
                if base != node:
                    flow.add_edge(part, base, node)


def _counters(flow: Flow) -> Iterator[tuple[list[int], float]]:
    """What is a whole number: vehicles from the hub together, of each kind, and at each base; then loops."""
    from_hub = [base for part in flow.parts if not part.kind.is_last_mile for base in part.bases.values()]
    if len(from_hub) > 1:
        yield [base.used for base in from_hub], float(sum(base.count for base in from_hub))
    for part in flow.parts:
        for base in part.bases.values():
            yield [base.used], float(base.count)
    for part in flow.parts:
        for base in part.bases.values():
            yield [base.loops], flow.program.uppers[base.loops]


def _branch(node: _Node) -> tuple[int, float] | None:
    """The first counter that is no whole number, those of whole numbers nearly last."""
    if node.values is None:
        return None
    parts = [(at, value) for at, value in enumerate(node.values) if abs(value - round(value)) > _WHOLE]
    return max(parts, key=lambda one: (min(one[1] % 1, 1 - one[1] % 1) > 0.1, -one[0]), default=None)


def _bounded(
    flow: Flow,
    node: _Node,
    rows: Sequence[int],
    counters: Sequence[tuple[list[int], float]],
    purse: Purse,
    enough: float,
    most_rounds: int | None,
) -> _Node:
    """A node with the bound that some rounds prove of it, at least that of where it comes from."""
    program, best, last, little = flow.program, node.bound, -np.inf, 0
    for row, (low, high) in zip(rows, node.limits, strict=True):
        program.bound_row(row, low, high)
    values: tuple[float, ...] | None = None
    rounds = 0
    while (most_rounds is None or rounds < most_rounds) and purse.take():
        rounds += 1
        solved = program.solve()
        if solved is None:
            # Whether nothing is left here or rounding failed it: the bound of where it comes from holds in any case.
            break
        edges, left_out = _cheap_edges(flow, solved.prices)
        best = max(best, program.safe_bound(solved.prices, left_out))
        values = tuple(float(sum(solved.point[c] for c in columns)) for columns, _ in counters)
        if best >= enough:
            break
        changed = _improve(flow, solved, edges)
        little = little + 1 if solved.value < last + _LITTLE * abs(last) and len(edges) < _FEW_ROWS else 0
        last = solved.value
        if not changed or little >= _PATIENCE:
            break
    return _Node(best, node.number, node.limits, values)


def _improve(flow: Flow, solved: Solved, edges: Sequence[tuple[float, Part, int, int]]) -> bool:
    """Add what a point breaks, then the ways that its prices ask for; whether there was anything."""
    rows = flow.program.add_broken(solved.point, 0.01, _MOST_ROWS)
    if rows < _FEW_ROWS:
        rows += add_cuts(flow, solved.point)
    for _, part, a, b in edges[:_MOST_EDGES]:
        flow.add_edge(part, a, b)
    return rows + len(edges) > 0


def _cheap_edges(flow: Flow, prices: Floats) -> tuple[list[tuple[float, Part, int, int]], list[float]]:
    """Ways left out that would pay at these prices, the best first, and what each could gain at most."""
    found: list[tuple[float, Part, int, int]] = []
    for part in flow.parts:
        places, costs = part.places, reduced_costs(part, prices)
        for i, j in np.argwhere(np.triu(costs < 0, 1)).tolist():
            a, b = places[i], places[j]
            if (min(a, b), max(a, b)) not in part.edges and part.has_way(a, b):
                found.append((float(costs[i, j]), part, a, b))
    found.sort(key=lambda one: one[0])
    gains = [cost * part.most_on(a, b) for cost, part, a, b in found]
    return [one for one in found if one[0] < _DEAR], gains
