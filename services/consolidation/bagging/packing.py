"""As few bags as can be found: rules first, search where these do not meet the bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.consolidation.bagging.bound import lower_bound
from services.consolidation.bagging.effort import PackingEffort, Purse
from services.consolidation.bagging.greedy import pack_greedily
from services.consolidation.bagging.problem import Packing, PackingProblem

_MAX_SIZES: Final = 250
_MAX_CELLS: Final = 1_500  # sizes times bags, beyond which CP-SAT gets nowhere


def pack_all(problems: Sequence[PackingProblem], effort: PackingEffort | None = None) -> list[Packing]:
    """Pack groups one by one; what searching may cost is shared evenly among those that the rules do not settle.

    The answer does not depend on the order of the groups, nor on the machine.
    """
    allowed = effort or PackingEffort()
    packings = [pack_greedily(problem, lower_bound(problem)) for problem in problems]
    open_ = [i for i, packing in enumerate(packings) if not packing.is_optimal]
    each = min(allowed.for_each, allowed.for_all / len(open_)) if open_ else 0.0
    for i in open_:
        packings[i] = _improve(problems[i], packings[i], each)
    return packings


def _improve(problem: PackingProblem, packing: Packing, deterministic_time: float) -> Packing:
    """Try column generation with one half, then one bag less with the rest."""
    # Loading the solvers takes half a second and tens of megabytes, and few days need them.
    from services.consolidation.bagging.assignment import improve_by_assignment  # noqa: PLC0415
    from services.consolidation.bagging.columns import improve_by_columns  # noqa: PLC0415

    if len(problem.sizes) <= _MAX_SIZES:
        purse = Purse(deterministic_time / 2)
        packing = improve_by_columns(problem, packing, purse)
        deterministic_time = deterministic_time / 2 + max(0.0, purse.left)
    if len(problem.sizes) * len(packing.patterns) <= _MAX_CELLS:
        packing = improve_by_assignment(problem, packing, Purse(deterministic_time))
    return packing
