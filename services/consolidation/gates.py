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
MAX_DAYS: Final = 366  # between the service day and the last day promised, either way
MAX_WAYBILL_CHARS: Final = 64
_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f\x{2028}\x{2029}]"


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
    first_row = pl.col("row").min().over("carrier_id", "waybill")
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
            pl.format("收件地址: 可能是 {} 个村之一，请核对县、乡镇或补充村代码", pl.col("candidates").list.len()),
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
    kilograms, litres = (pl.col("weight_g") / 1000).round(3), (pl.col("volume_ml") / 1000).round(3)
    checks = [
        pl.when(pl.col("fault") != "").then(pl.col("fault")),
        _fault("运单号", pl.col("waybill") == "", pl.lit("空")),
        _fault("运单号", pl.col("waybill").str.contains(_CONTROL), pl.lit("含控制字符")),
        _fault("运单号", pl.col("waybill").str.len_chars() > MAX_WAYBILL_CHARS, pl.lit(f"超过 {MAX_WAYBILL_CHARS} 字")),
        _fault("方向", pl.col("direction") == "", pl.lit("应为进村或出村")),
        _fault("温层", pl.col("temperature") == "", pl.lit("应为常温、冷藏或冷冻")),
        _fault("重量(kg)", pl.col("weight_g") <= 0, pl.format("{} 不是正数", kilograms)),
        _fault("重量(kg)", pl.col("weight_g") > MAX_WEIGHT_G, pl.format("{} 过大", kilograms)),
        _fault("体积(L)", ~pl.col("volume_ml").is_between(0, MAX_VOLUME_ML), pl.format("{} 超出范围", litres)),
        _fault("件数", ~pl.col("pieces").is_between(1, MAX_PIECES), pl.format("{} 超出范围", pl.col("pieces"))),
        _fault(
            "最晚日期",
            ~pl.col("due_in_days").is_between(-MAX_DAYS, MAX_DAYS),
            pl.format("距作业日 {} 天，超出范围", pl.col("due_in_days")),
        ),
    ]
    return pl.concat_str(checks, separator="; ", ignore_nulls=True)


def _fault(column: str, fails: pl.Expr, words: pl.Expr) -> pl.Expr:
    """Name a column whose value cannot be, unless what was read says so already: of it, or of the row as a whole."""
    is_said = pl.col("fault").str.contains(column, literal=True) | pl.col("fault").str.starts_with("row:")
    return pl.when(fails & ~is_said).then(pl.format("{}: {}", pl.lit(column), words))


def _missing_checks() -> pl.Expr:
    names = (("inspected", "收寄验视"), ("real_name", "实名收寄"), ("scanned", "过机安检"))
    missing = [pl.when(~pl.col(column)).then(pl.lit(name)) for column, name in names]
    return pl.concat_str(missing, separator="、", ignore_nulls=True)
