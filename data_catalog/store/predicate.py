"""Expressions as SQL: every value is a bound parameter, every name a column that was given.

SQLite and PostgreSQL give the same answers: text compares by code point, numbers are computed as doubles,
what cannot be computed is unknown, and so is any comparison with what is missing.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Protocol

import shapely
import sqlalchemy as sa

from data_catalog.expression import Array, Call, Expression, Literal, Property, Shape, is_condition
from data_catalog.folding import ACCENTS, BARRED, PLAIN, stem
from data_catalog.temporal import BEFORE, DAY, MONTH, SECOND, YEAR, compared, is_time, span

type Columns = Mapping[str, sa.ColumnElement[Any]]
type Sql = Any
"""A column element of SQLAlchemy, whose operators are not typed."""

_SRID = 4490
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_PLAIN_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_MOST_JOINED = 100
_LAST_OF_RANGES = (0xD7FF, 0x10FFFF)  # no character follows them
_CONVERSE = {"s_within": "s_contains", "s_contains": "s_within"}
_POSTGIS = {
    f"s_{name}": f"ST_{name.capitalize()}"
    for name in ("intersects", "equals", "disjoint", "touches", "within", "overlaps", "crosses", "contains")
}


class Named(Protocol):
    """What is asked of a backend here."""

    @property
    def name(self) -> str:
        """``sqlite`` or ``postgis``."""


def condition(expression: Expression, columns: Columns, backend: Named) -> sa.ColumnElement[bool]:
    """Return the condition that selects what an expression is true of.

    Parameters
    ----------
    expression : Expression
        Of `parse_filter`, or made of the same operators.
    columns : mapping of str to column
        By property; under `GEOMETRY` the WKB on SQLite, the geometry on PostGIS.
    backend : Named
        On SQLite its connections have `functions.FUNCTIONS`.
    """
    dialect = _Postgis if backend.name == "postgis" else _Sqlite
    found: sa.ColumnElement[bool] = dialect(columns).condition(expression)
    return found


class _Dialect(ABC):
    """What is written alike for both."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns

    def condition(self, expression: Expression) -> Sql:
        """Return an expression that is true, false or unknown."""
        match expression:
            case Literal(value):
                return sa.true() if value else sa.false()
            case Property(name):
                return self._columns[name] == sa.literal(True, sa.Boolean)
            case Call("and" | "or" as op, args):
                return _joined(sa.and_ if op == "and" else sa.or_, [self.condition(each) for each in args])
            case Call("not", (Call(op, args),)) if op == BEFORE:
                return self._before(*args, negative=True)
            case Call("not", (arg,)):
                return sa.not_(self.condition(arg))
            case Call(op, args):
                return self._predicate(op, args)
        raise TypeError(f"no condition: {expression}")

    def _predicate(self, op: str, args: tuple[Expression, ...]) -> Sql:
        if op in _COMPARISONS:
            return self._comparison(op, *args)
        if op == BEFORE:
            return self._before(*args, negative=False)
        if op in _POSTGIS:
            return self._spatial(op, *args)
        if op == "isNull":
            return (self.condition if is_condition(args[0]) else self.value)(args[0]).is_(None)
        first, second = args
        match op, second:
            case "like", Literal(str(pattern)):
                return self.matches(self.value(first), pattern, indexed=isinstance(first, Property))
            case "in", Array(items):
                return self.value(first).in_([self.value(each) for each in items])
        raise TypeError(f"no such operator: {op}")

    def value(self, expression: Expression) -> Sql:
        """Return a text, number, boolean or geometry."""
        match expression:
            case Property(name):
                return self._columns[name]
            case Literal(value):
                return _literal(value)
            case Shape(geometry):
                return self.shape(shapely.to_wkb(geometry))
            case Call(op, (arg,)):
                return self.folded(op, self.value(arg))
            case Call(op, (left, right)) if op in _PLAIN_ARITHMETIC:
                a, b = (sa.cast(self.value(each), sa.Double) for each in (left, right))
                return _PLAIN_ARITHMETIC[op](a, b)
            case Call(op, (left, right)):
                return self.arithmetic(op, *(sa.cast(self.value(each), sa.Double) for each in (left, right)))
        raise TypeError(f"no value: {expression}")

    def _comparison(self, op: str, left: Expression, right: Expression) -> Sql:
        if is_time(left) or is_time(right):
            return self.condition(compared(op, left, right))
        a, b = self.value(left), self.value(right)
        if not isinstance(left, Property) and not isinstance(right, Property):
            a = self.by_code_point(a)
        return _COMPARISONS[op](a, b)

    def _before(self, left: Expression, right: Expression, *, negative: bool) -> Sql:
        """Compare stored times as text, so that an index serves; `negative` is the same, denied."""
        match left, right:
            case Property(name), Literal(date() as value):
                return (_ends_from if negative else _ends_before)(self._columns[name], span(value)[0])
            case Literal(date() as value), Property(name):
                return (_begins_until if negative else _begins_after)(self._columns[name], span(value)[1])
        end, begin = self._edge(left, last=True), self._edge(right, last=False)
        return end >= begin if negative else end < begin

    def _edge(self, time: Expression, *, last: bool) -> Sql:
        if isinstance(time, Literal) and isinstance(time.value, date):
            return self.by_code_point(sa.literal(span(time.value)[last], sa.String))
        return self.by_code_point(self.edge(self.value(time), last=last))

    def _spatial(self, op: str, left: Expression, right: Expression) -> Sql:
        """Put the shape that is the same for every row first."""
        if isinstance(right, Shape):
            left, right, op = right, left, _CONVERSE.get(op, op)
        return self.related(op, self.value(left), self.value(right))

    @abstractmethod
    def by_code_point(self, value: Sql) -> Sql:
        """Return a value that compares by code point when it is text."""

    @abstractmethod
    def edge(self, value: Sql, *, last: bool) -> Sql:
        """Return the first or last moment of a stored time."""

    @abstractmethod
    def folded(self, op: str, value: Sql) -> Sql:
        """Return text without case or accents."""

    @abstractmethod
    def matches(self, value: Sql, pattern: str, *, indexed: bool) -> Sql:
        """Return whether text, which may have an index, is as a pattern."""

    @abstractmethod
    def arithmetic(self, op: str, a: Sql, b: Sql) -> Sql:
        """Return a quotient, remainder or power of doubles."""

    @abstractmethod
    def shape(self, wkb: bytes) -> Sql:
        """Return a geometry of the filter."""

    @abstractmethod
    def related(self, op: str, shape: Sql, other: Sql) -> Sql:
        """Return whether two geometries have a relation."""


