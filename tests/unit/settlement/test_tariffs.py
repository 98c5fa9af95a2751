from dataclasses import replace
from functools import partial

from services.model.agreements import Agreement, Sharing
from services.model.day import County
from services.model.fleet import Vehicle
from services.model.settlement import FindingKind, Purpose, Settlement, Unit
from tests.settlements import (
    RUN_FEN,
    account,
    charges,
    county,
    day_of,
    entries,
    goods,
    payments,
    planned,
    settled,
    third_party,
    transit,
)

BY_TARIFF = Sharing.TARIFF
to_tpl = partial(third_party, BY_TARIFF)
to_bus = partial(transit, BY_TARIFF)


def by_van(agreement: Agreement) -> Settlement:
    """Two pieces of A and four of B, 3 and 7.505 kg, on the third party's van."""
    day = day_of(county(agreement), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2, pieces=4, weight_g=7_505))
    return settled(day, planned(day, {"VAN-T": [("C-1", "AG-T"), ("C-2", "AG-T")]}))


def by_bus(agreement: Agreement) -> Settlement:
    """The same on the bus."""
    day = day_of(county(agreement), goods("C-1", "EXP-A"), goods("C-2", "EXP-B", 2, pieces=4, weight_g=7_505))
    return settled(day, planned(day, booked={"T-BUS": [("C-1", "AG-BUS"), ("C-2", "AG-BUS")]}))


def test_carriers_pay_by_the_piece_and_the_vehicle_s_owner_keeps_the_real_cost() -> None:
    settlement = by_van(to_tpl(tariff_piece_fen=110))
    assert payments(settlement, Purpose.TARIFF_PIECES) == {"EXP-A": 220, "EXP-B": 440, "TPL": -660}
    assert account(settlement, "TPL").spent_fen == RUN_FEN
    assert charges(settlement) == {"EXP-A": 220, "EXP-B": 440, "TPL": RUN_FEN - 660}


def test_carriers_pay_by_the_kilogram_each_consignment_rounded_by_itself() -> None:
    settlement = by_van(to_tpl(tariff_kg_fen=95))
    assert payments(settlement, Purpose.TARIFF_WEIGHT) == {"EXP-A": 285, "EXP-B": 713, "TPL": -998}
    assert [(e.quantity, e.unit, e.rate_fen) for e in entries(settlement, Purpose.TARIFF_WEIGHT)] == [
        (3_000, Unit.GRAMS, 95),
        (7_505, Unit.GRAMS, 95),
        (10_505, Unit.GRAMS, 95),
    ]


def test_a_run_s_charge_is_paid_once_and_divided_by_pieces() -> None:
    settlement = by_van(to_tpl(tariff_run_fen=1_000))
    assert payments(settlement, Purpose.TARIFF_RUN) == {"EXP-A": 333, "EXP-B": 667, "TPL": -1_000}


def test_each_run_and_each_trip_that_is_used_has_its_own_charge() -> None:
    agreement = to_tpl(tariff_run_fen=1_000)
    two_vans = county(agreement)
    two_vans = county(agreement, vehicles=(*two_vans.vehicles, replaced(two_vans, "VAN-U")))
    day = day_of(two_vans, goods("C-1", "EXP-A"), goods("C-2", "EXP-A", 2))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T")], "VAN-U": [("C-2", "AG-T")]}))
    assert payments(settlement, Purpose.TARIFF_RUN) == {"EXP-A": 2_000, "TPL": -2_000}
    assert {e.run_ids for e in entries(settlement, Purpose.TARIFF_RUN)} == {("R-VAN-T",), ("R-VAN-U",)}


def replaced(of: County, vehicle_id: str) -> Vehicle:
    """The third party's van under another name."""
    return replace(of.vehicles[1], vehicle_id=vehicle_id)


def test_a_trip_under_a_tariff_costs_what_the_tariff_says_and_not_the_operator_s_own_price() -> None:
    settlement = by_bus(to_bus(tariff_piece_fen=25, tariff_kg_fen=5, tariff_run_fen=90))
    assert payments(settlement, Purpose.TARIFF_PIECES) == {"EXP-A": 50, "EXP-B": 100, "BUS": -150}
    assert payments(settlement, Purpose.TARIFF_WEIGHT) == {"EXP-A": 15, "EXP-B": 38, "BUS": -53}
    assert payments(settlement, Purpose.TARIFF_RUN) == {"EXP-A": 30, "EXP-B": 60, "BUS": -90}
    assert account(settlement, "BUS").spent_fen == 0
    assert account(settlement, "BUS").charge_fen == -293


def test_a_tariff_of_nothing_makes_no_entries() -> None:
    settlement = by_van(to_tpl(tariff_piece_fen=110))
    assert {entry.purpose for entry in settlement.entries} == {Purpose.TARIFF_PIECES}


def test_who_rides_by_its_own_right_pays_nobody() -> None:
    day = day_of(county(), goods("C-1", "EXP-A"))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", "")]}))
    assert settlement.entries == ()
    assert charges(settlement) == {"EXP-A": RUN_FEN}


