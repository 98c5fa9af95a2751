"""Villages whose names an address holds as they are spelled."""

from __future__ import annotations

from typing import Final

import polars as pl

from services.consolidation.address_parts import Agreement, agreement, either, named, the_only_one
from services.consolidation.spellings import Spellings

# Before a township where no known county is named: nothing of another county, at most a city.
_NO_OTHER_COUNTY: Final = r"^[^市县区旗州盟]*市?$"


def match_exactly(addresses: pl.DataFrame, spellings: Spellings, home_counties: pl.Series) -> pl.DataFrame:
    """Look for townships followed by one of their villages, then for villages alone.

    An address without any township may name a village alone, right after the county or first of all, if that name is
    unique in the county it names (or at home). A village name beside a township that has no such village contradicts
    itself, and one in the middle of a text may be the tail of another name: a candidate, never an answer.

    Parameters
    ----------
    addresses:
        Frame of ``find_counties``.
    home_counties:
        The counties that an address means which names none.

    Returns
    -------
    pl.DataFrame
        For each address in which something was found: ``village`` (code or null), ``candidates``, ``is_full`` (whether
        a township stands before its village) and ``agrees``, an Agreement.

    """
    townships = spellings.townships.filter(~pl.col("is_short"))
    villages = spellings.villages.filter("is_exact")
    keys = villages.join(townships.select("township_code", "spelled"), on="township_code").select(
        "code", "county", key=pl.col("spelled") + pl.col("name")
    )
    has_county = pl.col("counties").list.len() > 0
    full = addresses.with_columns(named(keys["key"]).alias("key")).explode("key").drop_nulls("key").join(keys, on="key")
    is_placed = has_county | _before("key").str.contains(_NO_OTHER_COUNTY)
    full = full.select("address", "counties", "code", "county", what="key", sure=is_placed, is_full=True)
    alone = addresses.join(full, on="address", how="anti").with_columns(
        named(townships["spelled"]).alias("townships"), named(villages["name"]).alias("name")
    )
    alone = alone.explode("name").drop_nulls("name").join(villages, on="name")
    follows = _before("name").str.contains(f"(?:^|{either(spellings.counties['county'])})$")
    is_alone = (pl.col("townships").list.len() == 0) & follows
    nothing = pl.lit(None, dtype=pl.String)
    alone = alone.select("address", "counties", "code", "county", what=nothing, sure=is_alone, is_full=False)
    is_named = pl.col("county").is_in(pl.col("counties"))
    in_zone = pl.col("county").is_in(spellings.zones) & pl.col("is_full")
    agrees = agreement(is_named, has_county, in_zone, home_counties)
    matches = pl.concat([full, alone]).unique().with_columns(agrees=agrees)
    # The county tells namesakes apart; it does not choose between two places that an address names.
    matches = matches.filter(pl.col("agrees") == pl.col("agrees").min().over("address", "what"))
    return (
        matches.group_by("address")
        .agg(
            pl.col("code").unique().sort().alias("candidates"),
            pl.col("sure").all(),
            pl.col("is_full").any(),
            pl.col("agrees").max(),
        )
        .with_columns(village=the_only_one(pl.col("sure") & (pl.col("agrees") < Agreement.OTHER)))
        .select("address", "village", "candidates", "is_full", "agrees")
    )


def _before(name: str) -> pl.Expr:
    """What stands in an address before a name."""
    return pl.col("address").str.splitn(pl.col(name), 2).struct.field("field_0")
