"""A plan survives its paper form."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.files.plan_json import plan_document, read_plan
from services.model.errors import InvalidInputError
from services.model.explanations import BindingLimit, Explanation, LimitKind, SmallestChange, SubjectKind
from services.model.forecast import BookingForecast, Forecast, PunctualityLevel, RunForecast, StopForecast
from services.model.plan import (
    Booking,
    Bound,
    BoundMethod,
    Carriage,
    CarrierAlone,
    Comparison,
    Cost,
    Plan,
    PlanResult,
    Run,
    Shuttle,
    Stop,
    Unserved,
    UnservedReason,
)
from services.model.ways import ModeShare, NextBest, Terms, TransportMode, UsedWay, VillageWay
from tests.papers_fixture import huadian_day, huadian_plan

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
amounts = st.integers(-(2**53), 2**53)
times = st.integers(-86_400, 10 * 86_400)
names = st.lists(texts, max_size=3).map(tuple)


def several(model: type[object], **fields: st.SearchStrategy) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(st.builds(model, **fields), max_size=2).map(tuple)


moments = {"arrival_s": times, "departure_s": times}
stops = several(
    Stop,
    node_id=texts,
    **moments,
    start_s=times,
    leg_distance_m=amounts,
    drop=names,
    take=names,
    load_g=amounts,
    load_ml=amounts,
    load_pieces=amounts,
)
money = dict.fromkeys(("vehicle_fen", "distance_fen", "time_fen", "co2_fen"), amounts)
plans = st.builds(
    Plan,
    county_id=texts,
    service_date=st.dates(date(2000, 1, 1), date(2200, 1, 1)),
    runs=several(
        Run,
        run_id=texts,
        vehicle_id=texts,
        stops=stops,
        carriages=several(Carriage, consignment_id=texts, agreement_id=texts),
        distance_m=amounts,
        duration_s=amounts,
        **money,
    ),
    bookings=several(
        Booking,
        **dict.fromkeys(("booking_id", "consignment_id", "line_id", "trip_id", "agreement_id"), texts),
        board_node=texts,
        alight_node=texts,
        board_index=amounts,
        alight_index=amounts,
        **moments,
        ready_by_s=times,
        available_s=times,
        tariff_fen=amounts,
    ),
    shuttles=several(
        Shuttle, trip_id=texts, from_node=texts, to_node=texts, **moments, cost_fen=amounts, consignment_ids=names
    ),
    unserved=several(Unserved, consignment_id=texts, reason=st.sampled_from(UnservedReason), detail=texts),
    cost=st.builds(
        Cost,
        vehicles_fen=amounts,
        distance_fen=amounts,
        time_fen=amounts,
        tariffs_fen=amounts,
        transfers_fen=amounts,
        lateness_fen=amounts,
        unserved_fen=amounts,
        co2_fen=amounts,
    ),
)
comparisons = st.builds(
    Comparison,
    shared_runs_fen=amounts,
    alone_fen=amounts,
    alone=several(
        CarrierAlone, carrier_id=texts, consignments=amounts, runs=amounts, unserved=amounts, cost_fen=amounts
    ),
)
modes, terms = st.sampled_from(TransportMode), st.sampled_from(Terms)
next_bests = st.builds(
    NextBest, mode=modes, terms=st.lists(terms, max_size=2).map(tuple), cost_fen=amounts, detail=texts
)
limits = st.builds(
    BindingLimit,
    kind=st.sampled_from(LimitKind),
    subject_kind=st.sampled_from(SubjectKind),
    subject=texts,
    by_s=st.integers(-(10**5), 10**5),
    by_g=amounts,
    detail=texts,
)
changes = st.builds(SmallestChange, relaxes=limits, adds_fen=amounts, verified=st.booleans())
shares = dict.fromkeys(("on_time_permille", "promise_permille"), amounts)
nine_of_ten = {"early_s": times, "late_s": times}
forecasts = st.builds(
    Forecast,
    **dict.fromkeys(("days", "on_time_permille", "bad_day_permille", "due_pieces", "late_pieces"), amounts),
    stops=several(StopForecast, run_id=texts, stop_index=amounts, **shares, **nine_of_ten),
    runs=several(RunForecast, run_id=texts, within_hours_permille=amounts, **nine_of_ten),
    bookings=several(BookingForecast, booking_id=texts, caught_permille=amounts, on_time_permille=amounts),
    target_permille=amounts,
    is_target_reached=st.booleans(),
    detail=texts,
    levels=several(PunctualityLevel, slack_permille=amounts, on_time_permille=amounts, cost_fen=amounts),
)
results = st.builds(
    PlanResult,
    plan=plans,
    comparison=st.none() | comparisons,
    ways=several(
        VillageWay,
        village_code=texts,
        used=several(UsedWay, mode=modes, terms=terms, pieces_in=amounts, pieces_out=amounts, cost_fen=amounts),
        marginal_fen=amounts,
        next_best=st.none() | next_bests,
        why_none=texts,
    ),
    mode_shares=several(ModeShare, mode=modes, pieces_in=amounts, pieces_out=amounts, permille=amounts),
    bound=st.none()
    | st.builds(
        Bound, lower_fen=amounts, gap_permille=amounts, method=st.sampled_from(BoundMethod), is_exact=st.booleans()
    ),
    explanations=several(
        Explanation,
        consignment_id=texts,
        limits=st.lists(limits, max_size=2).map(tuple),
        change=st.none() | changes,
        stand_together=st.booleans(),
        is_explained=st.booleans(),
    ),
    forecast=st.none() | forecasts,
)


@given(results)
def test_what_is_written_is_read_back_exactly(result: PlanResult) -> None:
    document = plan_document(result)
    assert read_plan(document) == result
    assert plan_document(read_plan(document)) == document


def test_a_county_s_plan_reads_as_people_write_it() -> None:
    result = huadian_plan(huadian_day())
    document = plan_document(result)
    shown = orjson.loads(document)
    assert list(shown) == [
        "format",
        "plan",
        "comparison",
        "ways",
        "mode_shares",
        "bound",
        "explanations",
        "trip_risks",
        "changes",
        "forecast",
    ]
    assert shown["plan"]["runs"][0]["stops"][0]["start_time"] == "2026-11-23T06:15:00+08:00"
    assert shown["plan"]["runs"][0]["duration_s"] == result.plan.runs[0].duration_s
    assert shown["plan"]["unserved"][0]["reason"] == "OUT_OF_REACH"
    assert shown["plan"]["cost"]["total_fen"] == result.plan.cost.total_fen
    assert read_plan(document) == result


def test_a_plan_of_before_ways_were_told_can_still_be_read() -> None:
    result = huadian_plan(huadian_day())
    shown = orjson.loads(plan_document(result))
    del shown["ways"], shown["mode_shares"], shown["bound"], shown["explanations"], shown["forecast"]
    assert read_plan(orjson.dumps(shown)) == result


def spoiled(path: str, value: object) -> bytes:
    """Make a small plan with one value replaced, or taken out where ``value`` is ``...``."""
    result = huadian_plan(huadian_day())
    shown = orjson.loads(plan_document(replace(result, plan=replace(result.plan, runs=result.plan.runs[:1]))))
    keys = path.split(".")
    place = shown
    for key in keys[:-1]:
        place = place[int(key)] if key.isdigit() else place[key]
    if value is ...:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    return orjson.dumps(shown)


@pytest.mark.parametrize(
    ("path", "value", "where", "what"),
    [
        ("format", "cuntong-plan-9", "format", "cuntong-plan-1"),
        ("plan.service_date", "23.11.2026", "plan.service_date", "no date"),
        ("plan.runs", ..., "plan.runs", "is missing"),
        ("plan.runs", {}, "plan.runs", "is no list"),
        ("plan.speed", 3, "plan.speed", "not known"),
        ("plan.runs.0.distance_m", 1.5, "plan.runs[0].distance_m", "is no int"),
        ("plan.runs.0.distance_m", True, "plan.runs[0].distance_m", "is no int"),
        ("plan.runs.0.stops.1.arrival_time", "2026-11-23T06:15:00", "plan.runs[0].stops[1].arrival_time", "zone"),
        ("plan.runs.0.stops.1.drop", [7], "plan.runs[0].stops[1].drop[0]", "is no str"),
        ("plan.unserved.0.reason", "BAD_LUCK", "plan.unserved[0].reason", "NO_COLD_RESOURCE"),
        ("plan.cost.total_fen", 1, "plan.cost.total_fen", "sum of the parts"),
        ("comparison.alone", None, "comparison.alone", "is no list"),
        ("plan", [], "plan.service_date", "no date"),
    ],
)
def test_what_cannot_be_read_is_named(path: str, value: object, where: str, what: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_plan(spoiled(path, value))
    [violation] = caught.value.violations
    assert violation.path == where
    assert what in violation.message


@pytest.mark.parametrize("document", [b"", b"[]", b"{", b"\xff", b"null"])
def test_what_is_no_plan_is_refused(document: bytes) -> None:
    with pytest.raises(InvalidInputError):
        read_plan(document)
