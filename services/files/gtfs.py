"""The scheduled lines of a day from a GTFS feed whose ``freight.txt`` says what a trip can carry.

Read with the project's own tables rather than a GTFS library: a fault has to name its row, only eight files matter,
and only trips with a freight row, so most of a feed is never looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

import polars as pl

from services.files.cells import (
    Column,
    Record,
    amount,
    day,
    flag,
    name,
    one_of,
    read_records,
    records_of,
    text,
    transit_time,
    wanted,
)
from services.files.faults import Findings
from services.files.provenance import Provenance
from services.files.tables import has_table, read_table, refuse_ragged_rows
from services.model.lines import Line, LineKind, StopTime, Trip
from services.validation.fields import quoted

FOLDER: Final = "gtfs/"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIME_ZONES: Final = frozenset({"", "Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "PRC"})  # one clock, many names
ADDED, REMOVED = 1, 2  # exception_type of calendar_dates.txt


def _required(name: str, field: str = "") -> Column:
    return Column(name, text, field, required=True)


AGENCY_COLUMNS: Final = (Column("agency_id", text), Column("agency_timezone", text))
STOP_COLUMNS: Final = (_required("stop_id"),)
ROUTE_COLUMNS: Final = (
    _required("route_id", "line_id"),
    Column("agency_id", text, "owner"),
    Column("route_long_name", name, "name"),
    Column("route_short_name", name),
)
TRIP_COLUMNS: Final = (_required("trip_id"), _required("route_id"), _required("service_id"))
STOP_TIME_COLUMNS: Final = (
    _required("trip_id"),
    _required("stop_id", "node_id"),
    Column("stop_sequence", amount, required=True, stand_in=-1),
    Column("arrival_time", transit_time, "arrival_s"),
    Column("departure_time", transit_time, "departure_s"),
)
CALENDAR_COLUMNS: Final = (
    _required("service_id"),
    *(Column(name, flag, required=True, stand_in=False) for name in WEEKDAYS),
    Column("start_date", day, required=True, stand_in=date.max),
    Column("end_date", day, required=True, stand_in=date.min),
)
CALENDAR_DATE_COLUMNS: Final = (
    _required("service_id"),
    Column("date", day, required=True, stand_in=date.min),
    Column("exception_type", amount, required=True, stand_in=0),
)
FREIGHT_COLUMNS: Final = (
    _required("trip_id"),
    Column("line_kind", one_of(LineKind), "kind", required=True, stand_in=LineKind.BUS),
    Column("capacity_g", amount, required=True, stand_in=0),
    Column("capacity_ml", amount, required=True, stand_in=0),
    Column("capacity_pieces", amount, required=True, stand_in=0),
    Column("max_piece_g", amount),
    Column("max_piece_ml", amount),
    Column("chilled", flag, "keeps_cold"),
    Column("handling_s", amount),
    Column("tariff_piece_fen", amount),
    Column("tariff_kg_fen", amount),
    Column("tariff_trip_fen", amount),
    Column("mail_g", amount),
    Column("mail_ml", amount),
    Column("mail_pieces", amount),
)


@dataclass(frozen=True, slots=True)
class _Journey:
    """The rows that make a trip."""

    trip: Record
    freight: Record
    calls: Sequence[Record]


def read_gtfs(folder: Path, service_date: date, findings: Findings, provenance: Provenance) -> tuple[Line, ...]:
    """Read the lines with the trips that run on the date and carry freight; none where there is no folder."""
    if not folder.is_dir():
        findings.note(f"no {FOLDER} folder: the county has no lines")
        return ()
    if has_table(folder / "frequencies.txt"):
        findings.note(f"{FOLDER}frequencies.txt is ignored: trips run as stop_times.txt says")
    # A feed has many columns and files that freight does not need; saying so for each would bury what matters.
    quiet = Findings(findings.faults, [])
    known_before = len(findings.faults)
    agencies = read_records(folder / "agency.txt", AGENCY_COLUMNS, quiet, FOLDER)
    stops = read_records(folder / "stops.txt", STOP_COLUMNS, quiet, FOLDER)
    routes = read_records(folder / "routes.txt", ROUTE_COLUMNS, quiet, FOLDER)
    trips = read_records(folder / "trips.txt", TRIP_COLUMNS, quiet, FOLDER)
    freight = read_records(folder / "freight.txt", FREIGHT_COLUMNS, findings, FOLDER)
    running, services = _services(folder, service_date, quiet)
    if any(fault.row is None for fault in findings.faults[known_before:]):
        return ()  # without a file, all that names its contents would look wrong
    cargo = _by_trip(freight, trips, findings)
    kept: list[Record] = []
    idle = 0
    for trip in trips:
        if trip.values["trip_id"] not in cargo:
            idle += trip.values["service_id"] in running
        elif trip.values["service_id"] in running:
            kept.append(trip)
        elif trip.values["service_id"] not in services:
            said = f"{quoted(trip.values['service_id'])} is in no calendar"
            findings.fault(trip.file, said, trip.row, "service_id")
    if trips and not kept:
        findings.note(f"{FOLDER}: no trip that carries freight runs on {service_date}")
    if idle:
        findings.note(f"{FOLDER}freight.txt has no row for {idle} of the day's trips: they carry nothing")
    calls = _stop_times(folder, kept, {stop.values["stop_id"] for stop in stops}, quiet)
    owners = _owners(routes, agencies, {trip.values["route_id"] for trip in kept}, findings)
    _check_routes(kept, routes, findings)
    _know_columns(provenance)
    journeys = [_Journey(trip, cargo[trip.values["trip_id"]], calls.get(trip.values["trip_id"], [])) for trip in kept]
    return _lines(routes, owners, journeys, provenance)


def _by_trip(freight: Sequence[Record], trips: Sequence[Record], findings: Findings) -> dict[str, Record]:
    """Find each trip's freight row."""
    known = {trip.values["trip_id"] for trip in trips}
    cargo: dict[str, Record] = {}
    for record in freight:
        trip_id = record.values["trip_id"]
        if trip_id and trip_id not in known:
            findings.fault(record.file, f"{quoted(trip_id)} is no trip of trips.txt", record.row, "trip_id")
        elif cargo.setdefault(trip_id, record) is not record:
            findings.fault(record.file, f"{quoted(trip_id)} stands twice", record.row, "trip_id")
    return cargo


