"""A county folder in: nodes, partners, agreements, vehicles, shuttles, lines and roads of one county and day."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, TypeVar

from services.files.cells import (
    Column,
    Record,
    amount,
    clock_time,
    code,
    day,
    degrees,
    flag,
    listed,
    name,
    one_of,
    read_records,
    some_of,
    text,
    thousandths,
    township_code,
    townships,
    weekdays,
)
from services.files.coordinates import Crs, to_wgs84
from services.files.faults import CountyFolderError, Fault, Findings
from services.files.gtfs import read_gtfs
from services.files.provenance import Provenance
from services.files.tables import has_table
from services.model.agreements import Agreement, CooperationModel, Direction, Partner, Role, Sharing, Temperature
from services.model.day import County
from services.model.errors import Violation
from services.model.fleet import Energy, Vehicle
from services.model.network import ClosedRoad, Network, Node, NodeKind, Position, RoadPair, Transfer
from services.validation import county_violations

Model = TypeVar("Model")

# A coordinate pair of GeoJSON, and how far outside the outline a node may stand: about 20 km.
_POINT: Final = re.compile(r"\[\s*(-?[0-9]+(?:\.[0-9]+)?)\s*,\s*(-?[0-9]+(?:\.[0-9]+)?)\s*[,\]]")
_MARGIN_DEGREES: Final = 0.2

_POSITIONS: Final = {
    "source": Position.SURVEYED,
    "surveyed": Position.SURVEYED,
    "near-source": Position.NEAR_SOURCE,
    "placed": Position.PLACED,
}


# The one optional column whose field has no default: what a vehicle is called matters to people only.
_UNNAMED_KIND: Final[dict[str, Any]] = {"kind": ""}


def _position(cell: str) -> Position:
    try:
        return _POSITIONS[cell.lower()]
    except KeyError:
        raise ValueError(f"is none of {' '.join(_POSITIONS)}") from None


def _required(name: str, *, stand_in: Any = "", read: Any = text, field: str = "") -> Column:
    return Column(name, read, field, required=True, stand_in=stand_in)


NODE_COLUMNS: Final = (
    _required("node_id"),
    _required("kind", read=one_of(NodeKind), stand_in=NodeKind.VILLAGE_SHOP),
    _required("name", read=name),
    _required("lon", read=degrees, stand_in=0.0),
    _required("lat", read=degrees, stand_in=0.0),
    _required("crs", read=one_of(Crs), stand_in=Crs.WGS84),
    Column("village_code", code),
    Column("township_code", township_code),
    Column("owner", text),
    Column("opens", clock_time, "opens_s"),
    Column("closes", clock_time, "closes_s"),
    Column("service_s", amount),
    Column("service_per_piece_s", amount),
    Column("chilled", flag, "keeps_cold"),
    Column("position", _position),
    Column("weekdays", weekdays, "open_weekdays"),
    Column("max_pieces", amount),
    Column("max_volume_ml", amount),
    Column("barred_kinds", listed),
    Column("regular_vehicle", text),
    Column("due_by", clock_time, "due_by_s"),
)
PARTNER_COLUMNS: Final = (
    _required("partner_id"),
    _required("name", read=name),
    _required("role", read=one_of(Role), stand_in=Role.EXPRESS),
)
AGREEMENT_COLUMNS: Final = (
    _required("agreement_id"),
    _required("model", read=one_of(CooperationModel), stand_in=CooperationModel.EXPRESS),
    _required("principals", read=listed, stand_in=()),
    _required("operator"),
    Column("directions", some_of(Direction)),
    Column("temperatures", some_of(Temperature)),
    Column("max_piece_g", amount),
    Column("max_piece_ml", amount),
    Column("excluded_categories", listed),
    Column("townships", townships),
    Column("weekdays", weekdays),
    Column("valid_from", day),
    Column("valid_to", day),
    Column("max_pieces_per_day", amount),
    Column("tariff_piece_fen", amount),
    Column("tariff_kg_fen", amount),
    Column("tariff_run_fen", amount),
    Column("minimum_fen", amount),
    _required("sharing", read=one_of(Sharing), stand_in=Sharing.PROPORTIONAL_WEIGHT),
    Column("emergency", flag),
)
VEHICLE_COLUMNS: Final = (
    _required("vehicle_id"),
    _required("owner"),
    Column("kind", name),
    _required("depot"),
    _required("capacity_g", read=amount, stand_in=1),
    _required("capacity_ml", read=amount, stand_in=1),
    _required("capacity_pieces", read=amount, stand_in=1),
    Column("fixed_fen", amount),
    Column("per_km_fen", amount),
    Column("per_hour_fen", amount),
    Column("max_km", thousandths, "max_distance_m"),
    Column("temperatures", some_of(Temperature)),
    Column("shift_start", clock_time, "shift_start_s"),
    Column("shift_end", clock_time, "shift_end_s"),
    _required("max_work_s", read=amount, stand_in=1),
    Column("max_trips", amount),
    Column("energy", one_of(Energy)),
    Column("co2_g_per_km", amount),
    Column("mail_g", amount),
    Column("mail_ml", amount),
    Column("mail_pieces", amount),
    Column("max_drive_s", amount),
    Column("rest_s", amount),
    Column("cold_capacity_g", amount),
    Column("cold_capacity_ml", amount),
    Column("cold_temperatures", some_of(Temperature)),
    Column("range_km", thousandths, "range_m"),
    Column("recharge_s", amount),
)
TRANSFER_COLUMNS: Final = (
    _required("from_node"),
    _required("to_node"),
    _required("duration_s", read=amount, stand_in=0),
    _required("cost_fen_per_trip", read=amount, stand_in=0),
)
MATRIX_COLUMNS: Final = (
    _required("from_node"),
    _required("to_node"),
    _required("distance_m", read=amount, stand_in=0),
    _required("duration_s", read=amount, stand_in=0),
)
CLOSED_ROAD_COLUMNS: Final = (
    Column("name", name),
    Column("from_node", text),
    Column("to_node", text),
    Column("one_way", flag),
    Column("from_lon", degrees),
    Column("from_lat", degrees),
    Column("to_lon", degrees),
    Column("to_lat", degrees),
    Column("crs", one_of(Crs)),
)


@dataclass(frozen=True, slots=True)
class CountyFolder:
    """What a county folder holds beside its parcels.

    ``outline`` is GeoJSON text, empty where none is given; ``notes`` are things that a user should know.
    """

    county: County
    outline: str
    notes: tuple[str, ...]


def read_county(folder: Path, service_date: date) -> CountyFolder:
    """Read a county folder for one day; coordinates come out in WGS-84.

    Raises
    ------
    CountyFolderError
        With every fault of every file, each by file, row and column.

    """
    county_id = folder.resolve().name
    if not folder.is_dir():
        said = "is a file, not a folder" if folder.exists() else "there is no such folder"
        raise CountyFolderError([Fault(county_id, None, None, said)])
    findings, provenance = Findings(), Provenance(county_id)

    def table(file: str, path: str, columns: Sequence[Column]) -> list[Record]:
        return _read(folder / file, path, columns, findings, provenance)

    nodes = table("nodes.csv", "county.network.nodes", NODE_COLUMNS)
    partners = table("partners.csv", "county.partners", PARTNER_COLUMNS)
    agreements = table("agreements.csv", "county.agreements", AGREEMENT_COLUMNS)
    vehicles = table("vehicles.csv", "county.vehicles", VEHICLE_COLUMNS)
    transfers = table("transfers.csv", "county.network.transfers", TRANSFER_COLUMNS)
    roads: list[Record] = []
    if has_table(folder / "matrix.csv"):
        roads = table("matrix.csv", "county.network.road_pairs", MATRIX_COLUMNS)
    closed: list[Record] = []
    if has_table(folder / "closed_roads.csv"):
        closed = table("closed_roads.csv", "county.network.closed_roads", CLOSED_ROAD_COLUMNS)
    county = County(
        county_id=county_id,
        network=Network(
            nodes=tuple(_node(record) for record in nodes),
            transfers=_built(Transfer, transfers),
            road_pairs=_built(RoadPair, roads),
            closed_roads=tuple(_closed_road(record, findings) for record in closed),
        ),
        partners=_built(Partner, partners),
        agreements=_built(Agreement, agreements),
        lines=read_gtfs(folder / "gtfs", service_date, findings, provenance),
        vehicles=tuple(Vehicle(**(_UNNAMED_KIND | record.values)) for record in vehicles),
    )
    outline, bounds = _outline(folder / "outline.geojson", findings)
    _judge(county, bounds, findings, provenance)
    findings.raise_if_any()
    _note_places(county, findings)
    _note_idle(county, service_date, findings)
    _note_regulars(county, findings)
    if county.network.closed_roads:
        names = "; ".join(road.title for road in county.network.closed_roads)
        findings.note(f"{len(county.network.closed_roads)} roads are closed 封路: {names}")
    return CountyFolder(county, outline, tuple(findings.notes))


def _read(
    path: Path, model_path: str, columns: Sequence[Column], findings: Findings, provenance: Provenance
) -> list[Record]:
    records = read_records(path, columns, findings)
    provenance.know(records[0].file if records else path.name, model_path, columns)
    for index, record in enumerate(records):
        provenance.add(f"{model_path}[{index}]", record)
    return records


def _built(model: type[Model], records: Sequence[Record]) -> tuple[Model, ...]:
    return tuple(model(**record.values) for record in records)


def _node(record: Record) -> Node:
    values = dict(record.values)
    lon, lat = to_wgs84(values["lon"], values["lat"], values.pop("crs"))
    return Node(**(values | {"lon": lon, "lat": lat}))


def _closed_road(record: Record, findings: Findings) -> ClosedRoad:
    """Read a closed road; its line, where it is whole, comes out in WGS-84."""
    values = dict(record.values)
    crs = values.pop("crs", None)
    road = ClosedRoad(**values)
    if road.line is None:
        return road
    if crs is None:
        findings.fault(record.file, "is empty", record.row, "crs")
        return road
    start, end = to_wgs84(*road.line[:2], crs), to_wgs84(*road.line[2:], crs)
    return replace(road, from_lon=start[0], from_lat=start[1], to_lon=end[0], to_lat=end[1])


Bounds = tuple[float, float, float, float]
"""Western, southern, eastern and northern limit in degrees."""


def _outline(path: Path, findings: Findings) -> tuple[str, Bounds | None]:
    """Read the outline's text and its limits."""
    if not path.is_file():
        return "", None
    try:
        outline = path.read_text(encoding="utf-8-sig")
        shape = json.loads(outline)
    except (OSError, ValueError, RecursionError):
        findings.fault(path.name, "is no GeoJSON that can be read")
        return "", None
    if not isinstance(shape, dict) or "type" not in shape:
        findings.fault(path.name, "is JSON, but no GeoJSON object with a type")
    points = [(float(lon), float(lat)) for lon, lat in _POINT.findall(outline)]
    if not points:
        return outline, None
    lons, lats = zip(*points, strict=True)
    return outline, (min(lons), min(lats), max(lons), max(lats))


