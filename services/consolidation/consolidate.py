"""The story of one consolidation: identify, resolve, gate, admit, hand over, group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from services.consolidation.admissibility import find_ways
from services.consolidation.gates import REASON, explain_held, judge_parcels
from services.consolidation.goods import describe_goods, goods_of, is_known
from services.consolidation.grouping import ConsignmentLimits, admission_sets, group_parcels, make_consignments
from services.consolidation.hand_over import NO_NODE, assign_nodes, open_nodes
from services.consolidation.identity import identify_parcels
from services.consolidation.profiles import number_sets
from services.consolidation.resolve import resolve_villages
from services.model.consignment_table import consignments_of
from services.model.consignments import AdmissionSet, Consignment
from services.model.day import County, HoldPolicy
from services.model.held import HeldReason
from services.model.network import Village

# What is asked of parcels that go; a million rows leave the rest behind here.
_CARRIED: Final = (
    *("row", "carrier_id", "village", "direction", "temperature", "due_in_days", "emergency", "category", "scanned"),
    *("pieces", "weight_g", "volume_ml"),
)
_SHOWN_CHARS: Final = 500
_SHOWN_CANDIDATES: Final = 20
_SHOWN_CATEGORIES: Final = 50


@dataclass(frozen=True, slots=True)
class Consolidation:
    """What became of a day's parcels: every row is in ``fates`` or in ``held``, once.

    ``table`` holds the consignments as a frame of ``CONSIGNMENT_SCHEMA``. ``fates`` has ``row`` and ``ordinal``, the
    position of its consignment; a row that is only a parcel's second number has its parcel's. ``held`` has ``row``,
    ``waybill``, ``carrier``, ``reason``, ``detail`` and ``candidates``. ``unknown_categories`` counts the ``rows`` of
    each ``category`` that no list knows and that therefore travels as ordinary goods.
    """

    table: pl.DataFrame
    admission_sets: tuple[AdmissionSet, ...]
    fates: pl.DataFrame
    held: pl.DataFrame
    unknown_categories: pl.DataFrame

    @property
    def consignments(self) -> tuple[Consignment, ...]:
        """The consignments one by one, made anew at each call."""
        return tuple(consignments_of(self.table))


@dataclass(frozen=True, slots=True)
class Sifted:
    """A day's rows before they are grouped.

    ``judged`` are all rows with the ``reason`` for which one is held (null: it may go). ``good`` are those that count
    and go, with all that ``group_parcels`` reads.
    """

    judged: pl.DataFrame
    good: pl.DataFrame
    admission_sets: tuple[AdmissionSet, ...]


def consolidate(
    county: County,
    service_date: date,
    villages: Sequence[Village],
    parcels: pl.DataFrame,
    limits: ConsignmentLimits | None = None,
    hold: HoldPolicy | None = None,
) -> Consolidation:
    """Pool a day's parcels (a frame of ``PARCEL_SCHEMA``) into consignments."""
    sifted = sift_parcels(county, service_date, villages, parcels)
    judged, nodes = sifted.judged, open_nodes(county.network, service_date)
    groups, fates = group_parcels(sifted.good, limits or ConsignmentLimits())
    return Consolidation(
        table=make_consignments(groups, county.network.hub.node_id, nodes, service_date, hold or HoldPolicy()),
        admission_sets=sifted.admission_sets,
        fates=_with_second_numbers(fates, judged),
        held=_told(explain_held(judged, judged.filter(pl.col("reason").is_not_null()))),
        unknown_categories=_unknown_categories(sifted.good),
    )


def sift_parcels(county: County, service_date: date, villages: Sequence[Village], parcels: pl.DataFrame) -> Sifted:
    """Decide for every row of a day (a frame of ``PARCEL_SCHEMA``) whether it may go, where to and by what."""
    judged = _judged(county, service_date, villages, parcels)
    good = _described(judged, county)
    good = good.with_columns(assign_nodes(good, open_nodes(county.network, service_date)))
    full = good["node_rank"] == NO_NODE
    if full.any():
        judged = _hold_full(judged, good.filter(full)["row"])
        good = good.filter(~full)
    ways = find_ways(county, service_date)
    set_numbers, signatures = number_sets(good, ways, service_date)
    return Sifted(judged, good.with_columns(set_numbers), tuple(admission_sets(signatures, ways)))


