"""As few bags as can be found: rules first, search where these do not meet the bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from services.consolidation.bagging.bound import lower_bound
from services.consolidation.bagging.effort import PackingEffort, Purse
from services.consolidation.bagging.greedy import pack_greedily
from services.consolidation.bagging.problem import Packing, PackingProblem

_MAX_SIZES: Final = 100
_FEW_A_BAG: Final = 7
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
    """Look for one bag less, then generate columns where few pieces fill a bag, then look again.

    The first look is short and settles most groups. Columns raise the bound, and find patterns, where a bag holds a few
    large pieces; where it holds many the bound is near the sums and they cost much.
    """
    # Loading the solvers takes half a second and tens of megabytes, and few days need them.
    from services.consolidation.bagging.assignment import improve_by_assignment  # noqa: PLC0415
    from services.consolidation.bagging.columns import improve_by_columns  # noqa: PLC0415

    left = Purse(deterministic_time)
    for improve, share, is_promising in (
        (improve_by_assignment, 0.25, len(problem.sizes) * len(packing.patterns) <= _MAX_CELLS),
        (
            improve_by_columns,
            0.5,
            len(problem.sizes) <= _MAX_SIZES and problem.pieces <= _FEW_A_BAG * len(packing.patterns),
        ),
        (improve_by_assignment, 1.0, len(problem.sizes) * len(packing.patterns) <= _MAX_CELLS),
    ):
        if is_promising and not packing.is_optimal:
            purse = Purse(min(left.left, deterministic_time * share))
            before = purse.left
            packing = improve(problem, packing, purse)
            left.spend(before - purse.left)
    return packing
