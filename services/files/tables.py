"""One table of a county folder as a frame of texts: CSV in UTF-8 or GB18030, or the first sheet of an XLSX.

Every cell stays text, so that waybill numbers and codes keep their digits. The cutting into rows and cells follows
RFC 4180 and is done here rather than by a CSV reader because a row with a cell too many or too few must be named,
where readers fill it up, shift it or refuse the file. It works on whole columns: 300,000 rows take a few seconds.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fastexcel
import polars as pl

from services.files.faults import Findings

ROW: Final = "row"
WIDTH: Final = "width"

# Stand-ins for what a quoted cell may hold but must not cut: comma, line break, quotation mark. Unicode keeps these
# code points for such inner uses; no text has them.
_COMMA, _BREAK, _QUOTE = "\ufdd0", "\ufdd1", "\ufdd2"

# GB18030 knows nearly every byte sequence, so other encodings have to be told apart by how they begin.
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns to keep of a table.

    A column that is not among them but whose name contains one of the ``personal_words`` is personal data: dropped
    and counted, not noted.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    personal_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table's known columns as text, with ``row`` (the spreadsheet's number) and ``width`` (cells in that row).

    An optional column that the file has not is there and empty. ``header`` are the file's column names,
    ``personal`` the dropped columns with their number of non-empty cells, ``blank_rows`` how many were skipped.
    """

    file: str
    rows: pl.DataFrame
    header: tuple[str, ...]
    personal: tuple[tuple[str, int], ...] = ()
    blank_rows: int = 0


def has_table(path: Path) -> bool:
    """Whether the table is there, as ``path`` itself or as an XLSX of that stem."""
    return path.is_file() or path.with_suffix(".xlsx").is_file()


def read_table(path: Path, wanted: Wanted, findings: Findings, folder: str = "") -> Table | None:
    """Read a table with its known columns; ``None`` where it cannot be read at all.

    Parameters
    ----------
    path:
        The CSV; an XLSX with the same stem counts as the same table.
    wanted:
        The columns to keep. Others are noted and ignored.
    findings:
        Where faults and notes go.
    folder:
        Put before the file's name in messages (``gtfs/``).

    """
    xlsx = path.with_suffix(".xlsx")
    file = folder + (xlsx.name if xlsx.is_file() and not path.is_file() else path.name)
    if path != xlsx and path.is_file() and xlsx.is_file():
        findings.fault(file, f"{xlsx.name} is there as well; keep one of them")
        return None
    if not has_table(path):
        findings.fault(file, "the file is missing")
        return None
    source = path if path.is_file() else xlsx
    try:
        records = _xlsx_records(source) if source.suffix == ".xlsx" else _csv_records(source, file, findings)
    except OSError as error:
        findings.fault(file, f"cannot be read: {error.strerror}")
        return None
    except fastexcel.FastExcelError:
        findings.fault(file, "is no XLSX workbook that can be read")
        return None
    if records is None:
        return None
    return _named(file, records, wanted, findings)


def refuse_ragged_rows(table: Table, findings: Findings) -> None:
    """Report every row that has not as many cells as the header."""
    ragged = table.rows.filter(pl.col(WIDTH) != len(table.header))
    for row, width in ragged.select(ROW, WIDTH).iter_rows():
        findings.fault(table.file, f"the row has {width} cells, the header {len(table.header)}", row)


def _xlsx_records(path: Path) -> pl.Series:
    """Take the first sheet's rows as lists of cells."""
    sheet = fastexcel.read_excel(path).load_sheet(0, header_row=None, dtypes="string").to_polars()
    if sheet.width == 0:
        return pl.Series([], dtype=pl.List(pl.String))
    return sheet.select(pl.concat_list(pl.all().cast(pl.String).fill_null(""))).to_series()


def _csv_records(path: Path, file: str, findings: Findings) -> pl.Series | None:
    """Cut the file's rows into lists of cells, a quoted line break not ending a row."""
    text = _decoded(path.read_bytes(), file, findings)
    if text is None:
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if '"' in text:
        unquoted = _unquoted(text, file, findings)
        if unquoted is None:
            return None
        text = unquoted
    lines = _split(text.removesuffix("\n"), "\n") if text else pl.Series([], dtype=pl.String)
    return lines.str.split(",")


def _split(text: str, separator: str) -> pl.Series:
    # A list of ten million Python strings would take gigabytes; a series of them does not.
    return pl.Series([text], dtype=pl.String).str.split(separator).explode()


