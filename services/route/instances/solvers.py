"""The engines on standard instances: one core a seed, the best answer counts."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from services.model.errors import PlanningFailedError
from services.route.engines.child import solve_in_child
from services.route.engines.engine import Effort, ShouldStop
from services.route.engines.ortools import search_with_ortools, unknown_to_ortools
from services.route.instances.choices import EngineName
from services.route.instances.fewest_vehicles import KernelSeek, least_vehicles, search_fewest
from services.route.instances.instance import Instance
from services.route.instances.judge import Verdict, judge_instance
from services.route.instances.with_pyvrp import search_fewest_with_pyvrp, search_with_pyvrp
from services.route.kernel.problem import KernelSolution
from services.route.kernel.search import Limits, search


def solve(instance: Instance, engine: EngineName, seconds: float, seed: int, cores: int = 1) -> KernelSolution:
    """Have an instance solved with the seeds from ``seed`` on, one on each of ``cores``, and take the best.

    The kernel searches in threads, which hold no interpreter; the others in children. An interrupted call ends them.

    Raises
    ------
    PlanningFailedError
        When an engine does not know what the instance has, or no core found any solution.
    """
    if engine is EngineName.ORTOOLS and (unknown := unknown_to_ortools(instance.problem)) is not None:
        raise PlanningFailedError(unknown)
    is_over = threading.Event()
    efforts = [Effort(seconds, seed=seed + core) for core in range(cores)]
    with ThreadPoolExecutor(cores) as pool:
        try:
            answers = list(pool.map(lambda effort: _solve_once(instance, engine, effort, is_over.is_set), efforts))
        except BaseException:
            is_over.set()
            raise
    found = [answer for answer in answers if answer is not None]
    if not found:
        raise PlanningFailedError(f"{engine} found no solution within {seconds:g} s")
    return min(found, key=lambda solution: rank(instance, solution, judge_instance(instance, solution)))


def rank(instance: Instance, solution: KernelSolution, verdict: Verdict) -> tuple[int, int, float]:
    """The order of solutions, best first: what breaks no rule, then, where the set says so, vehicles, then cost."""
    return len(verdict.broken), len(solution.routes) if instance.customers is not None else 0, verdict.cost


def _solve_once(
    instance: Instance, engine: EngineName, effort: Effort, should_stop: ShouldStop
) -> KernelSolution | None:
    match engine:
        case EngineName.SEARCH:
            if instance.customers is None:
                return search(instance.problem, Limits(effort.seconds, seed=effort.seed), should_stop)
            seek, least = KernelSeek(instance.problem, should_stop), least_vehicles(instance.problem)
            return search_fewest(seek, len(instance.problem.tasks.location), least, effort.seconds, effort.seed)
        case EngineName.PYVRP if instance.customers is not None:
            task = (instance.data, least_vehicles(instance.problem))
            return solve_in_child(search_fewest_with_pyvrp, task, effort, should_stop)
        case EngineName.PYVRP:
            return solve_in_child(search_with_pyvrp, instance.data, effort, should_stop)
        case EngineName.ORTOOLS:
            return solve_in_child(search_with_ortools, instance.problem, effort, should_stop)
