"""Change good plans at random and see whether the checker says what is wrong with each.

``python -m bench.mutations --plans 1000`` draws so many good plans (a third each from tight days planned naively, from
drives of several owners, and from the planner itself), changes each in every way that ``tests/mutations`` knows, and
prints a line for each way: how many were tried, how many were refused, how many broke nothing and passed, and how often
the checker was wrong: a law not named that must be, or a law named where none is broken. The last line is the same for
all, with the good plans that were refused. Exit code 1 where anything was wrong.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from services.model.day import Day
from services.model.plan import Plan
from services.route.checker import check
from services.validation.plan_form import form_violations
from tests.driven_plans import driven_plans
from tests.mutations import KINDS
from tests.mutations.plans import planned
from tests.plans import cases
from tests.random_days import last_mile_days, random_days

Judge = Callable[[Day, Plan], None]


class Tally:
    """What became of the mutants, by kind."""

    def __init__(self, chance: random.Random, each: int) -> None:
        self.plans = self.good_refused = 0
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.wrong: list[str] = []
        self._chance = chance
        self._each = each

    def judge(self, day: Day, plan: Plan) -> None:
        """Judge a good plan and a mutant of each kind, or several."""
        self.plans += 1
        if check(day, plan) or form_violations(day, plan):
            self.good_refused += 1
        for name, mutate in KINDS.items():
            for _ in range(self._each):
                mutant = mutate(day, plan, self._chance)
                if mutant is None:
                    continue
                found = {broken.law for broken in check(day, mutant.plan)}
                outcome = "refused" if found else "passed"
                if not mutant.must <= found or bool(mutant.must) != bool(found):
                    outcome = "wrong"
                    self.wrong.append(f"{name}: {sorted(mutant.must)} expected, {sorted(found)} found")
                self.counts[name][outcome] += 1


def draw(strategy: st.SearchStrategy[Any], plans: int, start: int, judge: Callable[[Any], None]) -> None:
    """Hand so many things drawn from a strategy on."""

    @seed(start)
    @settings(
        max_examples=plans,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def each(thing: Any) -> None:
        judge(thing)

    each()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--plans", type=int, default=1_000)
    parser.add_argument("--each", type=int, default=1, help="mutants of each kind of each plan")
    parser.add_argument("--seed", type=int, default=1)
    given_ = parser.parse_args()
    began = time.monotonic()
    tally = Tally(random.Random(given_.seed), given_.each)
    third = -(-given_.plans // 3)
    draw(cases(), third, given_.seed, lambda case: tally.judge(case.day, case.plan))
    draw(driven_plans(), third, given_.seed, lambda one: tally.judge(*one))
    draw(random_days() | last_mile_days(), third, given_.seed, lambda day: tally.judge(day, planned(day)))
    print(f"{'changed':36} {'tried':>7} {'refused':>8} {'passed':>7} {'wrong':>6}")
    for name in KINDS:
        _line(name, tally.counts[name])
    total = sum(tally.counts.values(), Counter[str]())
    _line(f"all, of {tally.plans} good plans", total)
    for said in tally.wrong[:20]:
        print(said)
    print(f"good plans refused: {tally.good_refused}; {time.monotonic() - began:.0f} s")
    sys.exit(1 if total["wrong"] or tally.good_refused else 0)


def _line(name: str, counts: Counter[str]) -> None:
    tried = sum(counts.values())
    print(f"{name:36} {tried:7d} {counts['refused']:8d} {counts['passed']:7d} {counts['wrong']:6d}")


if __name__ == "__main__":
    main()