def _services(folder: Path, service_date: date, findings: Findings) -> tuple[set[str], set[str]]:
    """Find the services that run on the date, and all that any calendar names."""
    running: set[str] = set()
    named: set[str] = set()
    weekly, single = folder / "calendar.txt", folder / "calendar_dates.txt"
    if not has_table(weekly) and not has_table(single):
        findings.fault(f"{FOLDER}calendar.txt", "the file is missing, and calendar_dates.txt too")
        return running, named
    if has_table(weekly):
        for record in read_records(weekly, CALENDAR_COLUMNS, findings, FOLDER):
            values = record.values
            named.add(values["service_id"])
            on_weekday = values[WEEKDAYS[service_date.weekday()]]
            if on_weekday and values["start_date"] <= service_date <= values["end_date"]:
                running.add(values["service_id"])
    if has_table(single):
        for record in read_records(single, CALENDAR_DATE_COLUMNS, findings, FOLDER):
            values = record.values
            named.add(values["service_id"])
            if values["exception_type"] not in (ADDED, REMOVED):
                said = f'"{values["exception_type"]}" is neither 1 (added) nor 2 (removed)'
                findings.fault(record.file, said, record.row, "exception_type")
            elif values["date"] == service_date:
                change = running.add if values["exception_type"] == ADDED else running.discard
                change(values["service_id"])
    return running, named


