"""Measure how long it takes to settle a county's day with exact Shapley shares, and how sure the answer is.

``python -m bench.settlement --county data/huadian --date 2026-11-23`` plans the day once for each case and settles it
through the services, started here with a store of their own, so that nothing is known beforehand. Cases:

- ``given``: the agreements as the county has them;
- ``pool``: the third party carries for EXP-A to EXP-E what must be kept cold only, so that these drive for each other,
  under the agreements that share their cost;
- ``shapley``: as given, but every agreement shares its cost by Shapley, none has a tariff.

Prints the time from the call to the settlement and the processor time behind it, then by agreement the players, the
coalitions, the shares and what the test of the core says, with the largest repair of a coalition's cost and what a
search finds for all players together.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from services.cli.access import channel_to
from services.cli.client import settle_planned
from services.cli.local import local_services
from services.consolidation.consolidate import consolidate
from services.files.county_folder import read_county
from services.files.gazetteer import read_villages
from services.files.waybills import read_waybills
from services.model.agreements import Agreement, CooperationModel, Sharing
from services.model.day import County, Day, PlanSettings
from services.model.plan import PlanResult
from services.model.settlement import Settlement, SettlementSettings, SharedCost
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day
from services.runtime.config import StoreSettings

_POOL: Final = frozenset({"EXP-A", "EXP-B", "EXP-C", "EXP-D", "EXP-E"})


@dataclass(frozen=True, slots=True)
class Measured:
    """One case: how long it took and what came out."""

    case: str
    seconds_plan: float
    seconds_settle: float
    cpu_seconds: float
    settlement: Settlement


def pooled(county: County) -> County:
    """The county with the third party's agreement narrowed for five of the carriers."""
    agreements: list[Agreement] = []
    for agreement in county.agreements:
        if agreement.model is CooperationModel.THIRD_PARTY:
            others = tuple(p for p in agreement.principals if p not in _POOL)
            cold = tuple(t for t in agreement.temperatures if t.is_cold)
            agreements.append(replace(agreement, principals=others))
            narrowed = replace(
                agreement, agreement_id=f"{agreement.agreement_id}-COLD", temperatures=cold, minimum_fen=0
            )
            agreements.append(replace(narrowed, principals=tuple(p for p in agreement.principals if p in _POOL)))
        else:
            agreements.append(agreement)
    return replace(county, agreements=tuple(agreements))


def all_shapley(county: County) -> County:
    """The county with every agreement sharing its cost."""
    return replace(county, agreements=tuple(replace(a, sharing=Sharing.SHAPLEY) for a in county.agreements))


CASES: Final[dict[str, Callable[[County], County]]] = {
    "given": lambda county: county,
    "pool": pooled,
    "shapley": all_shapley,
}


def day_of(case: str, folder: Path, service_date: date, villages: Path) -> Day:
    """Read and consolidate a county's day under the case's agreements, in this process."""
    county = CASES[case](read_county(folder, service_date).county)
    parcels = read_waybills(folder / "parcels.csv", service_date).parcels
    pooled_parcels = consolidate(county, service_date, read_villages(villages), parcels)
    return Day(county, service_date, pooled_parcels.consignments, pooled_parcels.admission_sets)


def measure(case: str, day: Day, search: PlanSettings, settings: SettlementSettings) -> Measured:
    """Plan a day and settle it through services of its own."""
    started = time.monotonic()
    plan = plan_day(day, search, KernelEngine(), lambda: False, lambda *_: None).plan
    seconds_plan = time.monotonic() - started
    cpu_before = _cpu_seconds_of_children()
    with (
        local_services(StoreSettings(), workers=search.cores) as running,
        channel_to(running["consolidation"].grpc) as channel,
    ):
        started = time.monotonic()
        settlement = settle_planned(channel, day, PlanResult(plan), settings, lambda *_: None)
        seconds_settle = time.monotonic() - started
    cpu_seconds = _cpu_seconds_of_children() - cpu_before
    return Measured(case, round(seconds_plan, 1), round(seconds_settle, 1), round(cpu_seconds, 1), settlement)


def _cpu_seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(measured: Measured) -> None:
    """Print a case for people."""
    settlement = measured.settlement
    print(
        f"{measured.case}: settled in {measured.seconds_settle:.1f} s ({measured.cpu_seconds:.1f} s of processor time "
        f"in all services, their start included), {settlement.solves} solves of "
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
        f"{len(shared.coalitions)} coalitions, {shared.shared_fen:,d} fen shared; "
        f"a search for all finds {shared.solved_fen:,d}"
    )
    for share in shared.shares:
        print(f"    {share.partner_id:8} alone {share.stand_alone_fen:9,d}  share {share.share_fen:9,d}")
    repaired = [c for c in shared.coalitions if c.parts]
    print(
        f"    core: {core.verdict}, leaving {'+'.join(core.leaving) or 'nobody'} for {core.excess_fen:,d}; least "
        f"excess {core.least_excess_fen:,d}; {len(repaired)} costs repaired, by {core.gap_permille} permille at most"
    )


def _document(measured: Measured) -> dict[str, Any]:
    settlement = measured.settlement
    return {
        "case": measured.case,
        "seconds_plan": measured.seconds_plan,
        "seconds_settle": measured.seconds_settle,
        "cpu_seconds": measured.cpu_seconds,
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
    parser.add_argument("--plan-iterations", type=int, default=600, help="of the plan that is settled")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--iterations", type=int, help="for each coalition; by their number unless given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", action="append", choices=CASES, help="all unless given")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    search = PlanSettings(iterations=arguments.plan_iterations, cores=arguments.cores, compare=False)
    settings = SettlementSettings(iterations=arguments.iterations, seed=arguments.seed)
    documents = []
    for case in arguments.case or CASES:
        day = day_of(case, arguments.county, arguments.date, arguments.villages)
        measured = measure(case, day, search, settings)
        documents.append(_document(measured))
        if not arguments.json:
            show(measured)
    if arguments.json:
        print(json.dumps(documents, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
