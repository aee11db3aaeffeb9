"""Expressions over columns in memory: which rows they are true of, by arrays.

Every condition is true, false or unknown of a row, as in SQL: what compares with a missing value is unknown,
and only what is true is selected.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from data_catalog.expression import GEOMETRY, Array, Call, Expression, Literal, Property, Shape, is_condition
from data_catalog.folding import FOLDS, like
from data_catalog.temporal import BEFORE, begin_of, compared, end_of, is_time, span

type Rows = NDArray[np.int64]
type Mask = NDArray[np.bool_]

_SHAPES_AT_ONCE = 20_000
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CONVERSE = {"s_within": "s_contains", "s_contains": "s_within"}


@dataclass(frozen=True, slots=True)
class Shapes:
    """Geometries that are made only where a filter has to look at them.

    Parameters
    ----------
    made : callable of rows
        Gives the geometries of rows, lon/lat deg; None where there is none.
    lon, lat : (n,) float, deg
        A point in each; not-a-number where there is none.
    across, along : (n,) float or float, deg
        How far none of each goes from its point, east or west and north or south.
    """

    made: Callable[[Rows], NDArray[np.object_]]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    across: NDArray[np.float64] | float
    along: NDArray[np.float64] | float


type Column = NDArray[Any] | Shapes | Callable[[], NDArray[np.object_]]


@dataclass(frozen=True, slots=True)
class _Truth:
    """Where a condition is true, and where it is unknown; it is never both."""

    true: Mask
    unknown: Mask

    def __invert__(self) -> _Truth:
        return _Truth(~(self.true | self.unknown), self.unknown)

    def __and__(self, other: _Truth) -> _Truth:
        true = self.true & other.true
        return _Truth(true, (self.true | self.unknown) & (other.true | other.unknown) & ~true)

    def __or__(self, other: _Truth) -> _Truth:
        true = self.true | other.true
        return _Truth(true, (self.unknown | other.unknown) & ~true)


def matching(expression: Expression, columns: Mapping[str, Column], count: int) -> Mask:
    """Return the rows that an expression is true of.

    Parameters
    ----------
    expression : Expression
        Of `parse_filter`, or made of the same operators.
    columns : mapping of str to (count,) array
        By property; missing is None or not-a-number. Under `GEOMETRY` shapely geometries, `Shapes`, or a
        callable that makes them all.
    count : int
        How many rows there are.

    Returns
    -------
    (count,) bool
    """
    with np.errstate(all="ignore"):
        return _Evaluation(columns, count, None).truth(expression).true


class _Evaluation:
    """Some rows (all, when None) of columns."""

    def __init__(self, columns: Mapping[str, Column], count: int, rows: Rows | None) -> None:
        self._columns = columns
        self._count = count
        self._rows = rows

    def truth(self, expression: Expression) -> _Truth:
        """Return where a condition holds."""
        match expression:
            case Literal(value):
                return self._known(np.full(self._count, bool(value)))
            case Property():
                values, missing = self._value(expression)
                return _Truth(np.equal(values, True).astype(bool) & ~missing, missing)
            case Call("and", args):
                return self._all(args)
            case Call("or", args):
                return ~self._all(tuple(Call("not", (each,)) for each in args))
            case Call("not", (arg,)):
                return ~self.truth(arg)
            case Call(op, args):
                return self._predicate(op, args)
        raise TypeError(f"no condition: {expression}")

    def _all(self, parts: tuple[Expression, ...]) -> _Truth:
        """Join conditions, those on geometry last, on the rows that the others leave open."""
        found = self._known(np.ones(self._count, dtype=bool))
        for part in sorted(parts, key=_is_spatial):
            if not _is_spatial(part):
                found &= self.truth(part)
                continue
            left = np.flatnonzero(found.true | found.unknown)
            if len(left) == self._count:
                found &= self.truth(part)
            elif len(left):
                rows = left if self._rows is None else self._rows[left]
                inner = _Evaluation(self._columns, len(rows), rows).truth(part)
                inner &= _Truth(found.true[left], found.unknown[left])
                found.true[left], found.unknown[left] = inner.true, inner.unknown
        return found

    def _predicate(self, op: str, args: tuple[Expression, ...]) -> _Truth:
        if op.startswith("s_"):
            return self._spatial(op, *args)
        if op == "isNull":
            missing = self.truth(args[0]).unknown if is_condition(args[0]) else self._missing(args[0])
            return self._known(missing)
        left, right = args
        if op in _COMPARISONS and (is_time(left) or is_time(right)):
            return self.truth(compared(op, left, right))
        if op == BEFORE:
            return self._compared(operator.lt, self._edge(left, end_of, 1), self._edge(right, begin_of, 0))
        if isinstance(right, Array):  # in
            return ~self._all(tuple(Call("<>", (left, each)) for each in right.items))
        return self._compared(_COMPARISONS.get(op, _like), self._value(left), self._value(right))

    def _known(self, true: Mask) -> _Truth:
        return _Truth(true, np.zeros(self._count, dtype=bool))

    def _compared(
        self, compare: Callable[[Any, Any], Any], left: tuple[Any, Mask], right: tuple[Any, Mask]
    ) -> _Truth:
        missing = left[1] | right[1]
        if not missing.any():
            return _Truth(np.broadcast_to(compare(left[0], right[0]), self._count).astype(bool), missing)
        true = np.zeros(self._count, dtype=bool)
        there = ~missing
        a, b = (np.broadcast_to(np.asarray(each[0]), self._count)[there] for each in (left, right))
        true[there] = compare(a, b)
        return _Truth(true, missing)

    def _value(self, expression: Expression) -> tuple[Any, Mask]:
        """Return values, one or one a row, and where they are missing."""
        match expression:
            case Literal(value):
                return value, np.zeros(self._count, dtype=bool)
            case Property(name):
                values = self._column(self._columns[name])
                return values, _missing(values)
            case Call(op, (arg,)):
                values, missing = self._value(arg)
                return _each(values, FOLDS[op]), missing
            case Call(op, (left, right)):
                values = _computed(op, self._numbers(left), self._numbers(right))
                return values, np.broadcast_to(np.isnan(values), self._count)
        raise TypeError(f"no value: {expression}")

    def _column(self, column: Column) -> NDArray[Any]:
        if isinstance(column, Shapes):
            return column.made(self._all_rows())
        values = column if isinstance(column, np.ndarray) else column()
        return values if self._rows is None else values[self._rows]

    def _all_rows(self) -> Rows:
        return np.arange(self._count) if self._rows is None else self._rows

    def _numbers(self, expression: Expression) -> NDArray[np.float64]:
        values, missing = self._value(expression)
        numbers = np.asarray(values).astype(np.float64)
        return np.where(missing, np.nan, numbers)

    def _missing(self, expression: Expression) -> Mask:
        if expression != Property(GEOMETRY):
            return self._value(expression)[1]
        column = self._columns[GEOMETRY]
        return (
            np.isnan(column.lon[self._all_rows()])
            if isinstance(column, Shapes)
            else _absent(self._column(column))
        )

    def _edge(self, time: Expression, edge_of: Callable[[str], str], which: int) -> tuple[Any, Mask]:
        """Return the begin or the end of times."""
        values, missing = self._value(time)
        if isinstance(values, date):
            return span(values)[which], missing
        return _each(values, edge_of), missing

    def _spatial(self, op: str, left: Expression, right: Expression) -> _Truth:
        if op == "s_disjoint":
            return ~self._spatial("s_intersects", left, right)
        if isinstance(right, Shape):
            left, right, op = right, left, _CONVERSE.get(op, op)
        relation = getattr(shapely, op.removeprefix("s_"))
        column = self._columns[GEOMETRY]
        missing = self._missing(Property(GEOMETRY))
        if not isinstance(left, Shape):
            shapes = self._column(column)
            return _Truth(relation(shapes, shapes) & ~missing, missing)
        shapely.prepare(left.geometry)
        if isinstance(column, Shapes):
            return _Truth(self._related(op, relation, left.geometry, column), missing)
        return _Truth(relation(left.geometry, self._column(column)) & ~missing, missing)

    def _related(self, op: str, relation: Callable[..., Mask], shape: BaseGeometry, items: Shapes) -> Mask:
        """Compare a shape with items: those far from it or well within it are not made."""
        rows = self._all_rows()
        lon, lat = items.lon[rows], items.lat[rows]
        across, along = (
            each[rows] if isinstance(each, np.ndarray) else each for each in (items.across, items.along)
        )
        west, south, east, north = shape.bounds
        near = (
            (lon + across >= west) & (lon - across <= east) & (lat + along >= south) & (lat - along <= north)
        )
        true = np.zeros(self._count, dtype=bool)
        if op in ("s_intersects", "s_contains") and _is_box(shape):
            if op == "s_intersects":
                across = along = 0.0  # its point is enough
            true = (
                (lon - across > west) & (lon + across < east) & (lat - along > south) & (lat + along < north)
            )
        elif op == "s_intersects":
            true[near] = shapely.contains_xy(shape, lon[near], lat[near])
        open_rows = np.flatnonzero(near & ~true)
        for at in range(0, len(open_rows), _SHAPES_AT_ONCE):
            block = open_rows[at : at + _SHAPES_AT_ONCE]
            true[block] = relation(shape, items.made(rows[block]))
        return true


def _is_spatial(expression: Expression) -> bool:
    match expression:
        case Call("isNull", _):
            return False
        case Call(op, args):
            return op.startswith("s_") or any(map(_is_spatial, args))
    return False


def _is_box(shape: BaseGeometry) -> bool:
    return bool(shapely.equals_exact(shapely.normalize(shape), shapely.normalize(shapely.envelope(shape))))


def _absent(shapes: NDArray[np.object_]) -> Mask:
    absent: Mask = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return absent


def _missing(values: NDArray[Any]) -> Mask:
    if values.dtype.kind == "f":
        return np.isnan(values)
    if values.dtype.kind == "O":
        absent: Mask = np.equal(values, np.array(None)).astype(bool)
        return absent
    return np.zeros(len(values), dtype=bool)


def _like(texts: Any, patterns: Any) -> Any:
    pattern = np.ravel(patterns)[0] if np.size(patterns) else ""  # a literal, the same for every row
    return _each(texts, lambda text: like(pattern).fullmatch(text) is not None)


def _each(values: Any, function: Callable[[str], Any]) -> Any:
    """Return what a function gives of each text, called once for each that is different."""
    if not isinstance(values, np.ndarray):
        return np.array(function(values), dtype=object)
    texts = values.tolist()
    given = {text: function(text) for text in set(texts) if text is not None}
    return np.array([given.get(text) for text in texts], dtype=object)


def _computed(op: str, a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute with doubles; what has no result is not a number."""
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "^":
            none = ((a == 0) & (b < 0)) | np.isnan(a) | np.isnan(b)  # NumPy has 1 for nan ** 0
            return np.where(none, np.nan, np.power(a, b))
    quotient = np.where(b == 0, np.nan, a / b)
    if op == "/":
        return quotient
    whole = np.trunc(quotient)
    return whole if op == "div" else a - b * whole
