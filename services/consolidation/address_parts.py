"""The parts of an address before its township: province, city and county, each written out, shortened or left out."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Final

import polars as pl

from services.consolidation.spellings import PEOPLE_OF_A_TOWNSHIP, Spellings

_PROVINCES: Final = (
    "北京|天津|上海|重庆|河北|山西|内蒙古|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|广西|海南|四川|"
    "贵州|云南|西藏|陕西|甘肃|青海|宁夏|新疆|香港|澳门|台湾"
)
_PROVINCE: Final = rf"(?:{_PROVINCES})(?:省|市|(?:壮族|回族|维吾尔)?自治区)?"
_CITY: Final = r"[^省市县区旗州盟乡镇村]{2,8}(?:市|州|盟|地区)"


class Agreement(IntEnum):
    """How a village's county agrees with the county that an address names, or with home if it names none."""

    SAME = 0
    ZONE = 1  # statistics count the village in a zone, of which no address speaks
    OTHER = 2


def agreement(is_named: pl.Expr, has_named: pl.Expr, in_zone: pl.Expr, home_counties: pl.Series) -> pl.Expr:
    """How the county in column ``county`` agrees with the address."""
    at_home = pl.when(pl.col("county").is_in(home_counties.implode())).then(Agreement.SAME.value)
    named = pl.when(is_named).then(Agreement.SAME.value).when(in_zone).then(Agreement.ZONE.value)
    return (
        pl.when(has_named)
        .then(named.otherwise(Agreement.OTHER.value))
        .otherwise(at_home.otherwise(Agreement.OTHER.value))
    )


def the_only_one(is_sure: pl.Expr) -> pl.Expr:
    """The village of column ``candidates``, where there is but one and it is sure."""
    only = (pl.col("candidates").list.len() == 1) & is_sure
    return pl.when(only).then(pl.col("candidates").list.first())


def tidy(address: pl.Expr) -> pl.Expr:
    """An address without spaces and marks, in ordinary digits, and without the people that a township 满族乡 is of."""
    plain = address.str.normalize("NFKC").str.replace_all(r"[^\p{L}\p{N}]+", "")
    return plain.str.replace_all(PEOPLE_OF_A_TOWNSHIP, "${1}")


def named(names: pl.Series) -> pl.Expr:
    """The names that an address holds; of two that start together the longer one."""
    return pl.col("address").str.extract_many(longest_first(names).implode(), leftmost=True)


def longest_first(names: pl.Series) -> pl.Series:
    """Each name once, so that a search that takes the first fitting one takes the longest."""
    return pl.Series(sorted(set(names) - {""}, key=lambda name: (-len(name), name)), dtype=pl.String)


def either(names: pl.Series) -> str:
    """A pattern of any of the names, the longest that fits; of no names, one that fits nothing."""
    return "|".join(map(re.escape, longest_first(names))) or r"[^\s\S]"


def find_counties(addresses: pl.DataFrame, spellings: Spellings) -> pl.DataFrame:
    """Add ``counties`` (names of counties in the address) and ``rest`` (what follows the shortened name of one).

    A county's name without 市 or 县 counts only at the head of an address that names no county in full, and not where
    a township or village is called like it (永吉街道, 舒兰站村); where there is none, ``rest`` is null.
    """
    stems = spellings.counties.drop_nulls("stem")
    found = addresses.with_columns(counties=named(spellings.counties["county"]), rest=pl.lit(None, dtype=pl.String))
    if stems.is_empty():
        return found
    others = pl.concat([spellings.townships["spelled"], spellings.villages["name"]])
    others = others.filter(others.str.contains(f"^(?:{either(stems['stem'])})."))
    head = rf"^(?:中国)?(?:{_PROVINCE}(?:{_CITY}|[^省市县区旗州盟乡镇村]{{2,3}})??|{_CITY})??"
    is_named = pl.col("counties").list.len() > 0
    short = (
        found.filter(~is_named)
        .select(
            "address", parts=pl.col("address").str.extract_groups(rf"{head}(({either(stems['stem'])})[市县区]?(.*))$")
        )
        .select("address", pl.col("parts").struct.rename_fields(["whole", "stem", "rest"]))
        .unnest("parts")
        .filter(~pl.col("whole").str.contains(f"^(?:{either(others)})"))
        .join(stems, on="stem")
        .select("address", pl.concat_list("county").alias("counties"), "rest")
    )
    return pl.concat([found.join(short, on="address", how="anti"), short])


def split_heads(addresses: pl.DataFrame, spellings: Spellings) -> pl.DataFrame:
    """Each way to split an address into a head and the ``rest`` that begins with a township or village.

    Parameters
    ----------
    addresses:
        Frame of ``find_counties``.

    Returns
    -------
    pl.DataFrame
        ``address``, ``named`` (the county before the rest, or null) and ``rest``. A county whose name is written
        without 市 or 县 might be something else: such an address is split with that county and without any.

    """
    one = addresses.filter(pl.col("counties").list.unique().list.len() == 1)
    named_county = pl.col("counties").list.first()
    full = one.filter(pl.col("rest").is_null()).select(
        "address",
        named_county.alias("named"),
        pl.col("address").str.extract(rf"^.*?(?:{either(spellings.counties['county'])})+(.*)$").alias("rest"),
    )
    short = one.filter(pl.col("rest").is_not_null()).select("address", named_county.alias("named"), "rest")
    none = addresses.filter((pl.col("counties").list.len() == 0) | pl.col("rest").is_not_null())
    nobody = pl.lit(None, dtype=pl.String).alias("named")
    head = rf"^(?:中国)?(?:{_PROVINCE})?(?:{_CITY})?"
    whole = none.select("address", nobody, pl.col("address").alias("rest"))
    headless = none.select("address", nobody, pl.col("address").str.replace(head, "").alias("rest"))
    return pl.concat([full, short, whole, headless]).unique()
