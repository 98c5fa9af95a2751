"""Scheduled lines and their trips."""

from __future__ import annotations

from collections.abc import Iterator, Set

from services.model.day import County
from services.model.errors import Violation
from services.model.lines import Trip
from services.validation.fields import (
    id_violations,
    mail_violations,
    quoted,
    reference_violation,
    time_text,
    value_violations,
)


def line_violations(county: County) -> Iterator[Violation]:
    """Report what is wrong with a county's lines and the day's trips."""
    partners = {partner.partner_id: partner.role for partner in county.partners}
    nodes = {node.node_id for node in county.network.nodes}
    yield from id_violations([line.line_id for line in county.lines], "county.lines", "line_id")
    first: dict[str, str] = {}  # a trip's name is unique in the county, not only on its line
    for index, line in enumerate(county.lines):
        path = f"county.lines[{index}]"
        yield from value_violations(line, path)
        yield from reference_violation(line.owner, partners, f"{path}.owner", "partner")
        for place, trip in enumerate(line.trips):
            here = f"{path}.trips[{place}]"
            if not trip.trip_id.strip():
                yield Violation(f"{here}.trip_id", "is empty")
            elif first.setdefault(trip.trip_id, here) != here:
                yield Violation(f"{here}.trip_id", f"{quoted(trip.trip_id)} is already {first[trip.trip_id]}")
            yield from value_violations(trip, here)
            yield from mail_violations(trip, partners.get(line.owner), here)
            yield from _trip_violations(trip, nodes, here)


def _trip_violations(trip: Trip, nodes: Set[str], path: str) -> Iterator[Violation]:
    if len(trip.stop_times) < 2:
        said = f"empty trip: {len(trip.stop_times)} stop times, at least 2 are needed"
        yield Violation(f"{path}.stop_times", said)
    seen: set[str] = set()
    earlier: int | None = None
    for index, stop in enumerate(trip.stop_times):
        here = f"{path}.stop_times[{index}]"
        yield from value_violations(stop, here)
        yield from reference_violation(stop.node_id, nodes, f"{here}.node_id", "node")
        if stop.node_id in seen:
            yield Violation(f"{here}.node_id", f"cyclic trip: {quoted(stop.node_id)} stands twice")
        seen.add(stop.node_id)
        if earlier is not None and stop.arrival_s < earlier:
            said = (
                f"goes back in time: arrives {time_text(stop.arrival_s)}, left the stop before at {time_text(earlier)}"
            )
            yield Violation(f"{here}.arrival_s", said)
        if stop.departure_s < stop.arrival_s:
            said = f"goes back in time: arrives {time_text(stop.arrival_s)}, departs {time_text(stop.departure_s)}"
            yield Violation(f"{here}.departure_s", said)
        earlier = stop.departure_s
