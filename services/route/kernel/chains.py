"""Routes as chains of nodes: what is known at every node so that an insertion is judged in constant time.

Time windows are concatenated as by Vidal, Crainic, Gendreau and Prins (2013, A hybrid genetic algorithm with adaptive
diversity management for a large class of vehicle routing problems with time windows): of a stretch of a route, how
long it takes at least and the window in which its beginning makes that possible. Nothing here breaks a limit, so the
lateness that they carry along is left out. Where being late is no limit but has a price, that is computed for a whole
route when it is known anew: see ``lateness_of``.
"""

from __future__ import annotations

from services.route.kernel.arrays import AFTER, BEFORE, LEG, Problem, State
from services.route.kernel.compiled import compiled, inlined
from services.route.kernel.places import further_in_trip
from services.route.kernel.problem import NO_LIMIT

Stretch = tuple[int, int, int]


@inlined
def joined(first: Stretch, way: int, second: Stretch) -> Stretch:
    """Put two stretches together, ``way`` apart: (duration, earliest, latest); earliest is -1 where that is late."""
    at = first[0] + way
    if first[1] + at > second[2]:
        return second[0], -1, -1
    wait = max(0, second[1] - at - first[2])
    return (
        at + second[0] + wait,
        max(first[1], second[1] - at) - wait,
        min(first[2], second[2] - at),
    )


@inlined
def own(s: State, node: int) -> Stretch:
    """A node by itself."""
    return s.node[node].own_duration, s.node[node].own_earliest, s.node[node].own_latest


@inlined
def released(s: State, node: int, release: int) -> Stretch:
    """A depot by itself, handled not before ``release`` and when what is brought there is due; never if too late."""
    at = s.node[node]
    return at.own_duration, max(at.own_earliest, release), min(at.own_latest, at.trip_due)


@inlined
def up_to(s: State, node: int) -> Stretch:
    """From the route's start to a node."""
    at = s.node[node]
    return at.start_duration, at.start_earliest, at.start_latest


@inlined
def onwards(s: State, node: int) -> Stretch:
    """From a node to the route's end."""
    at = s.node[node]
    return at.end_duration, at.end_earliest, at.end_latest


@inlined
def along(s: State, node: int) -> Stretch:
    """From the first task of the trip to a node."""
    at = s.node[node]
    return at.trip_duration, at.trip_earliest, at.trip_latest


@inlined
def keep_up_to(s: State, node: int, stretch: Stretch) -> None:
    """Note down the stretch from the route's start."""
    s.node[node].start_duration = stretch[0]
    s.node[node].start_earliest = stretch[1]
    s.node[node].start_latest = stretch[2]


@inlined
def keep_onwards(s: State, node: int, stretch: Stretch) -> None:
    """Note down the stretch to the route's end."""
    s.node[node].end_duration = stretch[0]
    s.node[node].end_earliest = stretch[1]
    s.node[node].end_latest = stretch[2]


@inlined
def keep_along(s: State, node: int, stretch: Stretch) -> None:
    """Note down the stretch from the trip's first task."""
    s.node[node].trip_duration = stretch[0]
    s.node[node].trip_earliest = stretch[1]
    s.node[node].trip_latest = stretch[2]


@compiled
def save_route(p: Problem, s: State, slot: int) -> None:
    """Note a route down once a step, before it is first changed."""
    if s.slot[slot].touched >= 0:
        return
    place = s.one[0].touched
    s.slot[slot].touched = place
    s.slot[place].touched_slot = slot
    at = s.slot[place].saved_until
    end = len(p.task) + 2 * slot + 1
    node = s.node[end - 1].nxt
    while node != end:
        s.pool[at].saved = node
        at += 1
        node = s.node[node].nxt
    s.slot[place + 1].saved_until = at
    s.one[0].touched = place + 1


@inlined
def link(s: State, first: int, second: int) -> None:
    """Put one node behind another."""
    s.node[first].nxt = second
    s.node[second].prv = first


@compiled
def take_reload(p: Problem, s: State, slot: int) -> int:
    """Take a reload for a route out of the pool; there must be one."""
    s.one[0].free_reloads -= 1
    node = s.pool[s.one[0].free_reloads].free_reload
    k = s.slot[slot].kind
    s.node[node].location = p.kind[k].reload
    s.node[node].own_duration = p.kind[k].reload_handling
    s.node[node].own_earliest = p.kind[k].reload_earliest
    s.node[node].own_latest = p.kind[k].reload_latest
    return node


