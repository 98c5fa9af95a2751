"""Whether anybody would be better off without the others: the test of the core, with what is known about its accuracy.

Coalition costs come from heuristic solves that may be a stated gap above the best. A coalition charged above its cost
by less than that gap is no proof that it would leave: that is WITHIN_GAP, neither in the core nor refuted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fractions import Fraction

from services.model.errors import InvalidInputError, Violation
from services.settlement.games.coalition import CostGame, excesses
from services.settlement.games.nucleolus import least_core_epsilon


class CoreStanding(Enum):
    """What the test says of an allocation."""

    IN_CORE = auto()
    WITHIN_GAP = auto()
    NOT_IN_CORE = auto()


@dataclass(frozen=True, slots=True)
class Complaint:
    """A coalition that is charged above its own cost."""

    mask: int
    members: tuple[str, ...]
    cost_fen: int
    charged_fen: Fraction

    @property
    def excess_fen(self) -> Fraction:
        """What its members would save by leaving."""
        return self.charged_fen - self.cost_fen


@dataclass(frozen=True, slots=True)
class CoreReport:
    """An allocation beside what every coalition would pay on its own.

    Attributes
    ----------
    standing
        WITHIN_GAP if every complaint is smaller than the gap.
    complaint
        Who would leave: the largest excess in fen among the complaints that count most (those not smaller than the gap,
        if there are any), ties by fewest members, then by names. None in the core.
    excess_fen
        By mask, exactly; the empty coalition's and everyone's are 0.
    is_individually_rational
        By player: whether it is charged no more than it would pay alone.
    epsilon_fen
        The least-core epsilon: the least that coalitions' costs must be raised by for a core to be there.
    gap_permille, rounding_fen
        As they were given.
    """

    standing: CoreStanding
    complaint: Complaint | None
    excess_fen: tuple[Fraction, ...]
    is_individually_rational: tuple[bool, ...]
    epsilon_fen: Fraction
    gap_permille: int
    rounding_fen: int

    @property
    def is_core_empty(self) -> bool:
        """Whether no sharing at all would keep every coalition content."""
        return self.epsilon_fen > 0


def core_report(
    game: CostGame, allocation: Sequence[Fraction | int], *, gap_permille: int = 0, rounding_fen: int = 0
) -> CoreReport:
    """Test an allocation against every coalition.

    Parameters
    ----------
    game
        Costs of proper coalitions should be repaired (``repair.py``); everyone's is what is shared.
    allocation
        Fractions of fen as a rule gave them, or whole fen as they are charged.
    gap_permille
        How far a solved cost may be above the best, in thousandths of the solved cost's size.
    rounding_fen
        0 for exact allocations; 1 for whole fen: what rounding may have moved, which is less than a fen for each member
        of the coalition or of its complement, whichever are fewer, is no complaint then.

    Raises
    ------
    InvalidInputError
        If the allocation does not have one charge for each player or does not add up to the total, or a tolerance is
        negative.
    """
    _check(game, allocation, gap_permille, rounding_fen)
    excess_fen = excesses(game, allocation)
    complaints = [
        Complaint(mask, game.names(mask), game.cost_fen(mask), game.cost_fen(mask) + excess)
        for mask, excess in enumerate(excess_fen)
        if excess > 0 and excess >= rounding_fen * _fewer(mask, len(game.players))
    ]
    beyond_gap = [c for c in complaints if 1_000 * c.excess_fen >= gap_permille * abs(c.cost_fen)]
    return CoreReport(
        _standing(complaints, beyond_gap),
        min(beyond_gap or complaints, key=lambda c: (-c.excess_fen, len(c.members), sorted(c.members)), default=None),
        excess_fen,
        tuple(charge <= alone for charge, alone in zip(allocation, game.stand_alone_fen(), strict=True)),
        least_core_epsilon(game),
        gap_permille,
        rounding_fen,
    )


def _check(game: CostGame, allocation: Sequence[Fraction | int], gap_permille: int, rounding_fen: int) -> None:
    violations = [
        Violation(name, f"{value} is negative")
        for name, value in (("gap_permille", gap_permille), ("rounding_fen", rounding_fen))
        if value < 0
    ]
    charged_fen = sum(allocation, Fraction(0))
    if charged_fen != game.total_fen:
        violations.append(Violation("allocation", f"adds up to {charged_fen} fen, not {game.total_fen}"))
    if violations:
        raise InvalidInputError(violations)


def _fewer(mask: int, player_count: int) -> int:
    return min(mask.bit_count(), player_count - mask.bit_count())


def _standing(complaints: list[Complaint], beyond_gap: list[Complaint]) -> CoreStanding:
    if beyond_gap:
        return CoreStanding.NOT_IN_CORE
    return CoreStanding.WITHIN_GAP if complaints else CoreStanding.IN_CORE
