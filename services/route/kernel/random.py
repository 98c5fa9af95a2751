"""Random numbers whose state is part of the search: xorshift64* (Vigna 2016, An experimental exploration)."""

from __future__ import annotations

import numpy as np

from services.route.kernel.arrays import State
from services.route.kernel.compiled import inlined

_SPREAD = np.uint64(0x2545F4914F6CDD1D)
_UNIT = 1.0 / (1 << 53)


@inlined
def uniform(s: State) -> float:
    """A number in [0, 1)."""
    x = s.one[0].random
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    s.one[0].random = x
    return ((x * _SPREAD) >> np.uint64(11)) * _UNIT


@inlined
def below(s: State, bound: int) -> int:
    """A whole number from 0 to ``bound`` - 1."""
    return int(uniform(s) * bound)


@inlined
def chance(s: State, probability: float) -> bool:
    """Whether something of this probability happens."""
    return uniform(s) < probability