def _decoded(data: bytes, file: str, findings: Findings) -> str | None:
    if data.startswith(_UTF16_MARKS):
        findings.fault(file, "is in UTF-16; save it as CSV UTF-8")
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        findings.fault(file, "is neither in UTF-8 nor in GB18030")
        return None
    findings.note(f"{file} is in GB18030")
    return text


def _unquoted(text: str, file: str, findings: Findings) -> str | None:
    """Resolve quotation marks: what stands in quotes gets stand-ins for its commas, breaks and doubled quotes.

    Split at the marks, odd parts are inside quotes. An empty part between two of those is a doubled mark; any other
    even part must end a cell before the next mark and start one after the last.
    """
    if text.count('"') % 2:
        findings.fault(file, "a quotation mark is not closed", text.count("\n", 0, text.rindex('"')) + 1)
        return None
    column = _split(text, '"').alias("part").to_frame().with_row_index("index")
    last = column.height - 1
    index, part = pl.col("index"), pl.col("part")
    inside = index % 2 == 1
    doubled = ~inside & (part == "") & (index > 0) & (index < last)
    opens = (index == last) | doubled | part.str.contains(r"[,\n]$") | ((index == 0) & (part == ""))
    closes = (index == 0) | doubled | part.str.contains(r"^[,\n]") | ((index == last) & (part == ""))
    stray = column.filter(~inside & ~(opens & closes))
    if stray.height:
        at, found = stray.row(0)
        before = sum(column["part"].head(at).str.count_matches("\n")) + 1
        # A part that does not end its cell is at fault where the next mark stands, else where the last one stood.
        row = before if at and not found.startswith((",", "\n")) else before + found.count("\n")
        findings.fault(file, "a quotation mark stands within a cell; put the cell in quotes and double the mark", row)
        return None
    kept = part.str.replace_all(",", _COMMA, literal=True).str.replace_all("\n", _BREAK, literal=True)
    resolved = pl.when(inside).then(kept).when(doubled).then(pl.lit(_QUOTE)).otherwise(part)
    return str(column.select(resolved.str.join()).item())


def _named(file: str, records: pl.Series, wanted: Wanted, findings: Findings) -> Table | None:
    """Give the cells their columns' names, or report what the header lacks."""
    if not records.len():
        findings.fault(file, "is empty; not even a header")
        return None
    header = tuple(_plain(name) for name in records[0])
    missing = [name for name in wanted.required if name not in header]
    for name in missing:
        findings.fault(file, "the required column is missing", column=name)
    if missing:
        return None
    repeated = [name for name, count in Counter(header).items() if name and count > 1]
    for name in repeated:
        findings.fault(file, "the column stands twice", 1, name)
    if repeated:
        return None
    cells = records.slice(1).alias("cells").to_frame().with_row_index(ROW, offset=2)
    blank = ~pl.col("cells").list.eval(_clean(pl.element()) != "").list.any()
    filled = cells.filter(~blank)
    known = {name: header.index(name) for name in (*wanted.required, *wanted.optional) if name in header}
    unknown = [name for name in header if name and name not in known]
    personal = [name for name in unknown if any(word in name.lower() for word in wanted.personal_words)]
    counts = filled.select(
        _clean(pl.col("cells").list.get(header.index(name), null_on_oob=True)).ne("").sum().alias(name)
        for name in personal
    )
    noted = [name for name in unknown if name not in personal]
    if noted:
        findings.note(f"{file}: unknown columns ignored: {', '.join(noted)}")
    rows = filled.select(
        pl.col(ROW).cast(pl.UInt32),
        pl.col("cells").list.len().alias(WIDTH),
        *(
            _clean(pl.col("cells").list.get(index, null_on_oob=True).fill_null("")).alias(name)
            for name, index in known.items()
        ),
        *(pl.lit("").alias(name) for name in wanted.optional if name not in known),
    )
    dropped = tuple((name, int(counts[name][0])) for name in personal)
    return Table(file, rows, header, dropped, cells.height - filled.height)


def _plain(name: str) -> str:
    """Free a header's name of the full-width brackets and spaces that input methods leave."""
    return unicodedata.normalize("NFKC", _restored(name)).strip().removeprefix("\ufeff")


def _restored(text: str) -> str:
    return text.replace(_COMMA, ",").replace(_BREAK, "\n").replace(_QUOTE, '"')


def _clean(cell: pl.Expr) -> pl.Expr:
    """Give a cell its quoted characters back and take the spaces around it away."""
    for stand_in, character in ((_COMMA, ","), (_BREAK, "\n"), (_QUOTE, '"')):
        cell = cell.str.replace_all(stand_in, character, literal=True)
    return cell.str.strip_chars()
