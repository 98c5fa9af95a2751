"""Which rows are one parcel: a parcel is its carrier and its waybill number, and under 快邮 may have a second pair.

A row that names an original number 原运单号 and carrier 原快递公司 says: these are that carrier's goods, and this row's
number is the second one, which the post gave them. Where the original's own row is there as well, both rows are one
parcel: the original's row counts, the other one goes along with it.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from services.model.agreements import CooperationModel, Role, ids_by_name
from services.model.day import County

# What identify_parcels adds to a frame of parcels.
IDENTITY_SCHEMA: Final = {
    "carrier_id": pl.String(),  # whose goods these are; null: no partner
    "carrier_role": pl.Enum(Role),
    "duplicate_of": pl.UInt32(),  # the earlier row with the same carrier and number, else null
    "along_with": pl.UInt32(),  # the original's row, which carries this one's goods already, else null
    "relabel_fault": pl.String(),  # why a second number does not hold, else null
}


def identify_parcels(parcels: pl.DataFrame, county: County, service_date: date) -> pl.DataFrame:
    """Tell for each row whose goods it is and which rows are one parcel.

    Parameters
    ----------
    parcels:
        Frame of ``PARCEL_SCHEMA`` in the order of ``row``.
    county:
        Its partners and agreements.
    service_date:
        The day on which a 快邮 agreement must be in force for a second number.

    Returns
    -------
    pl.DataFrame
        One line a row in the same order, with ``IDENTITY_SCHEMA``.
    """
    named = parcels.select(
        "row", "waybill", "original_waybill", _partner(county, "carrier").alias("writer"), pl.col("original_carrier")
    )
    numbered = named.with_columns(_duplicates(named))
    relabelled = numbered.filter((pl.col("original_waybill") != "") | (pl.col("original_carrier") != ""))
    roles = {partner.partner_id: partner.role.value for partner in county.partners}
    if relabelled.is_empty():
        judged = numbered.select(
            "duplicate_of", pl.col("writer").alias("carrier_id"), along_with=pl.lit(None), relabel_fault=pl.lit(None)
        )
    else:
        seconds = _seconds(relabelled, numbered, county, service_date)
        judged = (
            numbered.select("row", "writer", "duplicate_of")
            .join(seconds, on="row", how="left", maintain_order="left")
            .with_columns(carrier_id=pl.coalesce("original_id", "writer"), relabel_fault=pl.col("fault"))
        )
    role = pl.col("carrier_id").replace_strict(roles, default=None, return_dtype=pl.Enum(Role))
    return judged.with_columns(carrier_role=role).select(
        pl.col(name).cast(dtype) for name, dtype in IDENTITY_SCHEMA.items()
    )


def _partner(county: County, column: str) -> pl.Expr:
    """Find the partner that a text names."""
    return pl.col(column).replace_strict(ids_by_name(county.partners), default=None, return_dtype=pl.String)


def _duplicates(named: pl.DataFrame) -> pl.Series:
    """Give the earlier row that has a row's carrier and number, where there is one."""
    # Hardly any number stands twice at all, and comparing numbers alone is quick.
    again = named.filter(pl.col("waybill").is_duplicated()).filter(
        pl.col("writer").is_not_null(), pl.col("waybill") != ""
    )
    first = pl.col("row").min().over("writer", "waybill")
    firsts = again.select("row", pl.when(first < pl.col("row")).then(first).alias("duplicate_of")).drop_nulls()
    if firsts.is_empty():
        return pl.Series("duplicate_of", [None], dtype=pl.UInt32).new_from_index(0, named.height)
    return named.select("row").join(firsts, on="row", how="left", maintain_order="left")["duplicate_of"]


def _seconds(relabelled: pl.DataFrame, numbered: pl.DataFrame, county: County, service_date: date) -> pl.DataFrame:
    """Judge the rows that name an original: whose goods they are, with which row they go along, or what is wrong."""
    agreed = [
        {"writer": agreement.operator, "original_id": principal, "agreed": True}
        for agreement in county.agreements
        if agreement.model is CooperationModel.POSTAL and agreement.is_in_force(service_date)
        for principal in agreement.principals
    ]
    schema = {"writer": pl.String, "original_id": pl.String, "agreed": pl.Boolean}
    asked = relabelled.with_columns(original_id=_partner(county, "original_carrier"))
    original = pl.struct(pl.col("original_id").alias("writer"), pl.col("original_waybill").alias("waybill"))
    chained = asked.select(pl.struct("writer", "waybill").alias("number")).to_series()
    # Rows without a number are nobody's original, however many there are.
    firsts = numbered.filter(pl.col("duplicate_of").is_null(), pl.col("waybill") != "").select(
        pl.col("writer").alias("original_id"),
        pl.col("waybill").alias("original_waybill"),
        pl.col("row").alias("along_with"),
    )
    judged = (
        asked.join(pl.DataFrame(agreed, schema=schema).unique(), on=["writer", "original_id"], how="left")
        .join(firsts, on=["original_id", "original_waybill"], how="left")
        .sort("row")
        .with_columns(
            is_chained=original.is_in(chained.implode()),
            first_named=pl.when(pl.col("duplicate_of").is_null())
            .then(pl.col("row"))
            .min()
            .over("original_id", "original_waybill"),
        )
    )
    fault = (
        pl.when(pl.col("original_waybill") == "")
        .then(pl.lit("原运单号: 空，而原快递公司已填"))
        .when(pl.col("original_id").is_null())
        .then(pl.format("原快递公司: “{}”不在合作方名单中", pl.col("original_carrier").str.head(40)))
        .when(pl.col("agreed").is_null())
        .then(pl.format("快递公司: {} 与原快递公司之间没有快邮协议，不得换单", pl.col("writer").fill_null("")))
        .when("is_chained")
        .then(pl.lit("原运单号: 原单本身又是换单，只能换一次"))
        .when(pl.col("duplicate_of").is_null() & (pl.col("first_named") != pl.col("row")))
        .then(pl.format("原运单号: 第 {} 行已为同一原单换单", pl.col("first_named")))
    )
    holds = pl.col("fault").is_null()
    return judged.with_columns(fault=fault).select(
        "row",
        pl.when(holds).then(pl.col("original_id")).alias("original_id"),
        pl.when(holds).then(pl.col("along_with")).alias("along_with"),
        "fault",
    )


def contradictions(parcels: pl.DataFrame) -> pl.Expr:
    """Say where a row contradicts the original's row that it goes along with, or that row is held; else null.

    ``parcels`` has ``row``, ``along_with``, ``direction``, ``village`` and ``reason`` of all rows.
    """
    along = parcels.filter(pl.col("along_with").is_not_null())
    if along.is_empty():
        return pl.lit(None, dtype=pl.String)
    original = parcels.select(
        pl.col("row").alias("along_with"),
        pl.col("direction").alias("its_direction"),
        pl.col("village").alias("its_village"),
        pl.col("reason").alias("its_reason"),
    )
    compared = along.join(original, on="along_with", how="left")
    # A second row that names no village leaves that to the first.
    same_village = (pl.col("village") == pl.col("its_village")).fill_null(True)
    same_place = (pl.col("direction") == pl.col("its_direction")) & same_village
    words = compared.select(
        "row",
        pl.when(pl.col("its_reason").is_not_null())
        .then(pl.format("原运单号: 原单第 {} 行被扣留", "along_with"))
        .when(~same_place)
        .then(pl.format("原运单号: 与原单第 {} 行的方向或村不一致", "along_with"))
        .alias("words"),
    ).drop_nulls()
    return pl.col("row").replace_strict(words["row"], words["words"], default=None, return_dtype=pl.String)
