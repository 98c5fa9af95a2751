"""Measure how addresses are resolved: how many, how rightly, how fast.

``python -m bench.addresses --addresses 100000 --seed 1`` draws labelled addresses from the table of villages (see
bench/address_set.py for the kinds, bench/address_labels.py for the labels) and resolves them at the hub of the whole
city, or with ``--home 桦甸市`` at that of one county, a fifth of whose addresses are then of other counties.

Precision is the share of right ones among all that were resolved, recall the share of the clear ones that were resolved
rightly. ``held`` rows have the village meant among their candidates, ``bare`` ones have not. The last line, apart from
the others, hides a tenth of the villages from the gazetteer and writes to them without a slip: a village that the
gazetteer lacks looks like a slip in the name of a neighbour if it differs by one character.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from bench.address_labels import Label, plain
from bench.address_set import Sample, draw_addresses
from services.consolidation.resolve import resolve_villages
from services.files.gazetteer import read_villages
from services.model.network import Network, Node, NodeKind, Village

CITY = "city"


def hub_of(villages: Sequence[Village]) -> Network:
    """A network that serves the villages."""
    return Network(tuple(Node(v.code, NodeKind.VILLAGE_SHOP, v.name, 126.5, 43.5, v.code) for v in villages))


def resolve_samples(
    samples: Sequence[Sample], villages: Sequence[Village], network: Network
) -> tuple[pl.DataFrame, float]:
    """Resolve addresses; give one line each with its outcome, and the seconds it took."""
    frame = pl.DataFrame(
        [(row, "", sample.address, sample.kind, sample.meant, sample.label) for row, sample in enumerate(samples)],
        schema={
            **{"row": pl.UInt32, "village_code": pl.String, "address": pl.String},
            **{"kind": pl.String, "meant": pl.String, "label": pl.String},
        },
        orient="row",
    )
    started = time.perf_counter()
    answers = resolve_villages(frame.select("row", "village_code", "address"), villages, network)
    seconds = time.perf_counter() - started
    resolved, counts = pl.col("village").is_not_null(), pl.col("label") != Label.LOST
    is_told = pl.col("candidates").list.contains(pl.col("meant")) | (pl.col("meant") == "")
    is_right = (pl.col("village") == pl.col("meant")).fill_null(False)
    outcomes = pl.concat([frame, answers], how="horizontal").with_columns(
        is_clear=pl.col("label") == Label.CLEAR,
        is_lost=~counts,
        is_resolved=resolved & counts,
        is_right=is_right & (pl.col("label") == Label.CLEAR),
        is_held_well=~resolved & counts & is_told,
        is_held_bare=~resolved & counts & ~is_told,
    )
    return outcomes, seconds


def tally(outcomes: pl.DataFrame) -> pl.DataFrame:
    """Count outcomes by kind and in all, with precision and recall."""
    flags = ("is_clear", "is_lost", "is_resolved", "is_right", "is_held_well", "is_held_bare")
    counts = [pl.len().alias("rows"), *(pl.col(flag).sum() for flag in flags)]
    kinds = outcomes.group_by("kind", maintain_order=True).agg(counts)
    total = outcomes.select(pl.lit("all").alias("kind"), *counts)
    return pl.concat([kinds, total]).with_columns(
        precision=pl.col("is_right") / pl.col("is_resolved"), recall=pl.col("is_right") / pl.col("is_clear")
    )


def hidden_villages(villages: Sequence[Village], network: Network, seed: int) -> tuple[int, int]:
    """Write to villages that the gazetteer lacks; give how many there are and how many were resolved."""
    hidden = set(random.Random(seed).sample(sorted(v.code for v in villages), len(villages) // 10))
    samples = [
        Sample("hidden", f"{v.county}{v.township}{plain(v.name)}5组", "", Label.OPEN)
        for v in villages
        if v.code in hidden
    ]
    outcomes, _ = resolve_samples(samples, [v for v in villages if v.code not in hidden], network)
    return len(samples), outcomes.filter("is_resolved").height


def main() -> None:
    """Print a line a kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--villages", type=Path, default=Path("data/jilin"))
    parser.add_argument("--home", default=CITY, help="a county, or city for all of them")
    parser.add_argument("--addresses", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--show", type=int, default=0, help="show so many wrong, missed and barely held ones of each kind"
    )
    arguments = parser.parse_args()
    villages = read_villages(arguments.villages)
    counties = {v.county for v in villages}
    home = frozenset(counties if arguments.home == CITY else {arguments.home} & counties)
    if not home:
        parser.error(f"--home: the gazetteer has no county {arguments.home}")
    network = hub_of([v for v in villages if v.county in home])
    samples = draw_addresses(villages, home, arguments.addresses, arguments.seed)
    outcomes, seconds = resolve_samples(samples, villages, network)
    print(
        f"{'rows':>7} {'clear':>7} {'resolved':>8} {'right':>7} {'wrong':>5} {'held':>6} {'bare':>5} {'lost':>5} "
        f"{'precision':>9} {'recall':>7}  kind"
    )
    for line in tally(outcomes).iter_rows(named=True):
        precision, recall = (f"{line[n]:.3%}" if line[n] == line[n] else "" for n in ("precision", "recall"))
        print(
            f"{line['rows']:7,d} {line['is_clear']:7,d} {line['is_resolved']:8,d} {line['is_right']:7,d} "
            f"{line['is_resolved'] - line['is_right']:5,d} {line['is_held_well']:6,d} {line['is_held_bare']:5,d} "
            f"{line['is_lost']:5,d} {precision:>9} {recall:>7}  {line['kind']}"
        )
    print(f"{seconds:.2f} s, {len(samples) / seconds:,.0f} addresses a second")
    hidden, guessed = hidden_villages(villages, network, arguments.seed)
    print(f"of {hidden} villages hidden from the gazetteer {guessed} were taken for a neighbour")
    if arguments.show:
        _show(outcomes, arguments.show)


def _show(outcomes: pl.DataFrame, count: int) -> None:
    missed = pl.col("is_clear") & ~pl.col("is_right")
    wrong = pl.col("is_resolved") & ~pl.col("is_right")
    for title, which in (("wrong", wrong), ("missed", missed), ("bare", pl.col("is_held_bare"))):
        chosen = outcomes.filter(which).group_by("kind", maintain_order=True).head(count)
        for line in chosen.select("kind", "address", "meant", "village", "candidates").iter_rows():
            print(title, *line)


if __name__ == "__main__":
    main()
