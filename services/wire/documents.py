"""A day as a JSON document, in the form that protobuf gives its contract, and back without loss."""

from __future__ import annotations

from datetime import date

from cuntong.route.v1 import plan_pb2, revision_pb2
from google.protobuf import json_format

from services.model.day import Day
from services.model.errors import InvalidInputError, Violation
from services.model.events import Events
from services.validation import day_violations
from services.wire.codec import decode, encode


def day_document(day: Day) -> bytes:
    """Write a day out; the same day gives the same bytes."""
    message = encode(day, plan_pb2.Day)
    return json_format.MessageToJson(message, preserving_proto_field_name=True, ensure_ascii=False).encode() + b"\n"


def read_day(document: bytes) -> Day:
    """Read what ``day_document`` wrote.

    Raises
    ------
    InvalidInputError
        When it is no such document, or the day in it is not sound.
    """
    try:
        message = json_format.Parse(document, plan_pb2.Day())
    except (json_format.ParseError, UnicodeDecodeError) as error:
        raise InvalidInputError([Violation("day", f"is no day that can be read: {error}")]) from error
    violations: list[Violation] = []
    day = decode(Day, message, violations, "day")
    if day is not None:
        violations += [Violation(f"day.{v.path}", v.message) for v in day_violations(day)]
    if day is None or violations:
        raise InvalidInputError(violations)
    return day


def read_events(document: bytes, service_date: date) -> Events:
    """Read what happened on a day from a JSON of the contract's ``Events``.

    Raises
    ------
    InvalidInputError
        When it is no such document.
    """
    try:
        message = json_format.Parse(document, revision_pb2.Events())
    except (json_format.ParseError, UnicodeDecodeError) as error:
        raise InvalidInputError([Violation("events", f"are none that can be read: {error}")]) from error
    violations: list[Violation] = []
    events = decode(Events, message, violations, "events", service_date)
    if events is None:
        raise InvalidInputError(violations)
    return events
