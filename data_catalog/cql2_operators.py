"""The operators and functions of CQL2: which operands each takes, and what it comes to."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from itertools import product
from typing import Any, NamedTuple

import shapely

from data_catalog.expression import Array, Call, Expression, Literal, Property, Shape
from data_catalog.folding import FOLDS
from data_catalog.temporal import OF_ANY, RELATIONS, compared, related, span
from minegis.errors import InvalidInput

_MOST_PAIRS, _MOST_TIMES = 1_000, 250
_EXACT = 2**53  # beyond it doubles skip whole numbers
_TEXT, _NUMBER, _BOOLEAN, _TIME = "text", "number", "boolean", "time"
_SCALARS = (_TEXT, _NUMBER, _BOOLEAN, _TIME)
_COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
_ARITHMETIC: dict[str, Callable[[Any, Any], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": lambda a, b: a - b * math.trunc(a / b),
    "div": lambda a, b: math.trunc(a / b),
    "^": math.pow,
}
_SPATIAL = frozenset(
    f"s_{name}"
    for name in ("intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains")
)
_ARRAYS = frozenset({"a_equals", "a_contains", "a_containedby", "a_overlaps"})
_COUNTS = {
    **dict.fromkeys((*_COMPARISONS, *_ARITHMETIC, *_SPATIAL, *RELATIONS, *_ARRAYS, "like", "in"), 2),
    **dict.fromkeys(("isNull", *FOLDS), 1),
    "between": 3,
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})", re.ASCII)


class Operand(NamedTuple):
    """An expression and its kind: text, number, boolean, time, interval, geometry or array (of `items`)."""

    kind: str
    tree: Expression
    items: tuple[Operand, ...] = ()


def mistake(what: str, expected: str, got: str, where: str = "filter") -> InvalidInput:
    """Return what is wrong with a filter."""
    return InvalidInput(what, where=where, expected=expected, got=got[:80])


def number(value: float) -> int | float:
    """Return a number as a literal has it: whole when it is.

    Raises
    ------
    InvalidInput
        If it is not finite.
    """
    if abs(value) <= _EXACT:
        return int(value) if value == int(value) else value
    if not abs(value) <= 1e308:  # and when it is not a number
        raise mistake("not a finite number", "at most 1e308", str(value))
    return float(value)


def text_of(value: str) -> str:
    """Return a text as a literal has it.

    Raises
    ------
    InvalidInput
        If no database could hold it.
    """
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise mistake(
            "text with a character that no text has", "no U+0000 and no halves of pairs", ascii(value)
        )
    return value


def time_of(text: str, form: str) -> date:
    """Return a ``date``, or a ``timestamp`` in UTC.

    Raises
    ------
    InvalidInput
        If the text is none.
    """
    try:
        if form == "date" and _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if form == "timestamp" and _TIMESTAMP.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise mistake(f"not a {form}", "2026-07-20" if form == "date" else "2026-07-20T04:00:00Z", text)


def as_time(operand: Operand) -> Operand:
    """Return an operand where a time stands: text is read as a date or timestamp."""
    if not isinstance(operand.tree, Literal) or operand.kind != _TEXT:
        return operand
    text = str(operand.tree.value)
    return Operand(_TIME, Literal(time_of(text, "date" if len(text) <= len("2026-07-20") else "timestamp")))


def applied(op: str, given: list[Operand]) -> Operand:
    """Return what an operator or function on checked operands comes to.

    Raises
    ------
    InvalidInput
        If there is none of this name, or it does not take these operands.
    """
    count = _COUNTS.get(op)
    if count is None:
        raise mistake("no such operator or function", ", ".join(sorted(_COUNTS)), op)
    if len(given) != count:
        raise mistake(f"a wrong number of operands of {op}", str(count), str(len(given)))
    if op in FOLDS:
        return _folded(op, *_of_kind(_TEXT, op, given))
    if op in _ARITHMETIC:
        return _computed(op, *_of_kind(_NUMBER, op, given))
    return Operand(_BOOLEAN, _CONDITIONS[op](op, given))


def _of_kind(kind: str, op: str, given: list[Operand]) -> list[Operand]:
    for each in given:
        if each.kind != kind:
            raise mistake(f"an operand that {op} cannot take", kind, each.kind, _where(each))
    return given


def _where(*operands: Operand) -> str:
    names = [each.tree.name for each in operands if isinstance(each.tree, Property)]
    return f"filter, {', '.join(names)}" if names else "filter"


def _folded(op: str, text: Operand) -> Operand:
    if isinstance(text.tree, Literal):
        return Operand(_TEXT, Literal(FOLDS[op](str(text.tree.value))))
    return Operand(_TEXT, Call(op, (text.tree,)))


def _computed(op: str, left: Operand, right: Operand) -> Operand:
    match left.tree, right.tree:
        case Literal(int() | float() as a), Literal(int() | float() as b):
            try:
                return Operand(_NUMBER, Literal(number(_ARITHMETIC[op](a, b))))
            except (ArithmeticError, ValueError):
                raise mistake(
                    "a number that cannot be computed", "a finite number", f"{a} {op} {b}"
                ) from None
    return Operand(_NUMBER, Call(op, (left.tree, right.tree)))


def _alike(op: str, left: Operand, right: Operand) -> tuple[Operand, Operand]:
    """Return two scalar operands of one kind; text beside a time is read as one."""
    if left.kind == _TIME:
        right = as_time(right)
    elif right.kind == _TIME:
        left = as_time(left)
    where = _where(left, right)
    if left.kind not in _SCALARS:
        raise mistake(f"an operand that {op} cannot take", "text, number, boolean or time", left.kind, where)
    if left.kind != right.kind:
        what = f"operands of {op} that are not of one kind"
        raise mistake(what, left.kind, right.kind, where)
    for each in (left.tree, right.tree):
        if left.kind == _BOOLEAN and isinstance(each, Call):
            raise mistake(f"a condition as operand of {op}", "a property or a literal", each.op)
    return left, right


def _is_null(op: str, given: list[Operand]) -> Expression:
    if given[0].kind in ("interval", "array"):
        raise mistake("an operand that isNull cannot take", "a property or a value", given[0].kind)
    tree = given[0].tree
    return Literal(False) if isinstance(tree, Literal | Shape) else Call(op, (tree,))


def _comparison(op: str, given: list[Operand]) -> Expression:
    left, right = _alike(op, *given)
    if left.kind == _TIME:
        return compared(op, left.tree, right.tree)
    return Call(op, (left.tree, right.tree))


def _between(op: str, given: list[Operand]) -> Expression:
    value, low, high = given
    return _all([_comparison(">=", [value, low]), _comparison("<=", [value, high])])


def _in(op: str, given: list[Operand]) -> Expression:
    value, among = given
    if not among.items:
        raise mistake("not a list of values", "in (value, …)", among.kind)
    pairs = [_alike(op, value, each) for each in among.items]
    if pairs[0][0].kind == _TIME:
        if len(pairs) > _MOST_TIMES:
            raise mistake("a list of times too long", f"at most {_MOST_TIMES}", str(len(pairs)))
        return _any([compared("=", left.tree, right.tree) for left, right in pairs])
    return Call(op, (value.tree, Array(tuple(right.tree for _, right in pairs))))


def _like(op: str, given: list[Operand]) -> Expression:
    text, pattern = _of_kind(_TEXT, op, given)
    if not isinstance(pattern.tree, Literal):
        raise mistake("not a pattern", "a text, or casei or accenti of one", "a property or function")
    written = str(pattern.tree.value)
    if (len(written) - len(written.rstrip("\\"))) % 2:
        raise mistake("a pattern that ends in an escape", r"a character after \ ", written)
    return Call(op, (text.tree, pattern.tree))


def _spatial(op: str, given: list[Operand]) -> Expression:
    left, right = _of_kind("geometry", op, given)
    return _relation(op, left.tree, right.tree)


def _relation(op: str, left: Expression, right: Expression) -> Expression:
    for shape in (left, right):
        if isinstance(shape, Shape) and shape.geometry.geom_type == "GeometryCollection":
            parts = [Shape(part) for part in shapely.get_parts(shape.geometry)]
            if op not in ("s_intersects", "s_disjoint"):
                raise mistake(f"an operand that {op} cannot take", "one kind of geometry", "a collection")
            pairs = [(part, right) if shape is left else (left, part) for part in parts]
            met = _any([_relation("s_intersects", *pair) for pair in pairs])
            return met if op == "s_intersects" else Call("not", (met,))
    if isinstance(left, Shape) and isinstance(right, Shape):
        relation = getattr(shapely, op.removeprefix("s_"))
        return Literal(bool(relation(left.geometry, right.geometry)))
    return Call(op, (left, right))


def _temporal(op: str, given: list[Operand]) -> Expression:
    given = [as_time(each) for each in given]
    taken = (_TIME, "interval") if op in OF_ANY else ("interval",)
    for each in given:
        if each.kind not in taken:
            expected = " or ".join(taken)
            raise mistake(f"an operand that {op} cannot take", expected, each.kind, _where(each))
    return related(op, given[0].tree, given[1].tree)


def _arrays(op: str, given: list[Operand]) -> Expression:
    """Return a function of arrays as sets, by the equality of their elements; (1) is one as well."""
    left, right = (each.items if each.kind == "array" else (each,) for each in given)
    if len(left) * len(right) > _MOST_PAIRS:
        raise mistake("arrays too large", f"at most {_MOST_PAIRS} pairs", f"{len(left)} by {len(right)}")
    if op == "a_overlaps":
        return _any(_same(a, b) for a, b in product(left, right))
    holds = _all(_any(_same(a, b) for a in left) for b in right)
    held = _all(_any(_same(a, b) for b in right) for a in left)
    return {"a_contains": holds, "a_containedby": held}.get(op) or _all([holds, held])


def _same(left: Operand, right: Operand) -> Expression:
    for each in (left, right):
        if each.kind not in _SCALARS:
            raise mistake("an element that arrays cannot have here", "a scalar", each.kind)
    if left.kind != right.kind:
        return Literal(False)
    match left.tree, right.tree:
        case Literal(date() as a), Literal(date() as b):
            return Literal(span(a)[0] <= span(b)[1] and span(b)[0] <= span(a)[1])
        case Literal(a), Literal(b):
            return Literal(a == b)
    return _comparison("=", [left, right])


def _all(parts: Iterable[Expression]) -> Expression:
    return _joined("and", parts, neutral=True)


def _any(parts: Iterable[Expression]) -> Expression:
    return _joined("or", parts, neutral=False)


def _joined(op: str, parts: Iterable[Expression], *, neutral: bool) -> Expression:
    """Return parts joined, without those that change nothing."""
    kept = tuple(part for part in parts if part != Literal(neutral))
    if Literal(not neutral) in kept:
        return Literal(not neutral)
    return Call(op, kept) if len(kept) > 1 else next(iter(kept), Literal(neutral))


_CONDITIONS: dict[str, Callable[[str, list[Operand]], Expression]] = {
    **dict.fromkeys(_COMPARISONS, _comparison),
    **dict.fromkeys(_SPATIAL, _spatial),
    **dict.fromkeys(RELATIONS, _temporal),
    **dict.fromkeys(_ARRAYS, _arrays),
    "isNull": _is_null,
    "between": _between,
    "in": _in,
    "like": _like,
}
