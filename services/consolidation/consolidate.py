"""The story of one consolidation: resolve, gate, admit, group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from services.consolidation.admissibility import find_ways, is_admissible
from services.consolidation.gates import hold_parcels
from services.consolidation.grouping import ConsignmentLimits, group_parcels, make_consignments, mark_admissions
from services.consolidation.resolve import resolve_villages
from services.model.consignments import AdmissionSet, Consignment
from services.model.day import County
from services.model.network import Village


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
    columns = ("row", "waybill", "carrier", "reason", "detail", "candidates")
    return Consolidation(tuple(consignments), tuple(sets), fates, held.select(columns).sort("row"))


def _carrier_id(county: County) -> pl.Expr:
    by_name = {partner.name: partner.partner_id for partner in county.partners}
    by_id = {partner.partner_id: partner.partner_id for partner in county.partners}
    return pl.col("carrier").replace_strict(by_name | by_id, default=None, return_dtype=pl.String)


def _township(county: County) -> pl.Expr:
    townships = {node.village_code: node.township_code for node in county.network.nodes if node.village_code}
    return pl.col("village").replace_strict(townships, default="", return_dtype=pl.String)
