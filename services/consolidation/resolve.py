"""Which village a parcel is for: by its code, else by what its address says; never by a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import polars as pl

from services.model.held import HeldReason
from services.model.network import Network, Village

_VILLAGE_SCHEMA: Final = {
    "code": pl.String,
    "name": pl.String,
    "township": pl.String,
    "county": pl.String,
    "key": pl.String,
}

# Before a township where no known county is named: nothing of another county, at most a city.
_NO_OTHER_COUNTY: Final = r"^[^市县区旗州盟]*市?$"


def resolve_villages(parcels: pl.DataFrame, villages: Sequence[Village], network: Network) -> pl.DataFrame:
    """Find each parcel's village.

    A code that has a node in this county or stands in the gazetteer counts. Otherwise the address is searched for a
    township followed by one of its villages; an address without any township may name a village alone, right after
    the county or first of all, if that name is unique in the county it names (or in this one). Namesakes are told
    apart by the county's name only; an address in a county that the gazetteer does not know names none of its
    villages. What fits without certainty is a candidate.

    Parameters
    ----------
    parcels:
        Frame with ``row``, ``village_code`` and ``address``.
    villages:
        The gazetteer; wider than the county, so that namesakes elsewhere are seen.
    network:
        The county's places.

    Returns
    -------
    pl.DataFrame
        One line a parcel in the same order: ``village`` (code or null), ``village_reason`` (a HeldReason or null) and
        ``candidates`` (codes, where no village is certain).
    """
    served = pl.Series("village", sorted({n.village_code for n in network.nodes if n.village_code}), dtype=pl.String)
    gazetteer = _gazetteer(villages)
    known = pl.col("village_code").is_in(gazetteer["code"].implode())
    by_code = parcels.select(
        "row",
        "address",
        pl.when(pl.col("village_code").is_in(served.implode()) | known).then(pl.col("village_code")).alias("code"),
    )
    unresolved = by_code.filter(pl.col("code").is_null()).select("row", _tidy(pl.col("address")).alias("address"))
    by_address = _resolve_addresses(unresolved, gazetteer, served)
    return (
        by_code.select("row", "code")
        .join(by_address, on="row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("code", "village").alias("village"))
        .with_columns(
            pl.when(pl.col("village").is_not_null())
            .then(pl.when(~pl.col("village").is_in(served.implode())).then(pl.lit(HeldReason.VILLAGE_NOT_SERVED.value)))
            .when(pl.col("candidates").list.len().fill_null(0) > 0)
            .then(pl.lit(HeldReason.VILLAGE_AMBIGUOUS.value))
            .otherwise(pl.lit(HeldReason.VILLAGE_UNKNOWN.value))
            .alias("village_reason"),
            pl.when(pl.col("village").is_null()).then(pl.col("candidates")).fill_null([]).alias("candidates"),
        )
        .select("village", "village_reason", "candidates")
    )


def _gazetteer(villages: Sequence[Village]) -> pl.DataFrame:
    rows = [(v.code, name := _spoken(v.name), v.township, v.county, v.township + name) for v in villages]
    return pl.DataFrame(rows, schema=_VILLAGE_SCHEMA, orient="row")


def _spoken(name: str) -> str:
    """A village's name as people write it, without what the gazetteer adds.

    >>> _spoken("永胜村（天岗石材开发区）（省级）"), _spoken("驿马村委")
    ('永胜村', '驿马村')
    """
    return re.sub(r"(?<=村)委会?$", "", re.sub(r"[（(].*$", "", name))


def _tidy(address: pl.Expr) -> pl.Expr:
    return address.str.replace_all(r"[\s,，。、·\-]+", "")


def _resolve_addresses(addresses: pl.DataFrame, gazetteer: pl.DataFrame, served: pl.Series) -> pl.DataFrame:
    """For each row: ``village`` where exactly one fits, else ``candidates`` where several do."""
    places = addresses.with_columns(
        _named(gazetteer["county"]).alias("counties"),
        _named(gazetteer["township"]).alias("townships"),
        _named(gazetteer["key"]).alias("keys"),
        _named(gazetteer["name"]).alias("names"),
    )
    home_counties = gazetteer.filter(pl.col("code").is_in(served.implode()))["county"].unique()
    has_county = pl.col("counties").list.len() > 0
    full = places.rename({"keys": "key"}).explode("key").drop_nulls("key").join(gazetteer, on="key")
    is_placed = has_county | _before("key").str.contains(_NO_OTHER_COUNTY)
    full = full.select("row", "counties", "code", "county", sure=is_placed)
    # A village name beside a township that has no such village contradicts itself, and one in the middle of a text may
    # be the tail of another name: a candidate, never an answer.
    named = places.rename({"names": "name"}).explode("name").drop_nulls("name").join(gazetteer, on="name")
    follows = _before("name").str.contains(f"(?:^|{'|'.join(map(re.escape, gazetteer['county'].unique()))})$")
    named = named.select("row", "counties", "code", "county", sure=(pl.col("townships").list.len() == 0) & follows)
    matches = pl.concat([full, named.join(full, on="row", how="anti")]).unique()
    in_named_county = pl.col("county").is_in(pl.col("counties"))
    at_home = pl.col("county").is_in(home_counties.implode())
    here = pl.when(has_county).then(in_named_county).otherwise(at_home)
    matches = matches.with_columns(here=here, any_here=here.any().over("row"))
    matches = matches.filter(pl.col("here") | ~pl.col("any_here"))
    return (
        matches.group_by("row")
        .agg(pl.col("code").unique().sort().alias("candidates"), pl.col("sure").all(), pl.col("here").all())
        .with_columns(
            pl.when((pl.col("candidates").list.len() == 1) & pl.col("sure") & pl.col("here"))
            .then(pl.col("candidates").list.first())
            .alias("village")
        )
        .select("row", "village", "candidates")
    )


def _before(name: str) -> pl.Expr:
    """What stands in an address before a name."""
    return pl.col("address").str.splitn(pl.col(name), 2).struct.field("field_0")


def _named(names: pl.Series) -> pl.Expr:
    """The names that an address holds; of two that start together the longer one."""
    patterns = names.unique().to_frame("name").sort(pl.col("name").str.len_chars(), "name", descending=[True, False])
    return pl.col("address").str.extract_many(patterns["name"].implode(), leftmost=True)
