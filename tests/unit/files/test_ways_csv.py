"""The list of ways into the villages."""

from __future__ import annotations

from dataclasses import replace

from services.files.ways_csv import HEADER, SHARES_HEADER, ways_csv
from services.files.words import TERMS, TRANSPORT_MODES
from services.model.plan import PlanResult
from services.model.ways import NextBest, Terms, TransportMode, UsedWay, VillageWay, mode_shares
from tests.papers_fixture import huadian_day, huadian_plan
from tests.unit.files.test_held_csv import rows_of

DAY = huadian_day()
NODES = [node for node in DAY.county.network.nodes if node.village_code]
RUN, BUS = TransportMode.SHARED_RUN, TransportMode.BUS
WAYS = (
    VillageWay(
        NODES[0].village_code,
        (UsedWay(BUS, Terms.TRANSIT, 3, 1, 123), UsedWay(RUN, Terms.OWN, 4, 0, 4_000)),
        3_500,
        NextBest(RUN, (Terms.OWN, Terms.THIRD_PARTY), 3_400, "并入 R1（BOX-1）"),
    ),
    VillageWay(NODES[1].village_code, (UsedWay(RUN, Terms.EXPRESS, 2, 0, 50),), 40, None, "客运班车不停本村"),
)
RESULT = PlanResult(huadian_plan(DAY).plan, None, WAYS, mode_shares(WAYS))


def test_each_way_is_a_row_and_the_village_s_own_figures_stand_once() -> None:
    header, first, second, third, *_ = rows_of(ways_csv(DAY, RESULT))
    assert tuple(header) == HEADER
    code = f"{NODES[0].village_code}\t"
    assert first[:7] == [code, NODES[0].name, "客运", "快交", "3", "1", "1.23"]
    assert first[7:] == ["35.00", "共配车次", "自有、快递+第三方", "并入 R1（BOX-1）", "34.00", "-1.00", ""]
    assert second == [code, NODES[0].name, "共配车次", "自有", "4", "0", "40.00", *[""] * 7]
    assert third[7:] == ["0.40", "", "", "", "", "", "客运班车不停本村"]


def test_pieces_and_shares_by_mode_stand_below() -> None:
    rows = rows_of(ways_csv(DAY, RESULT))
    start = rows.index(list(SHARES_HEADER))
    shares = rows[start + 1 :]
    assert shares[0] == ["客运", "3", "1", "40.0"]
    assert [row[0] for row in shares] == [TRANSPORT_MODES[mode] for mode in TransportMode]
    assert round(sum(float(row[3]) for row in shares), 1) == 100.0


def test_every_mode_and_all_terms_have_words() -> None:
    assert set(TERMS) == set(Terms)
    assert set(TRANSPORT_MODES) == set(TransportMode)


def test_a_day_without_goods_has_headers_only() -> None:
    assert rows_of(ways_csv(DAY, replace(RESULT, ways=(), mode_shares=()))) == [list(HEADER), [], list(SHARES_HEADER)]
