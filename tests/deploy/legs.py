"""Legs: tests that need a program which not every machine has."""

from __future__ import annotations

import shutil

import pytest


def needs(program: str) -> str:
    """Give the program's path; without it the test does not run, and pytest's summary says so (``-rs``)."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"LEG NOT RUN: {program} is not on PATH")
    return path
