"""The child's end of an engine: tasks from standard input until it is closed, plans to standard output."""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any

from services.route.engines.messages import Better, Done, Failed, Task
from services.runtime.lifeline import die_with_parent


def _main() -> None:
    die_with_parent(int(sys.argv[1]))
    # What a library prints must not get between the messages.
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(answer: Better[Any] | Done[Any] | Failed) -> None:
        pickle.dump(answer, output, protocol=pickle.HIGHEST_PROTOCOL)
        output.flush()

    while True:
        try:
            task: Task[Any, Any] = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            best = task.solver(task.problem, task.effort, lambda solution: send(Better(solution)), task.start)
        except Exception as error:
            send(Failed(f"{type(error).__name__}: {error}"))
            raise
        send(Done(best))


if __name__ == "__main__":
    _main()
