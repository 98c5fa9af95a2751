"""What the services count, on a registry that is passed in.

Labels take values from closed lists only, never a tenant, a county or an id; all of a list is shown from the beginning.
Money is in fen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import partial
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

from services.model.agreements import CooperationModel, Role
from services.model.held import HeldReason
from services.model.plan import Cost
from services.model.settlement import FindingKind, Purpose
from services.runtime.job_records import JobState, StoreFault


class Measure(StrEnum):
    """What room is measured by."""

    WEIGHT = "weight"
    VOLUME = "volume"
    PIECES = "pieces"


class Killed(StrEnum):
    """Why a child that solved was ended by its worker."""

    STOPPED = "stopped"  # its job was, and it may still be at work
    BROKE = "broke"  # it answered that something unforeseen happened
    WORN = "worn"  # it had its number of jobs
    SURPLUS = "surplus"  # enough others wait
    ENDING = "ending"  # its worker ends


class Outlook(StrEnum):
    """What a plan's forecast says of being on time."""

    ON_TARGET = "on target"
    UNDER_TARGET = "under target"
    NONE = "no forecast"


OWN: Final = "OWN"
"""Carried by its carrier's own means, under no cooperation model."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """The domain's metrics."""

    jobs: Gauge
    """Open jobs, by ``state``."""
    jobs_leased: Gauge
    """Open jobs that a living worker has."""
    queue_age_seconds: Gauge
    """How old the oldest open job is that no living worker has."""
    counties_planned: Gauge
    """Counties that have a plan for today."""
    counties_unplanned: Gauge
    """Counties that had one for some day of the last week, and have none for today yet."""
    jobs_ended: Counter
    """Jobs ended by this process, by ``state``."""
    jobs_restarted: Counter
    """Attempts that this process began at jobs which had one before."""
    attempts_broken_off: Counter
    """Attempts whose child ended before it had answered."""
    children_started: Counter
    """Children that solve, started."""
    children_killed: Counter
    """Children that solve, ended by this process, by ``reason``."""
    store_errors: Counter
    """Times that the store did not answer, by ``kind``."""
    plan_solve_seconds: Histogram
    """Time from a job's start to its end."""
    plans: Counter
    """Plans made by this process, by what their ``forecast`` says."""
    pieces_planned: Counter
    """Pieces that those plans carry, by cooperation ``model``."""
    villages_left_out: Counter
    """Villages that those plans leave something behind for, and carry nothing to or from."""
    plan_cost_fen: Gauge
    """Cost of the last plan, by ``part``."""
    plan_unserved: Gauge
    """Consignments that the last plan leaves behind."""
    plan_waiting: Gauge
    """Consignments that the last plan leaves until tomorrow."""
    plan_bound_gap: Gauge
    """The part of the last plan's cost that a better plan could save at most, between 0 and 1."""
    plan_villages_reached: Gauge
    """Villages that the last plan reaches."""
    plan_consignments: Gauge
    """Consignments that the last plan carries, by cooperation ``model``."""
    plan_run_load_factor: Gauge
    """How full the last plan's runs are at their fullest, by ``measure``."""
    plan_trip_load_factor: Gauge
    """The same of the trips that it books."""
    plan_forecast_on_time_ratio: Gauge
    """What the last plan's forecast says is on time of what is due."""
    parcels_held: Counter
    """Parcels held back from consolidation, by ``reason``."""
    parcels_consolidated: Counter
    """Parcels put into consignments."""
    consignments: Counter
    """Consignments made."""
    settlements: Counter
    """Days settled."""
    coalitions_planned: Counter
    """Plans of coalitions and of carriers alone that settlements needed."""
    settled_fen: Gauge
    """What partners spend on the last day that was settled."""
    settled_payments_fen: Gauge
    """What partners pay each other for that day, by ``purpose``."""
    settled_saving_fen: Gauge
    """What they save together, beside each by itself."""
    settled_role_saving_fen: Gauge
    """The same of the partners of each ``role``."""
    settled_least_saving_fen: Gauge
    """What the partner saves that saves least; below 0 it is charged more than by itself."""
    settlement_findings: Counter
    """What settlements found that somebody should know, by ``kind``."""


