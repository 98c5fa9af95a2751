"""Which village a parcel is for: by its code, else by what its address says; never by a guess."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from services.consolidation.address_parts import Agreement, find_counties, tidy
from services.consolidation.exact_names import match_exactly
from services.consolidation.near_addresses import match_nearly
from services.consolidation.spellings import spell_villages
from services.model.held import HeldReason
from services.model.network import Network, Village

_MATCH_SCHEMA: Final[dict[str, pl.DataType]] = {
    "address": pl.String(),
    "village": pl.String(),
    "candidates": pl.List(pl.String()),
}


def resolve_villages(parcels: pl.DataFrame, villages: Sequence[Village], network: Network) -> pl.DataFrame:
    """Find each parcel's village.

    A code that has a node in this county or stands in the gazetteer counts. Otherwise the address is searched for a
    township followed by one of its villages; an address without any township may name a village alone, right after
    the county or first of all, if that name is unique in the county it names (or in this one). Namesakes are told
    apart by the county's name only; an address in a county that the gazetteer does not know names none of its
    villages. Where nothing is spelled like this, one slip of the pen is allowed, in the township or in the village, if
    the rest of the address leaves a single village. What fits without certainty is a candidate.

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
    known = pl.Series([v.code for v in villages], dtype=pl.String)
    code = pl.col("village_code")
    by_code = parcels.select(
        "row",
        "address",
        pl.when(code.is_in(served.implode()) | code.is_in(known.implode())).then(code).alias("code"),
    )
    unresolved = by_code.filter(pl.col("code").is_null()).select("address").unique()
    by_address = _resolve_addresses(unresolved, villages, served)
    return (
        by_code.join(by_address, on="address", how="left", maintain_order="left")
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


def _resolve_addresses(written: pl.DataFrame, villages: Sequence[Village], served: pl.Series) -> pl.DataFrame:
    """For each address: ``village`` where exactly one fits, else ``candidates`` where several do."""
    if written.is_empty() or not villages:
        return pl.DataFrame(schema=_MATCH_SCHEMA)
    spellings = spell_villages(villages)
    home = spellings.villages.filter(pl.col("code").is_in(served.implode()))["county"].unique()
    written = written.select(pl.col("address").alias("written"), tidy(pl.col("address")).alias("address"))
    addresses = find_counties(written.select("address").unique(), spellings)
    exact = match_exactly(addresses, spellings, home)
    settled = exact.filter(pl.col("village").is_not_null())
    near = match_nearly(addresses.join(settled, on="address", how="anti"), spellings, home)
    both = exact.join(near, on="address", how="full", coalesce=True, suffix="_near")
    # A township with one of its villages, spelled right but out of place, outweighs what is only like another one.
    is_other = (pl.col("candidates").list.len() > 1) | (pl.col("candidates").list.first() != pl.col("village_near"))
    outweighs = (pl.col("is_full") & is_other).fill_null(False)
    # A namesake far away tells a dispatcher nothing where something near fits.
    is_far = ~pl.col("is_full") & (pl.col("agrees") == Agreement.OTHER) & (pl.col("agrees_near") < Agreement.OTHER)
    exact_candidates = pl.when(~is_far.fill_null(False)).then("candidates").fill_null([])
    matches = both.select(
        "address",
        pl.coalesce("village", pl.when(~outweighs).then("village_near")),
        pl.concat_list(exact_candidates, pl.col("candidates_near").fill_null([]))
        .list.unique()
        .list.sort()
        .alias("candidates"),
    )
    return written.join(matches, on="address").select(pl.col("written").alias("address"), "village", "candidates")
