"""Parcels and the gazetteer's villages of the small county, for tests to change one thing of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from services.consolidation.consolidate import Consolidation, consolidate
from services.model.day import County
from services.model.network import Village
from services.model.parcels import PARCEL_SCHEMA
from tests.builders import SERVICE_DATE, VILLAGES, small_county

GAZETTEER: Final = tuple(
    Village(code, name, "220282100", "夹皮沟镇", "220282", "桦甸市")
    for code, name in zip(VILLAGES, ("东村", "中村", "西村"), strict=True)
)
_GOOD: Final[dict[str, Any]] = {
    "carrier": "EXP-A",
    "direction": "INBOUND",
    "village_code": VILLAGES[0],
    "address": "",
    "weight_g": 1_000,
    "volume_ml": 3_000,
    "pieces": 1,
    "temperature": "AMBIENT",
    "due_in_days": 0,
    "category": "书籍",
    "original_waybill": "",
    "original_carrier": "",
    "emergency": False,
    "inspected": True,
    "real_name": True,
    "scanned": True,
    "fault": "",
}


def small_parcels(*changes: Mapping[str, Any]) -> pl.DataFrame:
    """Build one good parcel a mapping, changed by it; rows count from 2 and each has its own waybill."""
    rows = [{"row": 2 + i, "waybill": f"W{i}", **_GOOD, **change} for i, change in enumerate(changes)]
    return pl.DataFrame(rows, schema=PARCEL_SCHEMA, orient="row")


def consolidate_small(
    parcels: pl.DataFrame, county: County | None = None, villages: Sequence[Village] = GAZETTEER
) -> Consolidation:
    """Consolidate parcels of the small county on the builders' service date."""
    return consolidate(county or small_county(), SERVICE_DATE, villages, parcels)
