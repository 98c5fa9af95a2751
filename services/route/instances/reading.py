"""Reads a standard instance, whichever of the known forms it has."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.model.errors import InvalidInputError, Violation
from services.route.instances.choices import Rounding
from services.route.instances.instance import Instance
from services.route.instances.solomon import read_solomon
from services.route.instances.vrplib import read_vrplib

SUFFIXES: Final = (".vrp", ".txt")


def read_instance(path: Path, rounding: Rounding | None = None) -> Instance:
    """Read an instance in Solomon's form (``.txt``) or VRPLIB's, with the best solution known that lies by it.

    ``rounding`` is by default that which the instance's set is measured with; Solomon's form has double precision only.

    Raises
    ------
    InvalidInputError
        When the file is no instance; see ``read_vrplib`` and ``read_solomon``.
    """
    if not path.is_file():
        raise InvalidInputError([Violation(str(path), "is not there")])
    if path.suffix != ".txt":
        return read_vrplib(path, rounding)
    if rounding is not None:
        raise InvalidInputError([Violation(str(path), "is measured in double precision, which has no rounding")])
    return read_solomon(path)
