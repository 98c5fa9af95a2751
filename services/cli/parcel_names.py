"""Consignments get the names and sizes of their parcels, which consolidation does not send back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from services.model.agreements import ids_by_name
from services.model.consignments import Consignment, Relabelled
from services.model.day import County


def name_parcels(consignments: Sequence[Consignment], parcels: pl.DataFrame, county: County) -> tuple[Consignment, ...]:
    """Give each consignment its parcels by carrier and waybill, their sizes, and the second numbers that some have.

    ``parcels`` are the consigned rows of a frame of ``PARCEL_SCHEMA`` with the ``ordinal`` of their consignment.
    """
    ids = ids_by_name(county.partners)
    named = _by_consignment(parcels.sort("row").with_columns(pl.col("carrier").replace(ids)))
    columns = {ordinal: lists for ordinal, *lists in named.iter_rows()}
    return tuple(_named(consignment, *columns[ordinal]) for ordinal, consignment in enumerate(consignments))


def _by_consignment(parcels: pl.DataFrame) -> pl.DataFrame:
    """For each ordinal its parcels' numbers and sizes as lists, and the second numbers beside the first ones.

    A parcel with two rows has the sizes of its original's row, which is the one that counts.
    """
    relabelled = pl.col("original_waybill") != ""
    numbered = parcels.with_columns(
        number=pl.when(relabelled).then("original_waybill").otherwise("waybill"),
        new_id=pl.when(relabelled).then(pl.format("{}/{}", "carrier", "waybill")),
    )
    ones = numbered.sort(relabelled, maintain_order=True).unique(["ordinal", "number"], keep="first").sort("row")
    seconds = (
        numbered.filter(relabelled)
        .group_by("ordinal")
        .agg(pl.col("number").alias("relabelled_number"), pl.col("new_id"))
    )
    return (
        ones.group_by("ordinal", maintain_order=True)
        .agg("number", "weight_g", "volume_ml", "pieces")
        .join(seconds, on="ordinal", how="left", maintain_order="left")
    )


def _named(
    consignment: Consignment,
    numbers: list[str],
    weights_g: list[int],
    volumes_ml: list[int],
    pieces: list[int],
    relabelled: list[str] | None,
    new_ids: list[str] | None,
) -> Consignment:
    """The consignment with its parcels, each by carrier and waybill, their sizes and their second numbers."""
    pairs = zip(relabelled or (), new_ids or (), strict=True)
    return replace(
        consignment,
        parcel_ids=tuple(f"{consignment.carrier_id}/{number}" for number in numbers),
        parcel_g=tuple(weights_g),
        parcel_ml=tuple(volumes_ml),
        parcel_pieces=tuple(pieces),
        relabelled=tuple(Relabelled(f"{consignment.carrier_id}/{number}", new_id) for number, new_id in pairs),
    )
