"""The last mile 末端接驳: what a task costs by a booking to a station and a vehicle from there.

A booking says when the station's vehicle may leave with the task and by when it must be back. Routes of the last mile
are short, so whether one keeps its times with another task in it is found by going along it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from services.route.kernel.arrays import Problem, State
from services.route.kernel.booking import price_of
from services.route.kernel.chains import Stretch, joined, late_at_end, own, released
from services.route.kernel.compiled import compiled, inlined
from services.route.kernel.places import (
    BEHIND,
    LEFT,
    NEVER,
    NEW_TRIP_BEFORE,
    NEW_TRIP_BEHIND,
    has_room,
    has_room_alone,
    has_room_behind,
    is_short_alone,
    trip_stays_short,
)
from services.route.kernel.random import chance


@compiled
def best_last_mile(p: Problem, s: State, task: int, option: int, best: int, blink: float) -> tuple[int, int, int]:
    """Where a task booked by ``option`` costs least on a vehicle of its station, if less than ``best``.

    Returns the price with the booking's, how and where: behind which node, or as a trip of which slot; ``LEFT`` if
    nowhere.
    """
    booking = price_of(p, s, option)
    how, where = LEFT, 0
    if booking >= best:
        return best, how, where
    for place in range(p.at_station.shape[1]):
        k = p.at_station[p.option[option].station, place]
        if k < 0:
            break
        if not p.admitted_last[k, task]:
            continue
        first, unused = p.kind[k].first_slot, -1
        if s.fleet[k].free_count > 0:
            unused = s.slot[first + s.fleet[k].free_count - 1].free
        for slot in range(first, first + p.kind[k].slots):
            if (s.slot[slot].tasks == 0 and slot != unused) or not has_room(p, s, task, slot):
                continue
            node, end = len(p.task) + 2 * slot, len(p.task) + 2 * slot + 1
            while node != end:
                price = booking + _price(p, s, task, option, slot, node, BEHIND, best - booking)
                if price < best and not chance(s, blink):
                    best, how, where = price, BEHIND, node
                node = s.node[node].nxt
        if p.kind[k].most_trips == 1 or s.one[0].free_reloads == 0:
            continue
        for slot in range(first, first + p.kind[k].slots):
            if s.slot[slot].tasks == 0 or s.slot[slot].trips >= p.kind[k].most_trips:
                continue
            for kind_of_trip in (NEW_TRIP_BEHIND, NEW_TRIP_BEFORE):
                price = booking + _price(p, s, task, option, slot, -1, kind_of_trip, best - booking)
                if price < best and not chance(s, blink):
                    best, how, where = price, kind_of_trip, slot
    return best, how, where


@compiled
def fits_last_mile(p: Problem, s: State, task: int, option: int, slot: int, node: int, how: int) -> bool:
    """Whether a task booked by ``option`` fits into a route behind a node, or last as a trip of its own."""
    return _price(p, s, task, option, slot, node, how, NEVER) < NEVER


@compiled
def _price(p: Problem, s: State, task: int, option: int, slot: int, node: int, how: int, best: int) -> int:
    """What the vehicle's part costs; ``NEVER`` where the task does not fit or costs as much as ``best``."""
    k = s.slot[slot].kind
    further = _further(p, s, task, slot, node, how)
    is_new = s.slot[slot].tasks == 0
    price = p.kind[k].per_distance * further + (p.kind[k].fixed if is_new else 0)
    if price >= best or s.slot[slot].distance + further > p.kind[k].longest_distance:
        return NEVER
    if not (has_room_behind(p, s, task, node, k) if how == BEHIND else has_room_alone(p, task, k)):
        return NEVER
    if not (trip_stays_short(p, s, task, node, k) if how == BEHIND else is_short_alone(p, task, k)):
        return NEVER
    stretch, late = _with_task(p, s, task, option, slot, node, how)
    if stretch[1] < 0 or stretch[0] > p.kind[k].longest_duration:
        return NEVER
    price += late + p.kind[k].per_duration * (stretch[0] if is_new else stretch[0] - s.slot[slot].duration)
    return price if price < best else NEVER


