"""What a caller chooses for a standard instance; imports no engine, since a command line starts with it."""

from __future__ import annotations

from enum import StrEnum


class EngineName(StrEnum):
    """The engines that know standard instances."""

    SEARCH = "search"
    PYVRP = "pyvrp"
    ORTOOLS = "ortools"


class Rounding(StrEnum):
    """How distances become whole numbers."""

    ROUND = "round"
    TRUNC = "trunc"
    DIMACS = "dimacs"
    EXACT = "exact"
    NONE = "none"
