"""快商: the shop is paid for every piece that it hands over, once."""

from dataclasses import replace
from functools import partial

from services.model.agreements import Direction, Partner, Role, Sharing
from services.model.network import NodeKind
from services.model.settlement import FindingKind, Purpose
from tests.settlements import (
    PARTNERS,
    commerce,
    county,
    day_of,
    entries,
    goods,
    payments,
    planned,
    settled,
    third_party,
)

TO_TPL = third_party(Sharing.TARIFF, tariff_piece_fen=110)
to_shop = partial(commerce, Sharing.TARIFF, tariff_piece_fen=35)


def test_a_shop_earns_its_tariff_for_each_piece_that_somebody_else_s_van_brings() -> None:
    day = day_of(county(TO_TPL, to_shop()), goods("C-1", "EXP-A"), goods("C-2", "EXP-B"), goods("C-3", "EXP-B", 3))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T"), ("C-2", "AG-T"), ("C-3", "AG-T")]}))
    assert payments(settlement, Purpose.COMMISSION) == {"EXP-A": 70, "EXP-B": 140, "COOP": -210}
    places = {(e.node_ids, e.consignment_ids) for e in entries(settlement, Purpose.COMMISSION) if e.fen > 0}
    assert places == {(("V-1",), ("C-1",)), (("V-1",), ("C-2",)), (("V-3",), ("C-3",))}


def test_it_earns_for_what_it_takes_in_as_well() -> None:
    out = goods("C-1", "EXP-A", direction=Direction.OUTBOUND)
    day = day_of(county(TO_TPL, to_shop()), out)
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T")]}))
    assert payments(settlement, Purpose.COMMISSION) == {"EXP-A": 70, "COOP": -70}


def test_a_piece_that_came_on_the_shop_owner_s_tour_has_paid_already() -> None:
    day = day_of(county(to_shop()), goods("C-1", "EXP-A"))
    settlement = settled(day, planned(day, booked={"T-SHOP": [("C-1", "AG-SHOP")]}))
    assert payments(settlement, Purpose.TARIFF_PIECES) == {"EXP-A": 70, "COOP": -70}
    assert entries(settlement, Purpose.COMMISSION) == []


def test_a_piece_handed_over_elsewhere_earns_the_shop_nothing() -> None:
    day = day_of(county(TO_TPL, to_shop()), goods("C-1", "EXP-A", 2))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T")]}))
    assert entries(settlement, Purpose.COMMISSION) == []
    assert FindingKind.SHOP_WITHOUT_AGREEMENT not in {f.kind for f in settlement.findings}


def test_a_shop_of_another_model_costs_nothing_by_itself() -> None:
    of_tpl = county(TO_TPL, to_shop())
    shop = replace(of_tpl.network.nodes[2], owner="TPL")
    nodes = tuple(shop if node.node_id == "V-1" else node for node in of_tpl.network.nodes)
    day = day_of(replace(of_tpl, network=replace(of_tpl.network, nodes=nodes)), goods("C-1", "EXP-A"))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T")]}))
    assert {entry.purpose for entry in settlement.entries} == {Purpose.TARIFF_PIECES}


def test_a_village_committee_is_no_shop() -> None:
    of_coop = county(TO_TPL, to_shop())
    nodes = tuple(
        replace(n, owner="COOP", kind=NodeKind.VILLAGE_COMMITTEE) if n.node_id == "V-1" else n
        for n in of_coop.network.nodes
    )
    day = day_of(replace(of_coop, network=replace(of_coop.network, nodes=nodes)), goods("C-1", "EXP-A"))
    assert entries(settled(day, planned(day, {"VAN-T": [("C-1", "AG-T")]})), Purpose.COMMISSION) == []


def test_of_two_agreements_that_open_a_shop_the_cheaper_counts() -> None:
    dear = replace(to_shop(tariff_piece_fen=50), agreement_id="AG-DEAR", max_piece_g=30_000)
    day = day_of(county(TO_TPL, dear, to_shop()), goods("C-1", "EXP-A"))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T")]}))
    assert {e.agreement_id for e in entries(settlement, Purpose.COMMISSION)} == {"AG-SHOP"}
    assert payments(settlement, Purpose.COMMISSION) == {"EXP-A": 70, "COOP": -70}


def test_a_shop_that_hands_over_without_an_agreement_is_found_with_the_pieces() -> None:
    only_b = replace(to_shop(), principals=("EXP-B",))
    day = day_of(county(TO_TPL, only_b), goods("C-1", "EXP-A"), goods("C-2", "EXP-B"))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T"), ("C-2", "AG-T")]}))
    assert payments(settlement, Purpose.COMMISSION) == {"EXP-B": 70, "COOP": -70}
    (finding,) = (f for f in settlement.findings if f.kind is FindingKind.SHOP_WITHOUT_AGREEMENT)
    assert finding.partner_ids == ("COOP", "EXP-A")
    assert finding.detail == "供销社的站点为甲速递代办 2 件，没有协议约定代办费，未计"


def test_a_partner_of_commerce_pays_itself_nothing_for_its_own_parcels() -> None:
    agreement = replace(TO_TPL, principals=("COOP",))
    day = day_of(county(agreement), goods("C-1", "COOP"))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T")]}))
    assert {entry.purpose for entry in settlement.entries} == {Purpose.TARIFF_PIECES}
    assert FindingKind.SHOP_WITHOUT_AGREEMENT not in {f.kind for f in settlement.findings}


def test_commission_counts_towards_an_agreement_s_minimum() -> None:
    day = day_of(county(TO_TPL, to_shop(minimum_fen=100)), goods("C-1", "EXP-A"))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T")]}))
    assert payments(settlement, Purpose.MINIMUM) == {"EXP-A": 30, "COOP": -30}


def test_two_partners_of_commerce_each_earn_at_their_own_shops() -> None:
    market = Partner("MART", "连锁商超", Role.COMMERCE)
    to_mart = replace(to_shop(tariff_piece_fen=20), agreement_id="AG-MART", operator="MART")
    base = county(TO_TPL, to_shop(), to_mart, partners=(*PARTNERS, market))
    nodes = tuple(replace(n, owner="MART") if n.node_id == "V-3" else n for n in base.network.nodes)
    day = day_of(
        replace(base, network=replace(base.network, nodes=nodes)), goods("C-1", "EXP-A"), goods("C-2", "EXP-A", 3)
    )
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T"), ("C-2", "AG-T")]}))
    assert payments(settlement, Purpose.COMMISSION) == {"EXP-A": 110, "COOP": -70, "MART": -40}