@compiled
def drop_empty_trips(p: Problem, s: State, slot: int) -> None:
    """Take out reloads before which, or at the end behind which, nothing is done."""
    if s.slot[slot].trips == 1:
        return
    tasks = len(p.task)
    start, end = tasks + 2 * slot, tasks + 2 * slot + 1
    node = s.node[start].nxt
    while node != end:
        after = s.node[node].nxt
        if node >= tasks and (s.node[node].prv >= tasks or after == end):
            link(s, s.node[node].prv, after)
            s.node[node].route = -1
            s.pool[s.one[0].dropped].dropped = node
            s.one[0].dropped += 1
            # Where the last trip fell away, so may the reload before it.
            if after == end and s.node[end].prv >= tasks and s.node[end].prv != start:
                after = s.node[end].prv
        node = after


@compiled
def update_route(p: Problem, s: State, slot: int) -> None:
    """Compute anew all that is known of a route, and add the difference to the cost."""
    tasks = len(p.task)
    start, end = tasks + 2 * slot, tasks + 2 * slot + 1
    dimensions = p.deliver.shape[1]
    distance, count, trips = 0, 0, 1
    # Forwards: distances, releases and what is loaded for each trip.
    depot, due = start, NO_LIMIT
    s.node[start].trip_release = 0
    for d in range(dimensions):
        s.load[start, LEG, d] = 0
    before, node = start, s.node[start].nxt
    while True:
        s.node[node].route = slot
        _measure_way(p, s, before, node)
        distance += s.node[before].way
        if node < tasks:
            count += 1
            s.node[node].depot = depot
            s.node[depot].trip_release = max(s.node[depot].trip_release, s.node[node].release)
            due = min(due, s.node[node].due)
            for d in range(dimensions):
                s.load[depot, LEG, d] += p.deliver[node, d]
        else:
            depot = node
            s.node[node].trip_release = 0
            s.node[node].trip_due = due
            due = NO_LIMIT
            for d in range(dimensions):
                s.load[node, LEG, d] = 0
            if node == end:
                break
            trips += 1
        before, node = node, s.node[node].nxt
    s.slot[slot].trips = trips
    _update_loads(p, s, start, end)
    _update_room(p, s, slot)
    if p.one[0].has_longest_trips:
        _update_trip_distances(p, s, slot)
    if p.one[0].has_times:
        _update_times(p, s, start, end)
    _update_cost(p, s, slot, distance, count)


@compiled
def update_inserted(p: Problem, s: State, slot: int, task: int) -> None:
    """Compute anew what a task just put into a route changes, where all else is known: each node is passed once."""
    before, after = s.node[task].prv, s.node[task].nxt
    depot = s.node[before].depot if before < len(p.task) else before
    moves_depots = s.node[task].release > s.node[depot].trip_release or s.node[task].due < NO_LIMIT
    if s.slot[slot].tasks == 0 or moves_depots:
        update_route(p, s, slot)
        return
    s.node[task].route = slot
    s.node[task].depot = depot
    distance = s.slot[slot].distance - s.node[before].way
    _measure_way(p, s, before, task)
    _measure_way(p, s, task, after)
    distance += s.node[before].way + s.node[task].way
    _add_load(p, s, task)
    _update_room(p, s, slot)
    if p.one[0].has_longest_trips and p.kind[s.slot[slot].kind].longest_trip < NO_LIMIT:
        s.node[depot].trip_distance += further_in_trip(p, s, task, before, after, s.slot[slot].kind)
    if p.one[0].has_times:
        _update_up_to(p, s, task, len(p.task) + 2 * slot + 1)
        _update_onwards(p, s, task, len(p.task) + 2 * slot)
    _update_cost(p, s, slot, distance, s.slot[slot].tasks + 1)


@compiled
def _update_trip_distances(p: Problem, s: State, slot: int) -> None:
    """Measure each trip from the place of reloads and back to it."""
    tasks, k = len(p.task), s.slot[slot].kind
    if p.kind[k].longest_trip == NO_LIMIT:
        return
    depot, end = tasks + 2 * slot, tasks + 2 * slot + 1
    node, here, distance = s.node[depot].nxt, p.kind[k].reload, 0
    while True:
        if node < tasks:
            distance += p.distance[here, s.node[node].location]
            here = s.node[node].location
        else:
            s.node[depot].trip_distance = distance + p.distance[here, p.kind[k].reload]
            depot, here, distance = node, p.kind[k].reload, 0
            if node == end:
                break
        node = s.node[node].nxt


