"""Measure the rules of sharing on drawn games of growing size, beside an independent library.

``python -m bench.games --players 12`` prints a line for each number of players and kind of game: seconds for repair,
Shapley value, nucleolus, equal profit and core report; rounds of the nucleolus, and exact pivots that floating point
left to do; what coopgame-py (floating point, compiled) needs for Shapley value and nucleolus (``-`` where it gives up);
and how far its nucleolus is from the exact one.

Kinds: ``routes`` (cheaper together, every cost a little off, as heuristic solves give), ``owners`` (the last third cost
nothing alone and make the others cheaper), ``anything`` (unrelated costs), ``airport`` (many ties).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any, Final

import coopgame
import numpy as np
from numpy.typing import NDArray

from services.settlement.games.coalition import CostGame, incidence, sizes
from services.settlement.games.core import core_report
from services.settlement.games.equal_profit import equal_profit
from services.settlement.games.nucleolus import nucleolus
from services.settlement.games.repair import repair_subadditive
from services.settlement.games.shapley import shapley

KINDS: Final = ("routes", "owners", "anything", "airport")
LARGEST_FEN: Final = 10**8


def drawn_costs(kind: str, count: int, seed: int) -> NDArray[np.int64]:
    """Costs by mask, up to ``LARGEST_FEN``."""
    random = np.random.default_rng((seed, count, KINDS.index(kind)))
    who = incidence(np.arange(1 << count, dtype=np.int64), count)
    alone = random.integers(LARGEST_FEN // 100, LARGEST_FEN // count, count)
    if kind == "anything":
        costs = random.integers(0, LARGEST_FEN, 1 << count)
    elif kind == "airport":
        costs = (who * alone).max(axis=1)
    else:
        owners = np.arange(count) >= count - count // 3 * (kind == "owners")
        together = (who * np.where(owners, 0, alone)).sum(axis=1)
        kept = 0.5 + 0.5 / np.maximum(sizes(count) - who[:, owners].sum(axis=1), 1) ** 0.5
        kept -= 0.3 * who[:, owners].mean(axis=1) if owners.any() else 0
        costs = (together * kept * random.uniform(0.97, 1.0, 1 << count)).astype(np.int64)
    costs[0] = 0
    return costs


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def measure(kind: str, count: int, seed: int) -> str:
    """One line of the table."""
    solved = CostGame(tuple(f"P{player}" for player in range(count)), drawn_costs(kind, count, seed))
    repair_s, repair = timed(lambda: repair_subadditive(solved))
    game = repair.game
    shapley_s, _ = timed(lambda: shapley(game))
    nucleolus_s, found = timed(lambda: nucleolus(game))
    profit_s, shared = timed(lambda: equal_profit(game))
    core_s, _ = timed(lambda: core_report(game, shared.allocation))
    gains = coopgame.Game([-float(cost) for cost in game.costs[1:]])
    their_shapley_s, _ = timed(lambda: coopgame.shapley(gains))
    domain = "imputation" if found.keeps_stand_alone else "preimputation"
    try:
        their_nucleolus_s, theirs = timed(lambda: coopgame.nucleolus(gains, domain)["allocation"])
    except RuntimeError:
        their_nucleolus = f"{'-':>14} {'-':>9}"
    else:
        apart_fen = max(abs(float(share) + gain) for share, gain in zip(found.allocation, theirs, strict=True))
        their_nucleolus = f"{their_nucleolus_s:14.3f} {apart_fen:9.1e}"
    return (
        f"{count:7d} {kind:>9} {repair_s:8.3f} {shapley_s:8.3f} {nucleolus_s:9.3f} {profit_s:8.3f} {core_s:8.3f} "
        f"{len(found.levels):6d} {found.pivots:6d} {their_shapley_s:12.3f} {their_nucleolus}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--players", type=int, default=12, help="the most players; every second number from 4 up to it")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(
        f"{'players':>7} {'kind':>9} {'repair s':>8} {'shapl. s':>8} {'nucleol s':>9} {'profit s':>8} {'core s':>8} "
        f"{'rounds':>6} {'pivots':>6} {'cg shapley s':>12} {'cg nucleolus s':>14} {'apart fen':>9}"
    )
    for count in range(4 + arguments.players % 2, arguments.players + 1, 2):
        for kind in KINDS:
            print(measure(kind, count, arguments.seed))


if __name__ == "__main__":
    main()
