"""A coarser joint task: goods at a node that could go by the same ways are one demand, so that they move as one.

A village's parcels belong to several carriers, and what has exactly the same rights is little: hundreds of demands
become thousands, a search takes several times as long for each step, and no single one of them spares a van its call.
Here what has some way of each kind in common is put together, at the price of the ways that only some of it had: a
search of finer demands can go on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from services.model.consignments import Consignment
from services.route.day_index import DayIndex
from services.route.engines.engine import Demand
from services.route.options import BookingOption
from services.route.run_task import RunTask

# What a consignment can be booked on: trip, stops, agreement and, where a small vehicle does the rest, its station.
Place = tuple[str, int, int, str, str]


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Demands put together, with the bookings and the small vehicles that all of it may use."""

    demand: Demand
    group: tuple[str, ...]
    places: frozenset[Place]
    last_mile: frozenset[str]
    is_cold: bool

    @property
    def kinds_of_way(self) -> tuple[bool, bool, bool, bool]:
        """Whether runs, collected bookings and those with a last mile are open to it, and whether it must be cold."""
        return (
            bool(self.demand.classes),
            any(not place[-1] for place in self.places),
            any(place[-1] for place in self.places),
            self.is_cold,
        )


def bundle(
    index: DayIndex,
    task: RunTask,
    by_consignment: Mapping[str, Sequence[BookingOption]],
    last_mile_of: Callable[[Consignment, Sequence[BookingOption]], frozenset[str]],
    place_of: Callable[[BookingOption], Place],
) -> RunTask:
    """Put the demands of a task together, node by node, those with the fewest ways first.

    What may wait joins what has to go where it can, as a van that calls anyway takes it along.
    """
    at_node: dict[int, list[_Bundle]] = {}
    for demand, group in zip(task.problem.demands, task.demands, strict=True):
        first = index.consignments[group[0]]
        options = by_consignment.get(group[0], ())
        single = _Bundle(
            demand,
            group,
            frozenset(place_of(option) for option in options),
            last_mile_of(first, options),
            first.temperature.is_cold,
        )
        at_node.setdefault(demand.node, []).append(single)
    bundles = [one for node in sorted(at_node) for one in _folded(task, at_node[node])]
    problem = replace(task.problem, demands=tuple(one.demand for one in bundles))
    return replace(task, problem=problem, demands=tuple(one.group for one in bundles))


def _folded(task: RunTask, singles: Sequence[_Bundle]) -> list[_Bundle]:
    bundles: list[_Bundle] = []
    order = sorted(singles, key=lambda b: (b.demand.may_wait, len(b.demand.classes), len(b.places), b.group))
    for single in order:
        for position, other in enumerate(bundles):
            both = _joined(task, other, single)
            if both is not None:
                bundles[position] = both
                break
        else:
            bundles.append(single)
    return bundles


def _joined(task: RunTask, first: _Bundle, second: _Bundle) -> _Bundle | None:
    """Both as one; ``None`` where a kind of way would be lost by that."""
    if first.kinds_of_way != second.kinds_of_way:
        return None
    one, other = first.demand, second.demand
    deliver, pick_up = one.deliver + other.deliver, one.pick_up + other.pick_up
    both = _Bundle(
        replace(
            one,
            deliver=deliver,
            pick_up=pick_up,
            handling_s=one.handling_s + other.handling_s,
            classes=frozenset(
                k
                for k in one.classes & other.classes
                if deliver.fits(task.problem.classes[k].capacity) and pick_up.fits(task.problem.classes[k].capacity)
            ),
            leaving_fen=one.leaving_fen + other.leaving_fen,
            may_wait=one.may_wait and other.may_wait,
            late_fen_per_min=one.late_fen_per_min + other.late_fen_per_min,
        ),
        (*first.group, *second.group),
        first.places & second.places,
        first.last_mile & second.last_mile,
        first.is_cold,
    )
    stay_s = int(task.problem.service_s[one.node]) + both.demand.handling_s
    has_time = stay_s <= int(task.problem.closes_s[one.node] - task.problem.opens_s[one.node])
    is_reachable = bool(both.last_mile) or not first.last_mile
    return both if has_time and is_reachable and both.kinds_of_way == first.kinds_of_way else None