def _stop_times(
    folder: Path, trips: Sequence[Record], stops: Collection[str], findings: Findings
) -> dict[str, list[Record]]:
    """Each trip's calls in the order of their sequence, with both times."""
    table = read_table(folder / "stop_times.txt", wanted(STOP_TIME_COLUMNS), findings, FOLDER)
    calls: defaultdict[str, list[Record]] = defaultdict(list)
    if table is None:
        return calls
    kept = pl.Series("trip_id", [trip.values["trip_id"] for trip in trips], dtype=pl.String)
    table = replace(table, rows=table.rows.filter(pl.col("trip_id").is_in(kept.implode())))
    refuse_ragged_rows(table, findings)
    records = list(records_of(table, STOP_TIME_COLUMNS, findings))
    faulty = {fault.row for fault in findings.faults if fault.file == table.file}
    for record in records:
        values = record.values
        times = [values[name] for name in ("arrival_s", "departure_s") if name in values]
        if times:
            values.setdefault("arrival_s", times[0])
            values.setdefault("departure_s", times[0])
        else:
            if record.row not in faulty:
                findings.fault(table.file, "is empty; freight needs a time at every stop", record.row, "arrival_time")
            values |= {"arrival_s": 0, "departure_s": 0}
        if values["node_id"] and values["node_id"] not in stops:
            findings.fault(table.file, f"{quoted(values['node_id'])} is no stop of stops.txt", record.row, "stop_id")
        calls[values["trip_id"]].append(record)
    for trip_calls in calls.values():
        trip_calls.sort(key=lambda call: call.values["stop_sequence"])
        for before, after in pairwise(trip_calls):
            if before.values["stop_sequence"] == after.values["stop_sequence"] >= 0:
                said = f'"{after.values["stop_sequence"]}" is that of row {before.row} too'
                findings.fault(table.file, said, after.row, "stop_sequence")
    return calls


def _owners(
    routes: Sequence[Record], agencies: Sequence[Record], used: Collection[str], findings: Findings
) -> dict[str, str]:
    """Find the partner that owns each route in use: its agency, which a feed of one agency need not repeat."""
    known = {agency.values.get("agency_id", ""): agency for agency in agencies}
    owners: dict[str, str] = {}
    for route in routes:
        line_id = route.values["line_id"]
        if line_id not in used:
            continue
        owner = route.values.get("owner", next(iter(known)) if len(known) == 1 else "")
        owners[line_id] = owner
        if owner not in known:
            said = (
                f"{quoted(owner)} is no agency of agency.txt" if owner else "is empty, but the feed has many agencies"
            )
            findings.fault(route.file, said, route.row, "agency_id")
    for agency_id in set(owners.values()) & set(known):
        agency = known[agency_id]
        zone = agency.values.get("agency_timezone", "")
        if zone not in TIME_ZONES:
            said = f"{quoted(zone)} is not Asia/Shanghai; its times would be taken for another clock's"
            findings.fault(agency.file, said, agency.row, "agency_timezone")
    return owners


def _check_routes(trips: Sequence[Record], routes: Sequence[Record], findings: Findings) -> None:
    known = {route.values["line_id"] for route in routes}
    for trip in trips:
        route_id = trip.values["route_id"]
        if route_id and route_id not in known:
            findings.fault(trip.file, f"{quoted(route_id)} is no route of routes.txt", trip.row, "route_id")


def _know_columns(provenance: Provenance) -> None:
    provenance.know(f"{FOLDER}routes.txt", "county.lines", ROUTE_COLUMNS)
    provenance.know(f"{FOLDER}freight.txt", "county.lines", FREIGHT_COLUMNS)
    provenance.know(f"{FOLDER}stop_times.txt", "county.lines", STOP_TIME_COLUMNS)


def _lines(
    routes: Sequence[Record], owners: dict[str, str], journeys: Sequence[_Journey], provenance: Provenance
) -> tuple[Line, ...]:
    by_route: defaultdict[str, list[_Journey]] = defaultdict(list)
    for journey in journeys:
        by_route[journey.trip.values["route_id"]].append(journey)
    lines: list[Line] = []
    for route in routes:
        line_id = route.values["line_id"]
        taken = by_route.pop(line_id, [])  # a route that stands twice keeps its trips once
        if not taken:
            continue
        path = f"county.lines[{len(lines)}]"
        provenance.add(path, route)
        trips = tuple(_trip(journey, f"{path}.trips[{index}]", provenance) for index, journey in enumerate(taken))
        name = route.values.get("name") or route.values.get("route_short_name", "")
        lines.append(Line(line_id, owners.get(line_id, ""), name, trips))
    return tuple(lines)


def _trip(journey: _Journey, path: str, provenance: Provenance) -> Trip:
    provenance.add(path, journey.freight)
    provenance.add(f"{path}.trip_id", journey.trip, "trip_id")
    provenance.add(f"{path}.stop_times", journey.trip, "trip_id")
    for index, call in enumerate(journey.calls):
        provenance.add(f"{path}.stop_times[{index}]", call)
    stop_times = tuple(
        StopTime(call.values["node_id"], call.values["arrival_s"], call.values["departure_s"]) for call in journey.calls
    )
    return Trip(**journey.freight.values, stop_times=stop_times)
