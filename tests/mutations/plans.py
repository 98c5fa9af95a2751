"""Plans to change: made by the planner itself in a moment."""

from __future__ import annotations

from services.model.day import Day, PlanSettings
from services.model.plan import Plan
from services.route.engines.kernel import KernelEngine
from services.route.planner import plan_day

_SETTINGS = PlanSettings(iterations=4, cores=1, compare=False)


def planned(day: Day) -> Plan:
    """Plan a small day."""
    return plan_day(day, _SETTINGS, KernelEngine(), lambda: False, lambda *_: None, with_ways=False).plan
