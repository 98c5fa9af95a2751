"""Where a task costs least: between two tasks, in a trip or a route of its own, on a line, or left out."""

from __future__ import annotations

from typing import Any

import numpy as np

from services.route.kernel.arrays import Problem, State
from services.route.kernel.booking import book, price_of
from services.route.kernel.chains import (
    Stretch,
    along,
    joined,
    late_at_end,
    link,
    onwards,
    own,
    released,
    save_route,
    take_reload,
    up_to,
    update_inserted,
    update_route,
)
from services.route.kernel.compiled import compiled, inlined
from services.route.kernel.last_mile import best_last_mile, fits_last_mile
from services.route.kernel.places import (
    BEHIND,
    BOOKED,
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

# With more routes, only the neighbours' places are tried, unless none of them will do.
_FEW_ROUTES = 24


@inlined
def _price_behind(p: Problem, s: State, task: int, node: Any, best: int) -> int:
    """What a task costs behind a node; ``NEVER`` where it does not fit or costs as much as ``best``."""
    slot = s.node[node].route
    k = s.slot[slot].kind
    after = s.node[node].nxt
    here, there, at = s.node[node].location, s.node[after].location, p.task[task].location
    longer = np.int64(p.distance_back[at, here]) + np.int64(p.distance[at, there])
    further = longer - s.node[node].way
    is_new = s.slot[slot].tasks == 0
    price = p.kind[k].fixed + p.kind[k].per_distance * longer if is_new else p.kind[k].per_distance * further
    if price >= best or s.slot[slot].distance + further > p.kind[k].longest_distance:
        return NEVER
    if not has_room_behind(p, s, task, node, k):
        return NEVER
    if p.one[0].has_longest_trips and not trip_stays_short(p, s, task, node, k):
        return NEVER
    if not p.one[0].has_times:
        return price
    if p.one[0].has_releases and (is_new or p.task[task].release > s.node[_trip_of(p, s, node)].trip_release):
        depot = _trip_of(p, s, node)
        stretch = _depot_released(p, s, depot, p.task[task].release)
        if stretch[1] < 0:
            return NEVER
        if node != depot:
            first = s.node[depot].nxt
            stretch = joined(stretch, p.duration[s.node[depot].location, s.node[first].location], along(s, node))
            if stretch[1] < 0:
                return NEVER
    else:
        stretch = up_to(s, node)
    stretch = joined(stretch, p.duration_back[at, here], own(s, task))
    if stretch[1] < 0:
        return NEVER
    if p.one[0].has_lateness:
        price += late_at_end(p, task, stretch)
    stretch = joined(stretch, p.duration[at, there], onwards(s, after))
    if stretch[1] < 0 or stretch[0] > p.kind[k].longest_duration:
        return NEVER
    if is_new:
        return price + p.kind[k].per_duration * stretch[0]
    return price + p.kind[k].per_duration * (stretch[0] - s.slot[slot].duration)


@inlined
def _trip_of(p: Problem, s: State, node: int) -> int:
    return s.node[node].depot if node < len(p.task) else node


@compiled
def _depot_released(p: Problem, s: State, depot: int, release: int) -> Stretch:
    """From the route's start to a depot that is left not before ``release``; too late is -1."""
    single = released(s, depot, max(release, s.node[depot].trip_release))
    if single[1] > single[2]:
        return 0, -1, -1
    before = s.node[depot].prv
    if before < 0 or depot == len(p.task) + 2 * s.node[depot].route:
        return single
    return joined(up_to(s, before), p.duration[s.node[before].location, s.node[depot].location], single)


@compiled
def _price_new_trip(p: Problem, s: State, task: int, slot: int, is_last: bool, best: int) -> int:
    """What a task costs as a trip of its own, behind all others or before them."""
    k = s.slot[slot].kind
    tasks = len(p.task)
    depot = tasks + 2 * slot + 1 if is_last else tasks + 2 * slot
    other = s.node[depot].prv if is_last else s.node[depot].nxt
    here, at, hub, far = s.node[depot].location, p.task[task].location, p.kind[k].reload, s.node[other].location
    if is_last:
        further = p.distance[far, hub] + p.distance[hub, at] + p.distance[at, here] - p.distance[far, here]
    else:
        further = p.distance[here, at] + p.distance[at, hub] + p.distance[hub, far] - p.distance[here, far]
    price = p.kind[k].per_distance * further
    if price >= best or s.slot[slot].distance + further > p.kind[k].longest_distance:
        return NEVER
    if not has_room_alone(p, task, k):
        return NEVER
    if p.one[0].has_longest_trips and not is_short_alone(p, task, k):
        return NEVER
    if not p.one[0].has_times:
        return price
    if is_last:
        reload = (
            p.kind[k].reload_handling,
            max(p.kind[k].reload_earliest, p.task[task].release),
            p.kind[k].reload_latest,
        )
        if reload[1] > reload[2]:
            return NEVER
        stretch = joined(up_to(s, other), p.duration[far, hub], reload)
        if stretch[1] < 0:
            return NEVER
        stretch = joined(stretch, p.duration[hub, at], own(s, task))
        if stretch[1] < 0:
            return NEVER
        if p.one[0].has_lateness:
            price += late_at_end(p, task, stretch)
        stretch = joined(stretch, p.duration[at, here], own(s, depot))
    else:
        reload = (
            p.kind[k].reload_handling,
            max(p.kind[k].reload_earliest, s.node[depot].trip_release),
            p.kind[k].reload_latest,
        )
        first = (
            s.node[depot].own_duration,
            max(s.node[depot].own_earliest, p.task[task].release),
            s.node[depot].own_latest,
        )
        if first[1] > first[2] or reload[1] > reload[2]:
            return NEVER
        stretch = joined(first, p.duration[here, at], own(s, task))
        if stretch[1] < 0:
            return NEVER
        if p.one[0].has_lateness:
            price += late_at_end(p, task, stretch)
        stretch = joined(stretch, p.duration[at, hub], reload)
        if stretch[1] < 0:
            return NEVER
        stretch = joined(stretch, p.duration[hub, far], onwards(s, other))
    if stretch[1] < 0 or stretch[0] > p.kind[k].longest_duration:
        return NEVER
    return price + p.kind[k].per_duration * (stretch[0] - s.slot[slot].duration)


@compiled
def insert_best(p: Problem, s: State, task: int, blink: float, eager: bool) -> int:
    """Do a task where it costs least, passing each place over with the chance ``blink``; ``LEFT`` if nothing pays.

    If ``eager``, at any price: what does not pay for one task may for several.
    """
    tasks = len(p.task)
    s.one[0].stamp += 1
    stamp = s.one[0].stamp
    best, how = NEVER if eager else p.task[task].leaving, LEFT
    where: Any = -1
    for place in range(p.near.shape[1]):
        beside = p.near[task, place]
        slot = s.node[beside].route
        if slot < 0 or not p.admitted[s.slot[slot].kind, task] or not has_room(p, s, task, slot):
            continue
        for node in (np.int64(beside), s.node[beside].prv):
            if s.node[node].stamp == stamp:
                continue
            s.node[node].stamp = stamp
            price = _price_behind(p, s, task, node, best)
            if price < best and not chance(s, blink):
                best, how, where = price, BEHIND, node
    everywhere = how == LEFT or s.one[0].active <= _FEW_ROUTES
    for place in range(s.one[0].active):
        slot = s.slot[place].active
        k = s.slot[slot].kind
        may_reload = s.slot[slot].trips < p.kind[k].most_trips
        if not (everywhere or may_reload) or not p.admitted[k, task]:
            continue
        if everywhere and has_room(p, s, task, slot):
            start = tasks + 2 * slot
            for node in (start, s.node[start + 1].prv):
                if s.node[node].stamp == stamp:
                    continue
                s.node[node].stamp = stamp
                price = _price_behind(p, s, task, node, best)
                if price < best and not chance(s, blink):
                    best, how, where = price, BEHIND, node
        if may_reload and s.one[0].free_reloads > 0:
            price = _price_new_trip(p, s, task, slot, True, best)
            if price < best and not chance(s, blink):
                best, how, where = price, NEW_TRIP_BEHIND, slot
            price = _price_new_trip(p, s, task, slot, False, best)
            if price < best and not chance(s, blink):
                best, how, where = price, NEW_TRIP_BEFORE, slot
    for k in range(len(p.kind)):
        if s.fleet[k].free_count == 0 or not p.admitted[k, task]:
            continue
        node = tasks + 2 * s.slot[p.kind[k].first_slot + s.fleet[k].free_count - 1].free
        price = _price_behind(p, s, task, node, best)
        if price < best and not chance(s, blink):
            best, how, where = price, BEHIND, node
    option, booked, place = _best_booking(p, s, task, best, blink)
    if option >= 0:
        how, where = booked, place
    do(p, s, task, how, where, option)
    return how


@compiled
def _best_booking(p: Problem, s: State, task: int, best: int, blink: float) -> tuple[int, int, int]:
    """The booking that costs less than ``best`` and least, -1 if none does; how and where a vehicle does the rest."""
    chosen, how, where = -1, LEFT, -1
    for option in range(p.task[task].option_first, p.task[task].option_last):
        if p.option[option].station >= 0:
            price, found, place = best_last_mile(p, s, task, option, best, blink)
            if found != LEFT:
                best, chosen, how, where = price, option, found, place
            continue
        price = price_of(p, s, option)
        if price < best and not chance(s, blink):
            best, chosen, how, where = price, option, BOOKED, -1
    return chosen, how, where


@compiled
def do(p: Problem, s: State, task: int, how: int, where: int, option: int) -> None:
    """Do a task in one of the ways: behind the node ``where``, as a trip of that slot, by that option (-1: none)."""
    if how == LEFT:
        return
    s.one[0].cost -= p.task[task].leaving
    s.one[0].leaving -= p.task[task].leaving
    if option >= 0:
        book(p, s, task, option)
    if how == BOOKED:
        return
    slot = s.node[where].route if how == BEHIND else where
    save_route(p, s, slot)
    start = len(p.task) + 2 * slot
    if how == BEHIND:
        after = s.node[where].nxt
        link(s, where, task)
        link(s, task, after)
        update_inserted(p, s, slot, task)
    else:
        reload = take_reload(p, s, slot)
        if how == NEW_TRIP_BEHIND:
            before, after = s.node[start + 1].prv, start + 1
            link(s, before, reload)
            link(s, reload, task)
            link(s, task, after)
        else:
            after = s.node[start].nxt
            link(s, start, task)
            link(s, task, reload)
            link(s, reload, after)
        update_route(p, s, slot)


@compiled
def append_task(p: Problem, s: State, task: int, slot: int, begins_trip: bool, option: int) -> bool:
    """Do a task last in a route, in a trip of its own if it ``begins_trip`` behind others; whether it fits.

    ``option`` is the booking by which it comes to the route's station, -1 where it comes from the depot itself.
    """
    k = s.slot[slot].kind
    start = len(p.task) + 2 * slot
    last = s.node[start + 1].prv
    if option >= 0:
        return _append_last_mile(p, s, task, slot, begins_trip and last != start, option)
    if not p.admitted[k, task]:
        return False
    if begins_trip and last != start:
        if s.slot[slot].trips >= p.kind[k].most_trips or s.one[0].free_reloads == 0:
            return False
        if _price_new_trip(p, s, task, slot, True, NEVER) == NEVER:
            return False
        do(p, s, task, NEW_TRIP_BEHIND, slot, -1)
    else:
        if _price_behind(p, s, task, last, NEVER) == NEVER:
            return False
        do(p, s, task, BEHIND, last, -1)
    return True


@compiled
def _append_last_mile(p: Problem, s: State, task: int, slot: int, begins_trip: bool, option: int) -> bool:
    k = s.slot[slot].kind
    last = s.node[len(p.task) + 2 * slot + 1].prv
    is_of_station = p.option[option].station >= 0 and p.option[option].station == p.kind[k].station
    if not is_of_station or not p.admitted_last[k, task] or price_of(p, s, option) == NEVER:
        return False
    if begins_trip and (s.slot[slot].trips >= p.kind[k].most_trips or s.one[0].free_reloads == 0):
        return False
    how = NEW_TRIP_BEHIND if begins_trip else BEHIND
    if not fits_last_mile(p, s, task, option, slot, last, how):
        return False
    do(p, s, task, how, slot if begins_trip else last, option)
    return True
