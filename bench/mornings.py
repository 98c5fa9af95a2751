"""How long a morning's plans take with so many workers: what each needs, and mornings simulated.

All counties' days come in within a few minutes. Jobs are worked on in the order in which they came; workers join as a
scaler starts them; now and then one dies and its job is begun again when its lease has run out.
"""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Constants:
    """What was measured of one county's day."""

    job_s: Sequence[float]
    """From a worker's taking a job to its end, of each measured."""
    consolidate_cpu_s: float
    submit_cpu_s: float
    worker_mib: float
    """A worker with its child, at most."""
    service_mib: float
    """Each service, at most."""
    request_bytes: int
    result_bytes: int
    """What the store keeps of a job: what was submitted, and what came of it."""
    store_commands: int
    """What the store is asked for one plan."""


@dataclass(frozen=True, slots=True)
class Morning:
    """What is asked of a morning."""

    counties: int
    arrive_s: float = 300.0
    """Over how long the days come in."""
    within_s: float = 2_700.0
    """When the last plan is to be there, counted from the first day that comes in."""
    ready_share: float = 0.5
    """Part of the workers that are there before the first day comes in."""
    start_s: float = 45.0
    """How long the scaler takes to see that others are needed and to start them."""
    death: float = 0.002
    """How often a worker dies in the middle of a job."""
    lease_s: float = 8.0


def workers_for(morning: Morning, job_s: Sequence[float], used: float = 0.8) -> int:
    """Workers that are busy for the part ``used`` of the time there is: the rest is for what nobody foresaw."""
    mean_s = sum(job_s) / len(job_s)
    there_s = morning.within_s - morning.start_s * (1 - morning.ready_share)
    return max(1, math.ceil(morning.counties * mean_s / (there_s * used)))


def last_plan_s(morning: Morning, workers: int, job_s: Sequence[float], draw: random.Random) -> float:
    """Simulate one morning: when its last plan is there, counted from the first day that comes in."""
    ready = math.ceil(workers * morning.ready_share)
    free = [0.0] * ready + [morning.start_s] * (workers - ready)
    heapq.heapify(free)
    jobs = [(draw.uniform(0, morning.arrive_s), number) for number in range(morning.counties)]
    heapq.heapify(jobs)
    last_s = 0.0
    while jobs:
        came_s, number = heapq.heappop(jobs)
        began_s = max(came_s, heapq.heappop(free))
        takes_s = draw.choice(job_s)
        if draw.random() < morning.death:
            # The worker starts again at once; the job waits for its lease to run out.
            died_s = began_s + draw.uniform(0, takes_s)
            heapq.heappush(free, died_s + morning.start_s)
            heapq.heappush(jobs, (died_s + morning.lease_s, number))
            continue
        heapq.heappush(free, began_s + takes_s)
        last_s = max(last_s, began_s + takes_s)
    return last_s
