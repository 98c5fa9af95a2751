"""The consolidation service through real gRPC: what it answers, what it refuses, and that nothing brings it down."""

from __future__ import annotations

import math
import os
import socket
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import grpc
import pytest
from cuntong.consolidation.v1 import consolidation_service_pb2 as pb
from cuntong.network.v1 import network_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services.wire.consolidation import BYTES_PER_PART, ConsolidationAnswer, decode_answer
from tests.builders import small_county
from tests.running import TIMEOUT_S, Services, header, parcels, refused, serving, violated_paths
from tests.waiting import wait_for_metrics

INVALID = grpc.StatusCode.INVALID_ARGUMENT
SERVICE = "cuntong.consolidation.v1.ConsolidationService"


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    with serving(tmp_path_factory.mktemp("consolidation")) as running:
        yield running


def ask(services: Services, *parts: pb.ConsolidateRequest) -> ConsolidationAnswer:
    return decode_answer(services.consolidation.Consolidate(iter(parts), timeout=TIMEOUT_S))


def violations(services: Services, *parts: pb.ConsolidateRequest) -> set[str]:
    with refused(INVALID) as errors:
        ask(services, *parts)
    return violated_paths(errors[0])


def reasons(answer: ConsolidationAnswer) -> list[tuple[int, str]]:
    return list(answer.held.select("row", "reason").iter_rows())


def village(**changes: Any) -> network_pb2.Village:
    good = {
        "code": "220282100201",
        "name": "东村",
        "township_code": "220282100000",
        "township": "桦郊乡",
        "county_code": "220282",
        "county": "桦甸市",
    }
    return network_pb2.Village(**(good | changes))


def with_villages(villages: Iterable[network_pb2.Village]) -> pb.ConsolidateRequest:
    request = header()
    request.header.villages.extend(villages)
    return request


def test_it_says_that_it_serves(services: Services) -> None:
    with grpc.insecure_channel(services.running["consolidation"].grpc) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        for name in ("", SERVICE):
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=TIMEOUT_S)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_lists_it(services: Services) -> None:
    with grpc.insecure_channel(services.running["consolidation"].grpc) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        (answer,) = stub.ServerReflectionInfo(asked, timeout=TIMEOUT_S)
    assert SERVICE in {service.name for service in answer.list_services_response.service}


def test_metrics_count_calls_and_parcels(services: Services) -> None:
    ask(services, header(), parcels(2))
    names = "grpc_server_handled_total", "cuntong_parcels_consolidated_total", "cuntong_parcels_held_total"
    wait_for_metrics(services.running["consolidation"].metrics, *names)


def test_every_row_comes_back_once(services: Services) -> None:
    odd = parcels(3, first_row=100, weight_g=[-5, 1_000, 1_000], direction=[1, 0, 1], carrier=["EXP-A", "EXP-A", "?"])
    answer = ask(services, header(), parcels(90), odd)
    rows = [*answer.fates["row"].to_list(), *answer.held["row"].to_list()]
    assert sorted(rows) == [*range(2, 92), 100, 101, 102]
    assert reasons(answer) == [(100, "MALFORMED"), (101, "MALFORMED"), (102, "UNKNOWN_CARRIER")]


def test_a_day_without_parcels_is_an_empty_answer(services: Services) -> None:
    for parts in ([header()], [header(), parcels(0)]):
        answer = ask(services, *parts)
        assert (answer.consignments, len(answer.held)) == ((), 0)


@pytest.mark.parametrize(
    "parts",
    [[parcels()], [header(), header()], [pb.ConsolidateRequest()], [header(), parcels(), header()]],
    ids=["batch first", "two headers", "nothing in it", "header again"],
)
def test_parts_in_the_wrong_order_are_refused(services: Services, parts: list[pb.ConsolidateRequest]) -> None:
    assert violations(services, *parts) == {"part"}


def test_a_stream_without_anything_lacks_its_header(services: Services) -> None:
    assert violations(services) == {"header"}


def test_all_violations_of_a_header_are_listed(services: Services) -> None:
    county = small_county()
    nodes = county.network.nodes
    nodes = (replace(nodes[0], lon=math.nan), replace(nodes[1], owner="NOBODY"), *nodes[2:])
    vans = (replace(county.vehicles[0], capacity_g=-1), replace(county.vehicles[1], depot="?"))
    bad = header(replace(county, network=replace(county.network, nodes=nodes), vehicles=vans))
    bad.header.villages.append(network_pb2.Village(code="\x00"))
    found = violations(services, bad)
    assert found >= {
        "header.county.network.nodes[0].lon",
        "header.county.network.nodes[1].owner",
        "header.county.vehicles[0].capacity_g",
        "header.county.vehicles[1].depot",
        "header.villages[0].code",
        "header.villages[0].name",
    }


@pytest.mark.parametrize("text", ["", "20261123", "2026-W48-1", "0001-01-01", "9999-12-31", "2026-02-30", "\x00"])
def test_a_date_that_is_none_is_refused(services: Services, text: str) -> None:
    bad = header()
    bad.header.service_date = text
    assert violations(services, bad) == {"header.service_date"}


