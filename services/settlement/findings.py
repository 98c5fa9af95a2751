"""What somebody should know of a settlement, in the words of those who sign it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from services.model.settlement import (
    CoreVerdict,
    Finding,
    FindingKind,
    PartnerAccount,
    Purpose,
    SharedCost,
)
from services.settlement.commission import handed_over_without_agreement
from services.settlement.facts import Facts
from services.settlement.ledger import Transaction, pieces_of


def findings_of(
    facts: Facts,
    payments: Sequence[Transaction],
    shared: Sequence[SharedCost],
    accounts: Sequence[PartnerAccount],
) -> tuple[Finding, ...]:
    """Look through a settlement; findings are in a fixed order, kind by kind."""
    names = {partner.partner_id: partner.name for partner in facts.day.county.partners}
    return (
        *_minimums_in_vain(payments, names),
        *_charged_above_alone(accounts, names),
        *(finding for one in shared for finding in _of_shared_cost(one, names)),
        *_tariffs_not_charged(facts, shared),
        *_shops_without_agreement(facts, names),
    )


def _minimums_in_vain(payments: Sequence[Transaction], names: Mapping[str, str]) -> Iterator[Finding]:
    for payment in payments:
        if payment.purpose is not Purpose.MINIMUM or not payment.payments:
            continue
        pieces = pieces_of(c for part in payment.parts for c in part.consignments)
        reached_fen = payment.rate_fen - payment.paid_fen
        by_piece_fen = [
            p.rate_fen
            for p in payments
            if p.agreement_id == payment.agreement_id and p.purpose in (Purpose.TARIFF_PIECES, Purpose.COMMISSION)
        ]
        # How many more pieces the same money would have carried.
        short = f"，还差 {-(-payment.paid_fen // by_piece_fen[0])} 件" if any(by_piece_fen) else ""
        payers = tuple(part.partner_id for part in payment.payments)
        yield Finding(
            FindingKind.MINIMUM_IN_VAIN,
            payment.agreement_id,
            payers,
            payment.paid_fen,
            f"协议 {payment.agreement_id} 保底 {_yuan(payment.rate_fen)} 元未用足："
            f"当日 {pieces} 件，运价合计 {_yuan(reached_fen)} 元{short}；"
            f"{_named(payers, names)}为此白付 {_yuan(payment.paid_fen)} 元给{_named([payment.payee], names)}",
        )


def _charged_above_alone(accounts: Sequence[PartnerAccount], names: Mapping[str, str]) -> Iterator[Finding]:
    for account in accounts:
        if not account.above_stand_alone:
            continue
        name, over_fen = names[account.partner_id], -account.saving_fen
        if account.pieces:
            yield Finding(
                FindingKind.ABOVE_STAND_ALONE,
                "",
                (account.partner_id,),
                over_fen,
                f"{name}应承担 {_yuan(account.charge_fen)} 元，高于单干成本 {_yuan(account.stand_alone_fen)} 元，"
                f"多 {_yuan(over_fen)} 元",
            )
        else:
            yield Finding(
                FindingKind.OPERATOR_LOSES,
                "",
                (account.partner_id,),
                over_fen,
                f"{name}没有自己的件，却亏损 {_yuan(over_fen)} 元："
                f"支出 {_yuan(account.spent_fen + account.paid_fen)} 元，收入 {_yuan(account.received_fen)} 元",
            )


def _of_shared_cost(shared: SharedCost, names: Mapping[str, str]) -> Iterator[Finding]:
    agreement_id, core = shared.agreement_id, shared.core
    if core.least_excess_fen > 0:
        yield Finding(
            FindingKind.EMPTY_CORE,
            agreement_id,
            core.leaving,
            core.least_excess_fen,
            f"协议 {agreement_id} 的核为空：无论怎样分摊，总有一方或几方比自己干"
            f"至少多付 {_yuan(core.least_excess_fen)} 元{_within_gap(core.verdict)}",
        )
    if core.leaving:
        yield Finding(
            FindingKind.OUTSIDE_CORE,
            agreement_id,
            core.leaving,
            core.excess_fen,
            f"协议 {agreement_id}：{_named(core.leaving, names)}退出自己干可省 {_yuan(core.excess_fen)} 元"
            f"{_within_gap(core.verdict)}",
        )
    if shared.plan_gap_fen:
        yield Finding(
            FindingKind.PLAN_ABOVE_PARTS,
            agreement_id,
            tuple(share.partner_id for share in shared.shares),
            shared.plan_gap_fen,
            f"协议 {agreement_id}：同样的件另行编排可比当日计划省 {_yuan(shared.plan_gap_fen)} 元，"
            "宜延长求解时间重编计划",
        )
    if shared.orders:
        widest_fen = max(share.error_fen for share in shared.shares)
        yield Finding(
            FindingKind.SAMPLED,
            agreement_id,
            (),
            widest_fen,
            f"协议 {agreement_id} 有 {len(shared.shares)} 方，按 {shared.orders} 个抽样次序估计，"
            f"95% 误差不超过 {_yuan(widest_fen)} 元",
        )
    unserved = [coalition for coalition in shared.coalitions if coalition.unserved_fen]
    if unserved:
        most_fen = max(coalition.unserved_fen for coalition in unserved)
        yield Finding(
            FindingKind.COALITION_UNSERVED,
            agreement_id,
            (),
            most_fen,
            f"协议 {agreement_id}：有 {len(unserved)} 种联盟靠自己送不完，"
            f"其成本含未服务罚价，最多 {_yuan(most_fen)} 元",
        )


def _within_gap(verdict: CoreVerdict) -> str:
    return "（小于求解误差，不足为凭）" if verdict is CoreVerdict.WITHIN_GAP else ""


def _tariffs_not_charged(facts: Facts, shared: Sequence[SharedCost]) -> Iterator[Finding]:
    for one in shared:
        agreement = facts.agreements[one.agreement_id]
        if agreement.tariff_piece_fen or agreement.tariff_kg_fen or agreement.tariff_run_fen or agreement.minimum_fen:
            yield Finding(
                FindingKind.TARIFF_NOT_CHARGED,
                one.agreement_id,
                (agreement.operator,),
                0,
                f"协议 {one.agreement_id} 约定分摊成本，所列运价和保底不再另收",
            )


def _shops_without_agreement(facts: Facts, names: Mapping[str, str]) -> Iterator[Finding]:
    for owner, consignments in sorted(handed_over_without_agreement(facts).items()):
        carriers = sorted({consignment.carrier_id for consignment in consignments})
        yield Finding(
            FindingKind.SHOP_WITHOUT_AGREEMENT,
            "",
            (owner, *carriers),
            0,
            f"{names.get(owner, owner)}的站点为{_named(carriers, names)}代办 {pieces_of(consignments)} 件，"
            "没有协议约定代办费，未计",
        )


def _named(partner_ids: Iterable[str], names: Mapping[str, str]) -> str:
    return "、".join(names.get(partner_id, partner_id) for partner_id in partner_ids)


def _yuan(fen: int) -> str:
    return f"{fen // 100:,}.{fen % 100:02d}"
