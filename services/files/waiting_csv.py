"""The list of parcels that wait for tomorrow 缓送清单."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.files.sheet import Row, sheet, yuan
from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.plan import Plan, Waiting
from services.model.units import shares

WAITING_FILE: Final = "缓送.csv"
HEADER: Final = (
    "村代码",
    "站点",
    "快递公司",
    "方向",
    "运单号",
    "件数",
    "承诺期至",
    "缓送价(元)",
    "节省(元)",
    "说明",
    "合配件组",
)
_DIRECTIONS: Final = {Direction.INBOUND: "进村", Direction.OUTBOUND: "出村"}


def waiting_csv(day: Day, plan: Plan) -> bytes:
    """Write what waits, one parcel a row, by village, with the last day promised and why it waits.

    A consignment's price and saving are shared among its parcels by pieces and add up to its own. A consignment whose
    parcels the day does not name is one row without a waybill. The file is UTF-8 with a byte order mark.
    """
    goods = {consignment.consignment_id: consignment for consignment in day.consignments}
    names = {node.node_id: node.name for node in day.county.network.nodes}
    order = sorted(plan.waiting, key=lambda one: (goods[one.consignment_id].village_code, one.consignment_id))
    return sheet([HEADER, *(row for one in order for row in _rows(one, goods[one.consignment_id], names))])


def _rows(one: Waiting, consignment: Consignment, names: dict[str, str]) -> Iterator[Row]:
    parcels = [parcel_id.split("/", 1)[-1] for parcel_id in consignment.parcel_ids] or [""]
    pieces = consignment.parcel_pieces or shares(consignment.pieces, [1] * len(parcels))
    weights = pieces if any(pieces) else [1] * len(parcels)
    prices, savings = shares(one.wait_fen, weights), shares(one.saved_fen, weights)
    for waybill, count, price_fen, saved_fen in zip(parcels, pieces, prices, savings, strict=True):
        yield (
            consignment.village_code,
            names.get(consignment.node_ids[0], consignment.node_ids[0]),
            consignment.carrier_id,
            _DIRECTIONS[consignment.direction],
            waybill,
            count,
            consignment.due_date.isoformat(),
            yuan(price_fen),
            yuan(saved_fen),
            one.detail,
            consignment.consignment_id,
        )
