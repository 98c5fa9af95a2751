from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.model.agreements import Direction
from services.model.consignments import Consignment, Goods
from services.model.day import Day
from services.route.hand_over import nodes_to_use
from tests.builders import SERVICE_DATE, small_consignment, small_day

OUT = Direction.OUTBOUND


def goods(name: str, **changes: Any) -> Consignment:
    """Goods for a village that is served at V-1 and, after that, at V-2."""
    return small_consignment(**{"consignment_id": name, "node_ids": ("V-1", "V-2"), "parcel_ids": ()} | changes)


def day_of(*consignments: Consignment, **nodes: dict[str, Any]) -> Day:
    day = small_day(consignments=consignments)
    changed = tuple(replace(n, **nodes.get(n.node_id.replace("-", ""), {})) for n in day.county.network.nodes)
    return replace(day, county=replace(day.county, network=replace(day.county.network, nodes=changed)))


def test_every_node_of_the_village_can_be_used() -> None:
    assert nodes_to_use(day_of(goods("A"))) == {"A": ("V-1", "V-2")}


@pytest.mark.parametrize(("weekdays", "used"), [((1,), ("V-1", "V-2")), ((2, 3), ("V-2",))])
def test_a_node_is_used_on_the_weekdays_when_it_opens(weekdays: tuple[int, ...], used: tuple[str, ...]) -> None:
    """The day is a Monday."""
    assert nodes_to_use(day_of(goods("A"), V1={"open_weekdays": weekdays})) == {"A": used}


def test_nothing_is_handed_over_anywhere_when_the_hub_does_not_open() -> None:
    assert nodes_to_use(day_of(goods("A"), HUB={"open_weekdays": (2,)})) == {"A": ()}


@pytest.mark.parametrize(("limit", "room"), [("max_pieces", 4), ("max_volume_ml", 18_000)])
def test_a_full_node_sends_the_next_on_to_the_second(limit: str, room: int) -> None:
    day = day_of(goods("A"), goods("B"), goods("C"), V1={limit: room})
    assert nodes_to_use(day) == {"A": ("V-1",), "B": ("V-1",), "C": ("V-2",)}
    assert nodes_to_use(day_of(goods("A"), goods("B"), V1={limit: room - 1}))["B"] == ("V-2",)


def test_what_finds_no_room_is_handed_over_nowhere() -> None:
    day = day_of(goods("A"), goods("B"), goods("C"), V1={"max_pieces": 2}, V2={"max_volume_ml": 9_000})
    assert nodes_to_use(day) == {"A": ("V-1",), "B": ("V-2",), "C": ()}


def test_what_goes_out_takes_no_room() -> None:
    day = day_of(goods("A"), goods("B", direction=OUT), V1={"max_pieces": 2})
    assert nodes_to_use(day) == {"A": ("V-1",), "B": ("V-1", "V-2")}


def test_emergencies_then_mail_then_what_is_due_first_get_the_room() -> None:
    tomorrow = SERVICE_DATE + timedelta(days=1)
    in_line = [
        goods("E", emergency=True, due_date=tomorrow),
        goods("M", goods=Goods.MAIL, due_date=tomorrow),
        goods("T"),
        goods("L", due_date=tomorrow),
    ]
    for kept in range(5):
        day = day_of(*reversed(in_line), V1={"max_pieces": 2 * kept}, V2={"open_weekdays": (2,)})
        found = nodes_to_use(day)
        assert [name for name in "EMTL" if found[name]] == list("EMTL"[:kept])
