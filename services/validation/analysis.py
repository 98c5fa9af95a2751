"""Questions about a plan."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.analysis import Analysis
from services.model.day import Day
from services.model.errors import Violation
from services.model.explanations import MAX_EXPLAINED
from services.validation.fields import quoted
from services.validation.plan import plan_violations


def analysis_violations(day: Day, analysis: Analysis) -> Iterator[Violation]:
    """Report what is wrong with questions about a plan of a sound day."""
    yield from (Violation(f"analysis.{v.path}", v.message) for v in plan_violations(day, analysis.plan))
    if not (analysis.bound or analysis.explain or analysis.forecast):
        yield Violation("analysis", "asks for nothing: bound, explain or forecast")
    if len(analysis.consignment_ids) > MAX_EXPLAINED:
        yield Violation("analysis.consignment_ids", f"are {len(analysis.consignment_ids)}, more than {MAX_EXPLAINED}")
    unserved = {one.consignment_id for one in analysis.plan.unserved}
    for index, name in enumerate(analysis.consignment_ids):
        if name not in unserved:
            yield Violation(f"analysis.consignment_ids[{index}]", f"{quoted(name)} is not unserved in the plan")
