"""A settlement for those who pay: the bill 结算单, its entries 结算明细 and the sharing of costs 成本分摊, as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from services.files.sheet import Row, sheet, thousandths, yuan
from services.files.words import CORE, MODELS, PURPOSES, SHARINGS
from services.model.settlement import Entry, Settlement, SharedCost, Unit

BILL_FILE: Final = "结算单.csv"
ENTRIES_FILE: Final = "结算明细.csv"
SHARING_FILE: Final = "成本分摊.csv"

_BILL_HEADER: Final = (
    "合作方",
    "名称",
    "件数",
    "重量(kg)",
    "自身支出(元)",
    "付给他方(元)",
    "收自他方(元)",
    "应承担(元)",
    "单干成本(元)",
    "其中未服务罚价(元)",
    "节省(元)",
    "高于单干",
)
_ENTRIES_HEADER: Final = (
    "序号",
    "交易",
    "合作方",
    "名称",
    "付(元)",
    "收(元)",
    "事由",
    "协议",
    "车次",
    "班次",
    "节点",
    "件数",
    "重量(kg)",
    "单价或总额(元)",
    "合配件组",
)


def settlement_sheets(settlement: Settlement) -> dict[str, bytes]:
    """Write a settlement's papers: file name to CSV for a Chinese spreadsheet."""
    writer = _Writer(settlement)
    return {
        BILL_FILE: sheet(writer.bill()),
        ENTRIES_FILE: sheet(writer.entries()),
        SHARING_FILE: sheet(writer.sharing()),
    }


class _Writer:
    """Rows of the papers of one settlement."""

    def __init__(self, settlement: Settlement) -> None:
        self.settlement = settlement
        self.names = {account.partner_id: account.name for account in settlement.accounts}

    def bill(self) -> Iterator[Row]:
        yield "结算单", self.settlement.county_id
        yield "日期", self.settlement.service_date.isoformat()
        yield "实际支出合计(元)", yuan(self.settlement.spent_fen)
        yield ()
        yield _BILL_HEADER
        for account in self.settlement.accounts:
            yield (
                account.partner_id,
                account.name,
                account.pieces,
                thousandths(account.weight_g),
                yuan(account.spent_fen),
                yuan(account.paid_fen),
                yuan(account.received_fen),
                yuan(account.charge_fen),
                yuan(account.stand_alone_fen),
                yuan(account.alone_unserved_fen),
                yuan(account.saving_fen),
                "是" if account.above_stand_alone else "",
            )
        if self.settlement.findings:
            yield ()
            yield ("提示",)
            yield from ((finding.detail,) for finding in self.settlement.findings)

    def entries(self) -> Iterator[Row]:
        yield _ENTRIES_HEADER
        yield from (self._entry(entry) for entry in self.settlement.entries)

    def _entry(self, entry: Entry) -> Row:
        in_pieces = entry.unit is Unit.PIECES
        return (
            entry.entry_id,
            entry.transaction_id,
            entry.partner_id,
            self.names[entry.partner_id],
            yuan(entry.fen) if entry.fen > 0 else "",
            yuan(-entry.fen) if entry.fen < 0 else "",
            PURPOSES[entry.purpose],
            entry.agreement_id,
            "|".join(entry.run_ids),
            "|".join(entry.trip_ids),
            "|".join(entry.node_ids),
            entry.quantity if in_pieces else "",
            "" if in_pieces else thousandths(entry.quantity),
            yuan(entry.rate_fen),
            "|".join(entry.consignment_ids),
        )

    def sharing(self) -> Iterator[Row]:
        if not self.settlement.shared_costs:
            yield ("当日没有按成本分摊的协议",)
        for shared in self.settlement.shared_costs:
            yield from self._head(shared)
            yield ()
            yield "合作方", "名称", "件数", "重量(kg)", "单干成本(元)", "分摊(元)", "节省(元)", "误差(元)"
            for share in shared.shares:
                name = self.names[share.partner_id]
                amounts = (share.stand_alone_fen, share.share_fen, share.saving_fen, share.error_fen)
                yield share.partner_id, name, share.pieces, thousandths(share.weight_g), *map(yuan, amounts)
            yield ()
            yield "联盟", "求解成本(元)", "采用成本(元)", "其中未服务罚价(元)", "拆分为"
            for coalition in shared.coalitions:
                parts = "；".join("+".join(part.partner_ids) for part in coalition.parts)
                costs = (coalition.solved_fen, coalition.cost_fen, coalition.unserved_fen)
                yield "+".join(coalition.members), *map(yuan, costs), parts
            yield ()

    def _head(self, shared: SharedCost) -> Iterator[Row]:
        core = shared.core
        yield "协议", shared.agreement_id, MODELS[shared.model], SHARINGS[shared.sharing]
        yield "运营方", shared.operator, self.names[shared.operator]
        yield "车次", "|".join(shared.run_ids)
        yield "班次", "|".join(shared.trip_ids)
        yield "车次成本(元)", yuan(shared.runs_fen)
        yield "班次成本(元)", yuan(shared.trips_fen)
        yield "接驳(元)", yuan(shared.shuttles_fen)
        yield "减运价收入(元)", yuan(shared.tariffs_fen)
        yield "分摊总额(元)", yuan(shared.shared_fen)
        yield "核检验", CORE[core.verdict], "+".join(core.leaving), yuan(core.excess_fen) if core.leaving else ""
        yield "核为空", "是" if core.least_excess_fen > 0 else "否", yuan(core.least_excess_fen)
        yield "求解误差", f"{core.gap_permille}‰", "最大修正(元)", yuan(shared.largest_repair_fen)
        yield "计划高于最优拆分(元)", yuan(shared.plan_gap_fen)
