"""Settlement 结算: who pays whom for a plan, what each partner would have spent alone, and whether anybody would leave.

Amounts are whole fen. A partner's charge is what it spends itself, plus what it pays, less what it receives.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from services.model.agreements import CooperationModel, Sharing


class Purpose(StrEnum):
    """What a payment between partners is for."""

    TARIFF_PIECES = "TARIFF_PIECES"  # 按件运费
    TARIFF_WEIGHT = "TARIFF_WEIGHT"  # 按重运费
    TARIFF_RUN = "TARIFF_RUN"  # 按车次运费, a carrier's part of it
    MINIMUM = "MINIMUM"  # 保底补足, a carrier's part of what tariffs leave of the minimum
    COMMISSION = "COMMISSION"  # 站点代办费, the shop's for each piece it hands over or takes in
    SHUTTLE = "SHUTTLE"  # 接驳费, a part of a shuttle between hub and station
    SHARED_COST = "SHARED_COST"  # 成本分摊, a share of what an agreement's runs and trips cost


class Unit(StrEnum):
    """What an entry's quantity counts."""

    PIECES = "PIECES"
    GRAMS = "GRAMS"


class SpendingKind(StrEnum):
    """What money leaves the partners for."""

    RUN = "RUN"  # a vehicle with its distance and its driver's time
    TRIP = "TRIP"  # a trip at its operator's own price
    SHUTTLE = "SHUTTLE"


