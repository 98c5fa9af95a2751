"""Columns as small numbers, and several of them as one: what makes a million rows quick to compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

Codes = NDArray[np.uint64]

_MOST: Final = 2**62
_WORD_BITS: Final = 64


def encode_rows(frame: pl.DataFrame, words: Sequence[str], numbers: Sequence[str]) -> Codes:
    """Make one number of each row; two rows have the same if and only if they agree in all these columns.

    Parameters
    ----------
    frame:
        Has at least the columns named.
    words:
        Text columns; their words are numbered in the order of the alphabet.
    numbers:
        Columns of whole numbers and flags.

    Returns
    -------
    Codes
        Shape (rows,); they sort as the columns do, the first one first.
    """
    if frame.is_empty():
        return np.zeros(0, dtype=np.uint64)
    known = frame.select(pl.col(name).unique().sort().implode() for name in words).row(0) if words else ()
    least = frame.select(pl.col(name).cast(pl.Int64).min() for name in numbers).row(0) if numbers else ()
    most = frame.select(pl.col(name).cast(pl.Int64).max() for name in numbers).row(0) if numbers else ()
    coded = frame.select(
        *(
            pl.col(name).cast(pl.Enum(alphabet)).to_physical().cast(pl.UInt64)
            for name, alphabet in zip(words, known, strict=True)
        ),
        *((pl.col(name).cast(pl.Int64) - low).cast(pl.UInt64) for name, low in zip(numbers, least, strict=True)),
    )
    sizes = [*map(len, known), *(high - low + 1 for low, high in zip(least, most, strict=True))]
    return combine_codes([(coded[name].to_numpy(), size) for name, size in zip(coded.columns, sizes, strict=True)])


def combine_codes(columns: Sequence[tuple[Codes, int]]) -> Codes:
    """Make one number of several columns, each with how many values it may have; it sorts as the columns do in order.

    Where the product of the sizes would not fit, the columns so far are numbered anew by what is there.
    """
    combined, size = np.zeros(len(columns[0][0]), dtype=np.uint64), 1
    for codes, values in columns:
        if size * values > _MOST:
            ranked = pl.Series(combined).rank("dense").to_numpy().astype(np.uint64)
            combined, size = ranked - np.uint64(1), int(ranked.max(initial=1))
        combined = combined * np.uint64(values) + codes
        size *= values
    return combined


def sort_rows(key: Codes) -> tuple[Codes, pl.Series]:
    """The keys in order, and the rows that they come from; rows of one key stay in order.

    Where both fit into one number, that is what is sorted, which takes half as long as sorting rows by their keys.
    """
    row_bits = len(key).bit_length()
    if len(key) and int(key.max()).bit_length() + row_bits <= _WORD_BITS:
        packed = (key << np.uint64(row_bits)) | np.arange(len(key), dtype=np.uint64)
        packed.sort()
        rows = (packed & np.uint64((1 << row_bits) - 1)).astype(np.uint32)
        return packed >> np.uint64(row_bits), pl.Series(rows, dtype=pl.UInt32)
    order = pl.Series("key", key).to_frame().select(pl.arg_sort_by("key", maintain_order=True)).to_series()
    return key[order.to_numpy()], order
