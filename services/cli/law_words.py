"""The laws of plans in Chinese."""

from __future__ import annotations

from typing import Final

from services.route.checker import Law

LAWS: Final[dict[Law, str]] = {
    Law.REFERENCE: "县、日期或名称不符",
    Law.CONSERVATION: "快件去向不唯一",
    Law.VEHICLE_CAPACITY: "车辆超载",
    Law.COLD_COMPARTMENT: "冷藏隔间超载",
    Law.TRIP_CAPACITY: "班次超载",
    Law.TRIP_PIECE_LIMIT: "单件超班次上限",
    Law.NODE_STORAGE: "站点超存",
    Law.NODE_CLOSED: "站点当日不开放",
    Law.ADMISSIBILITY: "无权使用该运力",
    Law.DAILY_LIMIT: "超协议日件数",
    Law.COLD: "冷链中断",
    Law.RUN_ROUTE: "路线或里程不符",
    Law.ROAD_CLOSED: "驶过封路",
    Law.ACCESS: "车型不能驶入",
    Law.REGULAR_VEHICLE: "非固定车辆",
    Law.DRIVER_REST: "驾驶员休息不足",
    Law.RANGE: "超出续航",
    Law.RUN_TIMES: "车次时间不符",
    Law.VEHICLE_LIMITS: "超班次、工时或里程",
    Law.TRIP_TIMES: "搭载时间不符",
    Law.LAST_MILE: "末端接驳不衔接",
    Law.SHUTTLE: "短驳不符",
    Law.COST: "费用不符",
    Law.UNSERVED: "未送达无说明",
    Law.WAITING: "缓送不符",
    Law.PAST: "改动了已发生的",
}
