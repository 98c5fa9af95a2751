"""One table of a county folder as a frame of texts: a CSV or its like, or a sheet of an XLSX.

Every cell stays text, so that waybill numbers and codes keep their digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import fastexcel
import polars as pl

from services.files.cutting import Records, cut
from services.files.delimiters import delimited
from services.files.encodings import decode
from services.files.faults import Findings
from services.files.headers import SEARCHED_ROWS, Header, Wanted, find_header, headers_of
from services.files.plain_text import heading_key
from services.files.workbook import read_workbook

ROW: Final = "row"
WIDTH: Final = "width"
FIRST: Final = "first"

# Forms that a table may have besides the one it is called by.
_OTHER_FORMS: Final = {".csv": (".xlsx", ".tsv", ".txt"), ".txt": (".xlsx",)}
_SHOWN_ROWS: Final = 10


@dataclass(frozen=True, slots=True)
class Table:
    """A table's known columns as text, with ``row`` (the spreadsheet's number) and ``width`` (cells in that row).

    ``first`` is the text of each row's first cell, whatever its column. An optional column that the file has not is
    there and empty. ``header`` are the file's column names, ``keys`` the headings' keys by wanted column, ``leading``
    is the wanted column that comes first in the file, if one does, ``personal`` are the dropped columns with their
    number of non-empty cells, ``blank_rows`` says how many were skipped.
    """

    file: str
    rows: pl.DataFrame
    header: tuple[str, ...]
    keys: dict[str, str] = field(default_factory=dict)
    leading: str | None = None
    personal: tuple[tuple[str, int], ...] = ()
    blank_rows: int = 0


def has_table(path: Path) -> bool:
    """Whether the table is there, as ``path`` itself or in another form."""
    return bool(_forms(path))


def read_table(path: Path, wanted: Wanted, findings: Findings, folder: str = "") -> Table | None:
    """Read a table with its known columns; ``None`` where it cannot be read at all.

    Parameters
    ----------
    path:
        The CSV; a file with the same stem and another of the known endings counts as the same table.
    wanted:
        The columns to keep. Others are noted and ignored.
    findings:
        Where faults and notes go.
    folder:
        Put before the file's name in messages (``gtfs/``).

    """
    forms = _forms(path)
    if not forms:
        old = path.with_suffix(".xls")
        hint = f"; {old.name} is there, save it as .xlsx" if old.is_file() else ""
        findings.fault(folder + path.name, f"the file is missing{hint}")
        return None
    source, *others = forms
    file = folder + source.name
    if others:
        findings.fault(file, f"{others[0].name} is there as well; keep one of them")
        return None
    try:
        records = _records(source, file, wanted, findings)
    except OSError as error:
        findings.fault(file, f"cannot be read: {error.strerror}")
        return None
    except fastexcel.FastExcelError:
        findings.fault(file, "is no XLSX workbook that can be read")
        return None
    if records is None:
        return None
    header = find_header(file, records.head(SEARCHED_ROWS), wanted, findings)
    return _named(file, records, header, wanted, findings) if header else None


def refuse_ragged_rows(table: Table, findings: Findings) -> None:
    """Report every row that has not as many cells as the header."""
    ragged = table.rows.filter(pl.col(WIDTH) != len(table.header))
    for row, width in ragged.select(ROW, WIDTH).iter_rows():
        findings.fault(table.file, f"the row has {width} cells, the header {len(table.header)}", row)


def listed_rows(rows: Sequence[int]) -> str:
    """Name rows for a note: ``rows 12, 30 and 5 more``.

    >>> listed_rows([12]), listed_rows([12, 30])
    ('row 12', 'rows 12, 30')
    """
    shown = ", ".join(map(str, rows[:_SHOWN_ROWS]))
    more = f" and {len(rows) - _SHOWN_ROWS} more" if len(rows) > _SHOWN_ROWS else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"


def _forms(path: Path) -> list[Path]:
    suffixes = dict.fromkeys((path.suffix, *_OTHER_FORMS.get(path.suffix, ())))
    return [form for suffix in suffixes if (form := path.with_suffix(suffix)).is_file()]


def _records(source: Path, file: str, wanted: Wanted, findings: Findings) -> Records | None:
    if source.suffix == ".xlsx":
        return read_workbook(source, file, findings)
    text = decode(source.read_bytes(), file, findings)
    if text is None:
        return None
    text, delimiter = delimited(text.replace("\r\n", "\n").replace("\r", "\n"), file, wanted, findings)
    return cut(text, delimiter, file, findings)


def _named(file: str, records: Records, header: Header, wanted: Wanted, findings: Findings) -> Table | None:
    """Give the cells their columns' names."""
    if header.row > header.depth:
        above = listed_rows(range(1, header.row - header.depth + 1))
        findings.note(f"{file}: the header is row {header.row}; {above} above it not read")
    cells = records.rows.slice(header.row).alias("cells").to_frame().with_row_index(ROW, offset=header.row + 1)
    blank = records.clean(pl.col("cells").list.join("")) == ""
    filled = cells.filter(~blank)
    data = _without_repeated_headers(file, records, filled, header, wanted, findings)
    if data is None:
        return None

    def column(at: int) -> pl.Expr:
        return records.clean(pl.col("cells").list.get(at, null_on_oob=True).fill_null(""))

    known = header.known()
    unknown = [(at, name) for at, name in enumerate(header.names) if name and header.meanings[at] is None]
    personal = [(at, name) for at, name in unknown if any(word in name.lower() for word in wanted.personal_words)]
    _note_columns(file, header, [name for at, name in unknown if (at, name) not in personal], findings)
    rows = data.select(
        pl.col(ROW).cast(pl.UInt32),
        pl.col("cells").list.len().alias(WIDTH),
        column(0).alias(FIRST),
        *(column(at).alias(name) for name, at in known.items()),
        *(pl.lit("").alias(name) for name in wanted.optional if name not in known),
    )
    counts = data.select(column(at).ne("").sum().alias(str(at)) for at, _ in personal)
    dropped = tuple((name, int(counts[str(at)][0])) for at, name in personal)
    keys = {name: header.keys[at] for name, at in known.items()}
    return Table(file, rows, header.names, keys, header.meanings[0], dropped, cells.height - filled.height)


