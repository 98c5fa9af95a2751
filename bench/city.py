"""A whole city's day of any size: every village of the gazetteer, the partners and agreements of the example county.

Drawn at random from a seed; nothing in it is anybody's real parcel. One hub stands for all counties' hubs, which makes
the pool as large as it can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from services.files.county_folder import read_county
from services.model.agreements import Role
from services.model.day import County
from services.model.network import Node, NodeKind, Village
from services.model.parcels import PARCEL_SCHEMA

_CATEGORIES: Final = ("服装", "电器", "日用", "农资", "食品", "书籍", "玻璃", "饮料")
_PRODUCE: Final = ("黑木耳", "大米", "山野菜", "人参", "蜂蜜", "循环中转袋")
_STATIONS: Final = (NodeKind.VILLAGE_SHOP, NodeKind.VILLAGE_POST_POINT, NodeKind.VILLAGE_COMMITTEE)
# A tenth of the parcels go out; one in a hundred is cold; one in ten thousand has something wrong with it.
_OUTBOUND, _COLD, _FAULTY = 0.1, 0.01, 0.0001


def city_county(villages: Sequence[Village], example: Path, service_date: date) -> County:
    """The example county's partners, agreements, lines and vehicles, with a node for every village of the gazetteer."""
    county = read_county(example, service_date).county
    fixed = [node for node in county.network.nodes if not node.village_code]
    known = {node.village_code: node for node in county.network.nodes if node.village_code}
    hub = next(node for node in fixed if node.kind is NodeKind.HUB)
    nodes = [known.get(v.code) or _station(v, hub, number) for number, v in enumerate(villages)]
    kept = {node.node_id for node in (*fixed, *nodes)}
    rest = [node for node in county.network.nodes if node.node_id not in kept]
    return replace(county, county_id="city", network=replace(county.network, nodes=(*fixed, *nodes, *rest)))


def _station(village: Village, hub: Node, number: int) -> Node:
    angle, radius = 2.399963 * number, 0.6 * (number % 97 + 3) / 100
    return Node(
        node_id=f"N-{village.code}",
        kind=_STATIONS[number % len(_STATIONS)],
        name=village.name,
        lon=hub.lon + radius * float(np.cos(angle)),
        lat=hub.lat + radius * float(np.sin(angle)),
        village_code=village.code,
        township_code=village.township_code.ljust(12, "0"),
        owner="POST" if number % 3 == 1 else "COOP",
        opens_s=28_800,
        closes_s=64_800,
        service_s=240,
        service_per_piece_s=8,
    )


def city_parcels(county: County, villages: Sequence[Village], count: int, seed: int) -> pl.DataFrame:
    """Draw ``count`` parcels as a frame of ``PARCEL_SCHEMA``; a few of them must be held."""
    draw = np.random.default_rng(seed)
    carriers = [p.partner_id for p in county.partners if p.role in (Role.EXPRESS, Role.POSTAL)]
    outbound = draw.random(count) < _OUTBOUND
    cold = draw.random(count) < _COLD
    pieces = np.where(draw.random(count) < 0.03, draw.integers(2, 6, count), 1)
    weight_g = np.clip(draw.lognormal(0.2, 1.0, count) * 1_000, 20, 60_000).astype(np.int64) * pieces
    category = np.where(
        outbound,
        np.array(_PRODUCE)[draw.integers(0, len(_PRODUCE), count)],
        np.array(_CATEGORIES)[draw.integers(0, len(_CATEGORIES), count)],
    )
    row = np.arange(2, count + 2)
    values = {
        "row": row,
        "waybill": pl.select(pl.format("YT{}", pl.lit(pl.Series(row + 7_700_000_000)))).to_series(),
        "carrier": _chosen(carriers, draw.integers(0, len(carriers), count)),
        "direction": _chosen(("INBOUND", "OUTBOUND"), outbound.astype(np.int64)),
        "village_code": _chosen([v.code for v in villages], _uneven(draw, len(villages), count)),
        "address": _chosen([""], np.zeros(count, np.int64)),
        "weight_g": np.where(draw.random(count) < _FAULTY, -1, weight_g),
        "volume_ml": (weight_g * draw.uniform(1.5, 6.0, count)).astype(np.int64),
        "pieces": pieces,
        "temperature": _chosen(("AMBIENT", "CHILLED"), cold.astype(np.int64)),
        "due_in_days": draw.integers(0, 3, count),
        "category": category,
        "emergency": draw.random(count) < 0.0005,
        "inspected": np.ones(count, np.bool_),
        "real_name": np.ones(count, np.bool_),
        "scanned": draw.random(count) > 0.01,
        "fault": _chosen([""], np.zeros(count, np.int64)),
    }
    empty = {name: _chosen([""], np.zeros(count, np.int64)) for name in PARCEL_SCHEMA if name not in values}
    return pl.DataFrame({**values, **empty}).select(pl.col(n).cast(t) for n, t in PARCEL_SCHEMA.items())


def _chosen(words: Sequence[str], index: np.ndarray) -> pl.Series:
    return pl.Series(list(words), dtype=pl.String).gather(index)


def _uneven(draw: np.random.Generator, villages: int, count: int) -> np.ndarray:
    """Villages are of different sizes: the largest gets some twenty times what the smallest does."""
    weights = draw.lognormal(0.0, 0.6, villages)
    return draw.choice(villages, size=count, p=weights / weights.sum())
