"""From coalitions' costs to shares: repair, the agreement's rule, whole fen, the test of the core.

With up to ``MAX_EXACT`` players every coalition is known. With more, Shapley shares are estimated from sampled orders
of arrival with their error; proportional shares need no coalitions; the other rules cannot be applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

import numpy as np

from services.model.agreements import Sharing
from services.model.settlement import (
    CoalitionCost,
    CoreTest,
    CoreVerdict,
    Members,
    SettlementSettings,
    Share,
    SharedCost,
)
from services.settlement.games.coalition import Allocation, CostGame, members
from services.settlement.games.core import CoreStanding, core_report
from services.settlement.games.equal_profit import equal_profit
from services.settlement.games.nucleolus import nucleolus
from services.settlement.games.proportional import proportional
from services.settlement.games.repair import Repair, repair_subadditive
from services.settlement.games.rounding import round_to_fen
from services.settlement.games.shapley import coalitions_met, draw_orders, sample_shapley, shapley
from services.settlement.ledger import pieces_of, weight_of
from services.settlement.own_means import OwnCost
from services.settlement.sharing import Game

MAX_EXACT: Final = 12
NEEDS_ALL: Final = frozenset({Sharing.NUCLEOLUS, Sharing.EQUAL_PROFIT})
_VERDICTS: Final = {
    CoreStanding.IN_CORE: CoreVerdict.IN_CORE,
    CoreStanding.WITHIN_GAP: CoreVerdict.WITHIN_GAP,
    CoreStanding.NOT_IN_CORE: CoreVerdict.OUTSIDE,
}

OwnCosts = Mapping[int, OwnCost]
"""By the mask of a coalition."""


@dataclass(frozen=True, slots=True)
class _Shares:
    """Charges in fen by player, and how they were found."""

    fen: tuple[int, ...]
    errors_fen: tuple[int, ...]
    orders: int = 0


def is_exact(game: Game) -> bool:
    """Whether all coalitions of a game are looked at."""
    return len(game.players) <= MAX_EXACT


def masks_to_solve(game: Game, settings: SettlementSettings) -> list[int]:
    """The coalitions whose cost is needed, ascending; everyone's too, to see how good the plan is."""
    count = len(game.players)
    everyone = (1 << count) - 1
    if is_exact(game):
        return list(range(1, everyone + 1))
    masks = {everyone, *(1 << player for player in range(count))}
    if game.agreement.sharing is Sharing.SHAPLEY:
        masks.update(coalitions_met(draw_orders(count, settings.sampled_pairs, settings.seed)))
    return sorted(masks)


def masks_to_probe(game: Game) -> list[int]:
    """The coalitions that are searched for once more, from another seed, to see how far a search is off."""
    count = len(game.players)
    return sorted({(1 << count) - 1, *(1 << player for player in range(count))}) if is_exact(game) else []


def share_cost(game: Game, costs: OwnCosts, again: OwnCosts, settings: SettlementSettings) -> SharedCost:
    """Share a game's cost by its agreement's rule.

    ``costs`` has all of ``masks_to_solve``, ``again`` all of ``masks_to_probe`` from the second search.
    """
    everyone = (1 << len(game.players)) - 1
    if not is_exact(game):
        shares = _sampled(game, costs, settings)
        return _written(
            game, costs, {m: c.cost_fen for m, c in costs.items()}, shares, CoreTest(CoreVerdict.NOT_TESTED)
        )
    solved = np.array([0, *(costs[mask].cost_fen for mask in range(1, everyone + 1))], np.int64)
    repair = repair_subadditive(CostGame(game.players, solved))
    repaired = repair.game.costs.copy()
    # What is shared is what the plan really costs, whatever a search finds for the same goods.
    repaired[everyone] = game.shared_fen
    cost_game = CostGame(game.players, repaired)
    fen = round_to_fen(_allocation(game, cost_game), game.shared_fen)
    core = _core_test(cost_game, fen, max(repair.largest_permille, _missed_permille(game, costs, again)))
    known_fen = dict(enumerate(repaired.tolist()))
    return _written(game, costs, known_fen, _Shares(fen, (0,) * len(fen)), core, repair)


def _allocation(game: Game, cost_game: CostGame) -> Allocation:
    match game.agreement.sharing:
        case Sharing.SHAPLEY:
            return shapley(cost_game)
        case Sharing.NUCLEOLUS:
            return nucleolus(cost_game).allocation
        case Sharing.EQUAL_PROFIT:
            return equal_profit(cost_game).allocation
        case _:
            return _in_proportion(game)


