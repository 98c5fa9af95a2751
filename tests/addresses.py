"""Addresses resolved at Huadian's hub with the whole city's gazetteer."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import polars as pl

from services.consolidation.resolve import resolve_villages
from services.files.county_folder import read_county
from services.files.gazetteer import read_villages
from services.model.held import HeldReason
from services.model.network import Network, Village
from tests.builders import SERVICE_DATE

_DATA: Final = Path(__file__).parents[1] / "data"
CITY: Final = read_villages(_DATA / "jilin")
HOME: Final = "桦甸市"
YONGXING: Final = "220282200229"  # 桦甸市桦郊乡永兴村
CODES: Final = {(v.county, v.township, v.name): v.code for v in CITY}

Answer = tuple[str | None, str | None, list[str]]  # village, reason, candidates


@cache
def huadian() -> Network:
    return read_county(_DATA / "huadian", SERVICE_DATE).county.network


def resolve(*parcels: tuple[str, str], villages: tuple[Village, ...] = CITY) -> list[Answer]:
    """Resolve pairs of code and address."""
    rows = [(row, code, address) for row, (code, address) in enumerate(parcels)]
    frame = pl.DataFrame(rows, schema={"row": pl.UInt32, "village_code": pl.String, "address": pl.String}, orient="row")
    return resolve_villages(frame, villages, huadian()).rows()


def resolve_address(address: str, villages: tuple[Village, ...] = CITY) -> Answer:
    return resolve(("", address), villages=villages)[0]


def found(code: str) -> Answer:
    """The answer for a village: itself, and not served where it lies in another county."""
    served = code in {node.village_code for node in huadian().nodes}
    return code, None if served else HeldReason.VILLAGE_NOT_SERVED, []


def held_as_ambiguous(*codes: str) -> Answer:
    return None, HeldReason.VILLAGE_AMBIGUOUS, sorted(codes)


NOWHERE: Final[Answer] = (None, HeldReason.VILLAGE_UNKNOWN, [])