def _judged(county: County, service_date: date, villages: Sequence[Village], parcels: pl.DataFrame) -> pl.DataFrame:
    """All rows in order, each with whose it is, its village and, where it may not go, its ``reason``."""
    ordered = parcels if parcels["row"].is_sorted() else parcels.sort("row")
    closed = [village for village, places in open_nodes(county.network, service_date).items() if not places]
    identity = identify_parcels(ordered, county, service_date)
    places = resolve_villages(ordered, villages, county.network)
    goods = describe_goods(ordered["category"])
    known = pl.concat([ordered, identity, places, goods], how="horizontal").with_columns(
        # A list without a type would be compared as one of objects, at a hundred bytes a row.
        is_closed=pl.col("village").is_in(pl.Series(closed, dtype=pl.String).implode())
    )
    return known.with_columns(judge_parcels(known))


def _described(judged: pl.DataFrame, county: County) -> pl.DataFrame:
    """What the rules ask of the parcels that count and may go."""
    townships = {n.village_code: n.township_code for n in county.network.nodes if n.village_code and n.township_code}
    goes = judged.select(pl.col("reason").is_null() & pl.col("along_with").is_null()).to_series()
    return (
        judged.select(*_CARRIED, "carrier_role", "is_bags", "is_mail", "fragile")
        .filter(goes)
        .select(
            *_CARRIED,
            (-(-pl.col("weight_g") // pl.col("pieces"))).alias("piece_g"),
            (-(-pl.col("volume_ml") // pl.col("pieces"))).alias("piece_ml"),
            pl.col("village").replace_strict(townships, default="", return_dtype=pl.String).alias("township_code"),
            goods_of().alias("goods"),
            "fragile",
        )
    )


def _hold_full(judged: pl.DataFrame, rows: pl.Series) -> pl.DataFrame:
    """Hold the parcels that found every node full, and the second numbers that go along with them."""
    is_full = pl.col("row").is_in(rows.implode())
    goes_along = pl.col("reason").is_null() & pl.col("along_with").is_in(rows.implode())
    return judged.with_columns(
        pl.when(is_full)
        .then(pl.lit(HeldReason.NODE_FULL.value, dtype=REASON))
        .when(goes_along)
        .then(pl.lit(HeldReason.RELABEL_REFUSED.value, dtype=REASON))
        .otherwise(pl.col("reason"))
        .alias("reason")
    )


def _with_second_numbers(fates: pl.DataFrame, judged: pl.DataFrame) -> pl.DataFrame:
    """Add the rows that are a parcel's second number: they have the fate of the first."""
    seconds = judged.filter(pl.col("reason").is_null() & pl.col("along_with").is_not_null())
    if seconds.is_empty():
        return fates
    theirs = seconds.select("row", pl.col("along_with")).join(
        fates.rename({"row": "along_with"}), on="along_with", how="inner"
    )
    return pl.concat([fates, theirs.select("row", "ordinal")]).sort("row")


def _unknown_categories(parcels: pl.DataFrame) -> pl.DataFrame:
    counted = parcels.group_by(pl.col("category").str.head(_SHOWN_CHARS)).agg(pl.len().cast(pl.Int64).alias("rows"))
    return counted.filter(~is_known()).sort("rows", "category", descending=[True, False]).head(_SHOWN_CATEGORIES)


def _told(held: pl.DataFrame) -> pl.DataFrame:
    """What is said of held parcels, cut to lengths that a person reads."""
    texts = (pl.col(name).cast(pl.String).str.head(_SHOWN_CHARS) for name in ("waybill", "carrier", "reason", "detail"))
    return held.select("row", *texts, pl.col("candidates").list.head(_SHOWN_CANDIDATES)).sort("row")
