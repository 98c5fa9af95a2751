"""How the kernel's functions are compiled: without the interpreter's lock, and without counting references.

A search is many short functions that are handed the same few arrays. Counting the references to them took most of the
time, and nothing here makes or drops an array.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "_nrt": False, "error_model": "numpy"}


def compiled(function: F) -> F:
    """Compile a function that others of the kernel call."""
    result: F = njit(**_OPTIONS)(function)
    return result


def inlined(function: F) -> F:
    """Compile a function into those that call it: handing it all arrays would take longer than what it does."""
    result: F = njit(forceinline=True, **_OPTIONS)(function)
    return result


def entry(function: F) -> F:
    """Compile a function that Python calls, and keep the machine code on disk."""
    result: F = njit(cache=True, **_OPTIONS)(function)
    return result
