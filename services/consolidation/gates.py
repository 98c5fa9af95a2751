"""What keeps a parcel from being consigned, in the order in which a dispatcher would look."""

from __future__ import annotations

from typing import Final

import polars as pl

from services.consolidation.identity import contradictions
from services.model.agreements import Direction
from services.model.held import HeldReason

# A parcel beyond these is a slip of the pen; its weight would also drown every sum it enters.
MAX_WEIGHT_G: Final = 100_000_000
MAX_VOLUME_ML: Final = 1_000_000_000
MAX_PIECES: Final = 100_000
MAX_DAYS: Final = 366  # between the service day and the last day promised, either way
MAX_WAYBILL_CHARS: Final = 64
# A HeldReason as one byte: a million rows have room for little else.
REASON: Final = pl.Enum(HeldReason)
_PHONE_DIGITS: Final = 11
_CONTROL: Final = r"[\x00-\x1f\x7f-\x9f\x{2028}\x{2029}]"


def judge_parcels(parcels: pl.DataFrame) -> pl.Series:
    """Judge each parcel by every gate; the first that it does not pass is its reason.

    Parameters
    ----------
    parcels:
        Frame of ``PARCEL_SCHEMA`` with the columns that ``identify_parcels``, ``resolve_villages`` and
        ``describe_goods`` add, and ``is_closed`` (every node of its village is closed on the day).

    Returns
    -------
    pl.Series
        ``reason`` (``REASON``): a HeldReason, or null for a parcel that may go.
    """
    # Numbers first: a million words for each gate would take a quarter of a gigabyte on the way.
    number: pl.Expr = pl.lit(None, dtype=pl.UInt8)
    names = [held_reason.value for held_reason, _, _ in _gates()]
    for position, (_, fails, _) in reversed(list(enumerate(_gates()))):
        number = pl.when(fails).then(pl.lit(position, dtype=pl.UInt8)).otherwise(number)
    numbered = parcels.select(number.alias("reason")).to_series()
    reasons = numbered.replace_strict(dict(enumerate(names)), default=None, return_dtype=REASON)
    if parcels["along_with"].null_count() == parcels.height:
        return reasons
    refused = contradictions(parcels.with_columns(reasons))
    return parcels.select(
        pl.coalesce(
            reasons, pl.when(refused.is_not_null()).then(pl.lit(HeldReason.RELABEL_REFUSED.value, dtype=REASON))
        ).alias("reason")
    ).to_series()