def test_uneven_columns_are_refused_by_name(services: Services) -> None:
    found = violations(services, header(), parcels(), parcels(2, first_row=9, waybill=["A"], fault=[]))
    assert found == {"parcels[1].waybill", "parcels[1].fault"}


def test_a_row_given_twice_is_refused(services: Services) -> None:
    assert violations(services, header(), parcels(2), parcels(1, first_row=3)) == {"parcels.row"}


@pytest.mark.parametrize(
    "columns",
    [
        {"weight_g": [2**63 - 1]},
        {"weight_g": [-(2**63)]},
        {"weight_g": [0]},
        {"volume_ml": [2**63 - 1]},
        {"volume_ml": [-1]},
        {"pieces": [0]},
        {"pieces": [2**63 - 1]},
        {"due_in_days": [2**31 - 1]},
        {"due_in_days": [-(2**31)]},
        {"direction": [0]},
        {"direction": [99]},
        {"temperature": [77]},
        {"waybill": [""]},
        {"waybill": ["a\x00b"]},
        {"waybill": ["x" * 1_000_000]},
        {"fault": ["重量(kg): 看不清"]},
    ],
    ids="-".join,
)
def test_a_row_that_cannot_be_is_held_and_the_others_go(services: Services, columns: dict[str, Any]) -> None:
    answer = ask(services, header(), parcels(3, first_row=10), parcels(1, **columns))
    assert reasons(answer) == [(2, "MALFORMED")]
    assert len(answer.fates) == 3


def test_too_many_ways_to_open_resources_are_refused(services: Services) -> None:
    county = small_county()
    agreements = tuple(replace(county.agreements[0], agreement_id=f"AG-{n}", max_piece_g=n + 1) for n in range(1_100))
    assert violations(services, header(replace(county, agreements=agreements))) == {"header.county.agreements"}


def test_a_gazetteer_beyond_all_bounds_is_refused(services: Services) -> None:
    request = with_villages(village(code=f"{n:012d}") for n in range(50_001))
    assert violations(services, request) == {"header.villages"}


def test_an_address_with_many_namesakes_comes_back_with_a_few_candidates(services: Services) -> None:
    namesakes = with_villages(village(code=f"{n:012d}") for n in range(500))
    count = 200
    batch = parcels(count, village_code=[""] * count, address=["桦郊乡东村"] * count)
    held = ask(services, namesakes, batch).held
    assert held["reason"].unique().to_list() == ["VILLAGE_AMBIGUOUS"]
    assert held["candidates"].list.len().unique().to_list() == [20]


def test_a_large_answer_comes_in_parts_that_fit_into_messages(services: Services) -> None:
    county = small_county()
    vans = tuple(replace(county.vehicles[0], vehicle_id=f"VAN-{'N' * 100}-{n}") for n in range(400))
    goods = tuple(
        replace(county.agreements[0], agreement_id=f"AG-{n}", excluded_categories=(f"G{n}",)) for n in range(12)
    )
    batch = parcels(130, carrier=["EXP-B"] * 130, category=[f"G{n % 13}" for n in range(130)])
    request = header(replace(county, vehicles=vans, agreements=goods))
    parts = list(services.consolidation.Consolidate(iter([request, batch]), timeout=TIMEOUT_S))
    sizes = [part.ByteSize() for part in parts]
    assert sum(sizes) > BYTES_PER_PART
    assert max(sizes) <= BYTES_PER_PART + 100
    assert len(decode_answer(parts).fates) == 130


def test_a_message_above_the_limit_is_too_large(services: Services) -> None:
    with refused(grpc.StatusCode.RESOURCE_EXHAUSTED):
        ask(services, header(), parcels(1, address=["x" * 33 * 1024 * 1024]))


def test_garbage_on_the_port_and_broken_off_streams_leave_it_serving(services: Services) -> None:
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    endless_frame = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00\xff\xff\xff\x01\x05\x00\x00\x00\x01"
    for garbage in (
        b"GET / HTTP/1.1\r\n\r\n",
        os.urandom(10_000),
        preface + os.urandom(10_000),
        preface + endless_frame,
    ):
        host, _, port = services.running["consolidation"].grpc.rpartition(":")
        with socket.create_connection((host, int(port)), TIMEOUT_S) as connection:
            connection.sendall(garbage)

    def never_ending() -> Iterator[pb.ConsolidateRequest]:
        yield header()
        while True:
            yield parcels()

    call = services.consolidation.Consolidate(never_ending(), timeout=TIMEOUT_S)
    call.cancel()
    assert len(ask(services, header(), parcels(2)).fates) == 2
    assert all(service.process.poll() is None for service in services.running.values())


def test_bytes_that_are_no_message_are_the_callers_fault(services: Services) -> None:
    with grpc.insecure_channel(services.running["consolidation"].grpc) as channel:
        raw = channel.stream_stream(f"/{SERVICE}/Consolidate", None, None)
        with refused(INVALID):
            list(raw(iter([b"\xff\xff\xff"]), timeout=TIMEOUT_S))
