"""Measure how near bags come to what no packing can do without.

``python -m bench.bagging`` packs groups as a village gets them, the example county's day before it is planned, and
classic hard instances: uniform and triplet ones as in Falkenauer (1996, A hybrid grouping genetic algorithm for bin
packing), and two-dimensional classes 1 to 8 and triplets as in Caprara and Toth (2001, Lower bounds and algorithms for
the 2-dimensional vector packing problem), all from generators of our own. A line a family: bags by first-fit
decreasing, by all rules and by the whole search, the bound, the gap in percent, how many are proven to be the fewest,
and seconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from random import Random

from bench.day import read_day
from services.consolidation.bagging.bound import lower_bound
from services.consolidation.bagging.greedy import pack_greedily
from services.consolidation.bagging.groups import group_consignments
from services.consolidation.bagging.packing import pack_all
from services.consolidation.bagging.pieces import pieces_of
from services.consolidation.bagging.problem import PackingProblem, Size, make_problem
from services.model.bags import BagRules
from services.model.day import Day

Family = Callable[[Random, int], PackingProblem]


def village_group(rng: Random, pieces: int) -> PackingProblem:
    """Pieces as a village gets them: mostly below a kilogram, now and then ten; some five litres a kilogram."""
    made: list[Size] = []
    while len(made) < pieces:
        weight_g = round(950 * rng.lognormvariate(0, 1))
        volume_ml = round(weight_g * 5 * rng.lognormvariate(0, 0.5))
        if 20 <= weight_g <= 20_000 and volume_ml <= 80_000:
            made.append((weight_g, volume_ml))
    return make_problem(made, 20_000, 80_000)


def bulky_group(rng: Random, pieces: int) -> PackingProblem:
    """Produce and household goods: two to six pieces fill a bag."""
    made = [(rng.randint(2_000, 9_000), rng.randint(8_000, 40_000)) for _ in range(pieces)]
    return make_problem(made, 20_000, 80_000)


def uniform(rng: Random, pieces: int) -> PackingProblem:
    """Give one dimension, from 20 to 100 of 150."""
    return make_problem([(rng.randint(20, 100), 0) for _ in range(pieces)], 150, 150)


def triplets(rng: Random, pieces: int) -> PackingProblem:
    """Give one dimension, every bag full to the gram with three pieces."""
    made: list[Size] = []
    for _ in range(pieces // 3):
        first = rng.randint(380, 490)
        second = rng.randint(250, (1_000 - first) // 2)
        made += [(first, 0), (second, 0), (1_000 - first - second, 0)]
    return make_problem(made, 1_000, 1_000)


def square(limit: int, low: int, high: int) -> Family:
    """Both dimensions uniform and independent."""

    def family(rng: Random, pieces: int) -> PackingProblem:
        return make_problem([(rng.randint(low, high), rng.randint(low, high)) for _ in range(pieces)], limit, limit)

    return family


def alike(rng: Random, pieces: int) -> PackingProblem:
    """Volumes near weights."""
    weights = [rng.randint(20, 100) for _ in range(pieces)]
    return make_problem([(w, rng.randint(w - 10, w + 10)) for w in weights], 150, 150)


def opposed(rng: Random, pieces: int) -> PackingProblem:
    """What is heavy is small, what is light is bulky."""
    weights = [rng.randint(20, 100) for _ in range(pieces)]
    return make_problem([(w, rng.randint(110 - w, 130 - w)) for w in weights], 150, 150)


def double_triplets(rng: Random, pieces: int) -> PackingProblem:
    """Give every bag full in both dimensions with three pieces."""

    def three() -> list[int]:
        first, second = rng.randint(25, 50), rng.randint(25, 50)
        return [first, second, 100 - first - second] if 20 <= 100 - first - second <= 50 else three()

    made: list[Size] = []
    for _ in range(pieces // 3):
        weights, volumes = three(), three()
        rng.shuffle(volumes)
        made += zip(weights, volumes, strict=True)
    return make_problem(made, 100, 100)


FAMILIES: dict[str, Family] = {
    "village": village_group,
    "bulky": bulky_group,
    "uniform 1-D": uniform,
    "triplets 1-D": triplets,
    "class 1": square(1_000, 100, 400),
    "class 2": square(1_000, 1, 1_000),
    "class 3": square(1_000, 200, 800),
    "class 4": square(1_000, 50, 200),
    "class 5": square(1_000, 25, 100),
    "class 6": square(150, 20, 100),
    "class 7": alike,
    "class 8": opposed,
    "triplets 2-D": double_triplets,
}


def county_groups(day: Day) -> list[PackingProblem]:
    """The groups of a day before its plan, without what travels loose."""
    groups, _ = group_consignments(day, None, BagRules())
    problems = []
    for group in groups:
        sizes = [(p.weight_g, p.volume_ml) for c in group.consignments for p in pieces_of(c)]
        fitting = [(g, ml) for g, ml in sizes if g <= group.limits.weight_g and ml <= group.limits.volume_ml]
        problems.append(make_problem(fitting, group.limits.weight_g, group.limits.volume_ml))
    return problems


def first_fit_decreasing(problem: PackingProblem) -> int:
    """The textbook rule, by the greater share of a bag."""

    def share(size: Size) -> float:
        return max(size[0] / problem.limit_g, size[1] / problem.limit_ml)

    pieces = [size for size, count in zip(problem.sizes, problem.counts, strict=True) for _ in range(count)]
    bags: list[list[int]] = []
    for weight_g, volume_ml in sorted(pieces, key=share, reverse=True):
        for bag in bags:
            if bag[0] >= weight_g and bag[1] >= volume_ml:
                bag[0], bag[1] = bag[0] - weight_g, bag[1] - volume_ml
                break
        else:
            bags.append([problem.limit_g - weight_g, problem.limit_ml - volume_ml])
    return len(bags)


def measure(name: str, problems: Sequence[PackingProblem], *, alone: bool) -> str:
    """Pack the problems, each in a call of its own or all in one, and write a line."""
    by_rule = sum(map(first_fit_decreasing, problems))
    by_rules = sum(len(pack_greedily(problem, lower_bound(problem)).patterns) for problem in problems)
    started = time.monotonic()
    packings = [pack_all([problem])[0] for problem in problems] if alone else pack_all(problems)
    seconds = time.monotonic() - started
    bags, bound = sum(len(p.patterns) for p in packings), sum(p.bound for p in packings)
    pieces, proven = sum(problem.pieces for problem in problems), sum(p.is_optimal for p in packings)
    return (
        f"{name:<14} {len(problems):6d} {pieces:7d} {by_rule:6d} {by_rules:6d} {bags:6d} {bound:6d} "
        f"{100 * (bags - bound) / max(bound, 1):7.2f} {proven:7d} {seconds:8.2f}"
    )


def lines(arguments: argparse.Namespace) -> Iterator[str]:
    """One line after the other."""
    yield (
        f"{'family':<14} {'groups':>6} {'pieces':>7} {'ffd':>6} {'rules':>6} {'bags':>6} {'bound':>6} "
        f"{'gap %':>7} {'proven':>7} {'s':>8}"
    )
    if arguments.county.is_dir():
        day = read_day(arguments.county, arguments.date, arguments.villages)
        yield measure(arguments.county.name, county_groups(day), alone=False)
    rng = Random(arguments.seed)
    yield measure("village day", [village_group(rng, rng.randint(1, 60)) for _ in range(arguments.groups)], alone=False)
    for name, family in FAMILIES.items():
        for pieces in arguments.pieces:
            rng = Random(arguments.seed)
            problems = [family(rng, pieces) for _ in range(arguments.instances)]
            yield measure(f"{name} {pieces}" if len(arguments.pieces) > 1 else name, problems, alone=True)


def main() -> None:
    """Print a line a family."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--county", type=Path, default=Path("data/huadian"))
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 23))
    parser.add_argument("--groups", type=int, default=300, help="groups of the day of village groups")
    parser.add_argument("--instances", type=int, default=5, help="instances of each family, each packed alone")
    parser.add_argument("--pieces", type=int, nargs="+", default=[24], help="pieces of each instance")
    parser.add_argument("--seed", type=int, default=1)
    for line in lines(parser.parse_args()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