def _note_columns(file: str, header: Header, unknown: Sequence[str], findings: Findings) -> None:
    if unknown:
        findings.note(f"{file}: unknown columns ignored: {', '.join(unknown)}")
    renamed = [
        f"{name} as {meaning}"
        for name, key, meaning in zip(header.names, header.keys, header.meanings, strict=True)
        if meaning is not None and key != heading_key(meaning)
    ]
    if renamed:
        findings.note(f"{file}: columns read by another name: {', '.join(renamed)}")


def _without_repeated_headers(
    file: str, records: Records, rows: pl.DataFrame, header: Header, wanted: Wanted, findings: Findings
) -> pl.DataFrame | None:
    """Leave out headers that were pasted with the rows of a second file; one that differs forbids to read on."""
    spelled = list({header.names[header.known()[name]] for name in wanted.required[:1]} | wanted.spellings)
    hits = rows.select(pl.col("cells").list.eval(pl.element().str.strip_chars().is_in(spelled)).list.any()).to_series()
    repeated: list[int] = []
    for at in hits.arg_true():
        row, around = rows[at, ROW], rows["cells"].slice(at, header.depth).to_list()
        found = headers_of([[records.restored(cell) for cell in cells] for cells in around], wanted)
        if any(other.keys == header.keys for other in found):
            repeated += range(row, row + header.depth)
        elif any(len(other.known()) > 1 for other in found):
            findings.fault(file, f"is a header unlike that of row {header.row}; keep one table in a file", row)
            return None
    if repeated:
        findings.note(f"{file}: the header again in {listed_rows(repeated)}, skipped")
    return rows.filter(~pl.col(ROW).is_in(repeated))
