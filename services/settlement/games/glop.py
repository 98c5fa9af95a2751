"""Where the optimum of a program probably is: OR-Tools' GLOP in floating point, on as few rows as it takes.

A program has a row for every coalition, and a dozen of them decide. Rows are added as the point found breaks them, the
most broken first, until it breaks none by more than rounding. What comes out is a suggestion, to be proved or corrected
exactly: near-ties within GLOP's tolerance may be told apart wrongly here.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver.python import model_builder

from services.settlement.games.level_program import LevelProgram

FEW_ROWS: Final = 64
"""So many are taken all at once."""
ADDED_AT_ONCE: Final = 24
MAX_ROUNDS: Final = 60
BOX: Final = 1_000.0
"""Bounds of the unknowns, in multiples of the largest bound."""
TOLERANCE: Final = 1e-9
PARAMETERS: Final = (
    "use_preprocessing: false primal_feasibility_tolerance: 1e-10 dual_feasibility_tolerance: 1e-10 "
    "max_deterministic_time: 10"
)


def probably_tight(program: LevelProgram, working: set[int]) -> list[int]:
    """Active rows that are tight at a floating-point optimum: those with a multiplier first, then by slack.

    ``working`` are rows to begin with; those that had to be added are added to it, for the next program of its kind.
    Empty if GLOP has no answer.
    """
    scaled = _Scaled(program)
    if len(program.active) <= FEW_ROWS:
        working.update(range(len(program.active)))
    for _ in range(MAX_ROUNDS):
        rows = np.array(sorted(row for row in working if program.active[row]), np.int64)
        solved = scaled.solve(rows)
        if solved is None:
            return []
        point, multipliers = solved
        slack = scaled.bounds - scaled.matrix @ point
        slack[~program.active] = np.inf
        slack[rows] = np.maximum(slack[rows], 0.0)
        broken = np.argsort(slack, kind="stable")[:ADDED_AT_ONCE]
        broken = broken[slack[broken] < -TOLERANCE]
        if not broken.size:
            order = np.lexsort((rows, slack[rows], np.where(multipliers > TOLERANCE, -multipliers, 0.0)))
            return [int(row) for row in rows[order]]
        working.update(broken.tolist())
    return []


class _Scaled:
    """A program with every row's largest coefficient, and then the largest bound, made 1."""

    def __init__(self, program: LevelProgram) -> None:
        rows = program.rows
        row_scale = _largest(rows.matrix)
        self.matrix: NDArray[np.float64] = rows.matrix / row_scale[:, None]
        equalities = np.zeros((len(program.equalities), rows.matrix.shape[1]))
        equalities[:, :-1] = np.array([e.coefficients for e in program.equalities]).reshape(equalities[:, :-1].shape)
        equality_scale = _largest(equalities)
        self.equalities: NDArray[np.float64] = equalities / equality_scale[:, None]
        bounds = rows.floating_bounds / row_scale
        values = np.array([float(e.value) for e in program.equalities]) / equality_scale
        unit = max(np.abs(bounds).max(initial=0.0), np.abs(values).max(initial=0.0)) or 1.0
        self.bounds: NDArray[np.float64] = bounds / unit
        self.values: NDArray[np.float64] = values / unit

    def solve(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Minimise the level under some of the rows: the point, and a multiplier for each of them."""
        size = self.matrix.shape[1]
        model = model_builder.Model()  # type: ignore[no-untyped-call]
        unknowns = [model.new_num_var(-BOX, BOX, "") for _ in range(size)]
        kept = [
            model.add_linear_constraint(
                model_builder.LinearExpr.weighted_sum(unknowns, self.matrix[row].tolist()), ub=float(self.bounds[row])
            )
            for row in rows
        ]
        for coefficients, value in zip(self.equalities, self.values, strict=True):
            settled = model_builder.LinearExpr.weighted_sum(unknowns, coefficients.tolist())
            model.add_linear_constraint(settled, float(value), float(value))
        model.minimize(unknowns[-1])
        solver = model_builder.Solver("glop")
        solver.set_solver_specific_parameters(PARAMETERS)
        if solver.solve(model) != model_builder.SolveStatus.OPTIMAL:
            return None
        point = np.array([solver.value(unknown) for unknown in unknowns])
        return point, np.array([-solver.dual_value(row) for row in kept])


def _largest(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The size of each row's largest coefficient; 1 where all are 0."""
    largest = np.abs(matrix).max(axis=1)
    return np.where(largest > 0, largest, 1.0)
