"""The names of the store's keys; see ``store``."""

from __future__ import annotations

from datetime import date
from typing import Final

OPEN_KEY: Final = "cuntong:open"
LOOKER_KEY: Final = "cuntong:looker"


def request_key(tenant: str, request_id: str) -> str:
    """Which plan a request made."""
    return f"cuntong:request:{tenant}:{request_id}"


def job_key(plan_id: str) -> str:
    """A job."""
    return f"cuntong:job:{plan_id}"


def progress_key(plan_id: str) -> str:
    """How far a job has come."""
    return f"cuntong:progress:{plan_id}"


def payload_key(plan_id: str) -> str:
    """What was submitted."""
    return f"cuntong:payload:{plan_id}"


def result_key(plan_id: str) -> str:
    """What a job made."""
    return f"cuntong:result:{plan_id}"


def lease_key(plan_id: str) -> str:
    """Who works on a job."""
    return f"cuntong:lease:{plan_id}"


def channel_key(plan_id: str) -> str:
    """Where changes of a job are announced."""
    return f"cuntong:changed:{plan_id}"


def accepted_key(tenant: str, county_id: str, service_date: date) -> str:
    """The plan that a county's day goes by."""
    return f"cuntong:accepted:{tenant}:{service_date.isoformat()}:{county_id}"


def planned_key(service_date: date) -> str:
    """The counties that a day's plan was made for."""
    return f"cuntong:planned:{service_date.isoformat()}"


def batch_key(tenant: str, batch_id: str) -> str:
    """The plans of a batch."""
    return f"cuntong:batch:{tenant}:{batch_id}"


def load_key(tenant: str) -> str:
    """The seconds of search that a tenant's open jobs may take."""
    return f"cuntong:load:{tenant}"


def index_key(tenant: str) -> str:
    """A tenant's jobs."""
    return f"cuntong:jobs:{tenant}"
