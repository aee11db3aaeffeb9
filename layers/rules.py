"""Style expressions as rules: under this condition, at these zooms, the values are these.

MapLibre computes a colour or a width for each feature; a rule-based renderer needs every case written out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from minegis.errors import InvalidDeclaration

GEOMETRY_TYPE = "geometry-type"

_CLASSES = 4
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b if b else math.nan,
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """A property compared with a value; false where the property is absent."""

    op: str
    name: str
    value: str | float | bool


@dataclass(frozen=True, slots=True)
class Absence:
    """A property has no value, or has one when `negated`."""

    name: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Both:
    """All parts hold; always when there is none."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """One of the parts holds; never when there is none."""

    parts: tuple[Condition, ...] = ()


type Condition = Comparison | Absence | Both | Either

ALWAYS, NEVER = Both(), Either()


@dataclass(frozen=True, slots=True)
class Rule:
    """Plain `values` of paint and layout, from `minzoom` (included) to `maxzoom`."""

    condition: Condition
    values: Mapping[str, Any]
    minzoom: float = 0.0
    maxzoom: float = 24.0


def rules(values: Mapping[str, Any], condition: Any = None) -> list[Rule]:
    """Return the rules of one style fragment.

    Parameters
    ----------
    values : mapping
        Paint and layout together, by MapLibre's names.
    condition : list, optional
        The fragment's filter.

    Raises
    ------
    InvalidDeclaration
        If an expression has no rules, for it combines properties.

    References
    ----------
    MapLibre Style Specification: Expressions.
    """
    start = Rule(ALWAYS if condition is None else condition_of(condition), dict(values))
    return [rule for rule in _written_out(start) if rule.condition != NEVER and rule.minzoom < rule.maxzoom]


def condition_of(expression: Any) -> Condition:
    """Return a boolean expression as a condition.

    Raises
    ------
    InvalidDeclaration
        If it is none that a rule can have.
    """
    match expression:
        case ["all", *parts]:
            return both(*(condition_of(part) for part in parts))
        case ["any", *parts]:
            return either(*(condition_of(part) for part in parts))
        case ["!", part]:
            return negated(condition_of(part))
        case ["has", name]:
            return Absence(name, negated=True)
    return _comparison_of(expression)


def _comparison_of(expression: Any) -> Condition:
    match expression:
        case ["in", read, ["literal", [*values]]]:
            return either(*(_compared("==", read, value) for value in values))
        case [("==" | "!=" | "<" | "<=" | ">" | ">=") as op, read, (str() | int() | float()) as value]:
            return _compared(op, read, value)
        case ["get", _]:
            return _compared("==", expression, True)
    raise InvalidDeclaration("no condition of a rule", where="style", got=str(expression))


def both(*parts: Condition) -> Condition:
    """Return the conjunction; what follows from a value that is given is not said again."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Both) else (part,))]
    given = {each.name: each for each in flat if isinstance(each, Comparison) and each.op == "=="}
    shorter = [each if each in given.values() else _given(each, given) for each in flat]
    if NEVER in shorter:
        return NEVER
    kept = tuple(dict.fromkeys(each for each in shorter if each != ALWAYS))
    return kept[0] if len(kept) == 1 else Both(kept)


def either(*parts: Condition) -> Condition:
    """Return the disjunction."""
    flat = [each for part in parts for each in (part.parts if isinstance(part, Either) else (part,))]
    if ALWAYS in flat:
        return ALWAYS
    kept = tuple(dict.fromkeys(flat))
    return kept[0] if len(kept) == 1 else Either(kept)


def negated(condition: Condition) -> Condition:
    """Return what holds exactly where `condition` does not, also where a property is absent."""
    match condition:
        case Comparison(op, name, value):
            opposite = Comparison(_OPPOSITE[op], name, value)
            return opposite if name == GEOMETRY_TYPE else Either((Absence(name), opposite))
        case Absence(name, was):
            return Absence(name, not was)
        case Both(parts):
            return either(*(negated(part) for part in parts))
        case Either(parts):
            return both(*(negated(part) for part in parts))


def _given(condition: Condition, given: Mapping[str, Comparison]) -> Condition:
    match condition:
        case Comparison(op, name, value) if name in given:
            return ALWAYS if _COMPARE[op](given[name].value, value) else NEVER
        case Absence(name, is_negated) if name in given:
            return ALWAYS if is_negated else NEVER
        case Both(parts):
            return both(*(_given(part, given) for part in parts))
        case Either(parts):
            return either(*(_given(part, given) for part in parts))
    return condition


def _compared(op: str, read: Any, value: Any) -> Condition:
    name, default = _read(read)
    compared = Comparison(op, name, value)
    if default is None:
        return negated(Comparison("==", name, value)) if op == "!=" and name != GEOMETRY_TYPE else compared
    return either(Absence(name), compared) if _COMPARE[op](default, value) else compared


def _read(expression: Any) -> tuple[str, Any]:
    """Return the property that an expression reads, and what stands for it where it is absent."""
    match expression:
        case ["geometry-type"]:
            return GEOMETRY_TYPE, None
        case ["get", str() as name]:
            return name, None
        case ["coalesce", ["get", str() as name], (str() | int() | float()) as default]:
            return name, default
    raise InvalidDeclaration(
        "no single property", where="style", expected='["get", name]', got=str(expression)
    )


