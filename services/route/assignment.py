"""Which consignments go by line: a capacity-safe choice of bookings for given values of not driving there.

A mixed-integer model solved by CP-SAT. A run that must call at a village for one consignment anyway gains little by
leaving another to the bus, so the model chooses whole villages as well as single consignments. What may wait for
tomorrow need not go at all: that is what a booking of it has to be cheaper than.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ortools.sat.python import cp_model

from services.model.consignments import Consignment
from services.route.day_index import DayIndex
from services.route.options import BookingOption
from services.route.room import room_on

# Deterministic seconds of CP-SAT, so that the same input gives the same choice whatever the machine's speed. Ten times
# as much finds choices hardly better by what are estimates anyway, and takes its time from the search of the runs.
_DETERMINISTIC_LIMIT: Final = 0.2


@dataclass(frozen=True, slots=True)
class RunValues:
    """What runs save, in fen, when they need not carry something.

    ``village_fen`` when nothing is left to do at a village; ``consignment_fen`` for one consignment less at a village
    that is called at all the same, or for one that no run carries: the price of leaving it, or of its waiting.
    """

    village_fen: Mapping[str, int]
    consignment_fen: Mapping[str, int]


def assign_bookings(
    index: DayIndex, options: Sequence[BookingOption], values: RunValues, seed: int
) -> list[BookingOption]:
    """Choose bookings that save more than they cost.

    Segment capacity of every trip in grams, millilitres and pieces, and agreements' pieces a day are kept. Tariffs,
    shuttles, charges by the trip and minimum amounts are paid.

    Returns
    -------
    list[BookingOption]
        At most one option a consignment, in the order of ``options``.
    """
    model = cp_model.CpModel()
    chosen = [model.new_bool_var(f"x{i}") for i in range(len(options))]
    gains = _village_gains(index, options, chosen, values, model)
    gains += [(_consignment_gain(option, values), var) for option, var in zip(options, chosen, strict=True)]
    _limit_segments(options, chosen, model)
    _limit_agreements(index, options, chosen, model)
    charges = _charges(index, options, chosen, model)
    model.maximize(sum(value * var for value, var in gains) - sum(fen * var for fen, var in charges))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    solver.parameters.max_deterministic_time = _DETERMINISTIC_LIMIT
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return []
    return [option for option, var in zip(options, chosen, strict=True) if solver.boolean_value(var)]


def _consignment_gain(option: BookingOption, values: RunValues) -> int:
    return values.consignment_fen.get(option.consignment.consignment_id, 0) - option.tariff_fen - option.late_fen


def _village_gains(
    index: DayIndex,
    options: Sequence[BookingOption],
    chosen: Sequence[cp_model.IntVar],
    values: RunValues,
    model: cp_model.CpModel,
) -> list[tuple[int, cp_model.IntVar]]:
    """One variable a village that no run need call at; also: one option a consignment at the most.

    For that, everything there has to be booked or to wait. What has a value of its own and may wait does so already.
    """
    booked: dict[str, list[cp_model.IntVar]] = {}
    for option, var in zip(options, chosen, strict=True):
        booked.setdefault(option.consignment.consignment_id, []).append(var)
    for variables in booked.values():
        model.add_at_most_one(variables)
    villages: dict[str, list[Consignment]] = {}
    for consignment in index.day.consignments:
        villages.setdefault(consignment.village_code, []).append(consignment)
    gains: list[tuple[int, cp_model.IntVar]] = []
    for village, consignments in villages.items():
        bookable = [c for c in consignments if c.consignment_id in booked]
        rest = [c for c in consignments if c.consignment_id not in booked]
        # What no line takes can only wait: that is a price of the village, and no choice.
        gain_fen = values.village_fen.get(village, 0) - sum(_wait_fen(c, values) or 0 for c in rest)
        if not bookable or gain_fen <= 0 or any(c.wait_fen is None for c in rest):
            continue
        freed = model.new_bool_var(f"y{village}")
        gains.append((gain_fen, freed))
        for c in bookable:
            ways, wait_fen = list(booked[c.consignment_id]), _wait_fen(c, values)
            if wait_fen is not None:
                waits = model.new_bool_var(f"w{c.consignment_id}")
                ways.append(waits)
                gains.append((-wait_fen, waits))
            model.add(sum(ways) >= freed)
    return gains


def _wait_fen(consignment: Consignment, values: RunValues) -> int | None:
    """What it would cost more than now to let it wait; ``None`` where it may not."""
    waits_already = consignment.consignment_id in values.consignment_fen
    return 0 if consignment.wait_fen is not None and waits_already else consignment.wait_fen


def _limit_segments(
    options: Sequence[BookingOption], chosen: Sequence[cp_model.IntVar], model: cp_model.CpModel
) -> None:
    users: dict[tuple[str, int], list[int]] = {}
    for i, option in enumerate(options):
        for segment in range(option.board_index, option.alight_index):
            users.setdefault((option.trip.trip_id, segment), []).append(i)
    # Segments with the same users bind alike.
    for positions in {tuple(positions): None for positions in users.values()}:
        room = room_on(options[positions[0]].trip)
        on_board = [(options[i].consignment, chosen[i]) for i in positions]
        model.add(sum(c.weight_g * var for c, var in on_board) <= room.weight_g)
        model.add(sum(c.volume_ml * var for c, var in on_board) <= room.volume_ml)
        model.add(sum(c.pieces * var for c, var in on_board) <= room.pieces)


def _limit_agreements(
    index: DayIndex, options: Sequence[BookingOption], chosen: Sequence[cp_model.IntVar], model: cp_model.CpModel
) -> None:
    for agreement_id, agreement in index.agreements.items():
        counted = [
            (option.consignment.pieces, var)
            for option, var in zip(options, chosen, strict=True)
            if option.agreement_id == agreement_id and index.counts_towards_limit(option.consignment, agreement_id)
        ]
        if counted and agreement.max_pieces_per_day is not None:
            model.add(sum(pieces * var for pieces, var in counted) <= agreement.max_pieces_per_day)


def _charges(
    index: DayIndex, options: Sequence[BookingOption], chosen: Sequence[cp_model.IntVar], model: cp_model.CpModel
) -> list[tuple[int, cp_model.IntVar]]:
    """What is paid once: a shuttle a trip, a trip an agreement, the operator's own charge, a minimum a day."""
    once: dict[tuple[str, ...], tuple[int, list[cp_model.IntVar]]] = {}

    def pay_once(key: tuple[str, ...], fen: int, var: cp_model.IntVar) -> None:
        once.setdefault(key, (fen, []))[1].append(var)

    for option, var in zip(options, chosen, strict=True):
        trip_id = option.trip.trip_id
        if option.shuttle is not None:
            way = option.shuttle.from_node, option.shuttle.to_node
            pay_once(("shuttle", trip_id, *way), option.shuttle.cost_fen_per_trip, var)
        if option.agreement_id:
            pay_once(("run", trip_id, option.agreement_id), index.agreements[option.agreement_id].tariff_run_fen, var)
        else:
            pay_once(("own", trip_id), option.trip.tariff_trip_fen, var)
    charges = []
    for key, (fen, variables) in once.items():
        if fen > 0:
            used = model.new_bool_var("used:" + ":".join(key))
            model.add_max_equality(used, variables)
            charges.append((fen, used))
    return charges + _top_ups(index, options, chosen, model)


def _top_ups(
    index: DayIndex, options: Sequence[BookingOption], chosen: Sequence[cp_model.IntVar], model: cp_model.CpModel
) -> list[tuple[int, cp_model.IntVar]]:
    """What an agreement's minimum adds to its tariffs. Charges by the trip are left out here, on the safe side."""
    top_ups = []
    for agreement_id, agreement in index.agreements.items():
        under = [(o.tariff_fen, v) for o, v in zip(options, chosen, strict=True) if o.agreement_id == agreement_id]
        if under and agreement.minimum_fen > 0:
            used = model.new_bool_var(f"minimum:{agreement_id}")
            model.add_max_equality(used, [var for _, var in under])
            top_up = model.new_int_var(0, agreement.minimum_fen, f"top-up:{agreement_id}")
            model.add(top_up >= agreement.minimum_fen * used - sum(fen * var for fen, var in under))
            top_ups.append((1, top_up))
    return top_ups
