"""The contract mirrors the model, and nothing is lost on the way there and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
from cuntong.consolidation.v1 import bags_pb2, consolidation_service_pb2, trace_pb2
from cuntong.goods.v1 import consignments_pb2
from cuntong.network.v1 import agreements_pb2, county_pb2, network_pb2
from cuntong.route.v1 import plan_pb2
from cuntong.settlement.v1 import settlement_pb2
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given, settings
from hypothesis import strategies as st

from services.model import (
    agreements,
    bags,
    consignments,
    explanations,
    fleet,
    held,
    lines,
    network,
    plan,
    settlement,
    trace,
    ways,
)
from services.model import day as day_model
from services.model.errors import Violation
from services.wire.codec import decode, encode, enum_names, enum_number, enum_of
from tests.builders import SERVICE_DATE, small_day

ROOTS: dict[type[Any], type[Message]] = {
    day_model.County: county_pb2.County,
    day_model.Day: plan_pb2.Day,
    day_model.PlanSettings: plan_pb2.PlanSettings,
    plan.PlanResult: plan_pb2.PlanResult,
    day_model.HoldPolicy: consolidation_service_pb2.HoldPolicy,
    settlement.Settlement: settlement_pb2.Settlement,
    settlement.SettlementSettings: settlement_pb2.SettlementSettings,
    bags.BagRules: bags_pb2.BagRules,
    bags.BagSeal: bags_pb2.BagSeal,
    bags.BagGroup: bags_pb2.BagGroup,
    trace.Trace: trace_pb2.Trace,
}
PAIRS: dict[type[Any], Any] = {}  # a descriptor each
ENUMS: dict[type[StrEnum], EnumDescriptor] = {}


def is_message(hint: Any) -> bool:
    """Whether the contract has a message for it."""
    return is_dataclass(hint)


def inner_type(hint: Any) -> Any:
    """What a field holds, whatever it is wrapped in."""
    inner = [arg for arg in get_args(hint) if arg not in (NoneType, Ellipsis)]
    return inner_type(inner[0]) if inner else hint


def on_the_wire(name: str, message: Any) -> str:
    instant = name.removesuffix("_s") + "_time"
    return name if name in message.fields_by_name else instant


def pair_up(model: type[Any], message: Any) -> None:
    """Walk model and contract side by side from a root."""
    if model in PAIRS:
        return
    PAIRS[model] = message
    for name, hint in get_type_hints(model).items():
        inner: Any = inner_type(hint)
        field = message.fields_by_name.get(on_the_wire(name, message))
        if field is None:
            continue
        if is_message(inner) and field.message_type is not None:
            pair_up(inner, field.message_type)
        elif issubclass(inner, StrEnum) and field.enum_type is not None:
            ENUMS[inner] = field.enum_type


for root, message_type in ROOTS.items():
    pair_up(root, message_type.DESCRIPTOR)


def test_the_whole_model_is_in_the_contract() -> None:
    modules = (
        agreements,
        bags,
        consignments,
        day_model,
        explanations,
        fleet,
        held,
        lines,
        network,
        plan,
        settlement,
        trace,
        ways,
    )
    model = {c for m in modules for c in vars(m).values() if isinstance(c, type) and c.__module__ == m.__name__}
    enums = {c for c in model if issubclass(c, StrEnum)}
    # A gazetteer's village stays with the files, and bags come with their totals.
    apart = {network.Village, bags.Bagging}
    assert {c for c in model if is_dataclass(c)} - PAIRS.keys() - apart == set()
    assert enums - ENUMS.keys() == set()


@pytest.mark.parametrize("model", PAIRS, ids=lambda model: model.__name__)
def test_message_and_dataclass_have_the_same_fields(model: type[Any]) -> None:
    message = PAIRS[model]
    assert message.name == model.__name__
    names = [on_the_wire(field.name, message) for field in fields(model)]
    assert sorted(names) == sorted(message.fields_by_name)


@pytest.mark.parametrize("model", PAIRS, ids=lambda model: model.__name__)
def test_fields_have_the_type_that_the_model_says(model: type[Any]) -> None:
    for name, hint in get_type_hints(model).items():
        field = PAIRS[model].fields_by_name[on_the_wire(name, PAIRS[model])]
        inner: Any = inner_type(hint)
        optional = NoneType in get_args(hint)
        assert field.is_repeated is (getattr(hint, "__origin__", None) is tuple), name
        if optional:
            assert field.has_presence, name
        if field.name != name:
            assert field.message_type.full_name == "google.protobuf.Timestamp"
        elif is_message(inner):
            assert field.message_type.name == inner.__name__
        elif issubclass(inner, StrEnum):
            assert field.enum_type.name == inner.__name__
        else:
            kinds = {
                bool: {FieldDescriptor.CPPTYPE_BOOL},
                int: {FieldDescriptor.CPPTYPE_INT32, FieldDescriptor.CPPTYPE_INT64},
                float: {FieldDescriptor.CPPTYPE_DOUBLE},
                str: {FieldDescriptor.CPPTYPE_STRING},
                date: {FieldDescriptor.CPPTYPE_STRING},
            }
            assert field.cpp_type in kinds[inner], name


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_enums_have_the_same_members(enum: type[StrEnum]) -> None:
    descriptor = ENUMS[enum]
    assert descriptor.values_by_number[0].name.endswith("_UNSPECIFIED")
    assert sorted(enum_names(descriptor).values()) == sorted(enum)
    assert all(enum_names(descriptor)[enum_number(descriptor, member)] == member for member in enum)


def values(hint: Any, field: FieldDescriptor) -> st.SearchStrategy[Any]:
    """Anything that a field can hold on both sides."""
    inner = inner_type(hint)
    if getattr(hint, "__origin__", None) is tuple:
        return st.lists(values(inner, field), max_size=2).map(tuple)
    if NoneType in get_args(hint):
        return st.none() | values(inner, field)
    if is_message(inner):
        return objects(inner)
    if issubclass(inner, StrEnum):
        return st.sampled_from(inner)
    bits = 31 if field.cpp_type == FieldDescriptor.CPPTYPE_INT32 else 63
    plain: dict[Any, Callable[[], st.SearchStrategy[Any]]] = {
        bool: st.booleans,
        int: lambda: st.integers(-(2**bits), 2**bits - 1),
        float: lambda: st.floats(allow_nan=False),
        str: lambda: st.text(st.characters(codec="utf-8"), max_size=3),
        date: lambda: st.dates(date(1970, 1, 1), date(2999, 12, 31)),
    }
    return plain[inner]()


def objects(model: type[Any]) -> st.SearchStrategy[Any]:
    """Any object of a model's type whose fields the contract can hold."""
    message = PAIRS[model]
    made = {}
    for name, hint in get_type_hints(model).items():
        field = message.fields_by_name[on_the_wire(name, message)]
        made[name] = st.integers(-(10**6), 10**6) if field.name != name else values(hint, field)
    return st.builds(model, **made)


