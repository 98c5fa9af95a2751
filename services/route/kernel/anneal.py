"""Ruin, recreate, accept or take back: the loop of the search."""

from __future__ import annotations

import math

from services.route.kernel.arrays import Problem, State
from services.route.kernel.booking import book, unbook
from services.route.kernel.chains import drop_empty_trips, link, update_route
from services.route.kernel.charges import change_charges, settle_charges
from services.route.kernel.compiled import compiled, entry, inlined
from services.route.kernel.insertion import insert_best
from services.route.kernel.kinds import change_kind, furnish_reloads
from services.route.kernel.random import below, chance, uniform
from services.route.kernel.ruin import is_out, remove_for_left, remove_route, remove_strings, take_out

_FEW = 64
_BLINK = 0.01
# Where not every vehicle may do everything, how often goes first what the fewest may do.
_NARROW_FIRST = 0.3
# While something is left out, how often all that was removed is done at any price.
_EAGER = 0.3
# Now and then several times as much is removed: what a long route does cannot move to others string by string.
_LARGE_CHANCE = 0.02
_LARGE_FACTOR = 4
# While something is left out, how often a whole route makes room for it.
_LEFT_CHANCE = 0.05
# How often a charge paid once is given up or taken up.
_CHARGE_CHANCE = 0.1


@entry
def prepare(p: Problem, s: State) -> None:
    """Compute what is known of every slot, and the cost of all: for a state just made or loaded."""
    s.one[0].cost = s.one[0].leaving
    for slot in range(len(s.slot) - 1):
        s.slot[slot].cost = 0
        update_route(p, s, slot)


@entry
def clear(p: Problem, s: State) -> None:
    """Do nothing any more; the best stays noted down."""
    _begin(s)
    for slot in range(len(s.slot)):
        s.slot[slot].touched = -1
    for task in range(len(p.task)):
        if not is_out(s, task):
            take_out(p, s, task)
    for slot in range(len(s.slot) - 1):
        drop_empty_trips(p, s, slot)
        update_route(p, s, slot)
    _accept(s)


@entry
def fill(p: Problem, s: State, is_eager: bool) -> None:
    """Do whatever nobody does yet: where it pays, or if eager wherever it fits."""
    _begin(s)
    for slot in range(len(s.slot)):
        s.slot[slot].touched = -1
    for task in range(len(p.task)):
        if is_out(s, task):
            take_out(p, s, task)
    _recreate(p, s, 0.0, is_eager)
    _accept(s)
    if s.one[0].cost < s.one[0].best_cost:
        keep_best(s)


@entry
def anneal(p: Problem, s: State, steps: int, hot: float, cold: float, route_chance: float, kind_chance: float) -> None:
    """Take ``steps`` steps while the temperature falls from ``hot`` to ``cold``; the best so far is in the state."""
    if len(p.task) == 0:
        return
    cooling = (cold / hot) ** (1.0 / max(1, steps))
    temperature = hot
    for _ in range(steps):
        before = s.one[0].cost
        reloads, leaving = s.one[0].free_reloads, s.one[0].leaving
        _begin(s)
        if s.one[0].active > 0 and chance(s, route_chance):
            remove_route(p, s)
        elif s.one[0].leaving > 0 and chance(s, _LEFT_CHANCE):
            first = remove_for_left(p, s)
            if first >= 0:
                insert_best(p, s, first, 0.0, False)
        changes = len(p.charge_price) > 0 and chance(s, _CHARGE_CHANCE)
        if changes:
            change_charges(p, s)
        remove_strings(p, s, _LARGE_FACTOR if chance(s, _LARGE_CHANCE) else 1)
        changed = chance(s, kind_chance) and change_kind(p, s)
        _recreate(p, s, _BLINK, s.one[0].leaving > 0 and chance(s, _EAGER))
        if changes:
            settle_charges(s)
        after = s.one[0].cost
        if after < before - temperature * math.log(max(1e-300, uniform(s))):
            _accept(s)
            if after < s.one[0].best_cost:
                keep_best(s)
        else:
            _take_back(p, s, reloads, leaving, changed)
            s.one[0].cost = before
        temperature *= cooling


@inlined
def _begin(s: State) -> None:
    s.one[0].touched = 0
    s.one[0].dropped = 0
    s.one[0].removed = 0
    s.slot[0].saved_until = 0


