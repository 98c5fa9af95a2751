"""Names one slip of the pen away: a character wrong, missing or too many, or two neighbours exchanged.

Both sides are brought into forms that are equal exactly if one slip makes the one out of the other, so that the
database join does the search. It is the symmetric deletion of W. Garbe (SymSpell, 2012) with the place of the character
kept: a wrong or superfluous character is masked where it stands instead of deleted, which leaves nothing to verify.
The measure is that of F. J. Damerau, A technique for computer detection and correction of spelling errors (1964).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

MASK: Final = "_"
# One of two characters in common is no likeness.
MIN_NAME_CHARS: Final = 3
_PLACE: Final = pl.col("_place")


def find_near(texts: pl.DataFrame, text: str, names: pl.DataFrame, name: str, on: Sequence[str] = ()) -> pl.DataFrame:
    """Pair texts with the names that they are, or that one slip made them of.

    Parameters
    ----------
    texts, names:
        Frames with the columns ``text`` and ``name`` respectively and those of ``on``; other columns come along. No
        text or name may contain the mask.
    on:
        Columns that must agree as well.

    Returns
    -------
    pl.DataFrame
        A line for each pair. Names of fewer than ``MIN_NAME_CHARS`` characters are near to nothing.

    """
    length = pl.col(name).str.len_chars()
    names = names.filter(length >= MIN_NAME_CHARS)
    if on:
        names = names.join(texts, on=on, how="semi")
    longest = names.select(length.max()).item() or 0
    all_names = names.with_row_index("_name").lazy()
    is_like = pl.col(text).str.len_chars().is_between(MIN_NAME_CHARS - 1, longest + 1)
    all_texts = texts.filter(is_like).with_row_index("_text").lazy()
    written, meant = _written(all_texts, text, on), _meant(all_names, name, on)
    pairs = written.join(meant, on=[*on, "_form"]).select("_text", "_name").unique()
    found = pairs.join(all_texts, on="_text").join(all_names.drop(on), on="_name")
    return found.drop("_text", "_name").collect()


def _written(texts: pl.LazyFrame, text: str, on: Sequence[str]) -> pl.LazyFrame:
    """A text as it is, and with any one of its characters masked."""
    masked = _at_each_place(texts, text, 0).select(*on, "_text", _form=_spliced(text, pl.lit(MASK), 1))
    return pl.concat([texts.select(*on, "_text", _form=text), masked])


def _meant(names: pl.LazyFrame, name: str, on: Sequence[str]) -> pl.LazyFrame:
    """What a slip makes of a name: masked where a character is wrong or too many, itself where one is missing."""
    places, gaps = _at_each_place(names, name, 0), _at_each_place(names, name, 1)
    swapped = pl.col(name).str.slice(_PLACE + 1, 1) + pl.col(name).str.slice(_PLACE, 1)
    slips = [
        places.select(*on, "_name", _form=_spliced(name, pl.lit(MASK), 1)),
        gaps.select(*on, "_name", _form=_spliced(name, pl.lit(MASK), 0)),
        places.select(*on, "_name", _form=_spliced(name, pl.lit(""), 1)),
        places.select(*on, "_name", _form=_spliced(name, swapped, 2)),
    ]
    return pl.concat(slips)


def _at_each_place(frame: pl.LazyFrame, column: str, more: int) -> pl.LazyFrame:
    """Each line once for each place in its text, and for ``more`` behind it."""
    ends = pl.col(column).str.len_chars() + more
    return frame.with_columns(_place=pl.int_ranges(ends.cast(pl.Int64))).explode("_place")


def _spliced(column: str, middle: pl.Expr, taken: int) -> pl.Expr:
    """A text with ``taken`` characters from its place on replaced."""
    whole = pl.col(column)
    return whole.str.slice(0, _PLACE) + middle + whole.str.slice(_PLACE + taken)
