"""The gazetteer of administrative villages 行政村."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from services.files.cells import Column, code, read_records, text
from services.files.faults import Findings
from services.model.network import Village

COLUMNS: Final = (
    Column("code", code, required=True),
    *(
        Column(name, text, required=True)
        for name in ("name", "township_code", "kind", "township", "county_code", "county")
    ),
)


def read_villages(folder: Path) -> tuple[Village, ...]:
    """Read the villages of ``villages.csv``, leaving out urban communities 社区.

    Raises
    ------
    CountyFolderError
        When the file is missing or a row cannot be read.

    """
    findings = Findings()
    records = read_records(folder / "villages.csv", COLUMNS, findings)
    findings.raise_if_any()
    values = (record.values for record in records if record.values["kind"] == "village")
    return tuple(Village(**{name: value for name, value in one.items() if name != "kind"}) for one in values)