class _Sqlite(_Dialect):
    def by_code_point(self, value: Sql) -> Sql:
        return value

    def edge(self, value: Sql, *, last: bool) -> Sql:
        return (sa.func.time_end if last else sa.func.time_begin)(value, type_=sa.String)

    def folded(self, op: str, value: Sql) -> Sql:
        return getattr(sa.func, f"text_{op}")(value, type_=sa.String)

    def matches(self, value: Sql, pattern: str, *, indexed: bool) -> Sql:
        """Bound the text by what the pattern begins with: that an index can answer."""
        exact: Sql = sa.func.text_matches(value, sa.literal(pattern), type_=sa.Boolean)
        start, whole = stem(pattern)
        if not indexed or not start or ord(start[-1]) in _LAST_OF_RANGES:
            return exact
        following = start[:-1] + chr(ord(start[-1]) + 1)
        stretch = sa.and_(value >= _literal(start), value < _literal(following))
        return stretch if whole else sa.and_(stretch, exact)

    def arithmetic(self, op: str, a: Sql, b: Sql) -> Sql:
        if op == "/":
            return a / b
        names = {"div": "number_quotient", "%": "number_remainder", "^": "number_power"}
        return getattr(sa.func, names[op])(a, b, type_=sa.Double)

    def shape(self, wkb: bytes) -> Sql:
        return sa.literal(wkb, sa.LargeBinary)

    def related(self, op: str, shape: Sql, other: Sql) -> Sql:
        return sa.func.geometry_relates(sa.literal(op), shape, other, type_=sa.Boolean)


