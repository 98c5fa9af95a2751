"""The list of held parcels 扣留清单."""

from __future__ import annotations

from typing import Final

import polars as pl

from services.files.sheet import sheet
from services.files.words import HELD
from services.model.held import HeldReason

HEADER: Final = ("行号", "运单号", "快递公司", "原因", "说明", "候选村")


def held_csv(held: pl.DataFrame) -> bytes:
    """Write the held parcels, one a row, each with its reason in Chinese and as a code.

    ``held`` has the columns row, waybill, carrier, reason (a HeldReason's name), detail and candidates (village codes,
    joined by ``|``). The file is UTF-8 with a byte order mark.
    """
    rows = held.select("row", "waybill", "carrier", "reason", "detail", "candidates").iter_rows()
    return sheet(
        [
            HEADER,
            *(
                (row, waybill or "", carrier or "", _reason(reason), detail or "", "|".join(candidates or ()))
                for row, waybill, carrier, reason, detail, candidates in rows
            ),
        ]
    )


def _reason(name: str) -> str:
    return f"{HELD[HeldReason(name)]} {name}"
