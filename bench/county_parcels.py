"""A drawn county's parcels, as a frame of ``PARCEL_SCHEMA``: eight to fourteen for every village.

Shares and sizes are those of ``parcels.csv`` of the example county: one in eleven goes out; half of what comes in
weighs below 0.84 kg and a tenth above 2.9, half of what goes out below 7.4 and a tenth above 16.5; three in a hundred
are cold; three in ten are due today. Nothing in it is to be held.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from bench.county_cooperation import CARRIER_SHARES, CARRIERS
from services.model.agreements import Direction, Temperature
from services.model.parcels import PARCEL_SCHEMA

_A_VILLAGE: Final = (8, 14)
_OUTBOUND: Final = 0.09
_GRAMS_IN: Final = (math.log(840), 0.98)
_GRAMS_OUT: Final = (math.log(7_400), 0.63)
_GRAMS: Final = (50, 48_000)
_ML_A_GRAM: Final = (2.0, 6.0)
_TEMPERATURES: Final = (0.968, 0.022, 0.010)
_DUE_IN_DAYS: Final = (0.30, 0.45, 0.25)
_EMERGENCY: Final = 0.002
_GOODS_IN: Final = ("电器", "服装", "日用", "农资", "食品", "书籍")
_GOODS_OUT: Final = ("山野菜", "黑木耳", "蜂蜜", "人参", "大米")


def draw_parcels(village_codes: Sequence[str], draw: np.random.Generator) -> pl.DataFrame:
    """Draw the parcels of villages, in the order of their codes."""
    a_village = draw.integers(_A_VILLAGE[0], _A_VILLAGE[1] + 1, len(village_codes))
    count = int(a_village.sum())
    outbound = draw.random(count) < _OUTBOUND
    grams = np.where(outbound, draw.lognormal(*_GRAMS_OUT, count), draw.lognormal(*_GRAMS_IN, count))
    weight_g = np.clip(grams, *_GRAMS).astype(np.int64)
    shares = np.array(CARRIER_SHARES) / sum(CARRIER_SHARES)
    row = np.arange(2, count + 2)
    values = {
        "row": row,
        "waybill": pl.Series([f"W{number:09d}" for number in row.tolist()]),
        "carrier": _chosen(CARRIERS, draw.choice(len(CARRIERS), count, p=shares)),
        "direction": _chosen([Direction.INBOUND, Direction.OUTBOUND], outbound.astype(np.int64)),
        "village_code": _chosen(village_codes, np.repeat(np.arange(len(village_codes)), a_village)),
        "weight_g": weight_g,
        "volume_ml": (weight_g * draw.uniform(*_ML_A_GRAM, count)).astype(np.int64),
        "pieces": np.ones(count, np.int64),
        "temperature": _chosen(list(Temperature), draw.choice(3, count, p=_TEMPERATURES)),
        "due_in_days": draw.choice(3, count, p=_DUE_IN_DAYS),
        "category": _chosen(
            (*_GOODS_IN, *_GOODS_OUT),
            np.where(
                outbound,
                len(_GOODS_IN) + draw.integers(0, len(_GOODS_OUT), count),
                draw.integers(0, len(_GOODS_IN), count),
            ),
        ),
        "emergency": draw.random(count) < _EMERGENCY,
        **{name: np.ones(count, np.bool_) for name in ("inspected", "real_name", "scanned")},
    }
    empty = {name: _chosen([""], np.zeros(count, np.int64)) for name in PARCEL_SCHEMA if name not in values}
    return pl.DataFrame({**values, **empty}).select(pl.col(n).cast(t) for n, t in PARCEL_SCHEMA.items())


def _chosen(words: Sequence[str], index: np.ndarray) -> pl.Series:
    return pl.Series([str(word) for word in words], dtype=pl.String).gather(index)
