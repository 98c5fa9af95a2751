"""Cuts that connect: what a kind calls at, it comes to from where it loads.

For each set of nodes without the base, at least two ways lead in and out for a node in it that is called at. Written
over the ways inside the set: no more of them than calls in it, less one. Minimum cuts find what a point breaks
(Padberg and Rinaldi 1990, An efficient algorithm for the minimum capacity cut problem, say why this is enough).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from ortools.graph.python import max_flow

from services.route.bound.flow import Flow, Part
from services.route.bound.program import Floats

_SCALE: Final = 1_000_000
BROKEN_BY: Final = 0.02


def add_cuts(flow: Flow, point: Floats) -> int:
    """Add what a point breaks, and tell how many rows that was."""
    broken = [(part, *cut) for part in flow.parts for cut in _broken(part, point)]
    return sum(_add_cut(flow, part, inside, needed) for part, inside, needed in broken)


def _add_cut(flow: Flow, part: Part, inside: frozenset[int], needed: int) -> int:
    entries = [(column, 1.0) for (a, b), column in part.edges.items() if a in inside and b in inside]
    entries += [(column, -1.0) for n in inside for column in part.calls[n] if column != needed]
    part.cuts.append((flow.program.at_most(0.0, entries), inside))
    return 1


def _broken(part: Part, point: Floats) -> Iterator[tuple[frozenset[int], int]]:
    """Sets without a base that a point leads to too seldom, with the column in them that needs it most."""
    needs = {n: column for n, column in part.visited.items() if n not in part.bases}
    if not part.kind.is_last_mile:
        needs |= {n: base.used for n in part.calls for base in part.bases.values() if base.used in part.calls[n]}
    number = {n: 0 if n in part.bases else i for i, n in enumerate(part.places, start=1)}
    places = {i: n for n, i in number.items() if i}
    network, connected = max_flow.SimpleMaxFlow(), {0}
    for (a, b), column in part.edges.items():
        if (capacity := round(point[column] * _SCALE)) > 0 and number[a] != number[b]:
            network.add_arc_with_capacity(number[a], number[b], capacity)
            network.add_arc_with_capacity(number[b], number[a], capacity)
            connected |= {number[a], number[b]}
    done: set[int] = set()
    for node in sorted(needs, key=lambda n: (-point[needs[n]], n)):
        need = float(point[needs[node]])
        if need <= BROKEN_BY:
            break
        if node in done or number[node] not in connected or not network.num_arcs():
            continue
        network.solve(0, number[node])
        if network.optimal_flow() < (2 * need - BROKEN_BY) * _SCALE:
            inside = frozenset(places[i] for i in network.get_sink_side_min_cut())
            done |= inside
            yield inside, needs[node]


def reduced_costs(part: Part, prices: Floats) -> Floats:
    """What a way between any two places of a kind would cost at these prices, in the order of its places."""
    at = np.array(part.places)
    metres, seconds = (matrix[np.ix_(at, at)].astype(np.float64) for matrix in (part.distance_m, part.duration_s))
    degree = prices[np.array(list(part.degree.values()))]
    costs: Floats = part.kind.m_fen * metres + (part.kind.s_fen - prices[part.work]) * seconds
    costs -= degree[:, None] + degree[None, :]
    if part.range is not None:
        costs -= metres * prices[part.range]
    number = {n: i for i, n in enumerate(part.places)}
    for row, inside in part.cuts:
        if prices[row]:
            of_cut = np.array(sorted(number[n] for n in inside))
            costs[np.ix_(of_cut, of_cut)] -= prices[row]
    return costs