@dataclass(frozen=True, slots=True)
class Spending:
    """What a partner itself spends on a run, a trip or a shuttle of the plan.

    A shuttle's ``node_ids`` are where it starts and ends. ``consignment_ids`` are what is behind the amount: all that
    is on a run, what goes at the operator's own price on a trip, the goods whose part of a shuttle the partner bears.
    """

    partner_id: str
    fen: int
    kind: SpendingKind
    run_id: str = ""
    trip_id: str = ""
    node_ids: tuple[str, ...] = ()
    consignment_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a payment: what a partner pays (above 0) or receives (below 0), and what for.

    The entries of a transaction add up to 0, and so do all. An entry names what it can be recomputed from: the
    agreement, the runs and trips, the nodes of a hand-over or of a shuttle, the consignments and so their parcels.
    ``quantity`` counts them in ``unit``; ``rate_fen`` is fen a piece, a kilogram, or the whole charge that is divided.
    """

    entry_id: str
    transaction_id: str
    partner_id: str
    fen: int
    purpose: Purpose
    agreement_id: str
    run_ids: tuple[str, ...]
    trip_ids: tuple[str, ...]
    node_ids: tuple[str, ...]
    consignment_ids: tuple[str, ...]
    quantity: int
    unit: Unit
    rate_fen: int


@dataclass(frozen=True, slots=True)
class PartnerAccount:
    """A partner's day: its goods that were carried, what it is charged, and what they would have cost it alone.

    ``stand_alone_fen`` is 0 without goods: such a partner's charge is below 0 when it earns. The price of what it could
    not have served alone is in it, and stands in ``alone_unserved_fen``.
    """

    partner_id: str
    name: str
    pieces: int
    weight_g: int
    spent_fen: int
    paid_fen: int
    received_fen: int
    charge_fen: int
    stand_alone_fen: int
    alone_unserved_fen: int
    saving_fen: int
    above_stand_alone: bool


@dataclass(frozen=True, slots=True)
class Members:
    """A coalition by its partners."""

    partner_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoalitionCost:
    """What some partners would spend on their goods of an agreement by their own means.

    ``solved_fen`` is what a search found, ``cost_fen`` that of the cheapest partition into solved coalitions (its
    ``parts``, where that is cheaper); for all players together it is what they share. ``unserved_fen`` is the price, in
    ``solved_fen``, of what they could not serve.
    """

    members: tuple[str, ...]
    solved_fen: int
    cost_fen: int
    unserved_fen: int
    parts: tuple[Members, ...] = ()


class CoreVerdict(StrEnum):
    """Whether every coalition pays at most what it would spend by itself."""

    IN_CORE = "IN_CORE"
    WITHIN_GAP = "WITHIN_GAP"  # some are charged more, but by less than coalitions' costs are known
    OUTSIDE = "OUTSIDE"  # some coalition would gain by leaving
    NOT_TESTED = "NOT_TESTED"  # too many partners to know what every coalition costs


@dataclass(frozen=True, slots=True)
class CoreTest:
    """The test of the core.

    ``leaving`` is the coalition with the best reason to leave, ``excess_fen`` what it is charged above its own cost.
    ``least_excess_fen`` is the smallest that any sharing can make the largest excess, rounded up: above 0, the core is
    empty. ``gap_permille`` is by how much a search was seen to miss a coalition's cost, in thousandths of it: the most
    that repair lowered any, that a search from another seed found cheaper, that the plan itself is below it.
    """

    verdict: CoreVerdict
    leaving: tuple[str, ...] = ()
    excess_fen: int = 0
    least_excess_fen: int = 0
    gap_permille: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """A player's part of a shared cost, beside what its goods of the agreement would have cost it alone.

    ``error_fen`` is half the width of the 95% interval where the share was sampled, rounded up; 0 where it is exact.
    """

    partner_id: str
    pieces: int
    weight_g: int
    stand_alone_fen: int
    share_fen: int
    saving_fen: int
    error_fen: int = 0


@dataclass(frozen=True, slots=True)
class SharedCost:
    """How the cost of an agreement's runs and trips was shared.

    ``shared_fen = runs_fen + trips_fen + shuttles_fen - tariffs_fen``: the real cost of the runs (a part, where other
    agreements share them too), the trips at the operator's own price, the shuttles, less what tariffs bring in for the
    same runs. ``solved_fen`` is what the search of coalitions finds for the same goods; ``plan_gap_fen`` by how much
    ``shared_fen`` is above the cheapest partition of all players; ``largest_repair_fen`` the most that any coalition's
    cost had to be lowered to that of its parts. An excess smaller than these says little.
    """

    agreement_id: str
    model: CooperationModel
    sharing: Sharing
    operator: str
    run_ids: tuple[str, ...]
    trip_ids: tuple[str, ...]
    runs_fen: int
    trips_fen: int
    shuttles_fen: int
    tariffs_fen: int
    shared_fen: int
    shares: tuple[Share, ...]
    coalitions: tuple[CoalitionCost, ...]
    core: CoreTest
    solved_fen: int
    plan_gap_fen: int
    largest_repair_fen: int
    orders: int = 0
    """Orders of arrival that were averaged where the shares were sampled; 0 where they are exact."""


class FindingKind(StrEnum):
    """What somebody should know of a settlement."""

    MINIMUM_IN_VAIN = "MINIMUM_IN_VAIN"  # 保底未用足
    ABOVE_STAND_ALONE = "ABOVE_STAND_ALONE"  # 高于单干成本
    OPERATOR_LOSES = "OPERATOR_LOSES"  # 运营方亏损
    OUTSIDE_CORE = "OUTSIDE_CORE"  # 有联盟会退出
    EMPTY_CORE = "EMPTY_CORE"  # 核为空
    PLAN_ABOVE_PARTS = "PLAN_ABOVE_PARTS"  # 合作成本高于分开成本
    SAMPLED = "SAMPLED"  # 抽样估计
    TARIFF_NOT_CHARGED = "TARIFF_NOT_CHARGED"  # 成本分摊协议的运价未计
    SHOP_WITHOUT_AGREEMENT = "SHOP_WITHOUT_AGREEMENT"  # 站点代办无协议
    COALITION_UNSERVED = "COALITION_UNSERVED"  # 联盟无法服务全部


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know, in words, with the agreement and the partners that it is about; ``fen`` is how much it is."""

    kind: FindingKind
    agreement_id: str
    partner_ids: tuple[str, ...]
    fen: int
    detail: str


@dataclass(frozen=True, slots=True)
class SettlementSettings:
    """How to find what coalitions cost.

    ``iterations`` of the search for each coalition, the same for all; ``None`` for as many as suit their number.
    ``sampled_pairs`` of orders of arrival are drawn where partners are too many for exact shares.
    """

    iterations: int | None = None
    seed: int = 1
    sampled_pairs: int = 30


@dataclass(frozen=True, slots=True)
class Settlement:
    """The settlement of one county's day.

    ``entries`` add up to 0; the accounts' charges add up to ``spent_fen``, all that the partners spend. The plan's
    price of carbon dioxide is paid to nobody and is not in it. ``iterations``, ``seed`` and ``solves`` say how
    coalitions' costs were found.
    """

    county_id: str
    service_date: date
    entries: tuple[Entry, ...]
    spending: tuple[Spending, ...]
    accounts: tuple[PartnerAccount, ...]
    shared_costs: tuple[SharedCost, ...]
    findings: tuple[Finding, ...]
    spent_fen: int
    iterations: int
    seed: int
    solves: int
