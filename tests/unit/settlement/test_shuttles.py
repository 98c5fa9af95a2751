from dataclasses import replace

from services.model.agreements import Sharing
from services.model.network import NodeKind
from services.model.settlement import Purpose, SpendingKind
from tests.settlements import account, county, day_of, entries, goods, payments, planned, settled, transit

BY_TARIFF = transit(Sharing.TARIFF, tariff_piece_fen=30)
SHARED = transit(Sharing.PROPORTIONAL_PIECES)
RIDERS = goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2, pieces=4)


def test_carriers_pay_the_hub_s_owner_for_a_shuttle_by_pieces() -> None:
    day = day_of(county(BY_TARIFF), *RIDERS)
    settlement = settled(day, planned(day, booked={"T-BUS": [("C-1", "AG-BUS"), ("C-2", "AG-BUS")]}))
    assert payments(settlement, Purpose.SHUTTLE) == {"EXP-A": 267, "EXP-B": 533, "TPL": -800}
    assert account(settlement, "TPL").spent_fen == 800
    assert account(settlement, "TPL").charge_fen == 0
    entry = entries(settlement, Purpose.SHUTTLE)[0]
    assert (entry.trip_ids, entry.node_ids, entry.rate_fen) == (("T-BUS",), ("HUB", "BS"), 800)


def test_the_hub_s_owner_pays_itself_nothing() -> None:
    agreement = replace(BY_TARIFF, principals=("TPL", "EXP-A"))
    day = day_of(county(agreement), goods("C-1", "EXP-A"), goods("C-2", "TPL", 2, pieces=4))
    settlement = settled(day, planned(day, booked={"T-BUS": [("C-1", "AG-BUS"), ("C-2", "AG-BUS")]}))
    assert payments(settlement, Purpose.SHUTTLE) == {"EXP-A": 267, "TPL": -267}


def test_where_nobody_owns_the_hub_carriers_spend_their_parts_themselves() -> None:
    base = county(BY_TARIFF)
    nodes = tuple(replace(n, owner="") if n.kind is NodeKind.HUB else n for n in base.network.nodes)
    day = day_of(replace(base, network=replace(base.network, nodes=nodes)), *RIDERS)
    settlement = settled(day, planned(day, booked={"T-BUS": [("C-1", "AG-BUS"), ("C-2", "AG-BUS")]}))
    assert entries(settlement, Purpose.SHUTTLE) == []
    spent = {s.partner_id: (s.kind, s.fen, s.consignment_ids) for s in settlement.spending}
    assert spent == {
        "EXP-A": (SpendingKind.SHUTTLE, 267, ("C-1",)),
        "EXP-B": (SpendingKind.SHUTTLE, 533, ("C-2",)),
    }


def test_for_goods_that_share_a_cost_the_operator_pays_and_the_shares_include_it() -> None:
    day = day_of(county(SHARED), *RIDERS)
    settlement = settled(day, planned(day, booked={"T-BUS": [("C-1", "AG-BUS"), ("C-2", "AG-BUS")]}))
    (shared,) = settlement.shared_costs
    # 6 pieces at 30, 3 kg twice at 7, the trip's 500; the shuttle's 800.
    assert (shared.trips_fen, shared.shuttles_fen, shared.shared_fen) == (722, 800, 1_522)
    assert payments(settlement, Purpose.SHUTTLE) == {"BUS": 800, "TPL": -800}
    assert payments(settlement, Purpose.SHARED_COST) == {"EXP-A": 507, "EXP-B": 1_015, "BUS": -1_522}
    assert account(settlement, "BUS").charge_fen == 0
    assert account(settlement, "TPL").charge_fen == 0


def test_a_shuttle_for_both_kinds_of_goods_is_divided_by_pieces_first() -> None:
    only_b = replace(SHARED, agreement_id="AG-BUS-B", principals=("EXP-B",))
    only_a = replace(BY_TARIFF, principals=("EXP-A",))
    day = day_of(county(only_a, only_b), *RIDERS)
    settlement = settled(day, planned(day, booked={"T-BUS": [("C-1", "AG-BUS"), ("C-2", "AG-BUS-B")]}))
    assert payments(settlement, Purpose.SHUTTLE) == {"EXP-A": 267, "BUS": 533, "TPL": -800}
    assert settlement.shared_costs[0].shuttles_fen == 533
