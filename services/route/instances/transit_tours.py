"""The truck tours worth a choice: for each set of lines the cheapest one that brings goods to all of them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise, permutations, product
from math import ceil
from typing import Final

from services.route.instances.transit_delivery import Place, TransitInstance

# More lines by one truck were in no good solution of the published instances; a truck is soon full.
_MOST_LINES: Final = 3
_MOST_COPIES: Final = 5


@dataclass(frozen=True, slots=True)
class Tour:
    """In-stops in order, for each of its lines the one where its goods get on, its length, and how often it may be."""

    stops: tuple[int, ...]
    in_stop: dict[int, int]
    length: float
    copies: int


def worthwhile_tours(instance: TransitInstance) -> list[Tour]:
    """Tours of which no other is as cheap for as many lines and as much load.

    Of each set of lines there is the cheapest tour, and the cheapest by stops that take a whole truck's load.
    """
    found: list[Tour] = []
    used = [n for n in range(len(instance.lines)) if _in_stops(instance, n, 0.0)]
    for size in range(1, _MOST_LINES + 1):
        for lines in combinations(used, size):
            for room in (0.0, instance.truck_capacity):
                tour = _cheapest(instance, lines, room)
                if tour is not None and tour not in found:
                    found.append(tour)
    return [tour for tour in found if not _is_beaten(instance, tour, found)]


def room_at(instance: TransitInstance, tour: Tour, line: int) -> float:
    """How much of a line's goods a tour can put down at once."""
    return min(instance.truck_capacity, instance.stops[tour.in_stop[line]].capacity)


def _in_stops(instance: TransitInstance, line: int, room: float) -> list[int]:
    reached = set(instance.in_stops)
    return [s for s in instance.lines[line].in_stops if s in reached and instance.stops[s].capacity >= room]


def _cheapest(instance: TransitInstance, lines: tuple[int, ...], room: float) -> Tour | None:
    best: tuple[float, tuple[int, ...], tuple[int, ...]] | None = None
    for choice in product(*(_in_stops(instance, line, room) for line in lines)):
        for stops in permutations(sorted(set(choice))):
            if stops[0] <= stops[-1] and (best is None or _length(instance, stops) < best[0]):
                best = _length(instance, stops), stops, choice
    if best is None:
        return None
    wanted = max(_wanted(instance, line) for line in lines)
    copies = max(1, min(_MOST_COPIES, instance.trucks, ceil(wanted / instance.truck_capacity)) + 1 - len(lines))
    return Tour(best[1], dict(zip(lines, best[2], strict=True)), best[0], copies)


def _length(instance: TransitInstance, stops: tuple[int, ...]) -> float:
    places: list[Place] = [instance.centre, *(instance.stops[s].place for s in stops), instance.centre]
    return sum(a.distance_to(b) for a, b in pairwise(places))


def _wanted(instance: TransitInstance, line: int) -> float:
    """The load of all customers whom a line may serve."""
    out = set(instance.lines[line].out_stops)
    return sum(c.load for c in instance.customers if out & set(c.out_stops))


def _is_beaten(instance: TransitInstance, tour: Tour, tours: list[Tour]) -> bool:
    """Whether another tour does all that this one does for less, or two do that carry twice as much."""
    lines = set(tour.in_stop)
    for other in tours:
        its = set(other.in_stop)
        if other is tour:
            continue
        if (
            its > lines
            and other.length <= tour.length
            and all(room_at(instance, other, line) >= room_at(instance, tour, line) for line in lines)
        ):
            return True
        if its < lines:
            rest = [t.length for t in tours if lines - its <= set(t.in_stop)]
            if rest and other.length + min(rest) <= tour.length:
                return True
    return False