@inlined
def _measure_way(p: Problem, s: State, node: int, after: int) -> None:
    here, there = s.node[node].location, s.node[after].location
    s.node[node].way = p.distance[here, there]
    if p.one[0].has_times:
        s.node[node].drive = p.duration[here, there]


@compiled
def _update_cost(p: Problem, s: State, slot: int, distance: int, count: int) -> None:
    k = s.slot[slot].kind
    duration = s.node[len(p.task) + 2 * slot + 1].start_duration if p.one[0].has_times else 0
    s.slot[slot].distance = distance
    s.slot[slot].duration = duration
    driven = p.kind[k].per_distance * distance + p.kind[k].per_duration * duration
    cost = p.kind[k].fixed + driven if count > 0 else 0
    if p.one[0].has_lateness and count > 0:
        cost += lateness_of(p, s, slot)
    s.one[0].cost += cost - s.slot[slot].cost
    s.slot[slot].cost = cost
    if count > 0 and s.slot[slot].tasks == 0:
        _activate(p, s, slot)
    elif count == 0 and s.slot[slot].tasks > 0:
        _deactivate(p, s, slot)
    s.slot[slot].tasks = count


@inlined
def late_at_end(p: Problem, task: int, stretch: Stretch) -> int:
    """What a task costs by being late where ``stretch`` ends with it: an estimate, as its route may start earlier."""
    return p.task[task].late * max(0, stretch[0] + stretch[1] - p.task[task].service - p.task[task].due)


@compiled
def lateness_of(p: Problem, s: State, slot: int) -> int:
    """What a route's late tasks cost at the start that suits it best, and the waiting that starting so early takes.

    If it starts at t, a call begins at t and all driving and handling before it, or where a wait makes that later as if
    the route had started as early as can be. So the price is convex in t: going back from the latest start of the
    shortest day pays as long as what it makes less late costs more than the driver's time.
    """
    tasks, k = len(p.task), s.slot[slot].kind
    start, end = tasks + 2 * slot, tasks + 2 * slot + 1
    straight = s.node[end].start_earliest
    first = max(s.node[start].own_earliest, s.node[start].trip_release)
    first = max(first, straight - (p.kind[k].longest_duration - s.slot[slot].duration))
    begins = straight
    while True:
        late, weight, turn = 0, 0, first
        node, site = start, -1
        gone, early = 0, first
        call_gone, call_early = gone, early
        while s.node[node].nxt != end:
            step = s.node[node].own_duration + s.node[node].drive
            node = s.node[node].nxt
            gone += step
            early = max(early + step, s.node[node].own_earliest)
            if node >= tasks:
                early = max(early, s.node[node].trip_release)
                site = -1
                continue
            if p.task[node].site != site or site < 0:
                call_gone, call_early, site = gone, early, p.task[node].site
            if p.task[node].late == 0:
                continue
            due = p.task[node].due
            late += p.task[node].late * max(0, max(call_early, begins + call_gone) - due)
            turns = max(call_early, due) - call_gone
            if turns < begins:
                weight += p.task[node].late
                turn = max(turn, turns)
        if weight <= p.kind[k].per_duration or begins <= first:
            return late + p.kind[k].per_duration * (straight - begins)
        begins = turn


@compiled
def _update_loads(p: Problem, s: State, start: int, end: int) -> None:
    tasks = len(p.task)
    for d in range(p.deliver.shape[1]):
        load = s.load[start, LEG, d]
        most = load
        s.load[start, BEFORE, d] = most
        node = s.node[start].nxt
        while node != end:
            if node < tasks:
                load += p.pick_up[node, d] - p.deliver[node, d]
                s.load[node, LEG, d] = load
                most = max(most, load)
            else:
                load = s.load[node, LEG, d]
                most = load
            s.load[node, BEFORE, d] = most
            node = s.node[node].nxt
        most = 0
        node = s.node[end].prv
        while True:
            most = max(most, s.load[node, LEG, d])
            s.load[node, AFTER, d] = most
            if node >= tasks:
                most = 0
            if node == start:
                break
            node = s.node[node].prv