def _outside(county: County, bounds: Bounds | None) -> Iterator[Violation]:
    """Report nodes well outside the county's outline: a slip of the pen or a wrong coordinate system."""
    if bounds is None:
        return
    west, south, east, north = bounds
    for index, node in enumerate(county.network.nodes):
        inside = (
            west - _MARGIN_DEGREES <= node.lon <= east + _MARGIN_DEGREES
            and south - _MARGIN_DEGREES <= node.lat <= north + _MARGIN_DEGREES
        )
        if not inside:
            said = "lies outside the county's outline; is the coordinate system right?"
            yield Violation(f"county.network.nodes[{index}].lon", said)


def _judge(county: County, bounds: Bounds | None, findings: Findings, provenance: Provenance) -> None:
    """Add the county's violations as faults, leaving out what only follows from faults that are known already."""
    if any(fault.row is None for fault in findings.faults):
        return  # a missing file or column would make everything that names its contents look wrong
    rows = {(fault.file, fault.row) for fault in findings.faults}
    files = {fault.file for fault in findings.faults}
    violations = county_violations(county)
    for fault in map(provenance.fault, violations or _outside(county, bounds)):
        if (fault.file, fault.row) not in rows and not (fault.row is None and fault.file in files):
            findings.faults.append(fault)


def _note_places(county: County, findings: Findings) -> None:
    nodes = county.network.nodes
    if placed := sum(node.position is Position.PLACED for node in nodes):
        findings.note(f"{placed} of {len(nodes)} nodes are PLACED: their coordinates are provisional 坐标暂定")
    namesakes: defaultdict[str, set[str]] = defaultdict(set)
    for node in nodes:
        if node.village_code:
            namesakes[node.name].add(node.village_code)
    shared = [f"{name} ({', '.join(sorted(codes))})" for name, codes in namesakes.items() if len(codes) > 1]
    if shared:
        findings.note(f"nodes of different villages have the same name 村站重名: {'; '.join(shared)}")


def _note_regulars(county: County, findings: Findings) -> None:
    """Tell of nodes whose regular vehicle is not in the fleet: a slip of the pen, or a van that is off today."""
    fleet = {vehicle.vehicle_id for vehicle in county.vehicles}
    nodes = [n for n in county.network.nodes if n.regular_vehicle and n.regular_vehicle not in fleet]
    if nodes:
        names = ", ".join(f"{node.node_id} ({node.regular_vehicle})" for node in nodes)
        findings.note(f"regular vehicles are not in the fleet, so any may call 固定车辆不在车队: {names}")


def _note_idle(county: County, service_date: date, findings: Findings) -> None:
    """Tell of agreements that do not count on this day: that is valid, but seldom meant."""
    if county.agreements and not any(agreement.is_in_force(service_date) for agreement in county.agreements):
        findings.note(f"no agreement is in force on {service_date}: every carrier uses its own resources only")
