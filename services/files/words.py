"""The Chinese words of the model's enums, as papers show them."""

from __future__ import annotations

from typing import Final

from services.model.agreements import CooperationModel, Direction, Sharing, Temperature
from services.model.consignments import Goods
from services.model.held import HeldReason
from services.model.plan import UnservedReason
from services.model.settlement import CoreVerdict, Purpose
from services.model.ways import Terms, TransportMode

HELD: Final[dict[HeldReason, str]] = {
    HeldReason.MALFORMED: "数据有误",
    HeldReason.DUPLICATE: "运单重复",
    HeldReason.UNKNOWN_CARRIER: "快递公司不在合作方中",
    HeldReason.VILLAGE_UNKNOWN: "村无法识别",
    HeldReason.VILLAGE_AMBIGUOUS: "村名有歧义",
    HeldReason.VILLAGE_NOT_SERVED: "村无站点",
    HeldReason.PROHIBITED: "禁寄物品",
    HeldReason.CHECKS_MISSING: "三项制度未落实",
    HeldReason.RELABEL_REFUSED: "换单不成立",
    HeldReason.NODE_CLOSED: "站点当日不开放",
    HeldReason.NODE_FULL: "站点已满",
}

UNSERVED: Final[dict[UnservedReason, str]] = {
    UnservedReason.NO_ADMISSIBLE_RESOURCE: "没有可用运力",
    UnservedReason.NO_COLD_RESOURCE: "没有冷链运力",
    UnservedReason.TOO_LARGE: "超出运力上限",
    UnservedReason.OUT_OF_REACH: "时间或里程不可达",
    UnservedReason.FLEET_EXHAUSTED: "运力已用尽",
    UnservedReason.ROAD_CLOSED: "封路不通",
    UnservedReason.STRANDED: "滞留途中",
}

TEMPERATURES: Final[dict[Temperature, str]] = {
    Temperature.AMBIENT: "常温",
    Temperature.CHILLED: "冷藏",
    Temperature.FROZEN: "冷冻",
}

DIRECTIONS: Final[dict[Direction, str]] = {Direction.INBOUND: "进村", Direction.OUTBOUND: "出村"}

GOODS: Final[dict[Goods, str]] = {
    Goods.PARCEL: "快件",
    Goods.MAIL: "普服邮件",
    Goods.REUSABLE_BAGS: "循环中转袋",
}

MODELS: Final[dict[CooperationModel, str]] = {
    CooperationModel.POSTAL: "快邮",
    CooperationModel.EXPRESS: "快快",
    CooperationModel.TRANSIT: "快交",
    CooperationModel.COMMERCE: "快商",
    CooperationModel.THIRD_PARTY: "快递+第三方",
}

PURPOSES: Final[dict[Purpose, str]] = {
    Purpose.TARIFF_PIECES: "按件运费",
    Purpose.TARIFF_WEIGHT: "按重运费",
    Purpose.TARIFF_RUN: "按车次运费",
    Purpose.MINIMUM: "保底补足",
    Purpose.COMMISSION: "站点代办费",
    Purpose.SHUTTLE: "接驳费",
    Purpose.SHARED_COST: "成本分摊",
}

SHARINGS: Final[dict[Sharing, str]] = {
    Sharing.TARIFF: "按运价",
    Sharing.SHAPLEY: "按沙普利值",
    Sharing.NUCLEOLUS: "按核仁",
    Sharing.PROPORTIONAL_WEIGHT: "按重量",
    Sharing.PROPORTIONAL_PIECES: "按件数",
    Sharing.EQUAL_PROFIT: "按同等节省率",
}

CORE: Final[dict[CoreVerdict, str]] = {
    CoreVerdict.IN_CORE: "在核内，没有联盟会退出",
    CoreVerdict.WITHIN_GAP: "在求解误差之内",
    CoreVerdict.OUTSIDE: "不在核内",
    CoreVerdict.NOT_TESTED: "合作方过多，未检验",
}

TRANSPORT_MODES: Final[dict[TransportMode, str]] = {
    TransportMode.BUS: "客运",
    TransportMode.RAIL: "铁路",
    TransportMode.POST: "邮路",
    TransportMode.SHOP: "商贸",
    TransportMode.FREIGHT: "货运",
    TransportMode.SHARED_RUN: "共配车次",
}

TERMS: Final[dict[Terms, str]] = {
    Terms.OWN: "自有",
    **{Terms(model.value): word for model, word in MODELS.items()},
}
