"""Puts what is left of a route on a vehicle of another kind: a free one, or in exchange with another route.

Once vehicles are full, tasks that move one by one no longer change which vehicle drives where. Between removal and
insertion there is room for it; what was too much for the smaller vehicle goes elsewhere, and the annealing judges the
whole.
"""

from __future__ import annotations

from services.route.kernel.arrays import LEG, Problem, State
from services.route.kernel.chains import joined, link, own, save_route, update_route
from services.route.kernel.compiled import compiled, inlined
from services.route.kernel.problem import NO_LIMIT
from services.route.kernel.random import below


@compiled
def change_kind(p: Problem, s: State) -> bool:
    """Let one of the touched routes and another touched one, or a free vehicle, change places; whether they did.

    Places of reloads go by the kind of vehicle: see ``furnish_reloads`` when this is taken back.
    """
    if s.one[0].touched == 0:
        return False
    slot = s.slot[below(s, s.one[0].touched)].touched_slot
    other = _other_vehicle(p, s)
    if other < 0:
        return False
    k, other_k = s.slot[slot].kind, s.slot[other].kind
    if p.kind[k].station >= 0 or p.kind[other_k].station >= 0:
        return False
    if k == other_k or not _fits(p, s, slot, other_k) or not _fits(p, s, other, k):
        return False
    save_route(p, s, other)
    _exchange(p, s, slot, other)
    furnish_reloads(p, s, slot)
    furnish_reloads(p, s, other)
    update_route(p, s, slot)
    update_route(p, s, other)
    return True


@inlined
def _other_vehicle(p: Problem, s: State) -> int:
    """A touched route or the first free vehicle of a kind, each as likely; -1 where the kind has none free."""
    number = below(s, s.one[0].touched + len(p.kind))
    if number < s.one[0].touched:
        return s.slot[number].touched_slot
    k = number - s.one[0].touched
    if s.fleet[k].free_count == 0:
        return -1
    return s.slot[p.kind[k].first_slot + s.fleet[k].free_count - 1].free


@compiled
def _fits(p: Problem, s: State, slot: int, k: int) -> bool:
    """Whether a vehicle of another kind may drive a route as it is."""
    tasks = len(p.task)
    if s.slot[slot].tasks == 0:
        return True
    if s.slot[slot].trips > p.kind[k].most_trips:
        return False
    start, end = tasks + 2 * slot, tasks + 2 * slot + 1
    node = start
    while node != end:
        if node < tasks and not p.admitted[k, node]:
            return False
        for d in range(p.deliver.shape[1]):
            if s.load[node, LEG, d] > p.capacity[k, d]:
                return False
        node = s.node[node].nxt
    if p.kind[k].longest_trip < NO_LIMIT and not _are_trips_short(p, s, slot, k):
        return False
    here, distance = p.kind[k].start, 0
    stretch = (
        p.kind[k].handling,
        max(p.kind[k].start_earliest, s.node[start].trip_release),
        p.kind[k].start_latest,
    )
    if stretch[1] > stretch[2]:
        return False
    node = start
    while node != end:
        node = s.node[node].nxt
        if node < tasks:
            there, single = p.task[node].location, own(s, node)
        elif node == end:
            there = p.kind[k].end
            single = p.kind[k].handling, p.kind[k].start_earliest, p.kind[k].end_latest
        else:
            there = p.kind[k].reload
            opens = max(p.kind[k].reload_earliest, s.node[node].trip_release)
            single = p.kind[k].reload_handling, opens, p.kind[k].reload_latest
        if single[1] > single[2]:
            return False
        distance += p.distance[here, there]
        if p.one[0].has_times:
            stretch = joined(stretch, p.duration[here, there], single)
            if stretch[1] < 0:
                return False
        here = there
    return distance <= p.kind[k].longest_distance and stretch[0] <= p.kind[k].longest_duration


@compiled
def _are_trips_short(p: Problem, s: State, slot: int, k: int) -> bool:
    """Whether no trip of a route is longer than a vehicle of another kind may make it."""
    tasks, reload = len(p.task), p.kind[k].reload
    end = tasks + 2 * slot + 1
    node, here, distance = s.node[end - 1].nxt, reload, 0
    while True:
        there = p.task[node].location if node < tasks else reload
        distance += p.distance[here, there]
        here = there
        if node >= tasks:
            if distance > p.kind[k].longest_trip:
                return False
            distance = 0
        if node == end:
            return True
        node = s.node[node].nxt


@compiled
def _exchange(p: Problem, s: State, slot: int, other: int) -> None:
    """Hang the chains of two vehicles into each other's place."""
    start, other_start = len(p.task) + 2 * slot, len(p.task) + 2 * other
    first, last = s.node[start].nxt, s.node[start + 1].prv
    other_first, other_last = s.node[other_start].nxt, s.node[other_start + 1].prv
    _hang(s, start, other_first, other_last, other_start)
    _hang(s, other_start, first, last, start)


@inlined
def _hang(s: State, start: int, first: int, last: int, old_start: int) -> None:
    if last == old_start:
        link(s, start, start + 1)
        return
    link(s, start, first)
    link(s, last, start + 1)


@compiled
def furnish_reloads(p: Problem, s: State, slot: int) -> None:
    """Give the reloads of a route the place and the hours that its kind of vehicle has."""
    tasks = len(p.task)
    k, end = s.slot[slot].kind, tasks + 2 * slot + 1
    node = s.node[end - 1].nxt
    while node != end:
        if node >= tasks:
            s.node[node].location = p.kind[k].reload
            s.node[node].own_duration = p.kind[k].reload_handling
            s.node[node].own_earliest = p.kind[k].reload_earliest
            s.node[node].own_latest = p.kind[k].reload_latest
        node = s.node[node].nxt
