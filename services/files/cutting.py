"""Text to rows of cells by RFC 4180, with any delimiter.

It is done here rather than by a CSV reader because a row with a cell too many or too few must be named, where readers
fill it up, shift it or refuse the file. It works on whole columns: 300,000 rows take a few seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

from services.files.faults import Findings

# Stand-ins for what a quoted cell may hold but must not cut: delimiter, line break, quotation mark. Unicode keeps
# these code points for such inner uses; no text has them.
_CUT, _BREAK, _QUOTE = "\ufdd0", "\ufdd1", "\ufdd2"
_FORMULA_START: Final = '="'


@dataclass(frozen=True, slots=True)
class Records:
    """A table's rows as lists of cells; cells that stood in quotes hold stand-ins until they are restored."""

    rows: pl.Series
    delimiter: str = ""

    def restored(self, cell: str) -> str:
        """Give a cell its quoted characters back."""
        return cell.replace(_CUT, self.delimiter).replace(_BREAK, "\n").replace(_QUOTE, '"')

    def clean(self, cell: pl.Expr) -> pl.Expr:
        """Give cells their quoted characters back and take the spaces around them away."""
        if self.delimiter:
            for stand_in, character in ((_CUT, self.delimiter), (_BREAK, "\n"), (_QUOTE, '"')):
                cell = cell.str.replace_all(stand_in, character, literal=True)
        return cell.str.strip_chars()

    def head(self, count: int) -> list[list[str]]:
        """Give the first rows, restored."""
        return [[self.restored(cell) for cell in row] for row in self.rows.head(count).to_list()]


def cut(text: str, delimiter: str, file: str, findings: Findings) -> Records | None:
    """Cut text whose lines end in line feeds into rows of cells; a quoted line feed ends no row."""
    has_quotes = '"' in text
    if has_quotes:
        unquoted = _unquoted(_unwrapped(text, delimiter), delimiter, file, findings)
        if unquoted is None:
            return None
        text = unquoted
    lines = _split(text.removesuffix("\n"), "\n") if text else pl.Series([], dtype=pl.String)
    return Records(lines.str.split(delimiter), delimiter if has_quotes else "")


def _split(text: str, separator: str) -> pl.Series:
    # A list of ten million Python strings would take gigabytes; a series of them does not.
    return pl.Series([text], dtype=pl.String).str.split(separator).explode()


def _unwrapped(text: str, delimiter: str) -> str:
    """Take cells out of formulas that only say text, ``="0012"``: exports write them to keep a spreadsheet's hands off.

    Within a properly quoted cell every mark is doubled, so none is mistaken for such a formula.
    """
    if _FORMULA_START not in text:
        return text
    cut_here = re.escape(delimiter)
    return re.sub(rf'(?m)(^|{cut_here})="([^"\n{cut_here}]+)"(?=$|{cut_here})', r"\1\2", text)


def _unquoted(text: str, delimiter: str, file: str, findings: Findings) -> str | None:
    """Resolve quotation marks: what stands in quotes gets stand-ins for its delimiters, breaks and doubled quotes.

    Split at the marks, odd parts are inside quotes. An empty part between two of those is a doubled mark; any other
    even part must end a cell before the next mark and start one after the last.
    """
    if text.count('"') % 2:
        findings.fault(file, "a quotation mark is not closed", text.count("\n", 0, text.rindex('"')) + 1)
        return None
    column = _split(text, '"').alias("part").to_frame().with_row_index("index")
    last = column.height - 1
    index, part = pl.col("index"), pl.col("part")
    ends = f"[{re.escape(delimiter)}\n]"
    inside = index % 2 == 1
    doubled = ~inside & (part == "") & (index > 0) & (index < last)
    opens = (index == last) | doubled | part.str.contains(f"{ends}$") | ((index == 0) & (part == ""))
    closes = (index == 0) | doubled | part.str.contains(f"^{ends}") | ((index == last) & (part == ""))
    stray = column.filter(~inside & ~(opens & closes))
    if stray.height:
        at, found = stray.row(0)
        before = sum(column["part"].head(at).str.count_matches("\n")) + 1
        # A part that does not end its cell is at fault where the next mark stands, else where the last one stood.
        row = before if at and not found.startswith((delimiter, "\n")) else before + found.count("\n")
        findings.fault(file, "a quotation mark stands within a cell; put the cell in quotes and double the mark", row)
        return None
    kept = part.str.replace_all(delimiter, _CUT, literal=True).str.replace_all("\n", _BREAK, literal=True)
    resolved = pl.when(inside).then(kept).when(doubled).then(pl.lit(_QUOTE)).otherwise(part)
    return str(column.select(resolved.str.join()).item())
