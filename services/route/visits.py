"""What one visit hands over together: few visits are quick to search, but each has the limits of all that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, replace
from enum import IntEnum

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.route.engines.engine import Load
from services.route.room import load_of


class Grain(IntEnum):
    """How finely goods at a node are parted into visits: the finer, the more there is to choose from and to search."""

    COARSE = 0  # as few visits as there can be
    PARTED = 1  # what may wait apart from what has to go
    FINE = 2  # what has the same rights, and may wait alike


@dataclass(frozen=True, slots=True)
class Visit:
    """Consignments that are handed over at a node in one visit, and the vehicle classes that may make it."""

    node_id: str
    consignments: tuple[Consignment, ...]
    classes: frozenset[int]
    deliver: Load
    pick_up: Load

    @property
    def may_wait(self) -> bool:
        """Whether it may be left until tomorrow as a whole."""
        return all(c.wait_fen is not None for c in self.consignments)


# Narrows the classes that may make a visit to those that can.
Able = Callable[[Visit], frozenset[int]]


def make_visits(
    wanted: Iterable[tuple[Consignment, str, frozenset[int]]],
    able: Able,
    grain: Grain,
    loose: Set[str] = frozenset(),
) -> list[Visit]:
    """Put together what can be handed over in one visit, node by node.

    ``wanted`` are consignments with the node where each is handed over and the classes that may carry it; what no
    class is able to carry is left out. What may wait is a visit of its own, so that it can be left. Where it would not
    bar any vehicle from what has to go today, a coarse ``grain`` lets it ride along: the vehicle calls there anyway.
    Consignments that are ``loose`` are put together only with what has the same rights, whatever the grain.
    """
    at_node: dict[str, list[Visit]] = {}
    for consignment, node_id, admitted in wanted:
        single = _single(consignment, node_id, admitted, able)
        if single.classes:
            at_node.setdefault(node_id, []).append(single)
    visits: list[Visit] = []
    for _, singles in sorted(at_node.items()):
        apart = [v for v in singles if v.consignments[0].consignment_id in loose or grain is Grain.FINE]
        waiting = [v for v in singles if v.may_wait and v not in apart]
        going = _together([v for v in singles if not v.may_wait and v not in apart], able)
        if grain is Grain.COARSE:
            going, waiting = _ride_along(waiting, going, able)
        visits += [*going, *_together(waiting, able), *_by_rights(apart, able)]
    return visits


def _together(singles: list[Visit], able: Able) -> list[Visit]:
    """Join as much as can be.

    Cold goods stay apart from the rest: whether a cold vehicle should bring a village's other parcels too is for the
    engine to decide. Only what would bar other vehicles from the rest rides with the cold goods, where there are any.
    """
    cold = [v for v in singles if v.consignments[0].temperature.is_cold]
    ambient = [v for v in singles if not v.consignments[0].temperature.is_cold]
    cold_visits = _fold(cold, [], able)
    barring = _barring(ambient) if cold_visits else []
    joined = _fold(barring, cold_visits, able)
    rides_along = len(joined) == len(cold_visits)
    visits = joined if rides_along else cold_visits
    return [*visits, *_fold([v for v in ambient if v not in barring] if rides_along else ambient, [], able)]


def _ride_along(singles: list[Visit], into: list[Visit], able: Able) -> tuple[list[Visit], list[Visit]]:
    """Let each join the first visit whose classes all may carry it too; the second list is what found none."""
    visits, left = list(into), []
    for single in sorted(singles, key=lambda v: v.consignments[0].consignment_id):
        for position, other in enumerate(visits):
            both = _joined(other, single, able)
            if both.classes == other.classes:
                visits[position] = both
                break
        else:
            left.append(single)
    return visits, left


def _by_rights(singles: Iterable[Visit], able: Able) -> list[Visit]:
    """Join what the same classes may carry and what may wait alike; only these can join without a loss."""
    groups: dict[tuple[bool, frozenset[int]], list[Visit]] = {}
    for single in singles:
        groups.setdefault((single.may_wait, single.classes), []).append(single)
    order = sorted(groups, key=lambda rights: (rights[0], sorted(rights[1])))
    return [visit for rights in order for visit in _fold(groups[rights], [], able)]


def _barring(singles: list[Visit]) -> list[Visit]:
    """The visits without which more classes could make all the others."""
    signatures = {v.classes for v in singles}
    common = frozenset.intersection(*signatures) if signatures else frozenset()
    barring: set[frozenset[int]] = set()
    for signature in sorted(signatures, key=lambda s: (len(s), sorted(s))):
        rest = signatures - barring - {signature}
        if rest and frozenset.intersection(*rest) > common:
            barring.add(signature)
            common = frozenset.intersection(*rest)
    return [v for v in singles if v.classes in barring]


def _fold(singles: list[Visit], into: list[Visit], able: Able) -> list[Visit]:
    """Let each join the first visit with which a class is left that may carry both; the most particular come first."""
    visits = list(into)
    for single in sorted(singles, key=lambda v: (len(v.classes), v.consignments[0].consignment_id)):
        for position, other in enumerate(visits):
            both = _joined(other, single, able)
            if both.classes:
                visits[position] = both
                break
        else:
            visits.append(single)
    return visits


def _single(consignment: Consignment, node_id: str, admitted: frozenset[int], able: Able) -> Visit:
    load = load_of(consignment)
    inbound = consignment.direction is Direction.INBOUND
    deliver, pick_up = (load, Load()) if inbound else (Load(), load)
    single = Visit(node_id, (consignment,), admitted, deliver, pick_up)
    return replace(single, classes=able(single))


def _joined(first: Visit, second: Visit, able: Able) -> Visit:
    both = Visit(
        first.node_id,
        (*first.consignments, *second.consignments),
        first.classes & second.classes,
        first.deliver + second.deliver,
        first.pick_up + second.pick_up,
    )
    return replace(both, classes=able(both))
