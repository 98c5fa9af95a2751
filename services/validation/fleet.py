"""Vehicles."""

from __future__ import annotations

from collections.abc import Iterator

from services.model.agreements import Temperature
from services.model.day import County
from services.model.errors import Violation
from services.model.fleet import Energy, Vehicle
from services.validation.fields import (
    id_violations,
    mail_violations,
    reference_violation,
    time_text,
    value_violations,
)


def fleet_violations(county: County) -> Iterator[Violation]:
    """Report what is wrong with a county's vehicles."""
    partners = {partner.partner_id: partner.role for partner in county.partners}
    nodes = {node.node_id for node in county.network.nodes}
    yield from id_violations([vehicle.vehicle_id for vehicle in county.vehicles], "county.vehicles", "vehicle_id")
    for index, vehicle in enumerate(county.vehicles):
        path = f"county.vehicles[{index}]"
        yield from value_violations(vehicle, path)
        yield from reference_violation(vehicle.owner, partners, f"{path}.owner", "partner")
        yield from reference_violation(vehicle.depot, nodes, f"{path}.depot", "node")
        yield from mail_violations(vehicle, partners.get(vehicle.owner), path)
        # Below 0 is reported as negative already.
        for name in (
            "capacity_g",
            "capacity_ml",
            "capacity_pieces",
            "max_trips",
            "max_work_s",
            "max_drive_s",
            "range_m",
        ):
            if getattr(vehicle, name) == 0:
                yield Violation(f"{path}.{name}", "is 0; a vehicle without any is no use")
        if vehicle.max_drive_s and vehicle.rest_s == 0:
            said = f"is 0; a rest takes time where driving is limited to {vehicle.max_drive_s} s without one"
            yield Violation(f"{path}.rest_s", said)
        yield from _charge_violations(vehicle, path)
        if not vehicle.temperatures:
            yield Violation(f"{path}.temperatures", "is empty")
        yield from _compartment_violations(vehicle, path)
        if vehicle.shift_start_s >= vehicle.shift_end_s:
            said = (
                f"starts at {time_text(vehicle.shift_start_s)}, not before it ends at {time_text(vehicle.shift_end_s)}"
            )
            yield Violation(f"{path}.shift_start_s", said)


def _compartment_violations(vehicle: Vehicle, path: str) -> Iterator[Violation]:
    """Report a compartment of which half is missing, that has no room, or keeps what the vehicle does not."""
    sizes = {name: getattr(vehicle, name) for name in ("cold_capacity_g", "cold_capacity_ml")}
    given = [name for name, size in sizes.items() if size is not None]
    for name, size in sizes.items():
        if size is None and given:
            yield Violation(f"{path}.{name}", f"is empty; a cold compartment needs it beside {given[0]}")
        elif size == 0:
            yield Violation(f"{path}.{name}", "is 0; a cold compartment without any is no use")
    at = f"{path}.cold_temperatures"
    if not given:
        if not set(vehicle.cold_temperatures) <= {Temperature.CHILLED}:
            yield Violation(at, "is given, but neither cold_capacity_g nor cold_capacity_ml")
        return
    if not vehicle.cold_temperatures:
        yield Violation(at, "is empty")
    for number, temperature in enumerate(vehicle.cold_temperatures):
        if not temperature.is_cold:
            yield Violation(f"{at}[{number}]", f"{temperature} is not cold")
        elif temperature not in vehicle.temperatures:
            yield Violation(f"{at}[{number}]", f"{temperature} is none of temperatures, which says all that it keeps")


def _charge_violations(vehicle: Vehicle, path: str) -> Iterator[Violation]:
    """Report a range of what has no battery, and recharging that takes no time or that no range asks for."""
    if vehicle.range_m is not None and vehicle.energy is not Energy.ELECTRIC:
        said = f"is given, but energy is {vehicle.energy}; only an ELECTRIC vehicle has a range on one charge"
        yield Violation(f"{path}.range_m", said)
    if vehicle.recharge_s is not None and vehicle.range_m is None:
        yield Violation(f"{path}.recharge_s", "is given, but no range on one charge")
    elif vehicle.recharge_s == 0:
        yield Violation(f"{path}.recharge_s", "is 0; to recharge takes time")