class _Postgis(_Dialect):
    def by_code_point(self, value: Sql) -> Sql:
        return sa.collate(value, "C") if isinstance(value.type, sa.String) else value

    def edge(self, value: Sql, *, last: bool) -> Sql:
        said = sa.func.rtrim(value, "Z", type_=sa.String)
        rest = "-12-31T23:59:59.999999Z" if last else "-01-01T00:00:00.000000Z"
        length = sa.func.length(said)
        month = said + rest[MONTH - YEAR :]
        if last:
            first_day = sa.func.to_date(said, "YYYY-MM")
            last_day = first_day + sa.text("interval '1 month - 1 day'")
            month = sa.func.to_char(last_day, "YYYY-MM-DD", type_=sa.String) + rest[DAY - YEAR :]
        return sa.case(
            (length == YEAR, said + rest),
            (length == MONTH, month),
            (length == DAY, said + rest[DAY - YEAR :]),
            (length == SECOND, said + ".000000Z"),
            else_=said + "Z",
        )

    def folded(self, op: str, value: Sql) -> Sql:
        if op == "casei":
            capitals = sa.func.upper(sa.collate(value, "und-x-icu"))
            small = sa.func.lower(sa.collate(capitals, "und-x-icu"))
            return self.by_code_point(sa.func.replace(small, "ς", "σ", type_=sa.String))
        parts = sa.func.normalize(value, sa.literal_column("NFD"))
        bare = sa.func.translate(sa.func.regexp_replace(parts, f"[{ACCENTS}]", "", "g"), BARRED, PLAIN)
        return self.by_code_point(sa.func.normalize(bare, sa.literal_column("NFC"), type_=sa.String))

    def matches(self, value: Sql, pattern: str, *, indexed: bool) -> Sql:
        return value.like(sa.literal(pattern))

    def arithmetic(self, op: str, a: Sql, b: Sql) -> Sql:
        if op == "^":
            none = sa.or_(sa.and_(a < 0, b != sa.func.floor(b)), sa.and_(a == 0, b < 0))
            return sa.case((none, sa.null()), else_=sa.func.power(a, b, type_=sa.Double))
        quotient = a / sa.func.nullif(b, 0, type_=sa.Double)
        if op == "/":
            return quotient
        whole = sa.func.trunc(quotient, type_=sa.Double)
        return whole if op == "div" else a - b * whole

    def shape(self, wkb: bytes) -> Sql:
        return sa.func.ST_GeomFromWKB(sa.literal(wkb, sa.LargeBinary), _SRID)

    def related(self, op: str, shape: Sql, other: Sql) -> Sql:
        return getattr(sa.func, _POSTGIS[op])(shape, other, type_=sa.Boolean)


def _joined(join: Callable[..., Sql], parts: list[Sql]) -> Sql:
    """Join conditions in groups: SQLite makes a tree of that depth of a chain, and refuses 1,000."""
    if len(parts) <= _MOST_JOINED:
        return join(*parts)
    groups = [parts[at : at + _MOST_JOINED] for at in range(0, len(parts), _MOST_JOINED)]
    return join(*(join(*group).self_group() for group in groups))


def _literal(value: object) -> Sql:
    match value:
        case bool():
            return sa.literal(value, sa.Boolean)
        case int() if abs(value) < 2**63:
            return sa.literal(value, sa.BigInteger)
        case int() | float():
            return sa.literal(float(value), sa.Double)
    return sa.literal(value, sa.String)


# A stored time is as long as what it says: 4, 7 or 10 characters without a clock time, else ending in Z with
# six digits of a fraction, or none where that is zero. So it compares as text with a moment of 27 characters,
# but for the year, month and day that hold the moment, which begin it, and its second without a fraction.


def _begins_after(column: Sql, moment: str) -> Sql:
    return sa.and_(column > _literal(moment), column != _literal(_second(moment)))


def _begins_until(column: Sql, moment: str) -> Sql:
    second = _literal(_second(moment))
    return sa.and_(column <= second, sa.or_(column <= _literal(moment), column == second))


def _ends_before(column: Sql, moment: str) -> Sql:
    earlier = sa.and_(column < _literal(moment), column.not_in(_holding(moment)))
    if _is_whole(moment):
        return earlier
    return sa.or_(earlier, column == _literal(_second(moment)))


def _ends_from(column: Sql, moment: str) -> Sql:
    later = sa.or_(column >= _literal(moment), column.in_(_holding(moment)))
    stretch = sa.and_(column >= _literal(moment[:YEAR]), later)
    return stretch if _is_whole(moment) else sa.and_(stretch, column != _literal(_second(moment)))


def _holding(moment: str) -> list[Sql]:
    return [_literal(moment[:length]) for length in (YEAR, MONTH, DAY)]


def _second(moment: str) -> str:
    return f"{moment[:SECOND]}Z"


def _is_whole(moment: str) -> bool:
    return moment.endswith(".000000Z")
