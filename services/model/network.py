"""Places and the ways between them: nodes 节点, transfers between hub and stations, villages 行政村, roads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class NodeKind(StrEnum):
    """What a node is; the kind decides which cooperation model opens it."""

    HUB = "HUB"  # 县级共配中心
    BUS_STATION = "BUS_STATION"  # 客运站
    RAIL_STATION = "RAIL_STATION"  # 火车站
    FREIGHT_STATION = "FREIGHT_STATION"  # 货运站
    POST_OFFICE = "POST_OFFICE"  # 邮政所
    EXPRESS_OUTLET = "EXPRESS_OUTLET"  # 快递网点
    EXPRESS_SUPERMARKET = "EXPRESS_SUPERMARKET"  # 快递超市
    VILLAGE_SHOP = "VILLAGE_SHOP"  # 村级站点 in a shop
    VILLAGE_POST_POINT = "VILLAGE_POST_POINT"  # 村级站点 at a post point
    VILLAGE_COMMITTEE = "VILLAGE_COMMITTEE"  # 村级站点 in the village committee
    PARCEL_LOCKER = "PARCEL_LOCKER"  # 智能快件箱


class Position(StrEnum):
    """How well a node's coordinates are known."""

    SURVEYED = "SURVEYED"
    NEAR_SOURCE = "NEAR_SOURCE"
    PLACED = "PLACED"


@dataclass(frozen=True, slots=True)
class Node:
    """A place where parcels are loaded, left or handed over.

    ``lon`` and ``lat`` are WGS-84 degrees. A stop takes ``service_s`` plus ``service_per_piece_s`` for each piece
    and lies wholly between ``opens_s`` and ``closes_s``. ``keeps_cold`` says whether cold goods can wait here.
    ``open_weekdays`` are ISO numbers, none for every day. ``max_pieces`` (the doors of a parcel locker, the shelves of
    a shop) and ``max_volume_ml`` are what it can keep of a day's inbound goods. Vehicles of ``barred_kinds`` cannot
    call here: the road is too narrow or the bridge too weak. Where ``regular_vehicle`` 固定车辆 is in the day's fleet,
    only runs of it call here, so that the village knows its driver; where it is not, any vehicle may. Deliveries are
    expected by ``due_by_s``, within the hours: later ones are taken over, at a price (see ``Objective``).
    """

    node_id: str
    kind: NodeKind
    name: str
    lon: float
    lat: float
    village_code: str = ""
    township_code: str = ""
    owner: str = ""
    opens_s: int = 0
    closes_s: int = 86_400
    service_s: int = 0
    service_per_piece_s: int = 0
    keeps_cold: bool = False
    position: Position = Position.SURVEYED
    open_weekdays: tuple[int, ...] = ()
    max_pieces: int | None = None
    max_volume_ml: int | None = None
    barred_kinds: tuple[str, ...] = ()
    regular_vehicle: str = ""
    due_by_s: int | None = None

    @property
    def has_limited_storage(self) -> bool:
        """Whether it may be full."""
        return self.max_pieces is not None or self.max_volume_ml is not None

    def is_open_on(self, service_date: date) -> bool:
        """Whether it opens at all on the day."""
        return not self.open_weekdays or service_date.isoweekday() in self.open_weekdays


@dataclass(frozen=True, slots=True)
class Transfer:
    """A shuttle between the hub and a station, paid once for each trip that uses it."""

    from_node: str
    to_node: str
    duration_s: int
    cost_fen_per_trip: int


@dataclass(frozen=True, slots=True)
class RoadPair:
    """One measured road relation; a table of these replaces the geodesic estimate."""

    from_node: str
    to_node: str
    distance_m: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class RoadSettings:
    """How road distance and time are estimated where no table is given.

    Distance is the WGS-84 geodesic times ``detour_permille`` / 1000, rounded to the metre; time is that distance at
    ``speed_m_per_h``, rounded up to the second.
    """

    detour_permille: int = 1_320
    speed_m_per_h: int = 42_000


@dataclass(frozen=True, slots=True)
class ClosedRoad:
    """A road that cannot be driven on the day 封路, from ``from_s`` on: nobody starts on a way over it any more.

    Either the way from ``from_node`` to ``to_node``, and back unless it is closed ``one_way`` only; or a line from
    ``from_lon``, ``from_lat`` to ``to_lon``, ``to_lat`` in WGS-84 degrees (a stretch of river whose bridge is closed, a
    ridge with its pass), which no way may cross. ``name`` is for people.
    """

    name: str = ""
    from_node: str = ""
    to_node: str = ""
    one_way: bool = False
    from_lon: float | None = None
    from_lat: float | None = None
    to_lon: float | None = None
    to_lat: float | None = None
    from_s: int = 0

    @property
    def line(self) -> tuple[float, float, float, float] | None:
        """The line's ends as lon, lat, lon, lat; ``None`` where it is the way between two nodes."""
        if self.from_lon is None or self.from_lat is None or self.to_lon is None or self.to_lat is None:
            return None
        return self.from_lon, self.from_lat, self.to_lon, self.to_lat

    @property
    def title(self) -> str:
        """What to call it."""
        if self.name:
            return self.name
        if (line := self.line) is None:
            return f"{self.from_node} {'→' if self.one_way else '↔'} {self.to_node}"
        return f"{line[0]:g},{line[1]:g} – {line[2]:g},{line[3]:g}"


@dataclass(frozen=True, slots=True)
class Village:
    """An administrative village 行政村 of the gazetteer, named by its 12-digit statistical code."""

    code: str
    name: str
    township_code: str
    township: str
    county_code: str
    county: str


@dataclass(frozen=True, slots=True)
class Network:
    """All places of a county and what connects them, and which of its roads are closed on the day."""

    nodes: tuple[Node, ...]
    transfers: tuple[Transfer, ...] = ()
    road_pairs: tuple[RoadPair, ...] = ()
    roads: RoadSettings = RoadSettings()
    closed_roads: tuple[ClosedRoad, ...] = ()

    @property
    def hub(self) -> Node:
        """The hub of a sound network, which has exactly one."""
        return next(node for node in self.nodes if node.kind is NodeKind.HUB)
