"""What the rule of who may use what sees of a parcel: few profiles stand for a million parcels.

The rule is evaluated once for each profile instead of for each parcel. Weights and sizes of pieces count only by which
of the rule's limits they are within, townships only where an agreement names them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from services.consolidation.admissibility import Way, is_admissible
from services.consolidation.codes import encode_rows

_WORDS: Final = ("carrier_id", "direction", "temperature", "category", "township_code")
_FLAGS: Final = ("emergency", "scanned")


def number_sets(
    parcels: pl.DataFrame, ways: Sequence[Way], service_date: date
) -> tuple[pl.Series, list[tuple[int, ...]]]:
    """Number the sets of ways that parcels may use.

    Parameters
    ----------
    parcels:
        Frame with what ``is_admissible`` reads.
    ways:
        The ways there are.
    service_date:
        The day that counts for agreements' weekdays.

    Returns
    -------
    tuple[pl.Series, list[tuple[int, ...]]]
        Each parcel's ``set_number``, and by number the positions of the ways in the set. Numbers follow the sets'
        content, whatever the order of the parcels.
    """
    limits = {
        "piece_g": sorted({limit for way in ways for limit in _limits(way, "max_piece_g")}),
        "piece_ml": sorted({limit for way in ways for limit in _limits(way, "max_piece_ml")}),
    }
    named = sorted({township for way in ways if way.agreement for township in way.agreement.townships})
    is_named = pl.col("township_code").is_in(pl.Series(named, dtype=pl.String).implode())
    township = pl.when(is_named).then("township_code").otherwise(pl.lit(""))
    bounded = parcels.select(
        *(name for name in _WORDS if name != "township_code"),
        township.alias("township_code"),
        *_FLAGS,
        *(_within(pl.col(name), bounds).alias(name) for name, bounds in limits.items()),
    )
    profile = pl.Series("profile", encode_rows(bounded, _WORDS, (*_FLAGS, *limits)))
    # Any parcel of a profile will do to evaluate the rule on: all of its parcels are on the same side of every limit.
    examples = profile.arg_unique()
    few = parcels.select(*_WORDS, *_FLAGS, *limits)[examples]
    admitted = few.select(
        is_admissible(way, service_date).fill_null(False).alias(str(position)) for position, way in enumerate(ways)
    )
    table = admitted.to_numpy() if ways else np.zeros((len(examples), 0), dtype=np.bool_)
    distinct, number = np.unique(np.asarray(table, dtype=np.bool_), axis=0, return_inverse=True)
    numbers_of = pl.DataFrame({"profile": profile[examples], "set_number": number.reshape(-1).astype(np.uint32)})
    set_number = profile.to_frame().join(numbers_of, on="profile", how="left", maintain_order="left")["set_number"]
    return set_number, [tuple(np.flatnonzero(row).tolist()) for row in distinct]


def _within(size: pl.Expr, bounds: Sequence[int]) -> pl.Expr:
    """How many of the bounds a size is above."""
    return pl.sum_horizontal(pl.lit(0), *((size > bound).cast(pl.Int32) for bound in bounds))


def _limits(way: Way, name: str) -> list[int]:
    holders = (way.resources, way.agreement)
    return [limit for holder in holders if holder is not None and (limit := getattr(holder, name)) is not None]
