"""A job of the route service from its submission to its end, as commands have it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from rich.console import Console

from services.cli.access import NO_ACCESS, Access, channel_to
from services.cli.client import finished_plan, submit_plan, watch_plan
from services.cli.local import local_services
from services.cli.progress import job_progress
from services.files.summary import Language
from services.model.analysis import Analysis
from services.model.day import Day, PlanSettings
from services.model.events import Revision
from services.model.plan import PlanResult
from services.runtime.config import StoreSettings, read_settings


@contextmanager
def route_service(address: str, access: Access) -> Iterator[grpc.Channel]:
    """A channel to a running route service; where no address is given, to one that is started and stopped again."""
    if address:
        with channel_to(address, access) as channel:
            yield channel
        return
    with local_services(read_settings(StoreSettings)) as running, channel_to(running["route"].grpc, NO_ACCESS) as own:
        yield own


def follow_plan(
    channel: grpc.Channel,
    day: Day,
    settings: PlanSettings,
    console: Console,
    language: Language,
    about: Revision | Analysis | None = None,
) -> tuple[str, PlanResult]:
    """Submit a day, or a plan of it to revise or tell about, show how far the job is, and return its id and result."""
    plan_id = submit_plan(channel, day, settings, uuid.uuid4().hex, about)
    with job_progress(console, language) as on_progress:
        watch_plan(channel, plan_id, on_progress)
    return plan_id, finished_plan(channel, plan_id)
