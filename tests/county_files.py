"""The small county of ``tests.builders`` as a folder of files, for tests to change a cell of."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FILES: Final = {
    "nodes.csv": """\
node_id,kind,name,lon,lat,crs,village_code,township_code,owner,opens,closes,service_s,service_per_piece_s,chilled,position
HUB,HUB,县级共配中心,126.75,42.96,WGS84,,,EXP-A,05:00,22:00,600,0,1,source
BS,BUS_STATION,客运站,126.74,42.97,WGS84,,,BUS,05:00,22:00,240,8,0,near-source
V-1,VILLAGE_SHOP,东村服务站,126.80,42.96,WGS84,220282100201,220282100000,EXP-A,07:00,20:00,240,8,0,placed
V-2,VILLAGE_COMMITTEE,中村服务站,126.85,42.96,WGS84,220282100202,220282100000,,07:00,24:00,240,8,0,placed
V-3,VILLAGE_POST_POINT,中村服务站,126.90,42.96,WGS84,220282100203,220282100000,EXP-B,,,,,,
""",
    "partners.csv": """\
partner_id,name,role
EXP-A,甲速递,EXPRESS
EXP-B,乙速递,EXPRESS
BUS,客运公司,TRANSIT
""",
    "agreements.csv": """\
agreement_id,model,principals,operator,directions,temperatures,max_piece_g,excluded_categories,townships,weekdays,\
valid_from,valid_to,max_pieces_per_day,tariff_piece_fen,tariff_kg_fen,tariff_run_fen,minimum_fen,sharing,emergency
AG-1,EXPRESS,EXP-A|EXP-B,EXP-A,INBOUND|OUTBOUND,AMBIENT,30000,,,1234567,2026-01-01,2026-12-31,,,,,,SHAPLEY,0
AG-2,TRANSIT,EXP-A|EXP-B,BUS,,,15000,LIQUID|LIVE,220282100000,12345,,,400,30,5,,,TARIFF,1
""",
    "vehicles.csv": """\
vehicle_id,owner,kind,depot,capacity_g,capacity_ml,capacity_pieces,fixed_fen,per_km_fen,per_hour_fen,max_km,\
temperatures,shift_start,shift_end,max_work_s,max_trips,energy,co2_g_per_km
VAN-A,EXP-A,MINIVAN,HUB,700000,4500000,450,12000,95,3000,320.5,AMBIENT|CHILLED,06:00,18:30,36000,3,ELECTRIC,180
VAN-B,EXP-B,MINIVAN,HUB,700000,4500000,450,,,,,,,,36000,,,
""",
    "transfers.csv": """\
from_node,to_node,duration_s,cost_fen_per_trip
HUB,BS,900,800
BS,HUB,900,800
""",
    "gtfs/agency.txt": """\
agency_id,agency_name,agency_url,agency_timezone
BUS,客运公司,https://example.invalid,Asia/Shanghai
""",
    "gtfs/stops.txt": """\
stop_id,stop_name,stop_lat,stop_lon
BS,客运站,42.97,126.74
V-1,东村,42.96,126.80
V-2,中村,42.96,126.85
""",
    "gtfs/routes.txt": """\
route_id,agency_id,route_short_name,route_long_name,route_type
L-1,,7路,客运班线,3
""",
    "gtfs/trips.txt": """\
route_id,service_id,trip_id
L-1,DAILY,T-1
L-1,DAILY,T-2
L-1,SUNDAY,T-3
""",
    "gtfs/stop_times.txt": """\
trip_id,arrival_time,departure_time,stop_id,stop_sequence
T-1,10:40:00,10:40:00,V-2,3
T-1,10:00:00,10:00:00,BS,1
T-1,10:20:00,10:21:00,V-1,2
T-2,23:50:00,23:50:00,BS,1
T-2,24:10:00,24:10:00,V-1,2
T-3,10:00:00,10:00:00,BS,1
T-3,10:20:00,10:20:00,V-1,2
""",
    "gtfs/calendar.txt": """\
service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
DAILY,1,1,1,1,1,1,1,20260101,20261231
SUNDAY,0,0,0,0,0,0,1,20260101,20261231
""",
    "gtfs/freight.txt": """\
trip_id,line_kind,capacity_g,capacity_ml,capacity_pieces,max_piece_g,chilled,handling_s,tariff_piece_fen,\
tariff_kg_fen,tariff_trip_fen
T-1,BUS,100000,800000,40,15000,0,900,30,0,0
T-3,BUS,100000,800000,40,,,,,,
""",
}


def write_county(folder: Path) -> Path:
    """Write the small county's files into a new folder ``small`` and return it."""
    small = folder / "small"
    (small / "gtfs").mkdir(parents=True)
    for name, text in FILES.items():
        (small / name).write_text(text, encoding="utf-8")
    return small


def set_cell(path: Path, row: int, column: str, value: str) -> None:
    """Change one cell; rows count as in a spreadsheet."""
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    lines[row - 1][lines[0].index(column)] = value
    path.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")


def add_columns(path: Path, header: str, *rows: str) -> None:
    """Add columns at the end: their names and each row's cells, commas between them."""
    lines = path.read_text(encoding="utf-8").splitlines()
    wider = (f"{line},{cells}\n" for line, cells in zip(lines, (header, *rows), strict=True))
    path.write_text("".join(wider), encoding="utf-8")
