"""What lines carry and cost as bookings come and go: tariffs, charges by the trip, minimums, shuttles, room left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.model.agreements import Direction
from services.model.consignments import Consignment
from services.model.lines import Trip
from services.model.plan import Plan
from services.route.day_index import DayIndex
from services.route.engines.engine import Load
from services.route.options import BookingOption
from services.route.room import load_of, room_on

ShuttleKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class LineUse:
    """A consignment on a trip from one of its stops to another; ``shuttle`` is trip, start and end, where one is."""

    consignment: Consignment
    trip: Trip
    agreement_id: str
    board_index: int
    alight_index: int
    tariff_fen: int
    shuttle: ShuttleKey | None = None
    shuttle_fen: int = 0

    @property
    def ready_by_s(self) -> int:
        """When the goods must be at the boarding stop."""
        return self.trip.stop_times[self.board_index].departure_s - self.trip.handling_s

    @property
    def available_s(self) -> int:
        """From when the goods can be fetched."""
        return self.trip.stop_times[self.alight_index].arrival_s + self.trip.handling_s

    @property
    def is_to_station(self) -> bool:
        """Whether a run of the last mile does the rest of the way."""
        return self.village_node not in self.consignment.node_ids

    @property
    def village_node(self) -> str:
        """Where the trip leaves goods or fetches them: at the village, or at a station near it."""
        inbound = self.consignment.direction is Direction.INBOUND
        return self.trip.stop_times[self.alight_index if inbound else self.board_index].node_id


def use_of(option: BookingOption) -> LineUse:
    """Write an option as a use."""
    shuttle = option.shuttle
    return LineUse(
        option.consignment,
        option.trip,
        option.agreement_id,
        option.board_index,
        option.alight_index,
        option.tariff_fen,
        (option.trip.trip_id, shuttle.from_node, shuttle.to_node) if shuttle else None,
        shuttle.cost_fen_per_trip if shuttle else 0,
    )


def uses_on(index: DayIndex, plan: Plan) -> list[LineUse]:
    """Read a plan's bookings, each with the shuttle it needs, in their order."""
    shuttles = {(s.trip_id, consignment_id): s for s in plan.shuttles for consignment_id in s.consignment_ids}
    uses = []
    for booking in plan.bookings:
        shuttle = shuttles.get((booking.trip_id, booking.consignment_id))
        uses.append(
            LineUse(
                index.consignments[booking.consignment_id],
                index.trips[booking.trip_id][1],
                booking.agreement_id,
                booking.board_index,
                booking.alight_index,
                booking.tariff_fen,
                (booking.trip_id, shuttle.from_node, shuttle.to_node) if shuttle else None,
                shuttle.cost_fen if shuttle else 0,
            )
        )
    return uses


class LineLedger:
    """Sums over a plan's bookings. What is charged once stays charged until the last booking that needs it goes."""

    def __init__(self, index: DayIndex) -> None:
        self.total_fen = 0
        self._index = index
        self._loads: dict[tuple[str, int], Load] = {}
        self._tariffs_fen: dict[str, int] = {}
        self._bookings: dict[str, int] = {}
        self._charges: dict[tuple[str, ...], int] = {}
        self._shuttles: dict[tuple[str, ...], int] = {}

    @classmethod
    def of(cls, index: DayIndex, uses: Iterable[LineUse]) -> LineLedger:
        """Book all of ``uses``."""
        ledger = cls(index)
        for use in uses:
            ledger.add(use)
        return ledger

    def copy(self) -> LineLedger:
        """A ledger of its own with the same bookings."""
        other = LineLedger(self._index)
        other.total_fen = self.total_fen
        other._loads = self._loads.copy()
        other._tariffs_fen = self._tariffs_fen.copy()
        other._bookings = self._bookings.copy()
        other._charges = self._charges.copy()
        other._shuttles = self._shuttles.copy()
        return other

    def add(self, use: LineUse) -> None:
        """Book a consignment."""
        self._book(use, 1)

    def remove(self, use: LineUse) -> None:
        """Take a booking back."""
        self._book(use, -1)

    def has_room(self, use: LineUse) -> bool:
        """Whether its trip could take it on every segment."""
        room, size = room_on(use.trip), load_of(use.consignment)
        return all((self._loads.get(segment, Load()) + size).fits(room) for segment in _segments(use))

    def charge_fen(self, trip_id: str, agreement_id: str) -> int:
        """What using a trip costs once: by the agreement, or by the operator's own price."""
        if agreement_id:
            return self._index.agreements[agreement_id].tariff_run_fen
        return self._index.trips[trip_id][1].tariff_trip_fen

    def top_up_fen(self, agreement_id: str) -> int:
        """What an agreement's minimum adds to its tariffs and charges."""
        if not agreement_id or not self._bookings.get(agreement_id):
            return 0
        return max(0, self._index.agreements[agreement_id].minimum_fen - self._tariffs_fen[agreement_id])

    def _book(self, use: LineUse, sign: int) -> None:
        size, agreement_id = load_of(use.consignment), use.agreement_id
        size = size if sign > 0 else -size
        for segment in _segments(use):
            self._loads[segment] = self._loads.get(segment, Load()) + size
        before_fen = self._tariffs_fen.get(agreement_id, 0) + self.top_up_fen(agreement_id)
        fen = sign * use.tariff_fen
        if _count(self._charges, (use.trip.trip_id, agreement_id), sign):
            fen += sign * self.charge_fen(use.trip.trip_id, agreement_id)
        self._tariffs_fen[agreement_id] = self._tariffs_fen.get(agreement_id, 0) + fen
        self._bookings[agreement_id] = self._bookings.get(agreement_id, 0) + sign
        self.total_fen += self._tariffs_fen[agreement_id] + self.top_up_fen(agreement_id) - before_fen
        if use.shuttle is not None and _count(self._shuttles, use.shuttle, sign):
            self.total_fen += sign * use.shuttle_fen


def _segments(use: LineUse) -> Iterator[tuple[str, int]]:
    return ((use.trip.trip_id, segment) for segment in range(use.board_index, use.alight_index))


def _count(counts: dict[tuple[str, ...], int], key: tuple[str, ...], sign: int) -> bool:
    """Count one up or down; tell whether it was the first to come or the last to go."""
    counts[key] = counts.get(key, 0) + sign
    return counts[key] == (1 if sign > 0 else 0)