def _written_out(rule: Rule) -> Iterator[Rule]:
    branch = next((found for value in rule.values.values() for found in _branching(value)), None)
    if branch is None:
        yield replace(rule, values={name: _folded(value) for name, value in rule.values.items()})
        return
    for case in _cases(branch):
        yield from _written_out(
            Rule(
                both(rule.condition, case.condition),
                {name: _replaced(value, branch, case.values["value"]) for name, value in rule.values.items()},
                max(rule.minzoom, case.minzoom),
                min(rule.maxzoom, case.maxzoom),
            )
        )


def _branching(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list) and value:
        if value[0] in ("case", "match", "step", "interpolate"):
            yield value
        else:
            for part in value[1:]:
                yield from _branching(part)


def _replaced(value: Any, old: list[Any], new: Any) -> Any:
    if value == old:
        return new
    return [_replaced(part, old, new) for part in value] if isinstance(value, list) else value


def _folded(value: Any) -> Any:
    match value:
        case [("+" | "-" | "*" | "/") as op, *parts]:
            numbers = [_folded(part) for part in parts]
            if len(numbers) == 2 and all(isinstance(each, int | float) for each in numbers):
                return _ARITHMETIC[op](*numbers)
    return value


def _cases(branch: list[Any]) -> Iterator[Rule]:
    match branch:
        case ["case", *pairs, default]:
            yield from _first_that_holds(
                [(condition_of(pairs[at]), pairs[at + 1]) for at in range(0, len(pairs), 2)], default
            )
        case ["match", read, *pairs, default]:
            labels = [
                pairs[at] if isinstance(pairs[at], list) else [pairs[at]] for at in range(0, len(pairs), 2)
            ]
            conditions = [either(*(_compared("==", read, label) for label in each)) for each in labels]
            # One value has one label: no case need be excluded from the next.
            for condition, value in zip(conditions, pairs[1::2], strict=True):
                yield Rule(condition, {"value": value})
            yield Rule(both(*(negated(each) for each in conditions)), {"value": default})
        case ["step", ["zoom"], *values]:
            yield from _zoom_bands([0.0, *values[1::2], 24.0], values[0::2])
        case ["step", read, *values]:
            yield from _classes(read, values[1::2], values[0::2])
        case ["interpolate", curve, ["zoom"], *stops]:
            edges, values = _divided(
                curve, stops[0::2], stops[1::2], 1 + round(stops[-2] - stops[0]) // len(stops)
            )
            yield from _zoom_bands([0.0, *edges, 24.0], values)
        case ["interpolate", curve, read, *stops]:
            edges, values = _divided(curve, stops[0::2], stops[1::2], _CLASSES)
            yield from _classes(read, edges, values)


def _first_that_holds(pairs: list[tuple[Condition, Any]], default: Any) -> Iterator[Rule]:
    before: Condition = ALWAYS
    for condition, value in pairs:
        yield Rule(both(before, condition), {"value": value})
        before = both(before, negated(condition))
    yield Rule(before, {"value": default})


def _classes(read: Any, edges: list[float], values: list[Any]) -> Iterator[Rule]:
    """Yield one rule for each class of a property: the lower edge belongs to it, the upper to the next."""
    name, default = _read(read)
    for at, value in enumerate(values):
        low = (Comparison(">=", name, edges[at - 1]),) if at else ()
        high = (Comparison("<", name, edges[at]),) if at < len(edges) else ()
        condition = both(*low, *high)
        if default is not None and all(_COMPARE[each.op](default, each.value) for each in (*low, *high)):
            condition = either(Absence(name), condition)
        yield Rule(condition, {"value": value})


def _zoom_bands(edges: list[float], values: list[Any]) -> Iterator[Rule]:
    for low, high, value in zip(edges, edges[1:], values, strict=False):
        yield Rule(ALWAYS, {"value": value}, low, high)


def _divided(
    curve: list[Any], inputs: list[float], values: list[Any], parts: int
) -> tuple[list[float], list[Any]]:
    """Cut a continuous curve into steps that have its value in their middle."""
    base = float(curve[1]) if curve[0] == "exponential" else 1.0
    edges, steps = [inputs[0]], [values[0]]
    for low, high, first, last in zip(inputs, inputs[1:], values, values[1:], strict=False):
        for part in range(parts):
            middle = (part + 0.5) / parts
            span = high - low
            share = middle if base == 1 else (base ** (middle * span) - 1) / (base**span - 1)
            steps.append(_between(first, last, share))
            edges.append(low + span * (part + 1) / parts)
    return edges, [*steps, values[-1]]


def _between(first: Any, last: Any, share: float) -> Any:
    if isinstance(first, int | float) and isinstance(last, int | float):
        return round(first + share * (last - first), 4)
    if isinstance(first, str) and isinstance(last, str):
        pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(last[1:]), strict=True)
        return "#" + "".join(f"{round(a + share * (b - a)):02X}" for a, b in pairs)
    return ["+", first, ["*", share, ["-", last, first]]]
