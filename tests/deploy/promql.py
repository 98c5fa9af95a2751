"""What an expression of PromQL is about: checked against metrics, labels and values that are known, not only parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, Final

import promql_parser as promql

_NONE: Final[frozenset[str]] = frozenset()
_ALTERNATIVES: Final = re.compile(r"[\w .]+(?:\|[\w .]+)+")


class WrongQueryError(Exception):
    """An expression that asks for what nobody shows, or joins what does not fit together."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric: its labels, and all values of those that take them from a list."""

    labels: frozenset[str]
    values: Mapping[str, Set[str]] = field(default_factory=dict)


class Metrics:
    """What is known to be shown; ``labels`` checks an expression against it."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = families

    def labels(self, query: str) -> frozenset[str]:
        """Labels that the answer to a query may have.

        Raises
        ------
        WrongQueryError
            When it cannot be parsed, names what is not known, or compares a label with a value that it never has.
        """
        try:
            parsed = promql.parse(query)
        except ValueError as error:
            raise WrongQueryError(f"{query}: {error}") from error
        return self._of(parsed)

    def _of(self, expr: Any) -> frozenset[str]:
        match expr:
            case promql.VectorSelector():
                labels = self._selected(expr)
            case promql.MatrixSelector():
                labels = self._selected(expr.vector_selector)
            case promql.SubqueryExpr() | promql.ParenExpr() | promql.UnaryExpr():
                labels = self._of(expr.expr)
            case promql.AggregateExpr():
                labels = self._aggregated(expr)
            case promql.BinaryExpr():
                labels = self._joined(expr)
            case promql.Call():
                labels = self._called(expr)
            case promql.NumberLiteral() | promql.StringLiteral():
                labels = _NONE
            case _:
                raise WrongQueryError(f"{expr} is not known to this check")
        return labels

    def _selected(self, selector: promql.VectorSelector) -> frozenset[str]:
        family = self._families.get(selector.name or "")
        if family is None:
            raise WrongQueryError(f"nobody shows {selector.name}")
        for matcher in selector.matchers.matchers:
            if matcher.name not in family.labels:
                raise WrongQueryError(f"{selector.name} has no label {matcher.name}")
            if matcher.name in family.values:
                _check_values(f"{selector.name}.{matcher.name}", matcher, family.values[matcher.name])
        return family.labels

    def _aggregated(self, expr: promql.AggregateExpr) -> frozenset[str]:
        inner = self._of(expr.expr)
        if expr.modifier is None:
            return _NONE
        named = frozenset(expr.modifier.labels)
        if not named <= inner:
            raise WrongQueryError(f"there is no label {', '.join(sorted(named - inner))} to aggregate by")
        return named if expr.modifier.type == promql.AggModifierType.By else inner - named

    def _joined(self, expr: promql.BinaryExpr) -> frozenset[str]:
        left, right = self._of(expr.lhs), self._of(expr.rhs)
        if _is_scalar(expr.lhs) or _is_scalar(expr.rhs):
            return left | right
        if str(expr.op) == "or":
            return left | right
        matching = expr.modifier.matching if expr.modifier is not None else None
        if matching is None:
            if left != right:
                raise WrongQueryError(f"{sorted(left)} and {sorted(right)} never match")
        elif matching.type == promql.LabelModifierType.Include and not frozenset(matching.labels) <= left & right:
            raise WrongQueryError(f"both sides need the labels {matching.labels}")
        return left

    def _called(self, call: promql.Call) -> frozenset[str]:
        inner = frozenset().union(*(self._of(argument) for argument in call.args))
        match call.func.name:
            case "absent":
                return frozenset(m.name for m in call.args[0].matchers.matchers if m.op == promql.MatchOp.Equal)
            case "histogram_quantile":
                if "le" not in inner:
                    raise WrongQueryError("a quantile needs the label le")
                return inner - {"le"}
        return inner


def _is_scalar(expr: Any) -> bool:
    match expr:
        case promql.NumberLiteral():
            return True
        case promql.Call():
            return bool(expr.func.return_type == promql.ValueType.Scalar)
        case promql.ParenExpr() | promql.UnaryExpr():
            return _is_scalar(expr.expr)
        case promql.BinaryExpr():
            return _is_scalar(expr.lhs) and _is_scalar(expr.rhs)
    return False


def _check_values(label: str, matcher: promql.Matcher, values: Set[str]) -> None:
    """Each alternative of a pattern has to be a value as well: ``Internal|Unknwon`` would pass as a whole."""
    if matcher.op in (promql.MatchOp.Equal, promql.MatchOp.NotEqual):
        wanted = [re.escape(matcher.value)]
    elif _ALTERNATIVES.fullmatch(matcher.value):
        wanted = matcher.value.split("|")
    else:
        wanted = [matcher.value]
    for pattern in wanted:
        if not any(re.fullmatch(pattern, value) for value in values):
            raise WrongQueryError(f"{label} is never {pattern}")


def words_of(template: str) -> Iterator[str]:
    """The labels that an alert's text (``{{ $labels.x }}``) or a legend (``{{x}}``) names."""
    yield from re.findall(r"\$labels\.(\w+)", template)
    yield from re.findall(r"\{\{\s*(\w+)\s*\}\}", template)
