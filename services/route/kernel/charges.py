"""A step that gives up a charge paid once, and may take up another in its place.

What is paid once however many tasks share it (a trip's price, a truck that feeds a line) is seldom given up task by
task, since only the last of them saves anything, and seldom taken up, since the first would have to pay it all. So all
tasks that share one charge are removed at once, none may come back to it within the step, and another may cost nothing
until all are done. What the step costs is counted as it is.
"""

from __future__ import annotations

from typing import Final

from services.route.kernel.arrays import BARRED, FREE, NORMAL, Problem, State
from services.route.kernel.chains import drop_empty_trips, save_route, update_route
from services.route.kernel.compiled import compiled
from services.route.kernel.random import below, chance
from services.route.kernel.ruin import take_out

_GIVE_UP: Final = 0.8
_TAKE_UP: Final = 0.6


@compiled
def change_charges(p: Problem, s: State) -> None:
    """Give up a charge that is paid, take up one that is not, or both; ``settle_charges`` ends it."""
    charges = len(s.charge_terms)
    gives_up = chance(s, _GIVE_UP)
    if gives_up:
        start = below(s, charges)
        for place in range(charges):
            charge = (start + place) % charges
            if s.charge_users[charge] > 0:
                s.charge_terms[charge] = BARRED
                _remove_users(p, s, charge)
                break
    if not gives_up or chance(s, _TAKE_UP):
        removed = s.one[0].removed
        task = s.mark[below(s, removed)].removed if removed > 0 else below(s, len(p.task))
        count = p.task[task].option_last - p.task[task].option_first
        if count > 0:
            option = p.task[task].option_first + below(s, count)
            for place in range(p.option_charges.shape[1]):
                charge = p.option_charges[option, place]
                if charge >= 0 and s.charge_users[charge] == 0 and s.charge_terms[charge] == NORMAL:
                    s.charge_terms[charge] = FREE


@compiled
def settle_charges(s: State) -> None:
    """Let every charge cost what it costs again."""
    for charge in range(len(s.charge_terms)):
        s.charge_terms[charge] = NORMAL


@compiled
def _remove_users(p: Problem, s: State, charge: int) -> None:
    for task in range(len(p.task)):
        option = s.mark[task].option
        if option < 0:
            continue
        for place in range(p.option_charges.shape[1]):
            if p.option_charges[option, place] == charge:
                if s.node[task].route >= 0:
                    save_route(p, s, s.node[task].route)
                take_out(p, s, task)
                break
    for place in range(s.one[0].touched):
        slot = s.slot[place].touched_slot
        drop_empty_trips(p, s, slot)
        update_route(p, s, slot)