@compiled
def _further(p: Problem, s: State, task: int, slot: int, node: int, how: int) -> int:
    """How much farther the vehicle drives; of an unused one, all that it drives."""
    start, at = len(p.task) + 2 * slot, p.task[task].location
    reload = p.kind[s.slot[slot].kind].reload
    if how == BEHIND:
        here, there = s.node[node].location, s.node[s.node[node].nxt].location
        further = _far(p, here, at) + _far(p, at, there)
        return further if s.slot[slot].tasks == 0 else further - _far(p, here, there)
    if how == NEW_TRIP_BEHIND:
        here, there = s.node[s.node[start + 1].prv].location, s.node[start + 1].location
        return _far(p, here, reload) + _far(p, reload, at) + _far(p, at, there) - _far(p, here, there)
    here, there = s.node[start].location, s.node[s.node[start].nxt].location
    return _far(p, here, at) + _far(p, at, reload) + _far(p, reload, there) - _far(p, here, there)


@inlined
def _far(p: Problem, here: Any, there: Any) -> Any:
    return np.int64(p.distance[here, there])


@compiled
def _with_task(p: Problem, s: State, task: int, option: int, slot: int, node: int, how: int) -> tuple[Stretch, int]:
    """The whole route with the task in it, whose earliest is -1 where that breaks its hours; what being late costs."""
    tasks, k = len(p.task), s.slot[slot].kind
    start, end = tasks + 2 * slot, tasks + 2 * slot + 1
    release, due = max(p.task[task].release, p.option[option].ready), p.option[option].due
    reload = p.kind[k].reload_handling, p.kind[k].reload_earliest, p.kind[k].reload_latest
    # The depot at which the task's trip begins, if that is one of the route's.
    begins = s.node[node].depot if how == BEHIND and node < tasks else node if how == BEHIND else start
    is_of_trip = how != NEW_TRIP_BEHIND and begins == start
    stretch = released(s, start, s.node[start].trip_release)
    if how == NEW_TRIP_BEFORE:
        stretch = own(s, start)
    if is_of_trip:
        stretch = stretch[0], max(stretch[1], release), stretch[2]
    if stretch[1] > stretch[2]:
        return (0, -1, -1), 0
    late, at = 0, start
    here = s.node[start].location
    if how == NEW_TRIP_BEFORE:
        stretch = joined(stretch, p.duration[here, p.task[task].location], own(s, task))
        if stretch[1] < 0:
            return stretch, 0
        late = late_at_end(p, task, stretch)
        first = reload[0], max(reload[1], s.node[start].trip_release), min(reload[2], due)
        if first[1] > first[2]:
            return (0, -1, -1), 0
        stretch = joined(stretch, p.duration[p.task[task].location, p.kind[k].reload], first)
        here, is_of_trip = p.kind[k].reload, False
    while at != end and stretch[1] >= 0:
        if how == BEHIND and at == node:
            stretch = joined(stretch, p.duration[here, p.task[task].location], own(s, task))
            if stretch[1] < 0:
                return stretch, 0
            late, here = late_at_end(p, task, stretch), p.task[task].location
        at = s.node[at].nxt
        if at < tasks:
            single = own(s, at)
        elif at == end and how == NEW_TRIP_BEHIND:
            single = reload[0], max(reload[1], release), min(reload[2], s.node[end].trip_due)
            if single[1] > single[2]:
                return (0, -1, -1), 0
            stretch = joined(stretch, p.duration[here, p.kind[k].reload], single)
            if stretch[1] < 0:
                return stretch, 0
            stretch = joined(stretch, p.duration[p.kind[k].reload, p.task[task].location], own(s, task))
            if stretch[1] < 0:
                return stretch, 0
            late, here = late_at_end(p, task, stretch), p.task[task].location
            single = s.node[end].own_duration, s.node[end].own_earliest, min(s.node[end].own_latest, due)
        else:
            single = released(s, at, s.node[at].trip_release if at != end else 0)
            if is_of_trip:
                single = single[0], single[1], min(single[2], due)
            is_of_trip = how == BEHIND and at == begins
            if is_of_trip:
                single = single[0], max(single[1], release), single[2]
        if single[1] > single[2]:
            return (0, -1, -1), 0
        stretch = joined(stretch, p.duration[here, s.node[at].location], single)
        here = s.node[at].location
    return stretch, late
