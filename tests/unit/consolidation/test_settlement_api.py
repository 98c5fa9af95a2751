"""A service without a store settles nothing, and says what to do."""

import asyncio

import pytest

from services.consolidation.settlement_api import NoPlanner
from services.model.errors import NoPlanStoreError
from services.settlement.solver import SearchEffort
from tests.builders import small_day


def test_without_a_store_coalitions_cannot_be_planned_and_it_says_what_to_do() -> None:
    with pytest.raises(NoPlanStoreError, match="CUNTONG_REDIS_URL"):
        asyncio.run(NoPlanner().solve([small_day()], SearchEffort(1, 1), lambda *_: None))
