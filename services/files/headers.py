"""Which row of a table names its columns, and what each name means.

Exports put a title above the header, spread the header over two rows of merged cells, and call a column by another
name. Only names that are known decide: never the looks of the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final

from services.files.faults import Findings
from services.files.plain_text import heading_key, shown_heading

SEARCHED_ROWS: Final = 10


@dataclass(frozen=True)
class Wanted:
    """The columns to keep of a table.

    ``aliases`` are other headings for one of them; ``unclear`` are headings that would mean one of them if only they
    said the unit. A column that is none of all these but whose name contains one of the ``personal_words`` is personal
    data: dropped and counted, not noted.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    personal_words: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    unclear: Mapping[str, str] = field(default_factory=dict)

    def meaning(self, key: str) -> str | None:
        """Say which wanted column a heading's key names."""
        return self._meanings.get(key)

    def is_unclear(self, key: str) -> bool:
        """Whether the heading should say its unit and does not."""
        return key in self._unclear_keys

    @cached_property
    def spellings(self) -> frozenset[str]:
        """All keys of the column that every header must have; none where no column is required."""
        return frozenset(key for key, name in self._meanings.items() if name in self.required[:1])

    @cached_property
    def _meanings(self) -> dict[str, str]:
        own = {name: name for name in (*self.required, *self.optional)}
        return {
            heading_key(heading): name for heading, name in (*self.unclear.items(), *self.aliases.items(), *own.items())
        }

    @cached_property
    def _unclear_keys(self) -> frozenset[str]:
        return frozenset(map(heading_key, self.unclear))


@dataclass(frozen=True, slots=True)
class Header:
    """A header: its last row as a spreadsheet counts, how many rows it spans, and its columns' names and meanings.

    ``keys`` are the headings that gave the meanings; a column that means nothing known has ``None`` for its meaning.
    """

    row: int
    depth: int
    names: tuple[str, ...]
    keys: tuple[str, ...]
    meanings: tuple[str | None, ...]

    def missing(self, wanted: Wanted) -> list[str]:
        """Name the required columns that it lacks."""
        return [name for name in wanted.required if name not in self.meanings]

    def known(self) -> dict[str, int]:
        """Give the position of each wanted column."""
        return {name: at for at, name in enumerate(self.meanings) if name is not None}


def find_header(file: str, head: Sequence[Sequence[str]], wanted: Wanted, findings: Findings) -> Header | None:
    """Find the header among a table's first rows; ``None`` and faults where there is none or more than one.

    A header that is repeated word for word is no second one. One that differs in a unit only is.
    """
    candidates = headers_of(head, wanted)
    if not candidates:
        findings.fault(file, "is empty; not even a header")
        return None
    full = [header for header in candidates if not header.missing(wanted)]
    if not full:
        _blame(file, _best(candidates, wanted), wanted, findings)
        return None
    first = full[0]  # by itself a header, unless none is
    for other in full[1:]:
        if other.depth == first.depth and other.keys != first.keys:
            said = f"looks like a header, and so does row {first.row}; keep one table in a file"
            findings.fault(file, said, other.row)
            return None
    # A row above or below may name more columns.
    around = [header for header in full if header is first or header.row - first.row in range(header.depth)]
    return _settled(file, _best(around, wanted), wanted, findings)


def headers_of(head: Sequence[Sequence[str]], wanted: Wanted) -> list[Header]:
    """Read each of the first rows as a header, then each two neighbours as one of merged cells.

    A table that requires no column has its header in its first row that is not empty.
    """
    rows = [(number, cells) for number, cells in enumerate(head[:SEARCHED_ROWS], start=1) if any(map(str.strip, cells))]
    singles = [_header(number, None, cells, wanted) for number, cells in rows]
    if not wanted.required:
        return singles[:1]
    pairs = [
        _header(number, above, cells, wanted)
        for (before, above), (number, cells) in pairwise(rows)
        if number == before + 1
    ]
    return singles + pairs


def best_score(head: Sequence[Sequence[str]], wanted: Wanted) -> int:
    """Count the wanted columns that the likeliest header names, a required one for more than all optional ones."""
    candidates = headers_of(head, wanted)
    return _score(_best(candidates, wanted), wanted) if candidates else 0


def _best(candidates: Sequence[Header], wanted: Wanted) -> Header:
    return max(candidates, key=lambda header: _score(header, wanted))  # the first of equals


def _score(header: Header, wanted: Wanted) -> int:
    found = set(header.meanings) - {None}
    return len(found & set(wanted.required)) * (len(wanted.optional) + 1) + len(found - set(wanted.required))


def _header(row: int, above: Sequence[str] | None, cells: Sequence[str], wanted: Wanted) -> Header:
    """Read a row, with the one above it where two make the header: a merged cell there spans its empty neighbours."""
    columns: list[tuple[str, str, str | None]] = []
    group = ""
    for at in range(max(len(cells), len(above or ()))):
        top = above[at].strip() if above and at < len(above) else ""
        own = cells[at].strip() if at < len(cells) else ""
        group = top or group
        columns.append(_column(own, group, wanted) if own else _column(top, "", wanted))
    names, keys, meanings = zip(*columns, strict=True)
    return Header(row, 1 if above is None else 2, names, keys, meanings)


def _column(own: str, group: str, wanted: Wanted) -> tuple[str, str, str | None]:
    for heading in (own, group + own):
        key = heading_key(heading)
        if meaning := wanted.meaning(key):
            return shown_heading(heading), key, meaning
    return shown_heading(f"{group} {own}"), heading_key(own), None


def _settled(file: str, header: Header, wanted: Wanted, findings: Findings) -> Header | None:
    """Give each meaning to one column, or report those that share one or do not say their unit."""
    meanings = list(header.meanings)
    ok = True
    for meaning in dict.fromkeys(filter(None, header.meanings)):
        places = [at for at, name in enumerate(header.meanings) if name == meaning]
        clear = [at for at in places if not wanted.is_unclear(header.keys[at])]
        if not clear:
            said = f"the unit is missing; call it {meaning}, or say another unit in the same way"
            findings.fault(file, said, header.row, header.names[places[0]])
        elif len(clear) > 1:
            first, second = clear[:2]
            is_same = header.keys[first] == header.keys[second]
            said = (
                "the column stands twice" if is_same else f"means the same as {header.names[first]}; keep one of them"
            )
            findings.fault(file, said, header.row, header.names[second])
        ok = ok and len(clear) == 1
        for at in set(places) - set(clear):
            meanings[at] = None
    return Header(header.row, header.depth, header.names, header.keys, tuple(meanings)) if ok else None


def _blame(file: str, header: Header, wanted: Wanted, findings: Findings) -> None:
    missing = header.missing(wanted)
    is_like_one = header.row > 1 and len(missing) < len(wanted.required)
    where = f"; row {header.row} is most like a header" if is_like_one else ""
    for name in missing:
        findings.fault(file, f"the required column is missing{where}", column=name)
