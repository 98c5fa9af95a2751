"""A peer: its program in the peers' environment, asked about an instance."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from bench.peers.question import Answer, Client, Kind, Question
from services.route.instances.instance import Instance
from services.route.kernel.problem import NO_LIMIT, KernelRoute, KernelSolution

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = ROOT / ".venv-bench" / "bin" / "python"
# How long a peer may take beyond its seconds, for starting, reading and whatever it does not count.
_PATIENCE_S: Final = 60.0
# Leaving out what has no price is dearer than this.
_REQUIRED: Final = 1 << 43


@dataclass(frozen=True, slots=True)
class Peer:
    """A solver that is not ours; ``module`` answers questions about it and imports ``package``."""

    name: str
    package: str
    module: str

    def is_installed(self) -> bool:
        """Whether the peers' environment has it."""
        if not PYTHON.exists():
            return False
        return (
            subprocess.run([PYTHON, "-c", f"import {self.package}"], capture_output=True, check=False).returncode == 0
        )

    def solve(self, instance: Instance, seconds: float, seed: int) -> KernelSolution | str:
        """Its routes, or a word on why there are none."""
        if unknown := _unknown(instance):
            return f"{self.name} {unknown}"
        try:
            done = subprocess.run(
                [PYTHON, "-m", self.module],
                cwd=ROOT,
                env={"RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
                input=_question(instance, seconds, seed).to_json(),
                capture_output=True,
                text=True,
                timeout=seconds + _PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"{self.name} did not end within {seconds + _PATIENCE_S:g} s"
        if done.returncode:
            return f"{self.name} failed: {(done.stderr.splitlines() or ['without a word'])[-1]}"
        answer = Answer.from_json(done.stdout.splitlines()[-1])
        if answer.unknown:
            return f"{self.name} {answer.unknown}"
        routes = [KernelRoute(kind, (tuple(clients),)) for kind, clients in answer.routes if clients]
        return KernelSolution(tuple(routes), (), 0)


PEERS: Final = (
    Peer("vroom", "vroom", "bench.peers.with_vroom"),
    Peer("vrp-cli", "vrp_cli", "bench.peers.with_vrp_cli"),
    Peer("commiv", "commiv", "bench.peers.with_commiv"),
)


def _unknown(instance: Instance) -> str:
    """What no peer is asked."""
    tasks, types = instance.problem.tasks, instance.problem.types
    if tasks.release.any():
        return "knows no release times"
    if (types.reload >= 0).any():
        return "is not asked about reloading"
    if (tasks.leaving < _REQUIRED).any():
        return "knows no prices of leaving clients out"
    if types.per_duration.any():
        return "is not asked about prices of time"
    return ""


def _question(instance: Instance, seconds: float, seed: int) -> Question:
    problem = instance.problem
    tasks, types = problem.tasks, problem.types
    return Question(
        distance=problem.distance.tolist(),
        duration=problem.duration.tolist(),
        clients=[
            Client(
                location=int(tasks.location[task]),
                service=int(tasks.service[task]),
                earliest=int(tasks.earliest[task]),
                latest=int(tasks.latest[task]),
                deliver=tasks.deliver[task].tolist(),
                pick_up=tasks.pick_up[task].tolist(),
                kinds=np.flatnonzero(tasks.admitted[:, task]).tolist(),
            )
            for task in range(len(tasks.location))
        ],
        kinds=[
            Kind(
                count=int(types.count[kind]),
                start=int(types.start[kind]),
                end=int(types.end[kind]),
                capacity=types.capacity[kind].tolist(),
                fixed=int(types.fixed[kind]),
                per_distance=int(types.per_distance[kind]),
                longest_distance=int(types.longest_distance[kind]),
                longest_duration=int(types.longest_duration[kind]),
                earliest=int(types.start_earliest[kind]),
                leaves_by=int(min(types.start_latest[kind], NO_LIMIT)),
                back_by=int(min(types.end_latest[kind], NO_LIMIT)),
            )
            for kind in range(len(types.count))
        ],
        vehicles_first=instance.customers is not None,
        seconds=seconds,
        seed=seed,
    )
