"""Villages that an address names but for one slip of the pen, or with its township's or county's name shortened.

Of township and village one must be spelled right and the other at most one slip away. The answer is certain if a single
village of the county fits and nothing else in the address speaks against it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from services.consolidation.address_parts import Agreement, agreement, either, longest_first, split_heads, the_only_one
from services.consolidation.near_names import find_near
from services.consolidation.spellings import Spellings

# A village's name ends at the latest where a house number, a group 三组 or the committee 委会 begins.
_NUMBERED: Final = r"[0-9]|[一二三四五六七八九十]+[组社队号屯]|民?委|$"
# 永兴屯 is no slip for 永兴村: it is a hamlet, which may lie in another village; so with roads, groups and the like.
_OTHER_PLACES: Final = tuple("屯组社队庄沟岭店堡街路巷区园城场站乡镇县市院校厂矿库桥河山坡岗口")
_ANSWER: Final[dict[str, pl.DataType]] = {
    "address": pl.String(),
    "candidates": pl.List(pl.String()),
    "agrees": pl.Int32(),
    "village": pl.String(),
}
_READING: Final = ("split", "code", "county", "slips", "sure")


def match_nearly(addresses: pl.DataFrame, spellings: Spellings, home_counties: pl.Series) -> pl.DataFrame:
    """Find for each address the villages that fit with the fewest slips.

    Parameters
    ----------
    addresses:
        Frame of ``find_counties``.
    home_counties:
        The counties that an address means which names none.

    Returns
    -------
    pl.DataFrame
        For each address for which something fits: ``village`` (code or null), ``candidates`` and ``agrees``, an
        Agreement.

    """
    if addresses.is_empty():
        return pl.DataFrame(schema=_ANSWER)
    splits = split_heads(addresses, spellings).with_row_index("split")
    names = _exact_names(splits, spellings)
    placed = _exact_townships(splits, spellings)
    readings = [
        _shortened(names, spellings),
        _slip_in_township(names, placed, spellings),
        _slip_in_village(placed, names, spellings),
        _stem_of_village(placed, spellings),
    ]
    found = pl.concat([names.select("split"), placed.select("split")]).join(splits, on="split").select("address")
    nothing = splits.join(found, on="address", how="anti")
    readings.append(_without_township(nothing, spellings, home_counties))
    return _judge(pl.concat(readings).join(splits, on="split"), spellings, home_counties)


def _judge(readings: pl.DataFrame, spellings: Spellings, home_counties: pl.Series) -> pl.DataFrame:
    """Keep what fits best; it is the answer if it is one village and certain."""
    has_named, is_named = pl.col("named").is_not_null(), pl.col("named") == pl.col("county")
    agrees = agreement(is_named, has_named, pl.col("county").is_in(spellings.zones), home_counties)
    possible = readings.with_columns(agrees=agrees).filter(~has_named | (pl.col("agrees") < Agreement.OTHER))
    rank = pl.col("slips") * len(Agreement) + pl.col("agrees")
    best = possible.filter(rank == rank.min().over("address"))
    return (
        best.group_by("address")
        .agg(
            pl.col("code").unique().sort().alias("candidates"),
            pl.col("agrees").max(),
            sure=(pl.col("sure") & (pl.col("agrees") < Agreement.OTHER)).any(),
        )
        .select("address", "candidates", "agrees", village=the_only_one(pl.col("sure")))
    )


def _exact_names(splits: pl.DataFrame, spellings: Spellings) -> pl.DataFrame:
    """All village names in what follows the head, each with what stands ``before`` it."""
    names = longest_first(spellings.villages.filter("is_exact")["name"])
    found = splits.with_columns(name=pl.col("rest").str.extract_many(names.implode(), overlapping=True))
    found = found.explode("name").drop_nulls("name").unique()
    return found.select("split", "named", "name", before=pl.col("rest").str.splitn(pl.col("name"), 2).struct[0])


def _exact_townships(splits: pl.DataFrame, spellings: Spellings) -> pl.DataFrame:
    """The townships with which the rest may begin, and the ``tail`` after them."""
    first = pl.col("rest").str.extract(f"^({either(spellings.townships['spelled'])})")
    placed = splits.with_columns(spelled=first).drop_nulls("spelled").join(spellings.townships, on="spelled")
    is_named = pl.col("named").is_null() | (pl.col("named") == pl.col("county"))
    placed = placed.filter(is_named | pl.col("county").is_in(spellings.zones))
    tail = pl.col("rest").str.strip_prefix(pl.col("spelled"))
    return placed.select("split", "spelled", "township_code", "county", "is_short", tail=tail)


def _shortened(names: pl.DataFrame, spellings: Spellings) -> pl.DataFrame:
    """No slip: a township without 镇, or a village alone after a county without 市."""
    villages = spellings.villages.filter("is_exact")
    keys = villages.join(spellings.townships.select("township_code", "spelled"), on="township_code")
    placed = names.join(keys, left_on=["before", "name"], right_on=["spelled", "name"])
    first = names.filter(pl.col("before") == "")
    alone = first.join(villages, left_on=["named", "name"], right_on=["county", "name"], coalesce=False)
    ends_before = pl.col("name").str.len_chars() <= pl.col("before_right").str.len_chars()
    later = _against(first.join(names, on="split").filter(ends_before).select("split"))
    alone = alone.join(later, on="split", how="left")
    return pl.concat(
        [
            placed.with_columns(slips=0, sure=True).select(_READING),
            alone.with_columns(slips=0, sure=pl.col("is_against").is_null()).select(_READING),
        ]
    )


def _slip_in_township(names: pl.DataFrame, placed: pl.DataFrame, spellings: Spellings) -> pl.DataFrame:
    """The village is spelled right, and neither a known township nor a longer name of a village takes its place."""
    townships = spellings.townships.filter(~pl.col("is_short")).drop("county")
    villages = spellings.villages.filter("is_exact")
    near = find_near(names, "before", townships, "spelled").join(villages, on=["township_code", "name"])
    known = placed.filter(~pl.col("is_short"))
    ends = names.select("split", "before", end=pl.col("before") + pl.col("name"))
    both = near.with_columns(end=pl.col("before") + pl.col("name")).join(ends, on=["split", "end"])
    longer = both.filter(pl.col("before_right").str.len_chars() < pl.col("before").str.len_chars())
    against = _against(pl.concat([known.select("split"), longer.select("split")]))
    near = near.join(against, on="split", how="left")
    return near.with_columns(slips=1, sure=pl.col("is_against").is_null()).select(_READING)


def _slip_in_village(placed: pl.DataFrame, names: pl.DataFrame, spellings: Spellings) -> pl.DataFrame:
    """The township is spelled right, and no name of a village speaks against what is near in it."""
    near = find_near(_written(placed), "written", spellings.villages.drop("county"), "name", on=["township_code"])
    near = near.filter(pl.col("is_whole") | ~pl.col("is_whole").any().over("split")).with_row_index("reading")
    start, end = pl.col("before").str.len_chars(), (pl.col("before") + pl.col("name")).str.len_chars()
    first, last = pl.col("spelled").str.len_chars(), (pl.col("spelled") + pl.col("written")).str.len_chars()
    counties = spellings.villages.select("name", pl.col("county").alias("county_of_name")).unique()
    both = near.drop("name").join(names, on="split").join(counties, on="name")
    is_it = (start == first) & (end == last)
    is_beside = (pl.col("county") == pl.col("county_of_name")) & ((start <= first) | (end > last))
    near = near.join(_against(both.filter(is_it | is_beside).select("reading")), on="reading", how="left")
    is_short = pl.col("is_short")  # a second slip, as it were
    is_sure = pl.col("is_against").is_null() & ~is_short & ~_is_hamlet()
    return near.with_columns(slips=pl.when(is_short).then(2).otherwise(1), sure=is_sure).select(_READING)


def _stem_of_village(placed: pl.DataFrame, spellings: Spellings) -> pl.DataFrame:
    """The township is spelled right, and a village's name without 村 follows: 永兴小学, 永兴前屯. Never certain."""
    stems = spellings.villages.with_columns(stem=pl.col("name").str.strip_suffix("村")).drop("county")
    stems = stems.filter((pl.col("stem") != pl.col("name")) & (pl.col("stem").str.len_chars() > 1))
    both = placed.filter(~pl.col("is_short")).join(stems, on="township_code")
    both = both.filter(pl.col("tail").str.starts_with(pl.col("stem")))
    return both.with_columns(slips=2, sure=False).select(_READING)


