"""A plan as a JSON document, and back without loss.

The document mirrors the model field by field, as the contract does: enums are their names, a date is ``YYYY-MM-DD``,
and seconds from midnight (``arrival_s``) are an instant (``arrival_time``) in ISO 8601 with +08:00. A cost also shows
its ``total_fen``. The same plan gives the same bytes.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, cast, get_args, get_origin, get_type_hints

import orjson

from services.model.errors import InvalidInputError, Violation
from services.model.plan import Cost, PlanResult
from services.model.units import instant, seconds_of_day

FORMAT: Final = "cuntong-plan-1"
_DURATIONS: Final = frozenset({"duration_s", "rest_s", "recharge_s", "by_s"})
_TOTAL: Final = "total_fen"


def plan_document(result: PlanResult) -> bytes:
    """Write a plan and its comparison as indented JSON in UTF-8."""
    document = {"format": FORMAT, **_encode_object(result, result.plan.service_date)}
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def read_plan(document: bytes) -> PlanResult:
    """Read what ``plan_document`` wrote.

    Raises
    ------
    InvalidInputError
        With every violation by path: no JSON, another format, a key missing or unknown, a value of the wrong type.
    """
    try:
        root = orjson.loads(document)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError([Violation("", f"is no JSON: {error}")]) from error
    if not isinstance(root, dict) or root.get("format") != FORMAT:
        raise InvalidInputError([Violation("format", f"is not {FORMAT}, so this is no plan that can be read here")])
    plan = root.get("plan")
    reader = _Reader(date.min)
    reader.service_date = reader.read(
        date, plan.get("service_date") if isinstance(plan, dict) else None, "plan.service_date"
    )
    if not reader.violations:
        result = reader.read(PlanResult, {key: value for key, value in root.items() if key != "format"}, "")
    if reader.violations:
        raise InvalidInputError(reader.violations)
    return cast(PlanResult, result)


def _encode(value: Any, key: str, service_date: date) -> Any:
    if isinstance(value, tuple):
        return [_encode(item, "", service_date) for item in value]
    if is_dataclass(value):
        return _encode_object(value, service_date)
    if key.endswith("_time") and value is not None:
        return instant(service_date, value).isoformat()
    if isinstance(value, StrEnum):
        return value.name
    return value.isoformat() if isinstance(value, date) else value


def _encode_object(value: Any, service_date: date) -> dict[str, Any]:
    document = {
        key: _encode(getattr(value, item.name), key, service_date) for item, _, key in _typed_fields(type(value))
    }
    return document | {_TOTAL: value.total_fen} if isinstance(value, Cost) else document


_FIELDS: Final[dict[type[Any], tuple[tuple[Field[Any], Any, str], ...]]] = {}


def _typed_fields(model: type[Any]) -> tuple[tuple[Field[Any], Any, str], ...]:
    """Give a dataclass's fields with their types and keys in the document."""
    if model not in _FIELDS:
        hints = get_type_hints(model)
        _FIELDS[model] = tuple((item, hints[item.name], _key(item.name)) for item in fields(model))
    return _FIELDS[model]


def _key(name: str) -> str:
    return f"{name.removesuffix('_s')}_time" if name.endswith("_s") and name not in _DURATIONS else name


@dataclass(slots=True)
class _Reader:
    """Reads values of the model's types and collects what is wrong with them."""

    service_date: date
    violations: list[Violation] = field(default_factory=list)

    def read(self, hint: Any, value: Any, path: str) -> Any:
        """Read a value of the type that ``hint`` names; what cannot be read becomes a violation."""
        if get_origin(hint) is UnionType:
            inner = next(option for option in get_args(hint) if option is not NoneType)
            return None if value is None else self.read(inner, value, path)
        if get_origin(hint) is tuple:
            if not isinstance(value, list):
                return self._refuse(path, "is no list")
            return tuple(self.read(get_args(hint)[0], item, f"{path}[{i}]") for i, item in enumerate(value))
        if is_dataclass(hint):
            return self._read_object(cast(type[Any], hint), value, path)
        if hint is date or issubclass(hint, StrEnum):
            return self._read_word(hint, value, path)
        return value if type(value) is hint else self._refuse(path, f"is no {hint.__name__}")

    def _read_object(self, model: type[Any], value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            return self._refuse(path, "is no object")
        before, prefix = len(self.violations), f"{path}." if path else ""
        known = _typed_fields(model)
        for key in value.keys() - {key for _, _, key in known} - ({_TOTAL} if model is Cost else set()):
            self._refuse(prefix + key, "is not known here")
        arguments = {
            item.name: self._read_field(item, hint, key, value, prefix + key)
            for item, hint, key in known
            if key in value or item.default is MISSING
        }
        if len(self.violations) > before:
            return None
        made = model(**arguments)
        if isinstance(made, Cost) and value.get(_TOTAL, made.total_fen) != made.total_fen:
            self._refuse(prefix + _TOTAL, f"is not the sum of the parts, {made.total_fen}")
        return made

    def _read_field(self, item: Field[Any], hint: Any, key: str, value: dict[str, Any], path: str) -> Any:
        if key not in value:
            return self._refuse(path, "is missing")
        if key == item.name:
            return self.read(hint, value[key], path)
        may_be_absent = get_origin(hint) is UnionType
        return None if value[key] is None and may_be_absent else self._read_instant(value[key], path)

    def _read_word(self, hint: Any, value: Any, path: str) -> Any:
        try:
            return hint.fromisoformat(value) if hint is date else hint[value]
        except (TypeError, ValueError):
            return self._refuse(path, "is no date, YYYY-MM-DD")
        except KeyError:
            return self._refuse(path, f"is none of {', '.join(hint.__members__)}")

    def _read_instant(self, value: Any, path: str) -> Any:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            moment = datetime.min
        if moment.tzinfo is None:
            return self._refuse(path, "is no instant with a zone, as 2026-11-23T08:15:00+08:00")
        return seconds_of_day(self.service_date, moment)

    def _refuse(self, path: str, message: str) -> Any:
        """Note a violation; the answer, ``None``, is never used, as the whole reading then fails."""
        self.violations.append(Violation(path, message))
        return None
