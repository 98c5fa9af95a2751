"""Which village a parcel is for: by its code, else by what its address says; never by a guess."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from services.model.network import Network, Village
from services.model.parcels import HeldReason

_VILLAGE_SCHEMA: Final = {
    "code": pl.String,
    "name": pl.String,
    "township": pl.String,
    "county": pl.String,
    "key": pl.String,
}


def resolve_villages(parcels: pl.DataFrame, villages: Sequence[Village], network: Network) -> pl.DataFrame:
    """Find each parcel's village.

    A code that has a node in this county counts. Otherwise the address is searched for a township followed by one of
    its villages; an address without any township may name a village alone if that name is unique in the county it
    names (or in this one). Namesakes are told apart by the county's name, then by which of them this county serves.

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
        ``candidates`` (codes).
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
            pl.col("candidates").fill_null([]),
        )
        .select("village", "village_reason", "candidates")
    )


def _gazetteer(villages: Sequence[Village]) -> pl.DataFrame:
    rows = [(v.code, v.name, v.township, v.county, v.township + v.name) for v in villages]
    return pl.DataFrame(rows, schema=_VILLAGE_SCHEMA, orient="row")


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
    has_township = pl.col("townships").list.len() > 0
    full = places.select("row", "counties", pl.col("keys").alias("key")).explode("key").drop_nulls("key")
    full = full.join(gazetteer, on="key").select("row", "counties", "code", "county", sure=pl.lit(True))
    # A village name beside a township that has no such village contradicts itself: a candidate, never an answer.
    named = places.select("row", "counties", ~has_township, pl.col("names").alias("name"))
    named = named.explode("name").drop_nulls("name").join(gazetteer, on="name")
    named = named.select("row", "counties", "code", "county", sure=pl.col("townships"))
    matches = pl.concat([full, named.join(full, on="row", how="anti")]).unique()
    in_named_county = pl.col("county").is_in(pl.col("counties"))
    at_home = pl.col("county").is_in(home_counties.implode())
    here = pl.when(pl.col("counties").list.len() > 0).then(in_named_county).otherwise(at_home)
    matches = matches.with_columns(
        here=here, any_here=here.any().over("row"), is_served=pl.col("code").is_in(served.implode())
    )
    matches = matches.filter(pl.col("here") | ~pl.col("any_here"))
    matches = matches.with_columns(any_served=pl.col("is_served").any().over("row"))
    matches = matches.filter(pl.col("is_served") | ~pl.col("any_served") | ~pl.col("sure"))
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


def _named(names: pl.Series) -> pl.Expr:
    """The names that an address holds; of two that start together the longer one."""
    patterns = names.unique().to_frame("name").sort(pl.col("name").str.len_chars(), "name", descending=[True, False])
    return pl.col("address").str.extract_many(patterns["name"].implode(), leftmost=True)