@compiled
def _recreate(p: Problem, s: State, blink: float, eager: bool) -> None:
    _sort_removed(p, s)
    for place in range(s.one[0].removed):
        if is_out(s, s.mark[place].removed):
            insert_best(p, s, s.mark[place].removed, blink, eager)


@compiled
def _sort_removed(p: Problem, s: State) -> None:
    """Put what was removed into an order: random, largest, farthest or nearest, narrowest, earliest or latest first."""
    kind = below(s, 17 if p.one[0].has_times else 11)
    narrow_first = p.one[0].has_kinds and chance(s, _NARROW_FIRST)
    for place in range(s.one[0].removed):
        task = s.mark[place].removed
        if narrow_first:
            key = p.task[task].kinds + uniform(s)
        elif kind < 4:
            key = uniform(s)
        elif kind < 8:
            key = -float(p.deliver[task, 0] + p.pick_up[task, 0])
        elif kind < 10:
            key = -float(p.distance[p.kind[0].start, p.task[task].location])
        elif kind < 11:
            key = float(p.distance[p.kind[0].start, p.task[task].location])
        elif kind < 13:
            key = float(p.task[task].latest - p.task[task].earliest)
        elif kind < 15:
            key = float(p.task[task].earliest)
        else:
            key = -float(p.task[task].latest)
        s.mark[place].order_key = key
    if s.one[0].removed > _FEW:
        _sort_many(s)
        return
    for place in range(1, s.one[0].removed):
        key, task = s.mark[place].order_key, s.mark[place].removed
        other = place - 1
        while other >= 0 and s.mark[other].order_key > key:
            s.mark[other + 1].order_key = s.mark[other].order_key
            s.mark[other + 1].removed = s.mark[other].removed
            other -= 1
        s.mark[other + 1].order_key = key
        s.mark[other + 1].removed = task


@compiled
def _sort_many(s: State) -> None:
    count = s.one[0].removed
    gap = count // 2
    while gap > 0:
        for place in range(gap, count):
            key, task = s.mark[place].order_key, s.mark[place].removed
            other = place - gap
            while other >= 0 and s.mark[other].order_key > key:
                s.mark[other + gap].order_key = s.mark[other].order_key
                s.mark[other + gap].removed = s.mark[other].removed
                other -= gap
            s.mark[other + gap].order_key = key
            s.mark[other + gap].removed = task
        gap //= 2


@compiled
def _accept(s: State) -> None:
    for place in range(s.one[0].dropped):
        s.pool[s.one[0].free_reloads].free_reload = s.pool[place].dropped
        s.one[0].free_reloads += 1
    _forget(s)


@compiled
def _take_back(p: Problem, s: State, reloads: int, leaving: int, changed: bool) -> None:
    """Put everything back as it was before the step."""
    tasks = len(p.task)
    for place in range(s.one[0].removed):
        task = s.mark[place].removed
        if s.mark[task].option >= 0:
            unbook(p, s, task)
        s.node[task].route = -1
        if s.mark[task].old_option >= 0:
            book(p, s, task, s.mark[task].old_option)
    for place in range(s.one[0].touched):
        slot = s.slot[place].touched_slot
        node, end = tasks + 2 * slot, tasks + 2 * slot + 1
        for at in range(s.slot[place].saved_until, s.slot[place + 1].saved_until):
            link(s, node, s.pool[at].saved)
            node = s.pool[at].saved
        link(s, node, end)
        if changed:
            furnish_reloads(p, s, slot)
    for place in range(s.one[0].touched):
        update_route(p, s, s.slot[place].touched_slot)
    s.one[0].free_reloads = reloads
    s.one[0].leaving = leaving
    _forget(s)


@compiled
def _forget(s: State) -> None:
    for place in range(s.one[0].touched):
        s.slot[s.slot[place].touched_slot].touched = -1
    for place in range(s.one[0].removed):
        s.mark[s.mark[place].removed].old_option = -1
        s.mark[s.mark[place].removed].is_removed = False


@entry
def keep_best(s: State) -> None:
    """Note the state down as the best."""
    s.one[0].best_cost = s.one[0].cost
    for node in range(len(s.node)):
        s.pool[node].best_nxt = s.node[node].nxt
    for task in range(len(s.mark)):
        s.mark[task].best_option = s.mark[task].option
