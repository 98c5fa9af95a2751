"""The list of what a revision changes 变更清单, for who has to tell the villages."""

from __future__ import annotations

from typing import Final

from services.files.sheet import sheet, yuan
from services.model.changes import Change, ChangeKind, Changes
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.plan import Plan
from services.model.units import clock

CHANGES_FILE: Final = "变更.csv"
HEADER: Final = ("变更", "村代码", "站点", "快递公司", "件数", "原定", "现在", "变更价(元)", "说明", "合配件组")
KINDS: Final = {
    ChangeKind.EARLIER: "提前",
    ChangeKind.LATER: "推迟",
    ChangeKind.DROPPED: "今日不送",
    ChangeKind.GAINED: "改为今日送",
    ChangeKind.ADDED: "新增",
    ChangeKind.WITHDRAWN: "撤回",
}


def changes_csv(before: Day, after: Day, plan: Plan, changes: Changes) -> bytes:
    """Write each change of a consignment as a row, by village; the file is UTF-8 with a byte order mark.

    ``before`` and ``after`` are the day without and with what happened, since each may know what the other does not.
    """
    goods = {c.consignment_id: c for c in (*before.consignments, *after.consignments)}
    names = {node.node_id: node.name for node in after.county.network.nodes}
    said = {one.consignment_id: one.detail for one in plan.unserved}
    said |= {one.consignment_id: one.detail for one in plan.waiting}
    order = sorted(changes.changes, key=lambda one: (goods[one.consignment_id].village_code, one.consignment_id))
    return sheet([HEADER, *(_row(one, goods[one.consignment_id], names, said) for one in order)])


def _row(one: Change, consignment: Consignment, names: dict[str, str], said: dict[str, str]) -> tuple[str | int, ...]:
    return (
        KINDS[one.kind],
        consignment.village_code,
        names.get(consignment.node_ids[0], consignment.node_ids[0]),
        consignment.carrier_id,
        consignment.pieces,
        _time(one.promised_s),
        _time(one.new_s),
        yuan(one.price_fen),
        said.get(one.consignment_id, ""),
        one.consignment_id,
    )


def _time(time_s: int | None) -> str:
    return "" if time_s is None else clock(time_s)
