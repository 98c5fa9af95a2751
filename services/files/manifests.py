"""The papers that go along: a manifest 路单 for every run, a slip 搭载单 for every booking."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from services.files.bag_papers import LOOSE, BagBook
from services.files.sheet import Row, sheet, thousandths, yuan
from services.files.words import MODELS, TEMPERATURES
from services.model.agreements import Direction
from services.model.bags import Bagging
from services.model.consignments import Consignment
from services.model.day import Day
from services.model.plan import Booking, Plan, Run, Shuttle, Stop, last_mile_runs
from services.model.units import clock

STOP_HEADER: Final = (
    "序号",
    "节点",
    "名称",
    "到达",
    "离开",
    "里程(km)",
    "卸下件数",
    "装上件数",
    "卸下重量(kg)",
    "装上重量(kg)",
    "离站载重(kg)",
    "离站件数",
    "合配件组数",
    "途中休息(分)",
    "冷藏隔间载重(kg)",
    "充电(分)",
)
BAG_HEADER: Final = ("序号", "节点", "名称", "装卸", "袋号", "封签号", "件数", "重量(kg)")
PARCEL_HEADER: Final = ("序号", "节点", "名称", "装卸", "合配件组", "快递公司", "袋号", "运单号")
_NAME_BYTES: Final = 150
_UNSAFE: Final = re.compile(r"[^\w.+-]+")


def manifests(day: Day, plan: Plan, bagging: Bagging | None = None) -> dict[str, bytes]:
    """Write a manifest for every run and a slip for every booking: file name to CSV for a Chinese spreadsheet.

    Names are safe on every file system and differ even where letters' case does not count. Each 里程 is the road from
    the stop before. Waybills are listed where the consignments name them, bags where goods are packed.
    """
    writer = _Writer(day, plan, BagBook(bagging or Bagging(())))
    papers = _Papers()
    for run in plan.runs:
        papers.add(f"路单-{run.run_id}-{run.vehicle_id}", writer.run_rows(run))
    for booking in plan.bookings:
        papers.add(f"搭载单-{booking.booking_id}", writer.booking_rows(booking))
    return papers.files


def safe_name(text: str) -> str:
    """Make a text fit to be part of a file name on every system.

    >>> safe_name("R1/../VAN A:1"), safe_name("路单-R3-车一")
    ('R1_.._VAN_A_1', '路单-R3-车一')
    """
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", text)).strip("._")
    return name.encode()[:_NAME_BYTES].decode(errors="ignore") or "_"


class _Papers:
    """Files by a name that is theirs alone."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self._taken: set[str] = set()

    def add(self, wish: str, rows: Iterator[Row]) -> None:
        stem = name = safe_name(wish)
        number = 1
        while name.casefold() in self._taken:
            number += 1
            name = f"{stem}~{number}"
        self._taken.add(name.casefold())
        self.files[f"{name}.csv"] = sheet(rows)


