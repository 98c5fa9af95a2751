"""The list of ways into the villages 进村方式: what each village has, what it costs, and the next best."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from services.files.sheet import Row, percent, sheet, yuan
from services.files.words import TERMS, TRANSPORT_MODES
from services.model.day import Day
from services.model.plan import PlanResult
from services.model.ways import ModeShare, VillageWay

WAYS_FILE: Final = "进村方式.csv"
HEADER: Final = (
    "村代码",
    "站点",
    "方式",
    "协议模式",
    "进村件数",
    "出村件数",
    "分摊费用(元)",
    "不送本村可省(元)",
    "次优方式",
    "次优协议模式",
    "次优安排",
    "次优费用(元)",
    "差额(元)",
    "无次优的原因",
)
SHARES_HEADER: Final = ("方式", "进村件数", "出村件数", "占比(%)")


def ways_csv(day: Day, result: PlanResult) -> bytes:
    """Write the ways, one a row, and below them the pieces and share of each mode.

    A village with several ways has several rows; what concerns the whole village stands in its first.
    """
    names: dict[str, str] = {}
    for node in day.county.network.nodes:
        if node.village_code:
            names.setdefault(node.village_code, node.name)
    return sheet(
        [
            HEADER,
            *(row for way in result.ways for row in _village_rows(way, names)),
            (),
            SHARES_HEADER,
            *(_share_row(share) for share in result.mode_shares),
        ]
    )


def _village_rows(way: VillageWay, names: Mapping[str, str]) -> Iterator[Row]:
    for number, used in enumerate(way.used):
        first: Row = (way.village_code, names.get(way.village_code, ""))
        last = _whole_village(way) if number == 0 else ("",) * 7
        pieces = used.pieces_in, used.pieces_out
        yield (*first, TRANSPORT_MODES[used.mode], TERMS[used.terms], *pieces, yuan(used.cost_fen), *last)


def _whole_village(way: VillageWay) -> Row:
    best = way.next_best
    if best is None or way.saved_fen is None:
        return yuan(way.marginal_fen), "", "", "", "", "", way.why_none
    terms = "、".join(TERMS[one] for one in best.terms)
    return (
        *(yuan(way.marginal_fen), TRANSPORT_MODES[best.mode], terms, best.detail),
        *(yuan(best.cost_fen), yuan(way.saved_fen), ""),
    )


def _share_row(share: ModeShare) -> Row:
    return TRANSPORT_MODES[share.mode], share.pieces_in, share.pieces_out, percent(share.permille)
