"""What is shared on a day: which runs and trips, whose goods, less what."""

from dataclasses import replace

from services.model.agreements import Sharing
from services.model.settlement import FindingKind, Purpose
from tests.settlements import (
    RUN_FEN,
    account,
    charges,
    commerce,
    county,
    day_of,
    entries,
    express,
    goods,
    payments,
    planned,
    settled,
    third_party,
    transit,
)

BY_PIECES = Sharing.PROPORTIONAL_PIECES
ALL_SHARE = express(BY_PIECES)


def test_a_run_s_real_cost_is_shared_by_pieces_the_owner_s_own_included() -> None:
    day = day_of(county(ALL_SHARE), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2, pieces=4))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A")]}))
    assert charges(settlement) == {"EXP-A": 8_000, "EXP-B": 16_000}
    assert payments(settlement, Purpose.SHARED_COST) == {"EXP-B": 16_000, "EXP-A": -16_000}
    (shared,) = settlement.shared_costs
    assert (shared.operator, shared.run_ids, shared.runs_fen) == ("EXP-A", ("R-VAN-A",), RUN_FEN)


def test_or_by_weight() -> None:
    day = day_of(
        county(express(Sharing.PROPORTIONAL_WEIGHT)),
        goods("C-1", "EXP-A", weight_g=1_000, max_piece_g=1_000),
        goods("C-2", "EXP-B", 2, weight_g=5_000),
    )
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A")]}))
    assert charges(settlement) == {"EXP-A": 4_000, "EXP-B": 20_000}


def test_only_runs_with_goods_of_the_agreement_are_shared() -> None:
    base = county(ALL_SHARE)
    vans = (*base.vehicles, replace(base.vehicles[0], vehicle_id="VAN-B"))
    day = day_of(
        county(ALL_SHARE, vehicles=vans), goods("C-1", "EXP-A"), goods("C-2", "EXP-A", 2), goods("C-3", "EXP-B", 3)
    )
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", "")], "VAN-B": [("C-2", ""), ("C-3", "AG-A")]}))
    (shared,) = settlement.shared_costs
    assert (shared.run_ids, shared.shared_fen) == (("R-VAN-B",), RUN_FEN)
    assert charges(settlement) == {"EXP-A": RUN_FEN + RUN_FEN // 2, "EXP-B": RUN_FEN // 2}


def test_carbon_dioxide_s_price_is_paid_to_nobody() -> None:
    day = day_of(county(ALL_SHARE), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2))
    plan = planned(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A")]})
    assert plan.runs[0].co2_fen > 0
    assert settled(day, plan).spent_fen == RUN_FEN


def test_what_goods_with_a_tariff_pay_for_the_same_run_comes_off_first() -> None:
    sharing = replace(third_party(BY_PIECES), principals=("EXP-A", "EXP-B"))
    with_tariff = replace(third_party(Sharing.TARIFF, tariff_piece_fen=500), agreement_id="AG-C", principals=("EXP-C",))
    day = day_of(
        county(sharing, with_tariff), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2), goods("C-3", "EXP-C", 3)
    )
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T"), ("C-2", "AG-T"), ("C-3", "AG-C")]}))
    (shared,) = settlement.shared_costs
    assert (shared.tariffs_fen, shared.shared_fen) == (1_000, 23_000)
    assert charges(settlement) == {"EXP-A": 11_500, "EXP-B": 11_500, "EXP-C": 1_000}
    assert "EXP-C" not in {share.partner_id for share in shared.shares}


def test_tariffs_beyond_the_cost_of_a_run_are_the_operator_s() -> None:
    sharing = replace(third_party(BY_PIECES), principals=("EXP-A", "EXP-B"))
    with_tariff = replace(
        third_party(Sharing.TARIFF, tariff_piece_fen=20_000), agreement_id="AG-C", principals=("EXP-C",)
    )
    day = day_of(county(sharing, with_tariff), goods("C-1", "EXP-A"), goods("C-3", "EXP-C", 3))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T"), ("C-3", "AG-C")]}))
    assert settlement.shared_costs[0].shared_fen == 0
    assert charges(settlement) == {"EXP-C": 40_000, "TPL": RUN_FEN - 40_000}


