import pytest
from cuntong.route.v1 import plan_pb2

from services.model.errors import PlanUnreadableError
from services.model.plan import Cost, Plan, PlanResult
from services.route.requests import read_request
from services.wire.coalitions import coalition_request, is_coalition, read_coalition_plan
from services.wire.codec import encode
from tests.builders import small_day
from tests.running import plan_request


def test_a_coalition_s_day_is_a_request_that_the_route_service_takes() -> None:
    task = read_request(coalition_request(small_day(), 40, 3))
    day, settings = task.day, task.settings
    assert day == small_day()
    assert (settings.iterations, settings.seed, settings.cores) == (40, 3, 1)
    assert (settings.compare, settings.use_waiting, settings.use_lines) == (False, False, True)
    assert (settings.forecast_days, settings.on_time_target_permille) == (0, 0)


def test_equal_days_searched_alike_are_the_same_request() -> None:
    assert coalition_request(small_day(), 40, 3) == coalition_request(small_day(), 40, 3)


def test_another_day_effort_or_seed_is_another_request() -> None:
    other = small_day(consignments=small_day().consignments[:1])
    requests = [
        coalition_request(day, i, s)
        for day, i, s in ((small_day(), 40, 3), (other, 40, 3), (small_day(), 41, 3), (small_day(), 40, 4))
    ]
    assert len({request.request_id for request in requests}) == 4


def test_it_is_told_from_other_jobs() -> None:
    assert is_coalition(coalition_request(small_day(), 40, 3))
    assert not is_coalition(plan_request("mine"))


def test_its_plan_is_read_back() -> None:
    day = small_day()
    plan = Plan("small", day.service_date, (), (), (), (), Cost(vehicles_fen=5))
    stored = encode(PlanResult(plan), plan_pb2.PlanResult, day.service_date).SerializeToString()
    assert read_coalition_plan(day, stored) == plan


@pytest.mark.parametrize("stored", [b"\xff\xff", b""])
def test_a_plan_that_cannot_be_read_is_said_to_be_so(stored: bytes) -> None:
    with pytest.raises(PlanUnreadableError):
        read_coalition_plan(small_day(), stored)
