"""How a program's memory allocators should be set, so that what a large day needed goes back to the machine.

They read their settings when a program starts, so whoever starts one says it: the C library keeps large buffers in
its heap once one of them was freed, and the allocator in Polars keeps freed pages for ten seconds. Together they hold
a quarter of what a million parcels need, for the next call to add to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_C_LIBRARY: Final = {"MALLOC_MMAP_THRESHOLD_": str(1024 * 1024)}
_POLARS: Final = {"_RJEM_MALLOC_CONF": "dirty_decay_ms:50,muzzy_decay_ms:0"}


def with_allocators(environment: Mapping[str, str]) -> dict[str, str]:
    """Add the settings to the environment of a program to be started.

    A threshold that it has already stays. Polars' setting does not: a program that has imported Polars finds Polars'
    own there, which its children inherit.
    """
    return _C_LIBRARY | dict(environment) | _POLARS
