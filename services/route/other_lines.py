"""The cheapest bookings for all of a village's goods by lines of one kind, beside what the lines carry already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from services.route.day_index import DayIndex
from services.route.line_ledger import LineLedger, LineUse

# A village's goods have few ways by one kind of line; where many trips cost alike, the best of so many tries counts.
_MAX_TRIES: Final = 1_000


@dataclass(slots=True)
class _Search:
    """Branch and bound, the cheapest next booking first."""

    index: DayIndex
    ledger: LineLedger
    pieces_under: dict[str, int]
    choices: Sequence[Sequence[LineUse]]
    least_fen: Sequence[int]
    taken: list[LineUse] = field(default_factory=list)
    best: tuple[int, tuple[LineUse, ...]] | None = None
    tries: int = 0

    def descend(self, depth: int) -> None:
        """Book what is left from ``depth`` on."""
        self.tries += 1
        if self.best is not None:
            is_hopeless = self.ledger.total_fen + self.least_fen[depth] >= self.best[0]
            if is_hopeless or self.tries > _MAX_TRIES:
                return
        if depth == len(self.choices):
            self.best = self.ledger.total_fen, tuple(self.taken)
            return
        for use in self._cheapest_first(self.choices[depth]):
            self._book(use, 1)
            self.descend(depth + 1)
            self._book(use, -1)

    def _cheapest_first(self, uses: Sequence[LineUse]) -> list[LineUse]:
        tried = []
        for use in uses:
            if self.ledger.has_room(use) and self._is_within_daily_limit(use):
                self.ledger.add(use)
                tried.append((self.ledger.total_fen, use))
                self.ledger.remove(use)
        return [use for _, use in sorted(tried, key=lambda pair: pair[0])]

    def _is_within_daily_limit(self, use: LineUse) -> bool:
        if not self.index.counts_towards_limit(use.consignment, use.agreement_id):
            return True
        pieces = self.pieces_under.get(use.agreement_id, 0) + use.consignment.pieces
        return pieces <= (self.index.agreements[use.agreement_id].max_pieces_per_day or 0)

    def _book(self, use: LineUse, sign: int) -> None:
        if sign > 0:
            self.ledger.add(use)
            self.taken.append(use)
        else:
            self.ledger.remove(use)
            self.taken.pop()
        if self.index.counts_towards_limit(use.consignment, use.agreement_id):
            pieces = self.pieces_under.get(use.agreement_id, 0) + sign * use.consignment.pieces
            self.pieces_under[use.agreement_id] = pieces


def cheapest_bookings(
    index: DayIndex,
    ledger: LineLedger,
    pieces_under: Mapping[str, int],
    choices: Iterable[Sequence[LineUse]],
) -> tuple[int, tuple[LineUse, ...]] | None:
    """Book every consignment by one of its choices so that the lines cost least in all.

    ``ledger`` holds what else is booked and is left as it was; ``pieces_under`` counts the pieces that travel already
    under agreements with a daily limit.

    Returns
    -------
    tuple[int, tuple[LineUse, ...]] | None
        What it adds to the lines' cost, in fen, and the bookings; ``None`` where they do not all fit.
    """
    ordered = sorted(choices, key=lambda uses: (len(uses), -max((u.consignment.pieces for u in uses), default=0)))
    least_fen = [0]
    for uses in reversed(ordered):
        # Under a minimum amount a tariff may add nothing.
        least = min((0 if _has_minimum(index, u) else u.tariff_fen for u in uses), default=0)
        least_fen.append(least_fen[-1] + least)
    search = _Search(index, ledger, dict(pieces_under), ordered, least_fen[::-1])
    before_fen = ledger.total_fen
    search.descend(0)
    return None if search.best is None else (search.best[0] - before_fen, search.best[1])


def _has_minimum(index: DayIndex, use: LineUse) -> bool:
    return bool(use.agreement_id) and index.agreements[use.agreement_id].minimum_fen > 0