def make_registry() -> CollectorRegistry:
    """Make a registry of its own that measures this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def define_metrics(registry: CollectorRegistry) -> Metrics:
    """Define the domain's metrics on a registry, once for each."""
    gauge, counter = partial(Gauge, registry=registry), partial(Counter, registry=registry)

    def gauges(name: str, said: str, label: str, values: Iterable[str]) -> Gauge:
        metric = gauge(name, said, [label])
        for value in values:
            metric.labels(value)
        return metric

    def counters(name: str, said: str, label: str, values: Iterable[str]) -> Counter:
        metric = counter(name, said, [label])
        for value in values:
            metric.labels(value)
        return metric

    def unknown(name: str, said: str) -> Gauge:
        # A process that has made no plan has none that is late.
        metric = gauge(name, said)
        metric.set(math.nan)
        return metric

    is_open = [state for state in JobState if state.is_open]
    has_ended = [state for state in JobState if not state.is_open]
    return Metrics(
        jobs=gauges("cuntong_jobs", "Open jobs.", "state", is_open),
        jobs_leased=gauge("cuntong_jobs_leased", "Open jobs that a living worker has."),
        queue_age_seconds=gauge(
            "cuntong_queue_age_seconds", "How old the oldest open job is that no living worker has."
        ),
        counties_planned=gauge("cuntong_counties_planned", "Counties that have a plan for today."),
        counties_unplanned=gauge(
            "cuntong_counties_unplanned", "Counties with a plan for a day of the last week and none for today yet."
        ),
        jobs_ended=counters("cuntong_jobs_ended", "Jobs ended by this process.", "state", has_ended),
        jobs_restarted=counter("cuntong_jobs_restarted", "Attempts begun at jobs that had one before."),
        attempts_broken_off=counter(
            "cuntong_attempts_broken_off", "Attempts whose child ended before it had answered."
        ),
        children_started=counter("cuntong_children_started", "Children that solve, started."),
        children_killed=counters(
            "cuntong_children_killed", "Children that solve, ended by this process.", "reason", Killed
        ),
        store_errors=counters("cuntong_store_errors", "Times that the store did not answer.", "kind", StoreFault),
        plan_solve_seconds=Histogram(
            "cuntong_plan_solve_seconds",
            "Time from a job's start to its end.",
            registry=registry,
            buckets=(0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800),
        ),
        plans=counters("cuntong_plans", "Plans made by this process.", "forecast", Outlook),
        pieces_planned=counters(
            "cuntong_pieces_planned",
            "Pieces carried by the plans made, by cooperation model.",
            "model",
            (OWN, *CooperationModel),
        ),
        villages_left_out=counter(
            "cuntong_villages_left_out", "Villages with something left behind by a plan that carries nothing of theirs."
        ),
        plan_cost_fen=gauges("cuntong_plan_cost_fen", "Cost of the last plan in fen.", "part", cost_parts()),
        plan_unserved=gauge("cuntong_plan_unserved", "Consignments left behind by the last plan."),
        plan_waiting=gauge("cuntong_plan_waiting", "Consignments left until tomorrow by the last plan."),
        plan_bound_gap=gauge(
            "cuntong_plan_bound_gap", "Part of the last plan's cost that a better plan could save at most."
        ),
        plan_villages_reached=gauge("cuntong_plan_villages_reached", "Villages reached by the last plan."),
        plan_consignments=gauges(
            "cuntong_plan_consignments",
            "Consignments carried by the last plan, by cooperation model.",
            "model",
            (OWN, *CooperationModel),
        ),
        plan_run_load_factor=gauges(
            "cuntong_plan_run_load_factor", "How full the last plan's runs are at their fullest.", "measure", Measure
        ),
        plan_trip_load_factor=gauges(
            "cuntong_plan_trip_load_factor", "How full the trips booked are at their fullest.", "measure", Measure
        ),
        plan_forecast_on_time_ratio=unknown(
            "cuntong_plan_forecast_on_time_ratio", "Part of what is due that the last plan's forecast has on time."
        ),
        parcels_held=counters("cuntong_parcels_held", "Parcels held back.", "reason", HeldReason),
        parcels_consolidated=counter("cuntong_parcels_consolidated", "Parcels put into consignments."),
        consignments=counter("cuntong_consignments", "Consignments made."),
        settlements=counter("cuntong_settlements", "Days settled."),
        coalitions_planned=counter("cuntong_coalitions_planned", "Plans that settlements needed of coalitions."),
        settled_fen=gauge("cuntong_settled_fen", "Spending on the last settled day in fen."),
        settled_payments_fen=gauges(
            "cuntong_settled_payments_fen", "Payments between partners for that day in fen.", "purpose", Purpose
        ),
        settled_saving_fen=gauge(
            "cuntong_settled_saving_fen", "What partners save together on that day in fen, beside each alone."
        ),
        settled_role_saving_fen=gauges(
            "cuntong_settled_role_saving_fen", "What partners of a role save on that day in fen.", "role", Role
        ),
        settled_least_saving_fen=gauge(
            "cuntong_settled_least_saving_fen", "What the partner that saves least saves on that day in fen."
        ),
        settlement_findings=counters(
            "cuntong_settlement_findings", "What settlements found that somebody should know.", "kind", FindingKind
        ),
    )


def cost_parts() -> dict[str, str]:
    """The parts of a plan's cost as they are shown, and the fields they come from.

    >>> cost_parts()["vehicles"]
    'vehicles_fen'
    """
    return {part.name.removesuffix("_fen"): part.name for part in fields(Cost)}


def count_store_errors(metrics: Metrics, fault: StoreFault) -> None:
    """Count that the store did not answer."""
    metrics.store_errors.labels(fault).inc()