def explain_held(parcels: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Add ``detail`` to held rows: the reason in Chinese, naming the column.

    ``held`` are rows of ``parcels``, both with ``reason``; words are made for these few only.
    """
    detail = pl.coalesce(contradictions(parcels), pl.lit(""))
    for held_reason, fails, words in reversed(_gates()):
        detail = pl.when((pl.col("reason") == held_reason.value) & fails).then(words).otherwise(detail)
    full = pl.col("reason") == HeldReason.NODE_FULL.value
    detail = pl.when(full).then(pl.lit("村代码/收件地址: 该村站点格口或货位已满，待腾出后再派")).otherwise(detail)
    return held.with_columns(detail.alias("detail"))


def _gates() -> list[tuple[HeldReason, pl.Expr, pl.Expr]]:
    """Each gate: the reason, whether a parcel fails, and what to say then."""
    # What goes along with its original's row is judged there.
    alone = pl.col("along_with").is_null()
    checks = pl.col("inspected") & pl.col("real_name") & pl.col("scanned")
    return [
        (HeldReason.MALFORMED, _is_malformed(), _faults()),
        (
            HeldReason.UNKNOWN_CARRIER,
            pl.col("carrier_id").is_null(),
            pl.format("快递公司: “{}”不在合作方名单中", pl.col("carrier").str.head(40)),
        ),
        (
            HeldReason.DUPLICATE,
            pl.col("duplicate_of").is_not_null(),
            pl.format("运单号: 与第 {} 行重复", pl.col("duplicate_of")),
        ),
        (HeldReason.RELABEL_REFUSED, pl.col("relabel_fault").is_not_null(), pl.col("relabel_fault")),
        (
            HeldReason.VILLAGE_UNKNOWN,
            alone & (pl.col("village_reason") == HeldReason.VILLAGE_UNKNOWN.value),
            pl.format("村代码/收件地址: 无法识别到村(代码“{}”)", _shown_code()),
        ),
        (
            HeldReason.VILLAGE_AMBIGUOUS,
            alone & (pl.col("village_reason") == HeldReason.VILLAGE_AMBIGUOUS.value),
            pl.format("收件地址: 可能是 {} 个村之一，请核对县、乡镇或补充村代码", pl.col("candidates").list.len()),
        ),
        (
            HeldReason.VILLAGE_NOT_SERVED,
            alone & (pl.col("village_reason") == HeldReason.VILLAGE_NOT_SERVED.value),
            pl.lit("村代码/收件地址: 该村在本县没有站点"),
        ),
        (HeldReason.NODE_CLOSED, alone & pl.col("is_closed"), pl.lit("村代码/收件地址: 该村站点当日均不开放")),
        (
            HeldReason.PROHIBITED,
            pl.col("is_prohibited"),
            pl.format("品类: {}属禁寄物品", pl.col("category").str.head(40)),
        ),
        (
            HeldReason.CHECKS_MISSING,
            alone & (pl.col("direction") == Direction.OUTBOUND.value) & ~checks & ~pl.col("is_bags"),
            pl.format("缺少: {}", _missing_checks()),
        ),
    ]


def _is_malformed() -> pl.Expr:
    return pl.any_horizontal(pl.col("fault") != "", *(fails for _, fails, _ in _value_checks()))


def _faults() -> pl.Expr:
    """All that is wrong with a row's values, or empty text."""
    said = pl.when(pl.col("fault") != "").then(pl.col("fault"))
    return pl.concat_str([said, *(_fault(*check) for check in _value_checks())], separator="; ", ignore_nulls=True)


def _value_checks() -> list[tuple[str, pl.Expr, pl.Expr]]:
    """What a value cannot be: its column, whether it is that, and what to say then."""
    kilograms, litres = (pl.col("weight_g") / 1000).round(3), (pl.col("volume_ml") / 1000).round(3)
    return [
        ("运单号", pl.col("waybill") == "", pl.lit("空")),
        ("运单号", pl.col("waybill").str.contains(_CONTROL), pl.lit("含控制字符")),
        ("运单号", pl.col("waybill").str.len_chars() > MAX_WAYBILL_CHARS, pl.lit(f"超过 {MAX_WAYBILL_CHARS} 字")),
        ("方向", pl.col("direction") == "", pl.lit("应为进村或出村")),
        ("温层", pl.col("temperature") == "", pl.lit("应为常温、冷藏或冷冻")),
        ("重量(kg)", pl.col("weight_g") <= 0, pl.format("{} 不是正数", kilograms)),
        ("重量(kg)", pl.col("weight_g") > MAX_WEIGHT_G, pl.format("{} 过大", kilograms)),
        ("体积(L)", ~pl.col("volume_ml").is_between(0, MAX_VOLUME_ML), pl.format("{} 超出范围", litres)),
        ("件数", pl.col("pieces") < 1, pl.format("{} 超出范围", pl.col("pieces"))),
        # Not quoted: a count of eleven digits is a telephone number.
        ("件数", pl.col("pieces") > MAX_PIECES, pl.lit(f"超过 {MAX_PIECES}")),
        (
            "最晚日期",
            ~pl.col("due_in_days").is_between(-MAX_DAYS, MAX_DAYS),
            pl.format("距作业日 {} 天，超出范围", pl.col("due_in_days")),
        ),
    ]


def _fault(column: str, fails: pl.Expr, words: pl.Expr) -> pl.Expr:
    """Name a column whose value cannot be, unless what was read says so already: of it, or of the row as a whole."""
    is_said = pl.col("fault").str.contains(column, literal=True) | pl.col("fault").str.starts_with("row:")
    return pl.when(fails & ~is_said).then(pl.format("{}: {}", pl.lit(column), words))


def _shown_code() -> pl.Expr:
    """A village code as it may be told: what is no number may be a name, and eleven digits a telephone number."""
    code = pl.col("village_code")
    is_number = code.str.contains("^[0-9]*$") & (code.str.len_chars() != _PHONE_DIGITS)
    return pl.when(is_number).then(code.str.head(20)).otherwise(pl.lit("…"))


def _missing_checks() -> pl.Expr:
    names = (("inspected", "收寄验视"), ("real_name", "实名收寄"), ("scanned", "过机安检"))
    missing = [pl.when(~pl.col(column)).then(pl.lit(name)) for column, name in names]
    return pl.concat_str(missing, separator="、", ignore_nulls=True)
