"""Every bad cell is named by file, row and column; nothing but CountyFolderError is ever raised."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.files.county_folder import read_county
from services.files.faults import CountyFolderError, Fault
from tests.builders import SERVICE_DATE
from tests.county_files import FILES, set_cell, write_county


def faults_of(folder: Path) -> tuple[Fault, ...]:
    with pytest.raises(CountyFolderError) as caught:
        read_county(folder, SERVICE_DATE)
    return caught.value.faults


@pytest.mark.parametrize(
    ("cell", "value", "message"),
    [
        (("vehicles.csv", 3, "capacity_g"), "-5", '"-5" is negative'),
        (("vehicles.csv", 3, "capacity_g"), "0", "is 0"),
        (("vehicles.csv", 3, "capacity_ml"), "many", '"many" is not a number'),
        (("vehicles.csv", 3, "capacity_pieces"), "4.5", '"4.5" is not a whole number'),
        (("vehicles.csv", 3, "capacity_pieces"), "", "is empty"),
        (("vehicles.csv", 2, "fixed_fen"), "9" * 5000, "is too large"),
        (("vehicles.csv", 2, "fixed_fen"), "9" * 14, "is larger than 1000000000000"),
        (("vehicles.csv", 2, "depot"), "X", '"X" is no node'),
        (("vehicles.csv", 2, "owner"), "X", '"X" is no partner'),
        (("vehicles.csv", 3, "vehicle_id"), "VAN-A", '"VAN-A" is already vehicles.csv row 2'),
        (("vehicles.csv", 2, "shift_start"), "19:00", "starts at 19:00, not before it ends at 18:30"),
        (("vehicles.csv", 2, "shift_end"), "24:01", '"24:01" is after 24:00'),
        (("vehicles.csv", 2, "shift_end"), "6 pm", '"6 pm" is not a time (HH:MM)'),
        (("vehicles.csv", 2, "max_trips"), "0", "is 0"),
        (("vehicles.csv", 2, "max_work_s"), "0", "is 0"),
        (("vehicles.csv", 2, "temperatures"), "WARM", '"WARM" is none of AMBIENT CHILLED FROZEN'),
        (("vehicles.csv", 2, "temperatures"), "|", "is empty"),
        (("vehicles.csv", 2, "max_km"), "-1", '"-1" is negative'),
        (("vehicles.csv", 2, "max_km"), "99999999999", "is larger than"),
        (("nodes.csv", 4, "lon"), "42.96", "42.96 is outside China (73 to 136)"),
        (("nodes.csv", 4, "lat"), "nan", '"nan" is not a number'),
        (("nodes.csv", 4, "crs"), "CGCS", '"CGCS" is none of WGS84 GCJ02 BD09'),
        (("nodes.csv", 4, "kind"), "SHOP", '"SHOP" is none of HUB'),
        (("nodes.csv", 4, "kind"), "HUB", "is a second HUB beside nodes.csv row 2"),
        (("nodes.csv", 4, "village_code"), "2.20282E+11", "is in scientific notation"),
        (("nodes.csv", 4, "owner"), "X", '"X" is no partner'),
        (("nodes.csv", 4, "opens"), "20:00", "opens at 20:00, not before it closes at 20:00"),
        (("nodes.csv", 4, "chilled"), "maybe", '"maybe" is neither 0 nor 1'),
        (("nodes.csv", 4, "position"), "guessed", '"guessed" is none of source'),
        (("nodes.csv", 4, "name"), "a\x07b", "has a control character"),
        (("nodes.csv", 4, "name"), "村" * 129, "has 129 characters"),
        (("agreements.csv", 2, "principals"), "EXP-A|X", '"X" is no partner'),
        (("agreements.csv", 2, "operator"), "BUS", "a EXPRESS agreement needs EXPRESS"),
        (("agreements.csv", 2, "valid_from"), "2027-01-01", "2027-01-01 is after valid_to 2026-12-31"),
        (("agreements.csv", 2, "valid_from"), "2026-02-30", '"2026-02-30" is not a date'),
        (("agreements.csv", 2, "weekdays"), "18", "8 is no weekday"),
        (("agreements.csv", 2, "weekdays"), "Mon", '"Mon" is not a row of weekday digits'),
        (("agreements.csv", 2, "sharing"), "TARIFF", "is TARIFF, but no tariff"),
        (("transfers.csv", 2, "to_node"), "X", '"X" is no node'),
        (("transfers.csv", 2, "from_node"), "V-1", "neither end is the hub"),
        (("transfers.csv", 3, "duration_s"), "3000000000", "is larger than 2147483647"),
        (("gtfs/freight.txt", 2, "trip_id"), "X", '"X" is no trip of trips.txt'),
        (("gtfs/freight.txt", 3, "trip_id"), "T-1", '"T-1" stands twice'),
        (("gtfs/freight.txt", 2, "line_kind"), "SHIP", '"SHIP" is none of BUS'),
        (("gtfs/freight.txt", 2, "capacity_pieces"), "-1", '"-1" is negative'),
        (("gtfs/stop_times.txt", 2, "stop_id"), "X", '"X" is no stop of stops.txt'),
        (("gtfs/stop_times.txt", 2, "stop_id"), "BS", 'cyclic trip: "BS" stands twice'),
        (("gtfs/stop_times.txt", 2, "arrival_time"), "10:20:30", "goes back in time: arrives 10:20:30, left"),
        (("gtfs/stop_times.txt", 4, "departure_time"), "10:19:00", "goes back in time"),
        (("gtfs/stop_times.txt", 2, "stop_sequence"), "2", "is that of row"),
        (("gtfs/stop_times.txt", 2, "arrival_time"), "early", '"early" is not a time'),
        (("gtfs/trips.txt", 2, "route_id"), "X", '"X" is no route of routes.txt'),
        (("gtfs/trips.txt", 2, "service_id"), "X", '"X" is in no calendar'),
        (("gtfs/routes.txt", 2, "agency_id"), "X", '"X" is no agency of agency.txt'),
        (("gtfs/agency.txt", 2, "agency_timezone"), "Asia/Tokyo", '"Asia/Tokyo" is not Asia/Shanghai'),
        (("gtfs/calendar.txt", 2, "start_date"), "soon", '"soon" is not a date'),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, cell: tuple[str, int, str], value: str, message: str) -> None:
    file, row, column = cell
    small = write_county(tmp_path)
    set_cell(small / file, row, column, value)
    named = [fault for fault in faults_of(small) if (fault.file, fault.column) == (file, column)]
    assert any(message in fault.message for fault in named), faults_of(small)
    # A repeated or cyclic stop is known at its second appearance in time, which may be another row.
    assert row in {fault.row for fault in named} or "stop_times" in file


def test_only_the_bad_cell_is_named(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    set_cell(small / "vehicles.csv", 3, "capacity_g", "-5")
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    assert str(caught.value) == 'vehicles.csv row 3, column capacity_g: "-5" is negative'


def test_an_agreement_of_one_with_itself_is_named_at_its_operator(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    set_cell(small / "agreements.csv", 2, "principals", "EXP-A")
    assert faults_of(small) == (Fault("agreements.csv", 2, "operator", '"EXP-A" has an agreement with itself'),)


def test_swapped_coordinates_are_recognised(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    set_cell(small / "nodes.csv", 3, "lon", "42.97")
    set_cell(small / "nodes.csv", 3, "lat", "126.74")
    faults = faults_of(small)
    assert [(fault.row, fault.column) for fault in faults] == [(3, "lon"), (3, "lat")]
    assert all("lon and lat look swapped" in fault.message for fault in faults)


def test_faults_of_all_files_come_together(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    set_cell(small / "vehicles.csv", 2, "capacity_g", "x")
    set_cell(small / "partners.csv", 2, "role", "x")
    set_cell(small / "nodes.csv", 6, "owner", "x")
    assert {"vehicles.csv", "partners.csv", "nodes.csv"} <= {fault.file for fault in faults_of(small)}


@pytest.mark.parametrize("file", [name for name in FILES if name != "gtfs/calendar.txt"])
def test_a_missing_file_is_named(tmp_path: Path, file: str) -> None:
    small = write_county(tmp_path)
    (small / file).unlink()
    assert faults_of(small) == (Fault(file, None, None, "the file is missing"),)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    path = small / "vehicles.csv"
    path.write_text(path.read_text().replace("depot,", "garage,"))
    assert str(faults_of(small)[0]) == "vehicles.csv, column depot: the required column is missing"


def test_a_column_that_stands_twice_is_named(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    (small / "partners.csv").write_text("partner_id,name,role,name\nBUS,a,TRANSIT,b\n")
    assert faults_of(small)[0] == Fault("partners.csv", 1, "name", "the column stands twice")


@pytest.mark.parametrize(("cells", "count"), [("BUS,客运公司", 2), ("BUS,客运公司,TRANSIT,", 4)])
def test_a_row_with_cells_too_few_or_too_many_is_named(tmp_path: Path, cells: str, count: int) -> None:
    small = write_county(tmp_path)
    path = small / "partners.csv"
    path.write_text(path.read_text().replace("BUS,客运公司,TRANSIT", f"\n{cells}"))  # row 4 is blank
    assert faults_of(small)[0] == Fault("partners.csv", 5, None, f"the row has {count} cells, the header 3")


def test_one_line_a_fault_and_no_more_than_fifty() -> None:
    error = CountyFolderError(Fault("nodes.csv", row, "lon", "is empty") for row in range(2, 62))
    lines = str(error).splitlines()
    assert (len(lines), lines[0], lines[-1]) == (51, "nodes.csv row 2, column lon: is empty", "and 10 more")


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert "there is no such folder" in str(CountyFolderError(faults_of(tmp_path / "nowhere")))


def test_a_broken_outline_is_said(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    (small / "outline.geojson").write_text("[" * 100_000)
    assert faults_of(small)[0].file == "outline.geojson"


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "-1", "0", "1e9", "NaN", "inf", "９", "|", '"', '""', "a,b", "\n", "\x00", "HUB", "24:00", "1" * 400]
    ),
    st.integers().map(str),
    st.floats().map(str),
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), cell=CELLS)
def test_any_changed_cell_reads_or_is_refused(data: st.DataObject, cell: str) -> None:
    file = data.draw(st.sampled_from(sorted(FILES)))
    lines = [line.split(",") for line in FILES[file].splitlines()]
    row = data.draw(st.integers(0, len(lines) - 1))
    lines[row][data.draw(st.integers(0, len(lines[row]) - 1))] = cell
    text = "\n".join(",".join(line) for line in lines)
    with tempfile.TemporaryDirectory() as name:
        small = write_county(Path(name))
        (small / file).write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            read_county(small, SERVICE_DATE)
        except CountyFolderError as error:
            assert error.faults


@settings(max_examples=100, deadline=None)
@given(content=st.binary(max_size=200), file=st.sampled_from([*sorted(FILES), "nodes.xlsx", "matrix.csv"]))
def test_any_bytes_read_or_are_refused(content: bytes, file: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        small = write_county(Path(name))
        if file == "nodes.xlsx":
            shutil.move(small / "nodes.csv", small / "old.csv")
        (small / file).write_bytes(content)
        try:
            read_county(small, SERVICE_DATE)
        except CountyFolderError as error:
            assert error.faults


def test_a_node_outside_the_outline_is_named(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    ring = "[[126.5,42.8],[127.1,42.8],[127.1,43.1],[126.5,43.1],[126.5,42.8]]"
    (small / "outline.geojson").write_text(f'{{"type": "Polygon", "coordinates": [{ring}]}}')
    read_county(small, SERVICE_DATE)
    set_cell(small / "nodes.csv", 4, "lon", "127.9")
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    said = "lies outside the county's outline; is the coordinate system right?"
    assert caught.value.faults == (Fault("nodes.csv", 4, "lon", said),)


def test_a_node_far_from_the_hub_is_named(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    set_cell(small / "nodes.csv", 4, "lon", "116.4")
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    assert [(f.row, f.column) for f in caught.value.faults] == [(4, "lon")]
    assert "km from the hub" in caught.value.faults[0].message
