"""What is wrong with the files of a county folder, said so that somebody with a spreadsheet can mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from services.model.errors import CuntongError

MAX_PRINTED: Final = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: the file, the row as a spreadsheet counts (header = 1), the column, and what.

    Without ``row`` it is about the whole file or column, without ``column`` about the whole row or file.

    >>> print(Fault("vehicles.csv", 7, "capacity_g", '"-5" is negative'))
    vehicles.csv row 7, column capacity_g: "-5" is negative
    """

    file: str
    row: int | None
    column: str | None
    message: str

    def __str__(self) -> str:
        row = f" row {self.row}" if self.row is not None else ""
        column = f", column {self.column}" if self.column is not None else ""
        return f"{self.file}{row}{column}: {self.message}"


class CountyFolderError(CuntongError):
    """A county folder, or one of its files, cannot be read; carries every fault found."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [str(fault) for fault in self.faults[:MAX_PRINTED]]
        if len(self.faults) > MAX_PRINTED:
            lines.append(f"and {len(self.faults) - MAX_PRINTED} more")
        super().__init__("\n".join(lines))


@dataclass(slots=True)
class Findings:
    """What comes up while reading: faults, which forbid the result, and notes, which a user should know."""

    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def fault(self, file: str, message: str, row: int | None = None, column: str | None = None) -> None:
        """Add a fault."""
        self.faults.append(Fault(file, row, column, message))

    def note(self, text: str) -> None:
        """Add a note."""
        self.notes.append(text)

    def raise_if_any(self) -> None:
        """Raise all faults together.

        Raises
        ------
        CountyFolderError
            When there is at least one.

        """
        if self.faults:
            raise CountyFolderError(self.faults)
