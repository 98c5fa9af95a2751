"""What may be asked about a plan as it is."""

from __future__ import annotations

from dataclasses import dataclass

from services.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Analysis:
    """Asks how much better any other plan could be, why something is left behind, how punctual the plan will be.

    ``consignment_ids`` are those to explain; all that are unserved, as many as one call does, where none is named.
    """

    plan: Plan
    bound: bool = False
    explain: bool = False
    consignment_ids: tuple[str, ...] = ()
    forecast: bool = False
