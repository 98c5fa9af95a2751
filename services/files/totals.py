"""Rows of an export that add up others: 合计, 小计, 共 25 票.

They are no parcels, but they know how many there should be: a file that lost rows is found out by them. A row counts as
a total only where nothing in it could belong to a parcel; what is uncertain stays a row, to be held with its fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Any, Final

import polars as pl

from services.files.plain_text import half_width
from services.files.quantities import GRAMS, MILLILITRES, read_count, read_measure
from services.files.tables import FIRST, ROW, listed_rows
from services.files.waybill_headings import CARRIER, OPTIONAL, PIECES, REQUIRED, VOLUME, WAYBILL, WEIGHT

_WORDS: Final = "合计|总计|小计|共计|汇总|累计|总数|计数|(?:sub|grand ?)?total"
_LIKELY: Final = rf"(?i)[合总小]\s+计|{_WORDS}|共\s*[0-9]"
_SUMS: Final = r"[\d.,:，；;、()票单条笔个件数量重共公斤千克吨kg]*"
# A total's word, with whose it is before and what it comes to after; or only what it comes to.
_TOTAL: Final = re.compile(rf"[^\d:]{{0,20}}?(?:{_WORDS}):?({_SUMS})", re.IGNORECASE)
_TOGETHER: Final = re.compile(rf"(?:本页|本日|当日|以上)?共(\d{{1,9}}[票单条笔个件]{_SUMS})", re.IGNORECASE)
_OF_A_PART: Final = re.compile("小计|汇总|计数|本页|subtotal", re.IGNORECASE)
_COUNT: Final = re.compile(r"(?<![\d.,])(\d{1,9})([票单条笔个件]|$)")
_WEIGHT: Final = re.compile(r"(\d+(?:\.\d+)?(?:kg|公斤|千克|克|吨|g))", re.IGNORECASE)
_SHORT_COUNT: Final = re.compile(r"(\d{1,7})[票单条笔个件]?")
_MEASURE: Final = re.compile(r"[+-]?[\d,]*(?:\.(\d*))?(.*)")

_MOST_NOTES: Final = 5
_MOST_STARTS: Final = 50


@dataclass(frozen=True, slots=True)
class Total:
    """A total: its row, whether it adds up only a part of the file, and what it states, ``None`` where it does not."""

    row: int
    is_of_a_part: bool = False
    parcels: int | None = None
    parcels_or_pieces: int | None = None
    pieces: int | None = None
    weight_g: int | None = None
    weight_step_g: int = 1  # what the weight's last decimal is worth


def take_totals(rows: pl.DataFrame, weight_unit_g: int) -> tuple[pl.DataFrame, list[Total]]:
    """Take the totals out of a waybill table's rows; the weight column's unit is given in grams."""
    likely = rows.filter(pl.any_horizontal(pl.col(FIRST, WAYBILL, CARRIER).str.contains(_LIKELY)))
    totals = [total for row in likely.iter_rows(named=True) if (total := _total(row, weight_unit_g))]
    taken = pl.Series([total.row for total in totals], dtype=rows.schema[ROW])
    return rows.filter(~pl.col(ROW).is_in(taken.implode())), totals


def total_notes(file: str, totals: Sequence[Total], parcels: pl.DataFrame) -> list[str]:
    """Say which rows were totals, and where one states something else than the rows read come to.

    ``parcels`` has the columns row (rising), pieces, weight_g and has_weight (whether its weight could be read). A
    total is right if it adds up the rows back to any total before it, or to the top.
    """
    if not totals:
        return []
    notes = [f"{file}: {'totals' if len(totals) > 1 else 'a total'} in {listed_rows([t.row for t in totals])}, skipped"]
    wrong = list(_wrong(totals, parcels))
    notes += [f"{file} row {row}: {said} 合计与实读不符" for row, said in wrong[:_MOST_NOTES]]
    if len(wrong) > _MOST_NOTES:
        notes.append(f"{file}: {len(wrong) - _MOST_NOTES} more totals state something else than was read")
    return notes


def _total(row: Mapping[str, Any], weight_unit_g: int) -> Total | None:
    """Read a row as a total; ``None`` where anything in it might be a parcel's."""
    first, waybill, carrier = (_squeezed(row[name]) for name in (FIRST, WAYBILL, CARRIER))
    matches = [_TOTAL.fullmatch(text) or _TOGETHER.fullmatch(text) for text in dict.fromkeys((first, waybill, carrier))]
    phrases = [match for match in matches if match]
    known = {match[0] for match in phrases}
    quantities = (WEIGHT, VOLUME, PIECES)
    others = [_squeezed(row[name]) for name in (FIRST, WAYBILL, *REQUIRED, *OPTIONAL) if name not in quantities]
    if not phrases or (carrier and carrier not in known):
        return None
    if any(text and text not in known and not _SHORT_COUNT.fullmatch(text) for text in others):
        return None
    try:
        pieces = read_count(row[PIECES]) if row[PIECES] else None
        measure = row[WEIGHT] or "".join(_WEIGHT.findall("".join(match[1] for match in phrases))[:1])
        weight_g = read_measure(measure, GRAMS, weight_unit_g) if measure else None
        step_g = _step_g(measure, weight_unit_g) if measure else 1
        if row[VOLUME]:
            read_measure(row[VOLUME], MILLILITRES, 1)
    except ValueError:
        return None
    counts = [found for match in phrases for found in _COUNT.findall(match[1])]
    parcels = next((int(number) for number, unit in counts if unit not in ("件", "")), None)
    either = next((int(number) for number, unit in counts if unit in ("件", "")), None)
    if parcels is None and waybill not in known and (match := _SHORT_COUNT.fullmatch(waybill)):
        parcels = int(match[1])
    is_of_a_part = any(_OF_A_PART.search(text) for text in known)
    return Total(row[ROW], is_of_a_part, parcels, either, pieces, weight_g, step_g)


