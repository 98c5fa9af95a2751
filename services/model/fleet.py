"""Vehicles 车辆."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.model.agreements import Temperature


class Energy(StrEnum):
    """What a vehicle runs on."""

    DIESEL = "DIESEL"
    PETROL = "PETROL"
    ELECTRIC = "ELECTRIC"
    GAS = "GAS"


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle with its owner, capacity, rates and the hours it may work.

    Its day starts and ends at ``depot``. Where the depot is another node in town it drives to the hub first. Work
    runs from the start of the first stop to the end of the last and takes at most ``max_work_s``; ``max_trips``
    counts departures from the hub with a load. In a postal vehicle universal-service mail 普服邮件 goes first: the room
    that it takes (``mail_g``, ``mail_ml``, ``mail_pieces``) is not on offer. Its driver is at the wheel for at most
    ``max_drive_s`` without a rest of ``rest_s``.

    ``temperatures`` are all classes that it keeps. With ``cold_capacity_g`` and ``cold_capacity_ml`` it has a cold
    compartment 冷藏隔间: goods of ``cold_temperatures`` ride there and nowhere else, nothing else does, and
    ``capacity_g`` and ``capacity_ml`` are the room for the rest. Pieces and mail count against the vehicle as a whole
    and its main hold.

    An electric vehicle 电动车 starts its day full and drives ``range_m`` on one charge. With ``recharge_s`` it charges
    充电 to the full at every call between two trips, at the hub or the station that is its depot; goods are handled
    meanwhile, so the call takes the longer of the two. Without, its range is for the whole day.

    A vehicle that broke down 故障 stands still from ``down_from_s`` on, with what it has on board.
    """

    vehicle_id: str
    owner: str
    kind: str
    depot: str
    capacity_g: int
    capacity_ml: int
    capacity_pieces: int
    fixed_fen: int = 0
    per_km_fen: int = 0
    per_hour_fen: int = 0
    max_distance_m: int | None = None
    temperatures: tuple[Temperature, ...] = (Temperature.AMBIENT,)
    shift_start_s: int = 0
    shift_end_s: int = 86_400
    max_work_s: int | None = None
    max_trips: int = 1
    energy: Energy = Energy.DIESEL
    co2_g_per_km: int = 0
    mail_g: int = 0
    mail_ml: int = 0
    mail_pieces: int = 0
    max_drive_s: int | None = None
    rest_s: int = 1_800
    cold_capacity_g: int | None = None
    cold_capacity_ml: int | None = None
    cold_temperatures: tuple[Temperature, ...] = (Temperature.CHILLED,)
    range_m: int | None = None
    recharge_s: int | None = None
    down_from_s: int | None = None

    @property
    def has_cold_compartment(self) -> bool:
        """Whether a part of it is kept cold apart from the rest."""
        return self.cold_capacity_g is not None and self.cold_capacity_ml is not None

    def keeps_apart(self, temperature: Temperature) -> bool:
        """Whether goods of a class ride in its cold compartment."""
        return self.has_cold_compartment and temperature in self.cold_temperatures
