"""What the services count, on a registry that is passed in."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The domain's metrics. Labels take values from closed lists only; money is in fen."""

    jobs: Gauge
    """Open jobs, by ``state``."""
    queue_age_seconds: Gauge
    """How long the oldest job that nobody works on has waited."""
    jobs_ended: Counter
    """Jobs ended by this process, by ``state``."""
    plan_solve_seconds: Histogram
    """Time from a job's start to its end."""
    plan_cost_fen: Gauge
    """Cost of the last plan, by ``part``."""
    plan_unserved: Gauge
    """Consignments that the last plan leaves behind."""
    plan_waiting: Gauge
    """Consignments that the last plan leaves until tomorrow."""
    plan_villages_reached: Gauge
    """Villages that the last plan reaches."""
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


def make_registry() -> CollectorRegistry:
    """Make a registry of its own that measures this process."""
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return registry


def define_metrics(registry: CollectorRegistry) -> Metrics:
    """Define the domain's metrics on a registry, once for each."""
    return Metrics(
        jobs=Gauge("cuntong_jobs", "Open jobs.", ["state"], registry=registry),
        queue_age_seconds=Gauge(
            "cuntong_queue_age_seconds", "How long the oldest job that nobody works on has waited.", registry=registry
        ),
        jobs_ended=Counter("cuntong_jobs_ended", "Jobs ended by this process.", ["state"], registry=registry),
        plan_solve_seconds=Histogram(
            "cuntong_plan_solve_seconds",
            "Time from a job's start to its end.",
            registry=registry,
            buckets=(0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800),
        ),
        plan_cost_fen=Gauge("cuntong_plan_cost_fen", "Cost of the last plan in fen.", ["part"], registry=registry),
        plan_unserved=Gauge("cuntong_plan_unserved", "Consignments left behind by the last plan.", registry=registry),
        plan_waiting=Gauge(
            "cuntong_plan_waiting", "Consignments left until tomorrow by the last plan.", registry=registry
        ),
        plan_villages_reached=Gauge(
            "cuntong_plan_villages_reached", "Villages reached by the last plan.", registry=registry
        ),
        parcels_held=Counter("cuntong_parcels_held", "Parcels held back.", ["reason"], registry=registry),
        parcels_consolidated=Counter(
            "cuntong_parcels_consolidated", "Parcels put into consignments.", registry=registry
        ),
        consignments=Counter("cuntong_consignments", "Consignments made.", registry=registry),
        settlements=Counter("cuntong_settlements", "Days settled.", registry=registry),
        coalitions_planned=Counter(
            "cuntong_coalitions_planned", "Plans that settlements needed of coalitions.", registry=registry
        ),
        settled_fen=Gauge("cuntong_settled_fen", "Spending on the last settled day in fen.", registry=registry),
    )