def test_an_operator_that_rides_under_its_own_agreement_pays_itself_nothing() -> None:
    day = day_of(county(to_tpl(tariff_piece_fen=110)), goods("C-1", "EXP-A"), goods("C-2", "TPL", 2))
    settlement = settled(day, planned(day, {"VAN-T": [("C-1", "AG-T"), ("C-2", "AG-T")]}))
    assert payments(settlement, Purpose.TARIFF_PIECES) == {"EXP-A": 220, "TPL": -220}


def test_a_minimum_that_tariffs_reach_adds_nothing() -> None:
    settlement = by_van(to_tpl(tariff_piece_fen=110, minimum_fen=660))
    assert entries(settlement, Purpose.MINIMUM) == []
    assert FindingKind.MINIMUM_IN_VAIN not in {f.kind for f in settlement.findings}


def test_what_a_minimum_adds_is_divided_by_pieces_and_said_to_be_paid_in_vain() -> None:
    settlement = by_van(to_tpl(tariff_piece_fen=110, minimum_fen=1_000))
    assert payments(settlement, Purpose.MINIMUM) == {"EXP-A": 113, "EXP-B": 227, "TPL": -340}
    finding = next(f for f in settlement.findings if f.kind is FindingKind.MINIMUM_IN_VAIN)
    assert (finding.agreement_id, finding.partner_ids, finding.fen) == ("AG-T", ("EXP-A", "EXP-B"), 340)
    assert "当日 6 件，运价合计 6.60 元，还差 4 件" in finding.detail
    assert "白付 3.40 元给第三方共配公司" in finding.detail


def test_a_minimum_counts_pieces_kilograms_and_runs_together() -> None:
    agreement = to_tpl(tariff_piece_fen=100, tariff_kg_fen=95, tariff_run_fen=300, minimum_fen=2_000)
    settlement = by_van(agreement)
    assert sum(payments(settlement, purpose)["TPL"] for purpose in Purpose if payments(settlement, purpose)) == -2_000
    assert payments(settlement, Purpose.MINIMUM)["TPL"] == -(2_000 - 600 - 998 - 300)


def test_a_minimum_is_due_once_a_day_for_runs_and_trips_together() -> None:
    agreement = to_bus(tariff_piece_fen=25, minimum_fen=1_000)
    both = by_bus(agreement)
    assert payments(both, Purpose.MINIMUM)["BUS"] == -850
    (finding,) = (f for f in both.findings if f.kind is FindingKind.MINIMUM_IN_VAIN)
    assert "还差 34 件" in finding.detail


def test_a_minimum_is_not_due_on_a_day_on_which_the_agreement_is_not_used() -> None:
    day = day_of(county(to_tpl(tariff_piece_fen=110, minimum_fen=30_000)), goods("C-1", "EXP-A"))
    settlement = settled(day, planned(day, {"VAN-A": [("C-1", "")]}))
    assert settlement.entries == ()
    assert FindingKind.MINIMUM_IN_VAIN not in {f.kind for f in settlement.findings}


def test_a_minimum_without_a_price_a_piece_names_no_pieces_that_are_short() -> None:
    settlement = by_van(to_tpl(tariff_run_fen=100, minimum_fen=1_000))
    (finding,) = (f for f in settlement.findings if f.kind is FindingKind.MINIMUM_IN_VAIN)
    assert "还差" not in finding.detail


def test_an_operator_that_receives_less_than_it_spends_is_found() -> None:
    settlement = by_van(to_tpl(tariff_piece_fen=110))
    (finding,) = (f for f in settlement.findings if f.kind is FindingKind.OPERATOR_LOSES)
    assert (finding.partner_ids, finding.fen) == (("TPL",), RUN_FEN - 660)
    assert "支出 240.00 元，收入 6.60 元" in finding.detail


def test_an_operator_that_earns_is_no_finding() -> None:
    settlement = by_van(to_tpl(tariff_piece_fen=4_001))
    assert account(settlement, "TPL").charge_fen == -6
    assert FindingKind.OPERATOR_LOSES not in {f.kind for f in settlement.findings}


def test_a_carrier_that_is_charged_more_than_it_would_spend_alone_is_flagged() -> None:
    dear = by_van(to_tpl(tariff_piece_fen=7_000))
    assert account(dear, "EXP-A").stand_alone_fen == 13_014
    assert account(dear, "EXP-A").charge_fen == 14_000
    assert account(dear, "EXP-A").above_stand_alone
    assert (FindingKind.ABOVE_STAND_ALONE, ("EXP-A",), 986) in {(f.kind, f.partner_ids, f.fen) for f in dear.findings}
    cheap = by_van(to_tpl(tariff_piece_fen=6_500))
    assert not account(cheap, "EXP-A").above_stand_alone
    assert account(cheap, "EXP-A").saving_fen == 14
