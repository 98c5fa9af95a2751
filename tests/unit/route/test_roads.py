from datetime import date
from pathlib import Path

import numpy as np
import pytest
from geopy.distance import geodesic

from services.files.county_folder import read_county
from services.model.errors import InvalidInputError
from services.model.network import Node, NodeKind, RoadPair, RoadSettings
from services.route.roads.geodesic import GeodesicRoads
from services.route.roads.table import TableRoads
from tests.builders import small_network

HUADIAN = Path(__file__).parents[3] / "data/huadian"
NODES = small_network().nodes[:3]  # HUB, BS, V-1


def pairs(*ends: str) -> tuple[RoadPair, ...]:
    return tuple(RoadPair(start, end, 1_000 + i, 90 + i) for i, (start, end) in enumerate(e.split("->") for e in ends))


ALL = ("HUB->BS", "BS->HUB", "HUB->V-1", "V-1->HUB", "BS->V-1", "V-1->BS")


@pytest.fixture(scope="module")
def huadian_nodes() -> tuple[Node, ...]:
    return read_county(HUADIAN, date(2026, 11, 23)).county.network.nodes


def test_distances_are_the_geodesic_of_another_implementation_times_the_detour(
    huadian_nodes: tuple[Node, ...],
) -> None:
    matrix = GeodesicRoads(RoadSettings()).matrix(huadian_nodes)
    some = np.random.default_rng(1).integers(0, len(huadian_nodes), size=(2_000, 2))
    for i, j in some.tolist():
        a, b = huadian_nodes[i], huadian_nodes[j]
        expected_m = geodesic((a.lat, a.lon), (b.lat, b.lon)).meters * 1.32
        assert abs(matrix.distance_m[i, j] - expected_m) <= 1.32


def test_estimated_roads_are_as_long_back_and_nothing_to_oneself(huadian_nodes: tuple[Node, ...]) -> None:
    matrix = GeodesicRoads(RoadSettings()).matrix(huadian_nodes)
    for values in (matrix.distance_m, matrix.duration_s):
        assert (values == values.T).all()
        assert not values.diagonal().any()
        assert (values >= 0).all()


def test_positions_follow_the_order_of_the_nodes(huadian_nodes: tuple[Node, ...]) -> None:
    matrix = GeodesicRoads(RoadSettings()).matrix(huadian_nodes)
    assert [matrix.position[node.node_id] for node in huadian_nodes] == list(range(len(huadian_nodes)))


@pytest.mark.parametrize("speed_m_per_h", [3_600, 7_000, 42_000])
def test_driving_time_is_rounded_up_to_the_second(speed_m_per_h: int) -> None:
    matrix = GeodesicRoads(RoadSettings(speed_m_per_h=speed_m_per_h)).matrix(NODES)
    exact_s = matrix.distance_m * 3600 / speed_m_per_h
    assert (matrix.duration_s >= exact_s).all()
    assert (matrix.duration_s < exact_s + 1).all()


def test_one_node_and_no_node_have_a_matrix_too() -> None:
    assert GeodesicRoads(RoadSettings()).matrix(NODES[:1]).distance_m.tolist() == [[0]]
    assert GeodesicRoads(RoadSettings()).matrix(()).distance_m.shape == (0, 0)


def test_two_nodes_at_one_place_are_no_way_apart() -> None:
    twin = Node("TWIN", NodeKind.PARCEL_LOCKER, "柜", NODES[0].lon, NODES[0].lat)
    matrix = GeodesicRoads(RoadSettings()).matrix((NODES[0], twin))
    assert not matrix.distance_m.any()
    assert not matrix.duration_s.any()


def test_a_table_is_given_as_it_stands_each_way() -> None:
    matrix = TableRoads(pairs(*ALL)).matrix(NODES)
    assert matrix.distance_m.tolist() == [[0, 1_000, 1_002], [1_001, 0, 1_004], [1_003, 1_005, 0]]
    assert matrix.duration_s.tolist() == [[0, 90, 92], [91, 0, 94], [93, 95, 0]]


def test_rows_of_a_table_for_other_nodes_are_left_aside() -> None:
    matrix = TableRoads(pairs(*ALL, "HUB->X", "X->HUB")).matrix(NODES)
    assert set(matrix.position) == {"HUB", "BS", "V-1"}


def test_a_table_that_lacks_a_pair_names_it() -> None:
    with pytest.raises(InvalidInputError, match=r"lacks BS -> HUB and 1 more"):
        TableRoads(pairs("HUB->BS", "HUB->V-1", "BS->V-1", "V-1->BS")).matrix(NODES)