@pytest.mark.parametrize("model", ROOTS, ids=lambda model: model.__name__)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_nothing_is_lost_there_and_back(model: type[Any], data: st.DataObject) -> None:
    value = data.draw(objects(model))
    violations: list[Violation] = []
    sent = encode(value, ROOTS[model], SERVICE_DATE).SerializeToString()
    assert decode(model, ROOTS[model].FromString(sent), violations, service_date=SERVICE_DATE) == value
    assert violations == []


def faults(change: Callable[[plan_pb2.Day], None]) -> dict[str, str]:
    """What is found in the small day after a change."""
    message = encode(small_day(), plan_pb2.Day)
    change(message)
    violations: list[Violation] = []
    assert (decode(day_model.Day, message, violations, "day") is None) is bool(violations)
    return {violation.path: violation.message for violation in violations}


def test_an_enum_that_is_not_specified_is_named() -> None:
    def change(day: plan_pb2.Day) -> None:
        day.county.network.nodes[2].kind = network_pb2.NODE_KIND_UNSPECIFIED
        day.consignments[1].direction = agreements_pb2.DIRECTION_UNSPECIFIED
        day.county.vehicles[0].temperatures.append(agreements_pb2.TEMPERATURE_UNSPECIFIED)

    assert faults(change) == {
        "day.county.network.nodes[2].kind": "is not specified",
        "day.consignments[1].direction": "is not specified",
        "day.county.vehicles[0].temperatures[1]": "is not specified",
    }


def test_an_enum_of_a_newer_contract_is_named() -> None:
    def change(day: plan_pb2.Day) -> None:
        field = consignments_pb2.Admission.DESCRIPTOR.fields_by_name["kind"]
        setattr(day.admission_sets[0].admissions[0], field.name, 99)

    assert faults(change) == {"day.admission_sets[0].admissions[0].kind": "has no value 99"}


@pytest.mark.parametrize("text", ["", "23.11.2026", "2026-02-30", "tomorrow", "x" * 10_000])
def test_a_date_that_is_none_is_named(text: str) -> None:
    def change(day: plan_pb2.Day) -> None:
        day.service_date = text
        day.consignments[2].due_date = text

    found = faults(change)
    assert set(found) == {"day.service_date", "day.consignments[2].due_date"}
    assert all("is not a date like 2026-11-23" in said and len(said) < 100 for said in found.values())


def test_of_endless_mistakes_no_endless_list_is_made() -> None:
    message = plan_pb2.Day(county=county_pb2.County(county_id="c"), service_date="2026-11-23")
    for _ in range(30_000):
        message.consignments.add()
    violations: list[Violation] = []
    assert decode(day_model.Day, message, violations) is None
    assert 10_000 < len(violations) < 10_100


def test_an_optional_date_may_be_absent_and_not_nonsense() -> None:
    def change(day: plan_pb2.Day) -> None:
        day.county.agreements[0].valid_from = "soon"

    assert list(faults(change)) == ["day.county.agreements[0].valid_from"]
    assert faults(lambda _: None) == {}


def test_a_message_that_is_missing_is_named() -> None:
    assert faults(lambda day: day.ClearField("county")) == {"day.county": "is missing"}
    assert faults(lambda day: day.county.ClearField("network")) == {"day.county.network": "is missing"}


def test_what_has_a_default_may_be_missing() -> None:
    message = encode(small_day(), plan_pb2.Day)
    message.ClearField("objective")
    message.county.network.ClearField("roads")
    violations: list[Violation] = []
    assert decode(day_model.Day, message, violations) == small_day()


def test_an_instant_that_is_missing_is_named() -> None:
    stop = plan.Stop("HUB", 1, 2, 3, 0, (), (), 0, 0, 0)
    message = encode(stop, plan_pb2.Stop, SERVICE_DATE)
    message.ClearField("start_time")
    violations: list[Violation] = []
    assert decode(plan.Stop, message, violations, "stop", SERVICE_DATE) is None
    assert violations == [Violation("stop.start_time", "is missing")]


def test_instants_cannot_be_written_without_their_day() -> None:
    with pytest.raises(TypeError, match="service date"):
        encode(plan.Stop("HUB", 1, 2, 3, 0, (), (), 0, 0, 0), plan_pb2.Stop)


def test_a_field_that_is_no_enum_has_none() -> None:
    with pytest.raises(TypeError, match="is no enum"):
        enum_of(network_pb2.Node.DESCRIPTOR, "name")
