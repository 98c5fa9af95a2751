"""What keeps a parcel from being consigned, in the order in which a dispatcher would look."""

from __future__ import annotations

from typing import Final

import polars as pl

from services.consolidation.goods import PROHIBITED_CATEGORIES
from services.model.agreements import Direction
from services.model.parcels import HeldReason

# A parcel beyond these is a slip of the pen; its weight would also drown every sum it enters.
MAX_WEIGHT_G: Final = 100_000_000
MAX_VOLUME_ML: Final = 1_000_000_000
MAX_PIECES: Final = 100_000


def hold_parcels(parcels: pl.DataFrame) -> pl.DataFrame:
    """Judge each parcel by every gate; the first that it does not pass is its reason.

    Parameters
    ----------
    parcels:
        Frame of ``PARCEL_SCHEMA`` with ``carrier_id`` (null: no partner), ``village_reason`` and ``candidates``.

    Returns
    -------
    pl.DataFrame
        The same rows with ``reason`` (a HeldReason or null) and ``detail`` (Chinese, naming the column).
    """
    first_row = pl.col("row").first().over("carrier_id", "waybill")
    is_identified = (pl.col("waybill") != "") & pl.col("carrier_id").is_not_null()
    gates: list[tuple[HeldReason, pl.Expr, pl.Expr]] = [
        (HeldReason.MALFORMED, _faults() != "", _faults()),
        (
            HeldReason.UNKNOWN_CARRIER,
            pl.col("carrier_id").is_null(),
            pl.format("快递公司: “{}”不在合作方名单中", pl.col("carrier").str.head(40)),
        ),
        (
            HeldReason.DUPLICATE,
            is_identified & (pl.col("row") != first_row),
            pl.format("运单号: 与第 {} 行重复", first_row),
        ),
        (
            HeldReason.VILLAGE_UNKNOWN,
            pl.col("village_reason") == HeldReason.VILLAGE_UNKNOWN.value,
            pl.format("村代码/收件地址: 无法识别到村(代码“{}”)", pl.col("village_code").str.head(20)),
        ),
        (
            HeldReason.VILLAGE_AMBIGUOUS,
            pl.col("village_reason") == HeldReason.VILLAGE_AMBIGUOUS.value,
            pl.format("收件地址: 可能是 {} 个村，请补充乡镇或村代码", pl.col("candidates").list.len()),
        ),
        (
            HeldReason.VILLAGE_NOT_SERVED,
            pl.col("village_reason") == HeldReason.VILLAGE_NOT_SERVED.value,
            pl.lit("村代码/收件地址: 该村在本县没有站点"),
        ),
        (
            HeldReason.PROHIBITED,
            pl.col("category").is_in(list(PROHIBITED_CATEGORIES)),
            pl.format("品类: {}属禁寄物品", pl.col("category")),
        ),
        (
            HeldReason.CHECKS_MISSING,
            (pl.col("direction") == Direction.OUTBOUND.value)
            & ~(pl.col("inspected") & pl.col("real_name") & pl.col("scanned")),
            pl.format("缺少: {}", _missing_checks()),
        ),
    ]
    reason: pl.Expr = pl.lit(None, dtype=pl.String)
    detail: pl.Expr = pl.lit("")
    for held_reason, fails, words in reversed(gates):
        reason = pl.when(fails).then(pl.lit(held_reason.value)).otherwise(reason)
        detail = pl.when(fails).then(words).otherwise(detail)
    return parcels.with_columns(reason.alias("reason"), detail.alias("detail"))


def _faults() -> pl.Expr:
    """All that is wrong with a row's values, or empty text."""
    kilograms = (pl.col("weight_g") / 1000).round(3)
    weightless = (pl.col("weight_g") <= 0) & ~pl.col("fault").str.contains("重量", literal=True)
    checks = [
        pl.when(pl.col("fault") != "").then(pl.col("fault")),
        pl.when((pl.col("waybill") == "") & ~pl.col("fault").str.contains("运单号", literal=True)).then(
            pl.lit("运单号: 空")
        ),
        pl.when((pl.col("direction") == "") & ~pl.col("fault").str.contains("方向", literal=True)).then(
            pl.lit("方向: 应为进村或出村")
        ),
        pl.when((pl.col("temperature") == "") & ~pl.col("fault").str.contains("温层", literal=True)).then(
            pl.lit("温层: 应为常温、冷藏或冷冻")
        ),
        pl.when(weightless).then(pl.format("重量(kg): {} 不是正数", kilograms)),
        pl.when(pl.col("weight_g") > MAX_WEIGHT_G).then(pl.format("重量(kg): {} 过大", kilograms)),
        pl.when((pl.col("volume_ml") < 0) | (pl.col("volume_ml") > MAX_VOLUME_ML)).then(
            pl.format("体积(L): {} 超出范围", (pl.col("volume_ml") / 1000).round(3))
        ),
        pl.when((pl.col("pieces") < 1) | (pl.col("pieces") > MAX_PIECES)).then(
            pl.format("件数: {} 超出范围", pl.col("pieces"))
        ),
    ]
    return pl.concat_str(checks, separator="; ", ignore_nulls=True)


def _missing_checks() -> pl.Expr:
    names = (("inspected", "收寄验视"), ("real_name", "实名收寄"), ("scanned", "过机安检"))
    missing = [pl.when(~pl.col(column)).then(pl.lit(name)) for column, name in names]
    return pl.concat_str(missing, separator="、", ignore_nulls=True)
