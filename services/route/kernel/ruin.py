"""What a step takes out: adjacent strings, now and then a whole route.

Christiaens and Vanden Berghe 2020, Slack induction by string removals for vehicle routing problems, Transportation
Science 54(2).
"""

from __future__ import annotations

from services.route.kernel.arrays import Problem, State
from services.route.kernel.booking import unbook
from services.route.kernel.chains import drop_empty_trips, link, save_route, update_route
from services.route.kernel.compiled import compiled, inlined
from services.route.kernel.random import below, chance, uniform

# How many tasks a step removes on average, and from one route at most; and more of them for each task by which routes
# are longer than others on average: after a few of many, a long route has no room for anything else.
_MEAN_REMOVED = 10.0
_LONGEST_STRING = 10.0
_LONG_ROUTE = 25.0
_REMOVED_MORE = 0.8
_LONGEST_MORE = 0.4
_SPLIT = 0.5
_SPLIT_ON = 0.01
# How often a step tries to make room for something that is left out.
_FOR_LEFT = 0.2


@compiled
def take_out(p: Problem, s: State, task: int) -> None:
    """Note a task down as removed, taking back its booking or its place; its route is not computed anew.

    What was removed in this step and put back is noted down once, with what it had before the step.
    """
    if not s.mark[task].is_removed:
        place = s.one[0].removed
        s.mark[place].removed = task
        s.one[0].removed = place + 1
        s.mark[task].is_removed = True
        s.mark[task].old_option = s.mark[task].option
    if is_out(s, task):
        return
    if s.mark[task].option >= 0:
        unbook(p, s, task)
    if s.node[task].route >= 0:
        link(s, s.node[task].prv, s.node[task].nxt)
        s.node[task].route = -1
    s.one[0].cost += p.task[task].leaving
    s.one[0].leaving += p.task[task].leaving


@inlined
def is_out(s: State, task: int) -> bool:
    """Whether nobody does a task."""
    return s.node[task].route < 0 and s.mark[task].option < 0


@compiled
def remove_strings(p: Problem, s: State, factor: int) -> None:
    """Remove strings from the routes around a task, each route once; ``factor`` times as much as is usual."""
    tasks = len(p.task)
    routes = max(1, s.one[0].active)
    served = 0
    for place in range(s.one[0].active):
        served += s.slot[s.slot[place].active].tasks
    length = max(1.0, served / routes)
    longer = max(0.0, length - _LONG_ROUTE)
    mean_removed = factor * (_MEAN_REMOVED + _REMOVED_MORE * longer)
    longest = min(length, factor * (_LONGEST_STRING + _LONGEST_MORE * longer))
    most = 4.0 * mean_removed / (1.0 + longest) - 1.0
    strings = int(1.0 + uniform(s) * max(0.0, most))
    seed = _seed(s, tasks)
    done, alone = 0, 0
    for place in range(-1, p.around.shape[1]):
        if done >= strings:
            break
        task = seed if place < 0 else p.around[seed, place]
        if s.mark[task].is_removed:
            continue
        if is_out(s, task):
            if alone < mean_removed:
                take_out(p, s, task)
                alone += 1
            continue
        if s.node[task].route < 0:
            if alone < 2 * mean_removed:
                take_out(p, s, task)
                alone += 1
            continue
        slot = s.node[task].route
        if s.slot[slot].touched >= 0:
            continue
        save_route(p, s, slot)
        size = s.slot[slot].tasks
        removed = int(1.0 + uniform(s) * min(float(size), longest))
        _remove_string(p, s, task, slot, min(removed, size))
        drop_empty_trips(p, s, slot)
        update_route(p, s, slot)
        done += 1


@compiled
def _seed(s: State, tasks: int) -> int:
    """Choose a task to remove strings around: any, or while some are left out often one of these."""
    seed = below(s, tasks)
    if s.one[0].leaving > 0 and chance(s, _FOR_LEFT):
        for place in range(tasks):
            task = (seed + place) % tasks
            if is_out(s, task):
                return task
    return seed


@compiled
def _remove_string(p: Problem, s: State, task: int, slot: int, length: int) -> None:
    """Remove ``length`` tasks of a route around one; at times with some in between kept."""
    tasks = len(p.task)
    size = s.slot[slot].tasks
    kept = 0
    if length > 1 and length < size and chance(s, _SPLIT):
        kept = 1
        while length + kept < size and not chance(s, _SPLIT_ON):
            kept += 1
    span = length + kept
    # Where the string may begin: so many tasks before this one, as far as there are any.
    start, end = tasks + 2 * slot, tasks + 2 * slot + 1
    before, after = 0, 0
    node = s.node[task].prv
    while node != start and before < span - 1:
        before += node < tasks
        node = s.node[node].prv
    node = s.node[task].nxt
    while node != end and after < span - 1:
        after += node < tasks
        node = s.node[node].nxt
    least = span - 1 - after
    back = least + below(s, before - least + 1)
    node = task
    while back > 0:
        node = s.node[node].prv
        if node < tasks:
            back -= 1
    first_kept = below(s, length + 1) if kept > 0 else length
    number = 0
    while number < span and node != end:
        following = s.node[node].nxt
        if node < tasks:
            if number < first_kept or number >= first_kept + kept:
                take_out(p, s, node)
            number += 1
        node = following


@compiled
def remove_route(p: Problem, s: State) -> None:
    """Remove a whole route, so that its vehicle can be spared."""
    _remove_whole(p, s, s.slot[below(s, s.one[0].active)].active)


@compiled
def remove_for_left(p: Problem, s: State) -> int:
    """Remove a whole route whose vehicle may do something that is left out; that task, or -1 where there is none.

    Where few vehicles may do a task, what others could do as well fills their day, and strings free too little of it.
    """
    chosen, most = -1, 0.0
    for task in range(len(p.task)):
        if is_out(s, task):
            weight = p.task[task].leaving * uniform(s)
            if weight >= most:
                chosen, most = task, weight
    if chosen < 0:
        return -1
    take_out(p, s, chosen)
    first = below(s, max(1, s.one[0].active))
    for place in range(s.one[0].active):
        slot = s.slot[(first + place) % s.one[0].active].active
        if p.admitted[s.slot[slot].kind, chosen]:
            _remove_whole(p, s, slot)
            break
    return chosen


@compiled
def _remove_whole(p: Problem, s: State, slot: int) -> None:
    save_route(p, s, slot)
    tasks = len(p.task)
    node, end = s.node[tasks + 2 * slot].nxt, tasks + 2 * slot + 1
    while node != end:
        following = s.node[node].nxt
        if node < tasks:
            take_out(p, s, node)
        node = following
    drop_empty_trips(p, s, slot)
    update_route(p, s, slot)
