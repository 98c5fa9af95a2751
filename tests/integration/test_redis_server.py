"""A part of the tests of jobs on the ``redis-server`` of this machine, with TLS, in place of the embedded Valkey.

All of them run there with ``CUNTONG_TEST_STORE=redis-server`` (see ``tests.stores``).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from services.runtime.store_connection import connect
from tests.deploy.legs import needs
from tests.integration import test_coalition_jobs, test_fair_turns, test_full_disk, test_job_runner, test_runtime_jobs
from tests.stores import VARIABLE, store_of_tests

PROGRAM = "redis-server"

test_a_hundred_submits_of_one_request_make_one_job = (
    test_runtime_jobs.test_a_hundred_submits_of_one_request_make_one_job
)
test_every_key_has_a_time_to_live = test_runtime_jobs.test_every_key_has_a_time_to_live
test_an_old_attempt_can_neither_report_nor_commit = test_runtime_jobs.test_an_old_attempt_can_neither_report_nor_commit
test_a_batch_makes_the_same_plans_however_often_it_is_sent = (
    test_runtime_jobs.test_a_batch_makes_the_same_plans_however_often_it_is_sent
)
test_one_plan_is_accepted_for_a_countys_day_until_another_takes_its_place = (
    test_runtime_jobs.test_one_plan_is_accepted_for_a_countys_day_until_another_takes_its_place
)
test_a_watcher_sees_changes_in_order_and_the_end = test_runtime_jobs.test_a_watcher_sees_changes_in_order_and_the_end
test_work_is_done_and_its_result_kept = test_job_runner.test_work_is_done_and_its_result_kept
test_a_job_of_a_dead_process_is_taken_up = test_job_runner.test_a_job_of_a_dead_process_is_taken_up
test_cancelling_stops_work_and_keeps_what_it_found = test_job_runner.test_cancelling_stops_work_and_keeps_what_it_found
test_a_queue_that_one_tenant_has_filled_takes_anothers_jobs = (
    test_fair_turns.test_a_queue_that_one_tenant_has_filled_takes_anothers_jobs
)
test_turns_count_seconds_of_search_and_not_jobs = test_fair_turns.test_turns_count_seconds_of_search_and_not_jobs
test_workers_serve_a_small_tenant_before_the_rest_of_a_large_one = (
    test_fair_turns.test_workers_serve_a_small_tenant_before_the_rest_of_a_large_one
)
test_what_was_planned_before_is_not_planned_again = (
    test_coalition_jobs.test_what_was_planned_before_is_not_planned_again
)
test_what_was_acknowledged_before_the_disk_was_full_is_not_lost = (
    test_full_disk.test_what_was_acknowledged_before_the_disk_was_full_is_not_lost
)


@pytest.fixture(scope="module", autouse=True)
def named() -> Iterator[None]:
    """Have every store of this module be the program's."""
    needs(PROGRAM)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, PROGRAM)
        yield


@pytest.fixture(scope="module")
def url(named: None) -> Iterator[str]:
    with store_of_tests() as address:
        yield address


@pytest.mark.asyncio
async def test_the_store_is_redis_and_only_who_trusts_its_root_speaks_with_it(url: str) -> None:
    assert url.startswith("rediss://")
    redis = connect(url)
    told = await redis.info("server")
    settings = await redis.config_get("append*")
    await redis.aclose()
    assert "valkey_version" not in told
    assert (settings["appendonly"], settings["appendfsync"]) == ("yes", "always")
    stranger = connect(url.partition("?")[0])
    with pytest.raises(RedisConnectionError, match="CERTIFICATE_VERIFY_FAILED"):
        await stranger.ping()
    await stranger.aclose()


@pytest.mark.asyncio
async def test_connections_read_the_roots_of_the_machine_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []
    make = ssl.create_default_context

    def count() -> ssl.SSLContext:
        made.append(make())
        return made[-1]

    monkeypatch.setattr(ssl, "create_default_context", count)
    redis = connect(url)
    await asyncio.gather(*(redis.ping() for _ in range(20)))
    assert len(await redis.client_list()) >= 10
    assert len(made) == 1
    await redis.aclose()
