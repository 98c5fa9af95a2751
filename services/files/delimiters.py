"""What separates a text table's cells: comma, tab, semicolon, or the full-width comma of Chinese input methods.

The names that are known in the header decide; data may hold any of these characters.
"""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import Final

from services.files.faults import Findings
from services.files.headers import SEARCHED_ROWS, Wanted, best_score

COMMA: Final = ","
_WIDE_COMMA: Final = "，"
_NAMES: Final = {"\t": "tabs", ";": "semicolons"}
_LOOKED_AT: Final = 64_000  # characters: below the longest cell that the CSV reader takes


def delimited(text: str, file: str, wanted: Wanted, findings: Findings) -> tuple[str, str]:
    """Say which delimiter cuts a text, and give the text with it throughout; a comma where nothing tells."""
    head = text[:_LOOKED_AT]
    scores = {delimiter: _score(head, delimiter, wanted) for delimiter in (COMMA, *_NAMES)}
    best = max(scores, key=scores.__getitem__)
    if _WIDE_COMMA in head and _score(head.replace(_WIDE_COMMA, COMMA), COMMA, wanted) > scores[best]:
        findings.note(f"{file}: the header is separated by full-width commas")
        return _narrowed(text, wanted), COMMA
    if best in _NAMES:
        findings.note(f"{file} is separated by {_NAMES[best]}")
    return text, best


def _score(head: str, delimiter: str, wanted: Wanted) -> int:
    return best_score(_rows(head, delimiter), wanted)


def _rows(head: str, delimiter: str) -> list[list[str]]:
    try:
        return list(islice(csv.reader(io.StringIO(head), delimiter=delimiter), SEARCHED_ROWS))
    except csv.Error:
        return []


def _narrowed(text: str, wanted: Wanted) -> str:
    """Write ASCII commas for full-width ones in the header, and in the rows too where they separate their cells.

    An address may hold full-width commas, so rows are changed only if more of them get the header's width by it; a row
    that is then cut wrongly has another width than the header and is reported.
    """
    lines = text.split("\n")
    scored = [
        (best_score(_rows(line.replace(_WIDE_COMMA, COMMA), COMMA), wanted), -at)
        for at, line in enumerate(lines[:SEARCHED_ROWS])
    ]
    at = -max(scored)[1]
    lines[at] = lines[at].replace(_WIDE_COMMA, COMMA)
    cuts, rows = lines[at].count(COMMA), lines[at + 1 :]
    narrow = sum(row.count(COMMA) == cuts for row in rows)
    wide = sum(row.count(_WIDE_COMMA) == cuts for row in rows)
    if wide > narrow:
        rows = [row.replace(_WIDE_COMMA, COMMA) for row in rows]
    return "\n".join([*lines[: at + 1], *rows])
