"""Measure how long it takes to settle a county's day with exact Shapley shares, and how sure the answer is.

``python -m bench.settlement --county data/huadian --date 2026-11-23`` plans the day once for each case and settles it
through the services, started here with a store of their own, so that nothing is known beforehand. Cases:

- ``given``: the agreements as the county has them;
- ``pool``: the third party's box trucks and electric vans are away, so that the carriers' own vans go, under the
  agreements that share their cost;
- ``shapley``: as given, but every agreement shares its cost by Shapley, none has a tariff.

Prints the time from the call to the settlement, then by agreement the players, the coalitions, the shares and what the
test of the core says, with the largest repair of a coalition's cost and what a search finds for all players together.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from bench.day import read_day
from services.cli.client import channel_to, settle_planned
from services.cli.local import local_services
from services.model.agreements import Sharing
from services.model.day import Day, PlanSettings
from services.model.plan import PlanResult
from services.model.settlement import Settlement, SettlementSettings, SharedCost
from services.route.engines.child import ChildEngine
from services.route.planner import plan_day
from services.runtime.config import StoreSettings

_AWAY: Final = frozenset({"BOX_TRUCK", "ELECTRIC_VAN"})


@dataclass(frozen=True, slots=True)
class Measured:
    """One case: how long it took and what came out."""

    case: str
    seconds_plan: float
    seconds_settle: float
    settlement: Settlement


def pooled(day: Day) -> Day:
    """The day without the third party's cheap vehicles."""
    vehicles = tuple(vehicle for vehicle in day.county.vehicles if vehicle.kind not in _AWAY)
    sets = tuple(
        replace(s, admissions=tuple(a for a in s.admissions if a.resource_id not in _gone(day)))
        for s in day.admission_sets
    )
    return replace(day, county=replace(day.county, vehicles=vehicles), admission_sets=sets)


def _gone(day: Day) -> frozenset[str]:
    return frozenset(vehicle.vehicle_id for vehicle in day.county.vehicles if vehicle.kind in _AWAY)


def all_shapley(day: Day) -> Day:
    """The day with every agreement sharing its cost."""
    agreements = tuple(replace(a, sharing=Sharing.SHAPLEY) for a in day.county.agreements)
    return replace(day, county=replace(day.county, agreements=agreements))


CASES: Final[dict[str, Callable[[Day], Day]]] = {"given": lambda day: day, "pool": pooled, "shapley": all_shapley}


def measure(case: str, day: Day, budget_s: int, cores: int, settings: SettlementSettings) -> Measured:
    """Plan a day and settle it through services of its own."""
    started = time.monotonic()
    plan_settings = PlanSettings(time_budget_s=budget_s, cores=cores, compare=False)
    plan = plan_day(day, plan_settings, ChildEngine(), lambda: False, lambda *_: None).plan
    seconds_plan = time.monotonic() - started
    with (
        local_services(StoreSettings(), workers=cores) as running,
        channel_to(running["consolidation"].grpc) as channel,
    ):
        started = time.monotonic()
        settlement = settle_planned(channel, day, PlanResult(plan), settings, lambda *_: None)
        seconds_settle = time.monotonic() - started
    return Measured(case, round(seconds_plan, 1), round(seconds_settle, 1), settlement)


def show(measured: Measured) -> None:
    """Print a case for people."""
    settlement = measured.settlement
    print(
        f"{measured.case}: settled in {measured.seconds_settle:.1f} s, {settlement.solves} solves of "
        f"{settlement.iterations} iterations; {len(settlement.entries)} entries add up to "
        f"{sum(entry.fen for entry in settlement.entries)}; {settlement.spent_fen:,d} fen spent"
    )
    for account in settlement.accounts:
        if account.pieces or account.charge_fen:
            print(
                f"  {account.partner_id:8} {account.pieces:5d} pieces  alone {account.stand_alone_fen:9,d}  "
                f"charge {account.charge_fen:9,d}"
            )
    for shared in settlement.shared_costs:
        _show_shared(shared)
    for finding in settlement.findings:
        print(f"  · {finding.detail}")


def _show_shared(shared: SharedCost) -> None:
    core = shared.core
    print(
        f"  {shared.agreement_id} {shared.sharing} of {shared.operator}: {len(shared.shares)} players, "
        f"{len(shared.coalitions)} coalitions, {shared.shared_fen:,d} fen shared, "
        f"{shared.solved_fen:,d} by a search for all"
    )
    for share in shared.shares:
        print(f"    {share.partner_id:8} alone {share.stand_alone_fen:9,d}  share {share.share_fen:9,d}")
    repaired = [c for c in shared.coalitions if c.parts]
    print(
        f"    core: {core.verdict}, leaving {'+'.join(core.leaving) or 'nobody'} for {core.excess_fen:,d}; "
        f"least excess {core.least_excess_fen:,d}; "
        f"{len(repaired)} costs repaired, by {core.gap_permille} permille at the most"
    )


def _document(measured: Measured) -> dict[str, Any]:
    settlement = measured.settlement
    return {
        "case": measured.case,
        "seconds_plan": measured.seconds_plan,
        "seconds_settle": measured.seconds_settle,
        "solves": settlement.solves,
        "iterations": settlement.iterations,
        "entries": len(settlement.entries),
        "sum_fen": sum(entry.fen for entry in settlement.entries),
        "spent_fen": settlement.spent_fen,
        "accounts": [asdict(account) for account in settlement.accounts],
        "agreements": [
            {
                "agreement_id": shared.agreement_id,
                "players": len(shared.shares),
                "coalitions": len(shared.coalitions),
                "repaired": sum(bool(c.parts) for c in shared.coalitions),
                "shared_fen": shared.shared_fen,
                "solved_fen": shared.solved_fen,
                "shares_fen": {share.partner_id: share.share_fen for share in shared.shares},
                "core": asdict(shared.core),
            }
            for shared in settlement.shared_costs
        ],
    }


def main() -> None:
    """Print a case after the other, or all as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--county", type=Path, default=Path("data/huadian"))
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    parser.add_argument("--budget", type=int, default=10, help="seconds for each plan")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--iterations", type=int, help="for each coalition; by their number unless given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", action="append", choices=CASES, help="all unless given")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    day = read_day(arguments.county, arguments.date, arguments.villages)
    settings = SettlementSettings(iterations=arguments.iterations, seed=arguments.seed)
    documents = []
    for case in arguments.case or CASES:
        measured = measure(case, CASES[case](day), arguments.budget, arguments.cores, settings)
        documents.append(_document(measured))
        if not arguments.json:
            show(measured)
    if arguments.json:
        print(json.dumps(documents, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