def _squeezed(cell: str) -> str:
    return "".join(half_width(cell).split())


def _step_g(measure: str, unit_g: int) -> int:
    match = _MEASURE.fullmatch(_squeezed(measure))
    if not match:
        return 1
    worth_g = Decimal(read_measure(f"1{match[2]}", GRAMS, unit_g))
    return max(1, int(worth_g.scaleb(-len(match[1] or ""))))


@dataclass(frozen=True, slots=True)
class _Read:
    """What some neighbouring rows come to."""

    parcels: int
    pieces: int
    weight_g: int
    without_weight: int


def _wrong(totals: Sequence[Total], parcels: pl.DataFrame) -> Iterator[tuple[int, str]]:
    """Compare each total with the rows above it, from every place where it may have started."""
    rows = parcels["row"]
    pieces = [0, *accumulate(parcels["pieces"].to_list())]
    grams = [0, *accumulate(parcels["weight_g"].to_list())]
    unread = [0, *accumulate((~parcels["has_weight"]).cast(pl.Int64).to_list())]
    starts = [0]
    for total in totals:
        end = int(rows.search_sorted(total.row))
        likely = starts[-1] if total.is_of_a_part else 0
        tried = dict.fromkeys((likely, 0, *starts[-_MOST_STARTS:]))
        said = [
            _contradictions(
                total, _Read(end - at, pieces[end] - pieces[at], grams[end] - grams[at], unread[end] - unread[at])
            )
            for at in tried
        ]
        if all(said):
            yield total.row, "; ".join(said[0])
        starts.append(end)


def _contradictions(total: Total, read: _Read) -> list[str]:
    """Say in what a total differs from what was read."""
    said = []
    if total.parcels not in (None, read.parcels):
        said.append(f"the total says {total.parcels} parcels, {read.parcels} were read")
    if total.parcels_or_pieces not in (None, read.parcels, read.pieces):
        either = f"{read.parcels} parcels of {read.pieces} pieces"
        said.append(f"the total says {total.parcels_or_pieces}, {either} were read")
    if total.pieces not in (None, read.pieces):
        said.append(f"the total says {total.pieces} pieces, {read.pieces} were read")
    if total.weight_g is not None and 2 * abs(read.weight_g - total.weight_g) > total.weight_step_g:
        unread = f" ({read.without_weight} rows have no readable weight)" if read.without_weight else ""
        said.append(f"the total says {_kg(total.weight_g)} kg, {_kg(read.weight_g)} kg were read{unread}")
    return said


def _kg(grams: int) -> str:
    return f"{Decimal(grams) / 1000:f}"
