"""A settlement in a terminal of 80 columns: who is charged what, how costs were shared, what should be known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from services.files.words import CORE, MODELS, SHARINGS
from services.model.settlement import PartnerAccount, Settlement, SharedCost

_MOST_LEAVING: Final = 4


def print_settlement(settlement: Settlement, console: Console) -> None:
    """Show a settlement to people."""
    names = {account.partner_id: account.name for account in settlement.accounts}
    title = f"{settlement.county_id} 结算单  {settlement.service_date}"
    console.print(Text(f" {title}  实际支出合计 {_yuan(settlement.spent_fen)} 元", style="bold"))
    console.print(_accounts(settlement.accounts))
    for shared in settlement.shared_costs:
        console.print(_shared(shared, names))
    if settlement.findings:
        console.print(Text(" 提示", style="bold"))
        for finding in settlement.findings:
            console.print(Padding(Text(f"· {finding.detail}"), (0, 0, 0, 1), expand=False))


def _accounts(accounts: Sequence[PartnerAccount]) -> RenderableType:
    table = _table("合作方", "件数", "自身支出", "净付他方", "应承担", "单干成本", "节省")
    for account in accounts:
        net_fen = account.paid_fen - account.received_fen
        is_idle = not any((account.pieces, account.spent_fen, account.paid_fen, account.received_fen))
        table.add_row(
            account.name,
            str(account.pieces) if account.pieces else "",
            _yuan(account.spent_fen) if account.spent_fen else "",
            _yuan(net_fen) if net_fen else "",
            "" if is_idle else _yuan(account.charge_fen),
            _yuan(account.stand_alone_fen) if account.stand_alone_fen else "",
            _saving(account.saving_fen, account.stand_alone_fen),
            style="red" if account.above_stand_alone else "dim" if is_idle else "",
        )
    return _indented(table)


def _shared(shared: SharedCost, names: Mapping[str, str]) -> Group:
    head = (
        f" {shared.agreement_id} {MODELS[shared.model]}，{names[shared.operator]}运营，{SHARINGS[shared.sharing]}："
        f"分摊 {_yuan(shared.shared_fen)} 元"
    )
    table = _table("合作方", "件数", "单干", "分摊", "节省")
    for share in shared.shares:
        error = f" ±{_yuan(share.error_fen)}" if share.error_fen else ""
        table.add_row(
            names[share.partner_id],
            str(share.pieces) if share.pieces else "",
            _yuan(share.stand_alone_fen) if share.stand_alone_fen else "",
            f"{_yuan(share.share_fen)}{error}",
            _saving(share.saving_fen, share.stand_alone_fen),
        )
    core = shared.core
    verdict = f"核检验：{CORE[core.verdict]}"
    if core.leaving:
        verdict += f"，{_some(names[p] for p in core.leaving)}多付 {_yuan(core.excess_fen)} 元"
    if core.least_excess_fen > 0:
        verdict += f"；核为空（至少差 {_yuan(core.least_excess_fen)} 元）"
    gap = (
        f"求解 {len(shared.coalitions)} 种联盟，误差 {core.gap_permille / 10:.1f}%，"
        f"最大修正 {_yuan(shared.largest_repair_fen)} 元，全体另解 {_yuan(shared.solved_fen)} 元"
    )
    lines = [Padding(Text(line, style="dim"), (0, 0, 0, 2), expand=False) for line in (verdict, gap)]
    return Group(Text(head, style="bold"), _indented(table), *lines)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for number, name in enumerate(columns):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    return table


def _indented(table: Table) -> RenderableType:
    return Padding(table, (0, 0, 0, 1), expand=False)


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f"等 {len(listed)} 方" if len(listed) > _MOST_LEAVING else ""
    return "、".join(listed[:_MOST_LEAVING]) + more


def _saving(saving_fen: int, alone_fen: int) -> str:
    """In percent of the cost alone; who has none earns or loses yuan."""
    if alone_fen:
        return f"{100 * saving_fen / alone_fen:.1f}%"
    return f"{'得' if saving_fen > 0 else '亏'} {_yuan(abs(saving_fen))}" if saving_fen else ""


def _yuan(fen: int) -> str:
    """Write fen as yuan with separators.

    >>> _yuan(-123_456)
    '-1,234.56'
    """
    sign, rest = ("-" if fen < 0 else ""), abs(fen)
    return f"{sign}{rest // 100:,}.{rest % 100:02d}"