def test_a_run_that_two_agreements_share_is_divided_by_weight_and_own_goods_follow() -> None:
    to_b = replace(ALL_SHARE, principals=("EXP-B",))
    to_c = replace(ALL_SHARE, agreement_id="AG-C", principals=("EXP-C",), sharing=Sharing.PROPORTIONAL_WEIGHT)
    day = day_of(
        county(to_b, to_c),
        goods("A-1", "EXP-A", weight_g=6_000),
        goods("A-2", "EXP-A", 2, weight_g=3_000),
        goods("A-3", "EXP-A", 3, weight_g=3_000),
        goods("B-1", "EXP-B", 2, weight_g=8_000),
        goods("C-1", "EXP-C", 3, weight_g=4_000),
    )
    travels = [("A-1", ""), ("A-2", ""), ("A-3", ""), ("B-1", "AG-A"), ("C-1", "AG-C")]
    settlement = settled(day, planned(day, {"VAN-A": travels}))
    with_b, with_c = settlement.shared_costs
    assert (with_b.runs_fen, with_c.runs_fen) == (16_000, 8_000)
    # A's 12 kg go 2 : 1 as well: 8 and 4 are due, so the 6 kg and one of the 3 kg, then the other 3 kg.
    assert {s.partner_id: s.weight_g for s in with_b.shares} == {"EXP-A": 9_000, "EXP-B": 8_000}
    assert {s.partner_id: s.weight_g for s in with_c.shares} == {"EXP-A": 3_000, "EXP-C": 4_000}
    assert account(settlement, "EXP-B").charge_fen == 5_333
    assert account(settlement, "EXP-C").charge_fen == 4_571
    assert account(settlement, "EXP-A").charge_fen == RUN_FEN - 5_333 - 4_571


def test_trips_are_shared_at_the_operator_s_own_price_its_own_goods_on_them_included() -> None:
    sharing = replace(commerce(BY_PIECES), principals=("EXP-A",))
    day = day_of(county(sharing), goods("C-1", "EXP-A"), goods("C-2", "COOP", weight_g=1_000, max_piece_g=900))
    settlement = settled(day, planned(day, booked={"T-SHOP": [("C-1", "AG-SHOP"), ("C-2", "")]}))
    (shared,) = settlement.shared_costs
    assert (shared.trip_ids, shared.trips_fen) == (("T-SHOP",), 4 * 30 + 21 + 7)
    assert charges(settlement) == {"EXP-A": 74, "COOP": 74}


def test_a_trip_s_own_price_is_spent_by_its_owner_where_nothing_is_shared() -> None:
    day = day_of(county(), goods("C-1", "BUS", 2))
    settlement = settled(day, planned(day, booked={"T-BUS": [("C-1", "")]}))
    assert account(settlement, "BUS").spent_fen == 500 + 60 + 21
    assert account(settlement, "BUS").charge_fen == 581 + 800
    assert settlement.shared_costs == ()


def test_an_agreement_that_nobody_uses_has_no_shared_cost() -> None:
    day = day_of(county(ALL_SHARE, transit(Sharing.SHAPLEY)), goods("C-1", "EXP-A"))
    assert settled(day, planned(day, {"VAN-A": [("C-1", "")]})).shared_costs == ()


def test_tariffs_of_an_agreement_that_shares_its_cost_are_not_charged_and_said_so() -> None:
    agreement = express(BY_PIECES, tariff_piece_fen=100, minimum_fen=50_000)
    day = day_of(county(agreement), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A")]}))
    assert {entry.purpose for entry in settlement.entries} == {Purpose.SHARED_COST}
    assert FindingKind.TARIFF_NOT_CHARGED in {f.kind for f in settlement.findings}
    plain = settled(
        day_of(county(ALL_SHARE), *day.consignments), planned(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A")]})
    )
    assert FindingKind.TARIFF_NOT_CHARGED not in {f.kind for f in plain.findings}


def test_a_guest_in_an_emergency_shares_what_it_rides_on() -> None:
    only_b = replace(ALL_SHARE, principals=("EXP-B",), emergency=True)
    day = day_of(county(only_b), goods("C-1", "EXP-B"), goods("C-2", "EXP-C", 2, emergency=True))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", "AG-A"), ("C-2", "AG-A")]}))
    assert charges(settlement) == {"EXP-B": 12_000, "EXP-C": 12_000}


def test_an_entry_of_a_shared_cost_names_the_runs_the_trips_and_the_partner_s_goods() -> None:
    day = day_of(county(ALL_SHARE), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2), goods("C-3", "EXP-B", 3))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", ""), ("C-2", "AG-A"), ("C-3", "AG-A")]}))
    entry = entries(settlement, Purpose.SHARED_COST)[0]
    assert (entry.partner_id, entry.agreement_id, entry.run_ids) == ("EXP-B", "AG-A", ("R-VAN-A",))
    assert (entry.consignment_ids, entry.quantity, entry.rate_fen) == (("C-2", "C-3"), 4, RUN_FEN)
