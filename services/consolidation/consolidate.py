"""The story of one consolidation: resolve, gate, admit, group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from services.consolidation.admissibility import find_ways, is_admissible
from services.consolidation.gates import hold_parcels
from services.consolidation.grouping import ConsignmentLimits, group_parcels, make_consignments, mark_admissions
from services.consolidation.resolve import resolve_villages
from services.model.agreements import ids_by_name
from services.model.consignments import AdmissionSet, Consignment
from services.model.day import County
from services.model.network import Village

_SHOWN_CHARS: Final = 500
_SHOWN_CANDIDATES: Final = 20


@dataclass(frozen=True, slots=True)
class Consolidation:
    """What became of a day's parcels: every row is in ``fates`` or in ``held``, once.

    ``fates`` has ``row`` and ``ordinal``, the position of its consignment. ``held`` has ``row``, ``waybill``,
    ``carrier``, ``reason``, ``detail`` and ``candidates``.
    """

    consignments: tuple[Consignment, ...]
    admission_sets: tuple[AdmissionSet, ...]
    fates: pl.DataFrame
    held: pl.DataFrame


def consolidate(
    county: County,
    service_date: date,
    villages: Sequence[Village],
    parcels: pl.DataFrame,
    limits: ConsignmentLimits | None = None,
) -> Consolidation:
    """Pool a day's parcels (a frame of ``PARCEL_SCHEMA``) into consignments."""
    resolved = pl.concat([parcels, resolve_villages(parcels, villages, county.network)], how="horizontal")
    judged = hold_parcels(resolved.with_columns(_carrier_id(county).alias("carrier_id")))
    held = judged.filter(pl.col("reason").is_not_null())
    good = judged.filter(pl.col("reason").is_null()).with_columns(
        (-(-pl.col("weight_g") // pl.col("pieces"))).alias("piece_g"), _township(county).alias("township_code")
    )
    ways = find_ways(county, service_date)
    marked, masks = mark_admissions(good, [is_admissible(way, service_date) for way in ways])
    groups, fates = group_parcels(marked, masks, limits or ConsignmentLimits())
    consignments, sets = make_consignments(groups, masks, ways, county.network, service_date)
    return Consolidation(tuple(consignments), tuple(sets), fates, _told(held))


def _told(held: pl.DataFrame) -> pl.DataFrame:
    """What is said of held parcels, cut to lengths that a person reads."""
    texts = (pl.col(name).str.head(_SHOWN_CHARS) for name in ("waybill", "carrier", "reason", "detail"))
    return held.select("row", *texts, pl.col("candidates").list.head(_SHOWN_CANDIDATES)).sort("row")


def _carrier_id(county: County) -> pl.Expr:
    return pl.col("carrier").replace_strict(ids_by_name(county.partners), default=None, return_dtype=pl.String)


def _township(county: County) -> pl.Expr:
    known = (node for node in county.network.nodes if node.village_code and node.township_code)
    townships = {node.village_code: node.township_code for node in known}
    return pl.col("village").replace_strict(townships, default="", return_dtype=pl.String)