class _Writer:
    """Rows of the papers of one plan."""

    def __init__(self, day: Day, plan: Plan, bags: BagBook) -> None:
        county = day.county
        self.plan = plan
        self.bags = bags
        self.nodes = {node.node_id: node.name for node in county.network.nodes}
        self.due_by = {node.node_id: node.due_by_s for node in county.network.nodes}
        self.partners = {partner.partner_id: partner.name for partner in county.partners}
        self.models = {agreement.agreement_id: MODELS[agreement.model] for agreement in county.agreements}
        self.vehicles = {vehicle.vehicle_id: vehicle for vehicle in county.vehicles}
        self.lines = {line.line_id: line for line in county.lines}
        self.consignments = {consignment.consignment_id: consignment for consignment in day.consignments}
        self.last_mile = last_mile_runs(plan)
        self.shuttles: dict[tuple[str, str], list[Shuttle]] = defaultdict(list)
        for shuttle in plan.shuttles:
            for consignment_id in shuttle.consignment_ids:
                self.shuttles[shuttle.trip_id, consignment_id].append(shuttle)

    def run_rows(self, run: Run) -> Iterator[Row]:
        vehicle = self.vehicles[run.vehicle_id]
        is_last_mile = any(c.consignment_id in self.last_mile for c in run.carriages)
        yield ("路单", run.run_id, "末端接驳") if is_last_mile else ("路单", run.run_id)
        yield "日期", self.plan.service_date.isoformat()
        yield "车辆", run.vehicle_id, vehicle.kind
        yield "车主", self._partner(vehicle.owner)
        yield "里程(km)", thousandths(run.distance_m)
        yield "出发", clock(run.stops[0].start_s)
        yield "返回", clock(run.stops[-1].departure_s)
        for before, stop in pairwise(run.stops):
            if stop.via:
                way = f"{self.nodes[before.node_id]} → {self.nodes[stop.node_id]}"
                yield "封路绕行", way, "经 " + "、".join(self.nodes[node_id] for node_id in stop.via)
        for stop in run.stops:
            due_by_s = self.due_by[stop.node_id]
            if due_by_s is not None and stop.start_s > due_by_s and self._delivers(stop):
                yield "晚到", self.nodes[stop.node_id], f"约定 {clock(due_by_s)} 前", f"{clock(stop.start_s)} 到"
        yield ()
        yield STOP_HEADER
        yield from (self._stop_row(number, stop) for number, stop in enumerate(run.stops, start=1))
        bags = [row for number, stop in enumerate(run.stops, start=1) for row in self._stop_bags(number, stop)]
        if bags:
            yield ()
            yield BAG_HEADER
            yield from bags
        parcels = [row for number, stop in enumerate(run.stops, start=1) for row in self._stop_parcels(number, stop)]
        if parcels:
            yield ()
            yield PARCEL_HEADER
            yield from parcels

    def _stop_row(self, number: int, stop: Stop) -> Row:
        drop, take = self._goods(stop.drop), self._goods(stop.take)
        return (
            number,
            stop.node_id,
            self.nodes[stop.node_id],
            clock(stop.arrival_s),
            clock(stop.departure_s),
            thousandths(stop.leg_distance_m),
            sum(goods.pieces for goods in drop),
            sum(goods.pieces for goods in take),
            thousandths(sum(goods.weight_g for goods in drop)),
            thousandths(sum(goods.weight_g for goods in take)),
            thousandths(stop.load_g),
            stop.load_pieces,
            len(drop) + len(take),
            stop.rest_s // 60,
            thousandths(stop.cold_load_g),
            stop.recharge_s // 60,
        )

    def _delivers(self, stop: Stop) -> bool:
        return any(goods.direction is Direction.INBOUND for goods in self._goods(stop.drop))

    def _stop_bags(self, number: int, stop: Stop) -> Iterator[Row]:
        here = number, stop.node_id, self.nodes[stop.node_id]
        for word, ids in (("卸", stop.drop), ("装", stop.take)):
            for bag in self.bags.of_goods(ids):
                yield *here, word, bag.code, bag.seal, bag.pieces, thousandths(bag.weight_g)
            if loose := self.bags.loose_pieces(ids):
                yield *here, word, LOOSE, "", loose, ""

    def _stop_parcels(self, number: int, stop: Stop) -> Iterator[Row]:
        for word, ids in (("卸", stop.drop), ("装", stop.take)):
            for goods in self._goods(ids):
                carrier = self._partner(goods.carrier_id)
                # A caller may keep the parcels' names; the consignment is listed all the same.
                for parcel_id in goods.parcel_ids or ("",):
                    bags = self.bags.of_parcel(goods.consignment_id, parcel_id)
                    named = goods.consignment_id, carrier, bags, _waybill(goods, parcel_id)
                    yield number, stop.node_id, self.nodes[stop.node_id], word, *named

    def booking_rows(self, booking: Booking) -> Iterator[Row]:
        line = self.lines[booking.line_id]
        goods = self.consignments[booking.consignment_id]
        agreement = booking.agreement_id
        yield "搭载单", booking.booking_id
        yield "日期", self.plan.service_date.isoformat()
        yield "线路", line.name, line.line_id
        yield "班次", booking.trip_id
        yield "承运方", self._partner(line.owner)
        yield "上车站", self.nodes[booking.board_node], booking.board_node
        yield "送达站前时间", clock(booking.ready_by_s)
        yield "发车", clock(booking.departure_s)
        yield "下车站", self.nodes[booking.alight_node], booking.alight_node
        yield "到站", clock(booking.arrival_s)
        yield "可取时间", clock(booking.available_s)
        yield "合配件组", goods.consignment_id
        yield "件数", goods.pieces
        yield "重量(kg)", thousandths(goods.weight_g)
        yield "体积(L)", thousandths(goods.volume_ml)
        yield "温层", TEMPERATURES[goods.temperature]
        yield "快递公司", self._partner(goods.carrier_id)
        yield ("协议", agreement, self.models.get(agreement, "")) if agreement else ("协议", "自有运力")
        yield "运费(元)", yuan(booking.tariff_fen)
        for shuttle in self.shuttles[booking.trip_id, booking.consignment_id]:
            way = f"{self.nodes[shuttle.from_node]} → {self.nodes[shuttle.to_node]}"
            yield "接驳", way, f"{clock(shuttle.departure_s)}–{clock(shuttle.arrival_s)}"
        if run := self.last_mile.get(goods.consignment_id):
            yield "末端接驳", f"路单 {run.run_id}", run.vehicle_id
        for bag in self.bags.of_goods([goods.consignment_id]):
            yield "袋号", bag.code, f"{bag.pieces} 件", f"{thousandths(bag.weight_g)} kg"
        if loose := self.bags.loose_pieces([goods.consignment_id]):
            yield LOOSE, "", f"{loose} 件"
        if goods.parcel_ids:
            yield ()
            yield ("运单号", "袋号")
            for parcel_id in goods.parcel_ids:
                yield _waybill(goods, parcel_id), self.bags.of_parcel(goods.consignment_id, parcel_id)

    def _goods(self, ids: Sequence[str]) -> list[Consignment]:
        return [self.consignments[consignment_id] for consignment_id in ids]

    def _partner(self, partner_id: str) -> str:
        return self.partners.get(partner_id, partner_id)


def _waybill(goods: Consignment, parcel_id: str) -> str:
    """Give the number alone: a parcel's id is ``carrier/waybill``."""
    return parcel_id.removeprefix(f"{goods.carrier_id}/")
