"""A GTFS feed gives the day's trips that carry freight, and says what it leaves out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from services.files.county_folder import read_county
from services.files.faults import CountyFolderError, Fault
from services.model.lines import StopTime
from tests.builders import SERVICE_DATE
from tests.county_files import FILES, set_cell, write_county


def trips_of(folder: Path, service_date: date) -> list[str]:
    return [trip.trip_id for line in read_county(folder, service_date).county.lines for trip in line.trips]


def test_stops_stand_in_the_order_of_their_sequence(tmp_path: Path) -> None:
    (line,) = read_county(write_county(tmp_path), SERVICE_DATE).county.lines
    assert (line.line_id, line.owner, line.name) == ("L-1", "BUS", "客运班线")
    assert line.trips[0].stop_times == (
        StopTime("BS", 36_000, 36_000),
        StopTime("V-1", 37_200, 37_260),
        StopTime("V-2", 38_400, 38_400),
    )


def test_only_trips_whose_service_runs_on_the_day_count(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    assert trips_of(small, date(2026, 11, 23)) == ["T-1"]
    assert trips_of(small, date(2026, 11, 22)) == ["T-1", "T-3"]  # a Sunday
    assert trips_of(small, date(2027, 1, 1)) == []


def test_calendar_dates_add_and_remove(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    dates = small / "gtfs" / "calendar_dates.txt"
    dates.write_text("service_id,date,exception_type\nSUNDAY,20261123,1\nDAILY,20261123,2\nDAILY,20261124,2\n")
    assert trips_of(small, SERVICE_DATE) == ["T-3"]
    (small / "gtfs" / "calendar.txt").unlink()
    assert trips_of(small, SERVICE_DATE) == ["T-3"]
    dates.write_text("service_id,date,exception_type\nSUNDAY,20261123,3\n")
    with pytest.raises(CountyFolderError, match=r'calendar_dates\.txt row 2, column exception_type: "3" is neither'):
        read_county(small, SERVICE_DATE)


def test_times_may_pass_midnight(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    set_cell(small / "gtfs" / "freight.txt", 3, "trip_id", "T-2")
    (line,) = read_county(small, SERVICE_DATE).county.lines
    assert line.trips[1].stop_times[1].arrival_s == 87_000


def test_a_county_without_a_feed_has_no_lines(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    for name in FILES:
        if name.startswith("gtfs/"):
            (small / name).unlink()
    (small / "gtfs").rmdir()
    folder = read_county(small, SERVICE_DATE)
    assert folder.county.lines == ()
    assert "no gtfs/ folder: the county has no lines" in folder.notes


def test_frequencies_are_said_to_be_ignored(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    (small / "gtfs" / "frequencies.txt").write_text("trip_id,start_time,end_time,headway_secs\n")
    assert any("frequencies.txt is ignored" in note for note in read_county(small, SERVICE_DATE).notes)


def test_a_freight_trip_needs_a_time_at_every_stop(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    set_cell(small / "gtfs" / "stop_times.txt", 4, "arrival_time", "")
    assert read_county(small, SERVICE_DATE).county.lines[0].trips[0].stop_times[1].arrival_s == 37_260
    set_cell(small / "gtfs" / "stop_times.txt", 4, "departure_time", "")
    with pytest.raises(CountyFolderError, match=r"stop_times\.txt row 4, column arrival_time: is empty"):
        read_county(small, SERVICE_DATE)


def test_a_trip_with_one_stop_is_named_at_its_row(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    for row in (2, 4):
        set_cell(small / "gtfs" / "stop_times.txt", row, "trip_id", "T-2")
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    said = "empty trip: 1 stop times, at least 2 are needed"
    assert caught.value.faults == (Fault("gtfs/trips.txt", 2, "trip_id", said),)


def test_a_feed_of_other_stops_gives_clear_errors(tmp_path: Path) -> None:
    small = write_county(tmp_path)
    for file in ("stops.txt", "stop_times.txt"):
        path = small / "gtfs" / file
        path.write_text(path.read_text().replace("V-", "0391_"))
    with pytest.raises(CountyFolderError) as caught:
        read_county(small, SERVICE_DATE)
    assert [(fault.row, fault.column, fault.message) for fault in caught.value.faults] == [
        (4, "stop_id", '"0391_1" is no node'),
        (2, "stop_id", '"0391_2" is no node'),
    ]
