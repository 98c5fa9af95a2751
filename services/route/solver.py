"""The child in which a worker's plans are made: ``python -m services.route.solver``, started by ``runtime.solvers``."""

from __future__ import annotations

import sys
import uuid

from services.route.engines.child import ChildPool
from services.route.engines.engine import Engine
from services.route.engines.kernel import KernelEngine
from services.route.engines.ortools import solve_with_ortools
from services.route.engines.pyvrp import solve_with_pyvrp
from services.route.work import make_work
from services.runtime.logs import configure_logs
from services.runtime.solver_child import run_child

# One job's searches at the default of two cores.
_IDLE_SEARCHERS = 2


def main() -> None:
    """Solve until the worker ends."""
    configure_logs(sys.stderr)
    with ChildPool(idle=_IDLE_SEARCHERS) as children:
        engines: dict[str, Engine] = {
            "search": KernelEngine(),
            "pyvrp": children.engine(solve_with_pyvrp),
            "ortools": children.engine(solve_with_ortools),
        }
        run_child(make_work(engines), lambda: uuid.uuid4().hex)


if __name__ == "__main__":
    main()