def _in_proportion(game: Game) -> Allocation:
    by_weight = game.agreement.sharing is Sharing.PROPORTIONAL_WEIGHT
    count = weight_of if by_weight else pieces_of
    return proportional(game.shared_fen, [count(game.consignments_of(player)) for player in game.players])


def _sampled(game: Game, costs: OwnCosts, settings: SettlementSettings) -> _Shares:
    count = len(game.players)
    if game.agreement.sharing is not Sharing.SHAPLEY:
        return _Shares(round_to_fen(_in_proportion(game), game.shared_fen), (0,) * count)

    def cost_of(mask: int) -> int:
        return game.shared_fen if mask == (1 << count) - 1 else costs[mask].cost_fen

    found = sample_shapley(count, cost_of, settings.sampled_pairs, settings.seed)
    errors_fen = tuple(ceil(half) for half in found.half_widths_fen)
    return _Shares(round_to_fen(found.allocation, game.shared_fen), errors_fen, found.order_count)


def _missed_permille(game: Game, costs: OwnCosts, again: OwnCosts) -> int:
    """By how much the searches are known to have missed: what another seed, or the plan itself, does better."""
    everyone = (1 << len(game.players)) - 1
    known = [(costs[mask].cost_fen, own.cost_fen) for mask, own in again.items()]
    known.append((costs[everyone].cost_fen, game.shared_fen))
    missed = (ceil(Fraction(1_000 * (fen - better_fen), fen)) for fen, better_fen in known if fen >= better_fen > 0)
    # Where nothing costs anything, nothing can be missed.
    return max(missed, default=0)


def _core_test(cost_game: CostGame, fen: Sequence[int], gap_permille: int) -> CoreTest:
    report = core_report(cost_game, fen, gap_permille=gap_permille, rounding_fen=1)
    complaint = report.complaint
    return CoreTest(
        verdict=_VERDICTS[report.standing],
        leaving=complaint.members if complaint else (),
        excess_fen=ceil(complaint.excess_fen) if complaint else 0,
        least_excess_fen=ceil(report.epsilon_fen),
        gap_permille=gap_permille,
    )


def _written(
    game: Game,
    costs: OwnCosts,
    cost_fen: Mapping[int, int],
    shares: _Shares,
    core: CoreTest,
    repair: Repair | None = None,
) -> SharedCost:
    everyone = (1 << len(game.players)) - 1
    cheapest_fen = int(repair.cheapest_fen[everyone]) if repair else costs[everyone].cost_fen
    return SharedCost(
        agreement_id=game.agreement.agreement_id,
        model=game.agreement.model,
        sharing=game.agreement.sharing,
        operator=game.agreement.operator,
        run_ids=game.run_ids,
        trip_ids=game.trip_ids,
        runs_fen=game.runs_fen,
        trips_fen=game.trips_fen,
        shuttles_fen=game.shuttles_fen,
        tariffs_fen=game.tariffs_fen,
        shared_fen=game.shared_fen,
        shares=tuple(_share(game, player, cost_fen, shares) for player in range(len(game.players))),
        coalitions=tuple(_coalition(game, mask, costs[mask], cost_fen[mask], repair) for mask in sorted(costs)),
        core=core,
        solved_fen=costs[everyone].cost_fen,
        plan_gap_fen=max(0, game.shared_fen - cheapest_fen),
        largest_repair_fen=repair.largest_fen if repair else 0,
        orders=shares.orders,
    )


def _share(game: Game, player: int, cost_fen: Mapping[int, int], shares: _Shares) -> Share:
    partner_id = game.players[player]
    goods, alone_fen = game.consignments_of(partner_id), cost_fen[1 << player]
    return Share(
        partner_id=partner_id,
        pieces=pieces_of(goods),
        weight_g=weight_of(goods),
        stand_alone_fen=alone_fen,
        share_fen=shares.fen[player],
        saving_fen=alone_fen - shares.fen[player],
        error_fen=shares.errors_fen[player],
    )


def _coalition(game: Game, mask: int, own: OwnCost, cost_fen: int, repair: Repair | None) -> CoalitionCost:
    is_everyone = mask == (1 << len(game.players)) - 1
    parts = repair.partition(mask) if repair and not is_everyone else (mask,)
    return CoalitionCost(
        members=_names(game, mask),
        solved_fen=own.cost_fen,
        cost_fen=cost_fen,
        unserved_fen=own.unserved_fen,
        parts=tuple(Members(_names(game, part)) for part in parts) if len(parts) > 1 else (),
    )


def _names(game: Game, mask: int) -> tuple[str, ...]:
    return tuple(game.players[player] for player in members(mask))
