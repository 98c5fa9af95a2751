"""A search that begins from a decision made for another day's times, as far as that fits this one's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.route.decision import Decision
from services.route.engines.engine import Effort, JointEngine
from services.route.joint import make_joint_task
from services.route.options import BookingOption
from services.route.search import Found, Search
from services.route.visits import Grain
from services.route.warm_start import carry_over

# Enough for the engine to leave out what does not fit.
_FIT: Final = Effort(seconds=1.0, iterations=1, seed=1)


def search_again(search: Search, start: Decision, options: Sequence[BookingOption]) -> Found | None:
    """Search from a decision for another day of the same consignments, vehicles and trips, and anew beside it.

    What no longer fits of it is left out first. Engines that cannot say what fits, and days without lines, begin anew.
    """
    engine = search.engine
    if not isinstance(engine, JointEngine) or not options:
        return search.from_scratch(options)
    joint = make_joint_task(search.index, search.matrix, options, Grain.FINE)
    if not joint.bookable.bookings or not joint.problem.classes:
        return search.from_scratch(options)
    carried = replace(start, task=joint.task, solution=carry_over(start.task, start.solution, joint.task))
    fitted = engine.solve_jointly(
        joint.problem, joint.bookable, _FIT, search.should_stop, lambda _: None, joint.way(carried)
    )
    first = joint.decision(fitted)
    return Found(first, search.jointly(engine, [first, None], options, 1.0))