def _without_township(splits: pl.DataFrame, spellings: Spellings, home_counties: pl.Series) -> pl.DataFrame:
    """Neither is spelled right: what is near in the county, which is never certain."""
    home = pl.lit(home_counties.to_list(), dtype=pl.List(pl.String))
    county = pl.when(pl.col("named").is_null()).then(home).otherwise(pl.concat_list("named"))
    tails = splits.select("split", county.alias("county"), tail="rest").explode("county")
    near = find_near(_written(tails), "written", spellings.villages, "name", on=["county"])
    return near.with_columns(slips=1, sure=False).select(_READING)


def _against(what: pl.DataFrame) -> pl.DataFrame:
    return what.unique().with_columns(is_against=True)


def _written(tails: pl.DataFrame) -> pl.DataFrame:
    """What may be the village's name at the head of ``tail``: up to a 村, or ``is_whole`` up to the first number."""
    whole = pl.col("tail").str.extract(rf"^(.+?)(?:{_NUMBERED})")
    first, second = (pl.col("tail").str.extract(pattern) for pattern in (r"^([^村]*村)", r"^([^村]*村[^村]+村)"))
    tails = tails.with_columns(whole=whole, first=first, second=second)
    ways = [
        tails.with_columns(written="whole", is_whole=True),
        *(
            tails.filter(pl.col(n) != pl.col("whole")).with_columns(written=n, is_whole=False)
            for n in ("first", "second")
        ),
    ]
    return pl.concat(ways).drop_nulls("written").drop("whole", "first", "second", "tail")


def _is_hamlet() -> pl.Expr:
    written, name = pl.col("written"), pl.col("name")
    is_beginning = written.str.head(-1) == name.str.head(-1)
    return is_beginning & name.str.ends_with("村") & written.str.tail(1).is_in(_OTHER_PLACES)
