"""Good plans, and all kinds of ways to change them at random, each with the laws that this must break."""

from __future__ import annotations

from typing import Final

from tests.mutations.figures import FIGURES
from tests.mutations.goods import GOODS
from tests.mutations.mutant import Chance, Kind, Mutant
from tests.mutations.taken import TAKEN
from tests.mutations.times import TIMES

__all__ = ["KINDS", "Chance", "Kind", "Mutant"]

KINDS: Final[dict[str, Kind]] = {**TIMES, **GOODS, **TAKEN, **FIGURES}
