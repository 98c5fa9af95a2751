"""The story of one settlement: what is spent, what tariffs move, what is shared and how, and who ends with what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.plan import PlanResult
from services.model.settlement import Purpose, Settlement, SettlementSettings, SharedCost
from services.settlement.accounts import accounts_of, best_known_alone
from services.settlement.commission import commission_transactions
from services.settlement.cost_sharing import (
    MAX_EXACT,
    NEEDS_ALL,
    is_exact,
    masks_to_probe,
    masks_to_solve,
    share_cost,
)
from services.settlement.facts import Facts
from services.settlement.findings import findings_of
from services.settlement.games.coalition import members
from services.settlement.ledger import Part, Transaction, by_carrier, in_order, write_ledger
from services.settlement.own_means import OwnCost, OwnMeans, coalition_means, means_of, own_costs
from services.settlement.rates import rate_violations
from services.settlement.sharing import Game, agreements_on_trips, games_of, portions_of, riding
from services.settlement.shuttles import shuttle_parts, shuttle_transactions
from services.settlement.solver import CoalitionSolver, SearchEffort
from services.settlement.spending import spending_of
from services.settlement.tariffs import minimum_transactions, tariff_transactions

# Many coalitions share the time that few have for themselves: a search each, within these bounds.
_ITERATIONS_IN_ALL: Final = 10_000
_FEWEST, _MOST = 30, 500
_SEEDS: Final = 2**31


def settle(day: Day, result: PlanResult, settings: SettlementSettings, solver: CoalitionSolver) -> Settlement:
    """Settle a plan of a valid day that names only what the day knows.

    A pure function of its input where the solver is one.

    Raises
    ------
    InvalidInputError
        When the plan states other amounts than the day's rates give, goods travel where they have no right to, or an
        agreement's rule cannot be applied to so many partners.
    PlanningFailedError
        When the plan of a coalition cannot be made.
    """
    _refuse(rate_violations(day, result.plan))
    facts = Facts.of(day, result.plan)
    tariffs = list(tariff_transactions(facts))
    portions = portions_of(facts, tariffs)
    shuttles = shuttle_parts(facts, agreements_on_trips(portions))
    games = games_of(facts, portions, shuttles)
    _refuse(_rule_violations(day, games))
    own = _find_own_costs(facts, games, settings, solver)
    shared = [
        share_cost(game, costs, again, settings)
        for game, costs, again in zip(games, own.of_coalitions, own.again, strict=True)
    ]
    payments = [*tariffs, *commission_transactions(facts), *shuttle_transactions(facts, shuttles)]
    payments += [_shared(game, sharing) for game, sharing in zip(games, shared, strict=True)]
    payments += list(minimum_transactions(facts, payments))
    entries = write_ledger(in_order(payments))
    spending = spending_of(facts, shuttles)
    accounts = accounts_of(facts, entries, spending, best_known_alone(facts, result, own.of_carriers))
    settlement = Settlement(
        county_id=day.county.county_id,
        service_date=day.service_date,
        entries=entries,
        spending=spending,
        accounts=accounts,
        shared_costs=tuple(shared),
        findings=findings_of(facts, payments, shared, accounts),
        spent_fen=sum(one.fen for one in spending),
        iterations=own.effort.iterations,
        seed=own.effort.seed,
        solves=own.solves,
    )
    return _balanced(settlement)


@dataclass(frozen=True, slots=True)
class _OwnCosts:
    """What coalitions and carriers spend by their own means, how that was found, and some of it found again."""

    of_coalitions: list[dict[int, OwnCost]]
    again: list[dict[int, OwnCost]]
    of_carriers: dict[str, OwnCost]
    effort: SearchEffort
    solves: int


def _find_own_costs(
    facts: Facts, games: Sequence[Game], settings: SettlementSettings, solver: CoalitionSolver
) -> _OwnCosts:
    """Solve all coalitions of all games, and every carrier with all its goods, together; then probe from a new seed."""
    masks = [masks_to_solve(game, settings) for game in games]
    probes = [masks_to_probe(game) for game in games]
    carriers = by_carrier(facts.carried())
    wanted = _means(facts, games, masks)
    wanted += [means_of(facts.day, [carrier], riding(facts, goods)) for carrier, goods in carriers.items()]
    probed = _means(facts, games, probes)
    searches = sum(len({asked for asked in batch if asked is not None}) for batch in (wanted, probed))
    effort = SearchEffort(settings.iterations or iterations_for(searches), settings.seed)
    costs, solves = own_costs(facts.day, wanted, solver, effort)
    other = SearchEffort(effort.iterations, (effort.seed + 1) % _SEEDS)
    again, more = own_costs(facts.day, probed, solver, other)
    rest, once_more = iter(costs), iter(again)
    return _OwnCosts(
        of_coalitions=[{mask: next(rest) for mask in of_game} for of_game in masks],
        again=[{mask: next(once_more) for mask in of_game} for of_game in probes],
        of_carriers=dict(zip(carriers, rest, strict=True)),
        effort=effort,
        solves=solves + more,
    )


def _means(facts: Facts, games: Sequence[Game], masks: Sequence[Sequence[int]]) -> list[OwnMeans | None]:
    """What the coalitions of each game have."""
    return [
        coalition_means(facts.day, game, [game.players[player] for player in members(mask)])
        for game, of_game in zip(games, masks, strict=True)
        for mask in of_game
    ]


def iterations_for(searches: int) -> int:
    """How many iterations each of so many searches gets where nobody says: the more of them, the fewer.

    >>> iterations_for(7), iterations_for(100), iterations_for(4_095)
    (500, 100, 30)
    """
    return min(_MOST, max(_FEWEST, _ITERATIONS_IN_ALL // max(1, searches)))


def _shared(game: Game, shared: SharedCost) -> Transaction:
    """Everybody's share goes to the operator, who has spent it all; a share below 0 comes from it."""
    parts = [Part(share.partner_id, share.share_fen, game.consignments_of(share.partner_id)) for share in shared.shares]
    return Transaction(
        purpose=Purpose.SHARED_COST,
        payee=game.agreement.operator,
        parts=tuple(parts),
        rate_fen=shared.shared_fen,
        agreement_id=game.agreement.agreement_id,
        run_ids=game.run_ids,
        trip_ids=game.trip_ids,
    )


def _rule_violations(day: Day, games: Sequence[Game]) -> list[Violation]:
    position = {agreement.agreement_id: i for i, agreement in enumerate(day.county.agreements)}
    return [
        Violation(
            f"day.county.agreements[{position[game.agreement.agreement_id]}].sharing",
            f"{game.agreement.sharing} needs the cost of every coalition, which is known for up to {MAX_EXACT} "
            f"partners, not for {len(game.players)}: agree on SHAPLEY or a proportional rule",
        )
        for game in games
        if game.agreement.sharing in NEEDS_ALL and not is_exact(game)
    ]


def _refuse(violations: list[Violation]) -> None:
    if violations:
        raise InvalidInputError(violations)


def _balanced(settlement: Settlement) -> Settlement:
    """Give the settlement back if it adds up: one that does not is never returned."""
    entered_fen = sum(entry.fen for entry in settlement.entries)
    charged_fen = sum(account.charge_fen for account in settlement.accounts)
    if entered_fen or charged_fen != settlement.spent_fen:
        raise ArithmeticError(
            f"entries add up to {entered_fen} fen, charges to {charged_fen} of {settlement.spent_fen} fen spent"
        )
    return settlement
