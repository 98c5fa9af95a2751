"""Names and telephone numbers planted wherever a county's files and requests have room for them come out nowhere.

Not in logs, not in the store, not in papers or on the terminal. What is left out is in docs/security.md: what stands in
a column as a business's own word (a carrier, a category, what a place is called) is not searched for persons' names.
"""

from __future__ import annotations

import asyncio
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import grpc
import pytest
from cuntong.consolidation.v1 import trace_pb2
from redis.asyncio import Redis

from services.files.waybill_headings import OPTIONAL, REQUIRED
from services.model.held import HeldParcel, HeldReason
from services.runtime.embedded import EmbeddedStore
from services.runtime.store_connection import connect
from tests.builders import small_county, small_day
from tests.commands import DATE, planning, run
from tests.county_files import FILES, set_cell, write_county
from tests.running import TIMEOUT_S, Services, header, parcels, plan_request, refused, serving, violated_paths

NAMES: Final = ("张三丰", "欧阳锋", "Zhang Sanfeng")
PHONE: Final = "13912345678"
PHONES: Final = (PHONE, "139 1234 5678", "+86 139-1234-5678", "１３９１２３４５６７８")
LANDLINE: Final = "0432-6578901"
PLANTED: Final = (*NAMES, "Sanfeng", *PHONES, "139-1234-5678", LANDLINE, "6578901")
PERSONAL: Final = ("收件人", "收件电话", "寄件人姓名", "寄件人手机", "联系人微信", "身份证号")
COLUMNS: Final = (*REQUIRED, *OPTIONAL)
# What stands here is a business's own word: a number in it is found, a person's name is not told from another.
BUSINESS: Final = frozenset({"快递公司", "原快递公司", "品类"})
GOOD: Final = {
    "快递公司": "EXP-A",
    "方向": "进村",
    "村代码": "220282100201",
    "重量(kg)": "1.2",
    "体积(L)": "3",
    "件数": "1",
    "温层": "常温",
    "最晚日期": DATE,
    "收寄验视": "是",
    "实名收寄": "是",
    "过机安检": "是",
}
NAMED: Final = {
    "nodes.csv": "name",
    "partners.csv": "name",
    "vehicles.csv": "kind",
    "gtfs/routes.txt": "route_long_name",
    "gtfs/stops.txt": "stop_name",
    "gtfs/agency.txt": "agency_name",
}


def write_parcels(path: Path) -> None:
    """Rows that are good but for what is planted: in addresses and personal columns, then in each column by turns."""
    rows: list[dict[str, str]] = [
        GOOD | {"运单号": "W1", "收件地址": f"东村5组{NAMES[0]}收 {PHONES[1]}"},
        GOOD | {"运单号": "W2", "快递公司": "EXP-B", "收件地址": f"{NAMES[1]} {LANDLINE}"},
        GOOD | {"运单号": "W3", "快递公司": "EXP-B", "方向": "出村", "村代码": "220282100203"},
        GOOD | {"运单号": "W4", "村代码": "", "收件地址": f"无此村 {NAMES[1]} {PHONE}"},
    ]
    for column in COLUMNS:
        for number, phone in enumerate(PHONES):
            name = "" if column in BUSINESS else NAMES[number % len(NAMES)]
            rows += [
                GOOD | {"运单号": f"P{len(rows)}", column: f"{name} {phone}".strip()},
                GOOD | {"运单号": f"P{len(rows) + 1}", column: "王" + phone if column == "运单号" else phone},
                GOOD | {"运单号": f"P{len(rows) + 2}", column: name or f"甲速递{phone}"},
            ]
    # A waybill number of eleven digits is a waybill number.
    rows = [row for row in rows if row["运单号"] not in (*PHONES, *PHONES[:1])]
    lines = [",".join((*COLUMNS, *PERSONAL))]
    for row in rows:
        person = (NAMES[0], PHONE, NAMES[1], LANDLINE, NAMES[2], f"220282{PHONE}1")
        lines.append(",".join((*(row.get(column, "") for column in COLUMNS), *person)))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_planted(folder: Path) -> Path:
    """The small county with two personal columns in every file, and a number after everything that has a name."""
    county = write_county(folder)
    for file in FILES:
        head, *rows = (county / file).read_text(encoding="utf-8").splitlines()
        if file in NAMED and NAMED[file] in head.split(","):
            at = head.split(",").index(NAMED[file])
            cells = [row.split(",") for row in rows]
            rows = [",".join((*row[:at], f"{row[at]} {PHONES[k % 4]}", *row[at + 1 :])) for k, row in enumerate(cells)]
        wider = [f"{head},联系人,联系电话", *(f"{row},{NAMES[0]},{PHONE}" for row in rows)]
        (county / file).write_text("\n".join(wider) + "\n", encoding="utf-8")
    (county / "closed_roads.csv").write_text(
        f"name,from_node,to_node,负责人\n东桥 {PHONE},V-2,V-3,{NAMES[0]}\n", encoding="utf-8"
    )
    ring = [[126, 42], [127.5, 42], [127.5, 43.5], [126, 43.5], [126, 42]]
    shape = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"联系人": NAMES[0], "phone": PHONE},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        ],
    }
    (county / "outline.geojson").write_text(json.dumps(shape, ensure_ascii=False), encoding="utf-8")
    write_parcels(county / "parcels.csv")
    return county


