"""A child whose jobs say what goes wrong with them; a program for the tests of ``runtime.solvers``."""

from __future__ import annotations

import os
import signal
import sys
import time

from services.model.errors import PlanningFailedError
from services.runtime.logs import configure_logs
from services.runtime.solver_child import Telling, run_child


def go_through_phases(telling: Telling, *, dies: bool) -> None:
    """Report what a plan's phases are."""
    telling.report("roads", 0, 1)
    telling.report("runs", 0, 2)
    telling.report("runs", 0, 3)
    if dies:
        os.kill(os.getpid(), signal.SIGKILL)
    telling.report("check", 0, 95)
    telling.report("check", 0, 100)


def work(payload: bytes, telling: Telling) -> tuple[bytes, int]:  # noqa: PLR0912
    """Do as the payload says; the figures are this process's id."""
    match payload.decode().split():
        case ["refuse"]:
            raise PlanningFailedError("there is no way")
        case ["crash"]:
            raise ZeroDivisionError(2 * payload.decode())
        case ["die"]:
            os.kill(os.getpid(), signal.SIGKILL)
        case ["exit"]:
            os._exit(3)
        case ["hoard"]:
            return bytes(1 << 40), 0
        case ["burn"]:
            while True:
                pass
        case ["phases", *more]:
            go_through_phases(telling, dies=bool(more))
        case ["chatter"]:
            print("a library says something")
        case ["obey"]:
            telling.report("runs", os.getpid(), 10)
            while not telling.should_stop():
                time.sleep(0.01)
            return b"the best so far", os.getpid()
        case ["ignore"]:
            telling.keep(b"kept earlier")
            telling.keep(b"kept")
            telling.report("runs", os.getpid(), 10)
            while True:
                telling.report("runs", os.getpid(), 10)
                time.sleep(0.05)
    return b"plan of " + payload, os.getpid()


if __name__ == "__main__":
    configure_logs(sys.stderr)
    run_child(work, lambda: "incident-7")