@compiled
def _add_load(p: Problem, s: State, task: int) -> None:
    """Load a task on the legs of its trip: what it delivers up to it, what it picks up from it on."""
    tasks = len(p.task)
    before, after, depot = s.node[task].prv, s.node[task].nxt, s.node[task].depot
    for d in range(p.deliver.shape[1]):
        delivered, picked_up = p.deliver[task, d], p.pick_up[task, d]
        load = s.load[before, LEG, d] + picked_up
        s.load[task, LEG, d] = load
        s.load[task, BEFORE, d] = most = max(s.load[before, BEFORE, d] + delivered, load)
        node = after
        while node < tasks:
            load = s.load[node, LEG, d] + picked_up
            most = max(most, load)
            s.load[node, LEG, d] = load
            s.load[node, BEFORE, d] = most
            s.load[node, AFTER, d] += picked_up
            node = s.node[node].nxt
        most = s.load[task, LEG, d]
        if after < tasks:
            most = max(most, s.load[after, AFTER, d])
        s.load[task, AFTER, d] = most
        node = before
        while True:
            load = s.load[node, LEG, d] + delivered
            most = max(most, load)
            s.load[node, LEG, d] = load
            s.load[node, BEFORE, d] += delivered
            s.load[node, AFTER, d] = most
            if node == depot:
                break
            node = s.node[node].prv


@compiled
def _update_room(p: Problem, s: State, slot: int) -> None:
    """The most room of any trip: deliveries are on board at its beginning, what is picked up at its end."""
    start, k = len(p.task) + 2 * slot, s.slot[slot].kind
    last = s.node[start + 1].prv
    for d in range(p.deliver.shape[1]):
        s.room[slot, 0, d] = p.capacity[k, d] - s.load[start, LEG, d]
        s.room[slot, 1, d] = p.capacity[k, d] - s.load[last, LEG, d]
    if s.slot[slot].trips == 1:
        return
    depot = s.node[last].depot
    while depot != start:
        last = s.node[depot].prv
        for d in range(p.deliver.shape[1]):
            s.room[slot, 0, d] = max(s.room[slot, 0, d], p.capacity[k, d] - s.load[depot, LEG, d])
            s.room[slot, 1, d] = max(s.room[slot, 1, d], p.capacity[k, d] - s.load[last, LEG, d])
        depot = s.node[last].depot


@compiled
def _update_times(p: Problem, s: State, start: int, end: int) -> None:
    keep_up_to(s, start, released(s, start, s.node[start].trip_release))
    _update_up_to(p, s, s.node[start].nxt, end)
    keep_onwards(s, end, released(s, end, 0))
    _update_onwards(p, s, s.node[end].prv, start)


@compiled
def _update_up_to(p: Problem, s: State, first: int, end: int) -> None:
    """Of a node and of all behind it, compute the stretches that end there."""
    tasks = len(p.task)
    before, node = s.node[first].prv, first
    stretch, trip = up_to(s, before), along(s, before)
    while True:
        way = s.node[before].drive
        if node < tasks:
            single = own(s, node)
            if p.one[0].has_releases:
                trip = single if before >= tasks else joined(trip, way, single)
                keep_along(s, node, trip)
        else:
            single = released(s, node, s.node[node].trip_release)
        stretch = joined(stretch, way, single)
        keep_up_to(s, node, stretch)
        if node == end:
            break
        before, node = node, s.node[node].nxt


@compiled
def _update_onwards(p: Problem, s: State, last: int, start: int) -> None:
    """Of a node and of all before it, compute the stretches that begin there."""
    tasks = len(p.task)
    node = last
    stretch = onwards(s, s.node[last].nxt)
    while True:
        single = own(s, node) if node < tasks else released(s, node, s.node[node].trip_release)
        stretch = joined(single, s.node[node].drive, stretch)
        keep_onwards(s, node, stretch)
        if node == start:
            break
        node = s.node[node].prv


@compiled
def _activate(p: Problem, s: State, slot: int) -> None:
    s.slot[s.one[0].active].active = slot
    s.slot[slot].place = s.one[0].active
    s.one[0].active += 1
    k = s.slot[slot].kind
    first = p.kind[k].first_slot
    last = first + s.fleet[k].free_count - 1
    place = last
    while s.slot[place].free != slot:
        place -= 1
    s.slot[place].free = s.slot[last].free
    s.slot[last].free = slot
    s.fleet[k].free_count -= 1


@compiled
def _deactivate(p: Problem, s: State, slot: int) -> None:
    s.one[0].active -= 1
    last = s.slot[s.one[0].active].active
    place = s.slot[slot].place
    s.slot[place].active = last
    s.slot[last].place = place
    s.slot[slot].place = -1
    k = s.slot[slot].kind
    s.slot[p.kind[k].first_slot + s.fleet[k].free_count].free = slot
    s.fleet[k].free_count += 1
