"""Scheduled services: lines 线路, their trips 班次 and what a trip can carry beside its own load."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LineKind(StrEnum):
    """What a trip is; the kind decides which cooperation model opens it."""

    BUS = "BUS"  # 客运班线
    POSTAL = "POSTAL"  # 邮路
    FREIGHT = "FREIGHT"  # 货运班线
    RAIL = "RAIL"  # 铁路
    COMMERCE = "COMMERCE"  # 商贸配送线


@dataclass(frozen=True, slots=True)
class StopTime:
    """A trip's call at a node, in seconds from the service day's midnight."""

    node_id: str
    arrival_s: int
    departure_s: int


@dataclass(frozen=True, slots=True)
class Trip:
    """One run of a line on the service day with the capacity it has left on each of its segments.

    Goods are at the boarding stop ``handling_s`` before departure and ready ``handling_s`` after arrival. The
    tariffs are the operator's own price, charged where no agreement gives one. On a postal route universal-service
    mail 普服邮件 goes first: what it takes (``mail_g``, ``mail_ml``, ``mail_pieces``) is not on offer.
    """

    trip_id: str
    kind: LineKind
    stop_times: tuple[StopTime, ...]
    capacity_g: int
    capacity_ml: int
    capacity_pieces: int
    max_piece_g: int | None = None
    max_piece_ml: int | None = None
    keeps_cold: bool = False
    handling_s: int = 0
    tariff_piece_fen: int = 0
    tariff_kg_fen: int = 0
    tariff_trip_fen: int = 0
    mail_g: int = 0
    mail_ml: int = 0
    mail_pieces: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A scheduled service of one owner with its trips on the service day."""

    line_id: str
    owner: str
    name: str
    trips: tuple[Trip, ...]
