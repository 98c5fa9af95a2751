"""Where each part of a county was read, to say of a violation which file, row and column to mend."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final

from services.files.cells import Column, Record
from services.files.faults import Fault
from services.model.errors import Violation

_LAST_STEP: Final = re.compile(r"(?:\.\w+|\[\d+\])$")
_FIRST_STEP: Final = re.compile(r"\.(\w+)")
_PATH: Final = re.compile(r"\bcounty\.\w+(?:\.\w+|\[\d+\])*")


@dataclass(frozen=True, slots=True)
class Place:
    """A spot in a file; the column only where the path itself does not end with the field's name."""

    file: str
    row: int | None = None
    column: str | None = None


@dataclass(slots=True)
class Provenance:
    """Paths of the model (``county.network.nodes[3]``) with the places they were read from."""

    root: str
    places: dict[str, Place] = field(default_factory=dict)
    names: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def know(self, file: str, path: str, columns: Sequence[Column]) -> None:
        """Say which file fills the list at ``path`` and how its columns are named."""
        self.places[path] = Place(file)
        self.names[PurePath(file).stem] = {column.target: column.name for column in columns}

    def add(self, path: str, record: Record, column: str | None = None) -> None:
        """Say which row filled the object (or, with ``column``, the field) at ``path``."""
        self.places[path] = Place(record.file, record.row, column)

    def fault(self, violation: Violation) -> Fault:
        """Turn a violation by path into a fault by file, row and column."""
        place = self._place(violation.path)
        message = _PATH.sub(lambda match: self._spot(match[0]), violation.message)
        return Fault(place.file, place.row, place.column, message)

    def _place(self, path: str) -> Place:
        prefix = path
        while prefix not in self.places:
            shorter = _LAST_STEP.sub("", prefix)
            if shorter == prefix:
                return Place(self.root)
            prefix = shorter
        place = self.places[prefix]
        step = _FIRST_STEP.match(path, len(prefix))
        if place.column is not None or place.row is None or step is None:
            return place
        names = self.names.get(PurePath(place.file).stem, {})
        return Place(place.file, place.row, names.get(step[1], step[1]))

    def _spot(self, path: str) -> str:
        place = self._place(path)
        return f"{place.file} row {place.row}" if place.row is not None else place.file