def found(where: str, content: bytes) -> list[str]:
    """What of the planted is in some bytes, as it stands or as JSON writes it."""
    if content[:2] == b"PK":
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
    forms = [(text, form) for text in PLANTED for form in (text.encode(), json.dumps(text)[1:-1].encode())]
    return [f"{where}: {text}" for text, form in forms if form in content]


async def stored(url: str) -> dict[str, bytes]:
    """Every key of a store with all that is under it."""
    redis: Redis = connect(url)
    everything: dict[str, bytes] = {}
    try:
        async for key in redis.scan_iter():
            everything[key.decode()] = key + b"\n" + await value_of(redis, key)
    finally:
        await redis.aclose()
    return everything


async def value_of(redis: Any, key: bytes) -> bytes:
    kind = (await redis.type(key)).decode()
    parts: Sequence[Any]
    match kind:
        case "none":
            parts = []  # it has expired meanwhile
        case "string":
            parts = [await redis.get(key)]
        case "hash":
            parts = [part for pair in (await redis.hgetall(key)).items() for part in pair]
        case "list":
            parts = await redis.lrange(key, 0, -1)
        case "set":
            parts = list(await redis.smembers(key))
        case "zset":
            parts = await redis.zrange(key, 0, -1)
        case "stream":
            parts = [part for _, one in await redis.xrange(key) for pair in one.items() for part in pair]
        case _:
            raise AssertionError(f"{key!r} is a {kind}, which nobody looked into")
    return b"\n".join(part or b"" for part in parts)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Services with a store, and what was seen of them."""

    services: Services
    url: str

    def leaks(self) -> list[str]:
        """What of the planted is in the logs and the store."""
        everything = asyncio.run(stored(self.url))
        assert any(key.startswith("cuntong:payload:") for key in everything)
        log = self.services.log.read_bytes()
        assert b'"plan_id": "plan-' in log
        return found("log", log) + [leak for key, content in everything.items() for leak in found(key, content)]


@pytest.fixture(scope="module")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traffic]:
    with EmbeddedStore() as store, serving(tmp_path_factory.mktemp("services"), store.url) as services:
        yield Traffic(services, store.url)


def test_what_is_planted_in_a_county_folder_comes_out_nowhere(traffic: Traffic, tmp_path: Path) -> None:
    county, out = write_planted(tmp_path), tmp_path / "out"
    consolidation, route = (traffic.services.running[name].grpc for name in ("consolidation", "route"))
    at = ("--consolidation", consolidation)
    said: dict[str, str] = {}

    def command(name: str, *arguments: str | Path) -> None:
        code, text = run(*arguments)
        said[name] = text
        assert code == 0, text

    command("check", "check", county, "--date", DATE)
    command("consolidate", "consolidate", county, "--date", DATE, "--held", out / "held.csv", *at)
    command("plan", *planning(county, out, "--iterations", "10", *at, "--route", route))
    papers = out / DATE
    (job,) = [key for key in asyncio.run(stored(traffic.url)) if key.startswith("cuntong:job:")]
    plan_id = job.rpartition(":")[2]
    command("trace", "trace", "EXP-A/W1", "--plan", papers)
    command("trace stored", "trace", "EXP-A/W4", "--plan-id", plan_id, *at, "--json")
    command("settle", "settle", papers, "--iterations", "5", *at)
    command("settle stored", "settle", plan_id, "--iterations", "5", *at)
    written = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    papers_of_a_day = ("day.json", "plan.json", "map.html", "held.csv", "装袋单.csv", "结算单.csv")
    assert {"held.csv", *(f"{DATE}/{name}" for name in papers_of_a_day)} <= written.keys()
    # Most of the planted rows are held, so that there is something to be told.
    assert written["held.csv"].count(b"\n") > 40
    assert traffic.leaks() == []
    assert [leak for name, content in written.items() for leak in found(name, content)] == []
    assert [leak for name, text in said.items() for leak in found(name, text.encode())] == []


def test_what_is_planted_in_requests_is_neither_logged_nor_kept(traffic: Traffic) -> None:
    services = traffic.services
    texts = [f"{name} {phone}" for name in NAMES for phone in PHONES]
    columns = ("waybill", "carrier", "village_code", "address", "category", "fault")
    for column in columns:
        planted: dict[str, Any] = {column: texts}
        day = iter([header(), parcels(len(texts), **planted)])
        list(services.consolidation.Consolidate(day, timeout=TIMEOUT_S))
    job = services.route.SubmitPlan(plan_request("good"), timeout=TIMEOUT_S).job
    with refused(grpc.StatusCode.NOT_FOUND):
        parcel = {"plan_id": job.plan_id, "parcel": texts[0]}
        services.consolidation.TraceParcel(trace_pb2.TraceParcelRequest(**parcel), timeout=TIMEOUT_S)
    assert traffic.leaks() == []


@pytest.mark.parametrize("phone", PHONES)
def test_a_day_with_a_telephone_number_in_a_name_is_refused_without_telling_it(traffic: Traffic, phone: str) -> None:
    county = small_county()
    first, *nodes = county.network.nodes
    partner, *partners = county.partners
    van, *vans = county.vehicles
    (line,) = county.lines
    day = small_day(
        county=replace(
            county,
            network=replace(county.network, nodes=(replace(first, name=f"共配中心{phone}"), *nodes)),
            partners=(replace(partner, name=f"甲速递 {phone}"), *partners),
            vehicles=(replace(van, kind=f"面包车 {phone}"), *vans),
            lines=(replace(line, name=f"客运班线 {phone}"),),
        ),
        held=(HeldParcel(9, "77", "EXP-B", HeldReason.PROHIBITED, f"收件人 {phone}"),),
    )
    with refused(grpc.StatusCode.INVALID_ARGUMENT) as errors:
        traffic.services.route.SubmitPlan(plan_request("planted", day), timeout=TIMEOUT_S)
    assert violated_paths(errors[0]) == {
        "day.county.network.nodes[0].name",
        "day.county.partners[0].name",
        "day.county.vehicles[0].kind",
        "day.county.lines[0].name",
        "day.held[0].detail",
    }
    assert found("status", repr(errors[0]).encode()) == []
    assert traffic.leaks() == []


@pytest.mark.parametrize(
    ("file", "column"), [("nodes.csv", "owner"), ("vehicles.csv", "vehicle_id"), ("vehicles.csv", "capacity_g")]
)
def test_a_telephone_number_as_an_id_or_an_amount_is_a_fault_that_does_not_quote_it(
    tmp_path: Path, file: str, column: str
) -> None:
    county = write_county(tmp_path)
    write_parcels(county / "parcels.csv")
    set_cell(county / file, 2, column, f"x{PHONE}")
    code, said = run("check", county, "--date", DATE)
    assert code != 0
    assert column in said
    assert found("terminal", said.encode()) == []
