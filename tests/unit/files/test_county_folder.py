"""A county folder reads as it stands, in every encoding and form that it may come in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from services.files.coordinates import Crs, gcj02_to_bd09, to_wgs84, wgs84_to_gcj02
from services.files.county_folder import read_county
from services.files.faults import CountyFolderError
from services.model.agreements import Temperature
from services.model.fleet import Energy
from services.model.network import ClosedRoad, Position, RoadPair
from tests.builders import SERVICE_DATE
from tests.county_files import FILES, add_columns, set_cell, write_county

HUADIAN = Path(__file__).parents[3] / "data" / "huadian"


def test_huadian_reads_right() -> None:
    folder = read_county(HUADIAN, SERVICE_DATE)
    county = folder.county
    counts = [len(part) for part in (county.network.nodes, county.partners, county.agreements, county.vehicles)]
    assert (county.county_id, counts) == ("huadian", [187, 12, 10, 33])
    assert sum(len(line.trips) for line in county.lines) == 68
    assert len(county.network.transfers) == 8
    assert '"FeatureCollection"' in folder.outline
    assert any("160 of 187 nodes are PLACED" in note for note in folder.notes)
    assert any("柳树村服务站" in note for note in folder.notes)


def test_huadian_has_no_trips_when_its_calendar_is_over() -> None:
    assert read_county(HUADIAN, date(2027, 1, 1)).county.lines == ()


def test_cells_become_the_models_values_and_empty_ones_its_defaults(tmp_path: Path) -> None:
    county = read_county(write_county(tmp_path), SERVICE_DATE).county
    van_a, van_b = county.vehicles
    assert (van_a.max_distance_m, van_a.energy, van_a.shift_end_s) == (320_500, Energy.ELECTRIC, 66_600)
    assert van_a.temperatures == (Temperature.AMBIENT, Temperature.CHILLED)
    assert (van_b.max_distance_m, van_b.energy, van_b.shift_end_s, van_b.max_trips) == (None, Energy.DIESEL, 86_400, 1)
    positions = [node.position for node in county.network.nodes]
    assert positions == [Position.SURVEYED, Position.NEAR_SOURCE, Position.PLACED, Position.PLACED, Position.SURVEYED]
    assert county.network.nodes[3].closes_s == 86_400
    assert county.agreements[1].weekdays == (1, 2, 3, 4, 5)
    assert county.agreements[1].excluded_categories == ("LIQUID", "LIVE")
    assert county.agreements[0].valid_to == date(2026, 12, 31)


def test_a_cold_compartment_is_read_and_keeps_chilled_goods_unless_said_otherwise(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    add_columns(small / "vehicles.csv", "cold_capacity_g,cold_capacity_ml,cold_temperatures", "90000,400000,", ",,")
    van_a, van_b = read_county(small, SERVICE_DATE).county.vehicles
    assert (van_a.cold_capacity_g, van_a.cold_capacity_ml) == (90_000, 400_000)
    assert van_a.cold_temperatures == (Temperature.CHILLED,)
    assert not van_b.has_cold_compartment


def test_a_range_on_one_charge_is_read_in_kilometres(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    add_columns(small / "vehicles.csv", "range_km,recharge_s", "180.5,3600", ",")
    van_a, van_b = read_county(small, SERVICE_DATE).county.vehicles
    assert (van_a.range_m, van_a.recharge_s) == (180_500, 3_600)
    assert (van_b.range_m, van_b.recharge_s) == (None, None)


@pytest.mark.parametrize(("encoding", "note"), [("utf-8-sig", False), ("gb18030", True)])
def test_every_encoding_reads_the_same(tmp_path: Path, encoding: str, note: bool) -> None:
    small = write_county(tmp_path)
    plain = read_county(small, SERVICE_DATE)
    for name, text in FILES.items():
        (small / name).write_text(text.replace("\n", "\r\n"), encoding=encoding, newline="")
    again = read_county(small, SERVICE_DATE)
    assert again.county == plain.county
    assert ("nodes.csv is in GB18030" in again.notes) is note


def test_tables_are_the_same_with_other_delimiters_and_under_a_title(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    plain = read_county(small, SERVICE_DATE)
    for name in ("nodes.csv", "vehicles.csv", "agreements.csv", "gtfs/stops.txt"):
        text = "桦甸市 2026-11-23\n\n" + FILES[name].replace("2026-12-31", "2026年12月31日")
        (small / name).write_text(text.replace(",", "\t"), encoding="utf-16")
    again = read_county(small, SERVICE_DATE)
    assert again.county == plain.county
    assert "agreements.csv: the header is row 3; rows 1, 2 above it not read" in again.notes


def test_an_xlsx_is_the_same_as_a_csv(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    plain = read_county(small, SERVICE_DATE).county
    for name in ("nodes", "vehicles", "partners"):
        frame = pl.read_csv(small / f"{name}.csv", schema_overrides={"village_code": pl.String})
        frame.write_excel(small / f"{name}.xlsx")  # numbers as numbers
        (small / f"{name}.csv").unlink()
    assert read_county(small, SERVICE_DATE).county == plain
    frame.with_columns(role=pl.lit("NOBODY")).write_excel(small / "partners.xlsx")
    with pytest.raises(CountyFolderError, match=r'partners\.xlsx row 2, column role: "NOBODY" is none of EXPRESS'):
        read_county(small, SERVICE_DATE)


def test_csv_and_xlsx_of_one_table_contradict_each_other(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    (small / "nodes.xlsx").write_bytes(b"")
    with pytest.raises(CountyFolderError, match=r"nodes\.csv: nodes\.xlsx is there as well"):
        read_county(small, SERVICE_DATE)


def test_coordinates_come_out_in_wgs84(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    gcj02 = wgs84_to_gcj02(126.80, 42.96)
    for row, (crs, (lon, lat)) in enumerate({Crs.GCJ02: gcj02, Crs.BD09: gcj02_to_bd09(*gcj02)}.items(), start=4):
        for column, value in {"crs": crs, "lon": f"{lon:.9f}", "lat": f"{lat:.9f}"}.items():
            set_cell(small / "nodes.csv", row, column, value)
    for node in read_county(small, SERVICE_DATE).county.network.nodes[2:4]:
        assert (node.lon, node.lat) == pytest.approx((126.80, 42.96), abs=1e-8)


def test_a_vehicle_may_have_no_kind(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    set_cell(small / "vehicles.csv", 2, "kind", "")
    assert read_county(small, SERVICE_DATE).county.vehicles[0].kind == ""


def test_a_matrix_becomes_road_pairs_and_must_be_complete(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    visited = ("HUB", "V-1", "V-2", "V-3")
    rows = [f"{start},{end},1000,90" for start in visited for end in visited if start != end]
    header = "from_node,to_node,distance_m,duration_s"
    (small / "matrix.csv").write_text("\n".join([header, *rows]))
    assert RoadPair("HUB", "V-1", 1000, 90) in read_county(small, SERVICE_DATE).county.network.road_pairs
    (small / "matrix.csv").write_text("\n".join([header, *rows[:-2]]))
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    said = 'matrix.csv: the road table is incomplete: "V-3" to "V-1" and 1 more pairs are missing'
    assert str(caught.value) == said


def test_closed_roads_are_two_nodes_or_a_line_in_any_system(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    path = small / "closed_roads.csv"
    header = "name,from_node,to_node,one_way,from_lon,from_lat,to_lon,to_lat,crs"
    path.write_text(f"{header}\n省道,HUB,V-1,1,,,,,\n大桥,,,,126.80,42.9,126.80,43.0,GCJ02\n")
    folder = read_county(small, SERVICE_DATE)
    way, bridge = folder.county.network.closed_roads
    assert way == ClosedRoad("省道", "HUB", "V-1", True)
    assert bridge.line == pytest.approx((*to_wgs84(126.80, 42.9, Crs.GCJ02), *to_wgs84(126.80, 43.0, Crs.GCJ02)))
    assert "2 roads are closed 封路: 省道; 大桥" in folder.notes
    rows = ("坏,HUB,,,,,,,", "坏,,,,126.8,42.9,126.8,43.0,", "坏,,,,126.8,42.9,126.8,,WGS84", "坏,,,2,,,,,")
    path.write_text("\n".join([header, *rows]))
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    assert sorted(map(str, caught.value.faults)) == [
        'closed_roads.csv row 2, column to_node: "" is no node',
        "closed_roads.csv row 3, column crs: is empty",
        "closed_roads.csv row 4, column to_lat: is missing; a line has two ends",
        'closed_roads.csv row 5, column one_way: "2" is neither 0 nor 1',
    ]


def test_notes_tell_what_a_user_should_know(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    partners = small / "partners.csv"
    partners.write_text(
        partners.read_text().replace("role\n", "role,传真\n").replace("SS\n", "SS,1\n").replace("SIT\n", "SIT,\n")
    )
    notes = "\n".join(read_county(small, SERVICE_DATE).notes)
    assert "partners.csv: unknown columns ignored: 传真" in notes
    assert "2 of 5 nodes are PLACED" in notes
    assert "村站重名: 中村服务站 (220282100202, 220282100203)" in notes
    assert "freight.txt has no row for 1 of the day's trips" in notes


def test_a_regular_vehicle_that_is_not_there_is_noted(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    nodes = small / "nodes.csv"
    head, *rows = nodes.read_text().splitlines()
    named = [f"{row},{'VAN-A' if row.startswith('V-1') else 'VAN-Z' if row.startswith('V-2') else ''}" for row in rows]
    nodes.write_text("\n".join([f"{head},regular_vehicle", *named]))
    folder = read_county(small, SERVICE_DATE)
    assert {n.regular_vehicle for n in folder.county.network.nodes} == {"", "VAN-A", "VAN-Z"}
    notes = [note for note in folder.notes if "固定车辆" in note]
    assert notes == ["regular vehicles are not in the fleet, so any may call 固定车辆不在车队: V-2 (VAN-Z)"]
