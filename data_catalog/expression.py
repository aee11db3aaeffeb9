"""Expressions: what selects items, as a tree whose names and kinds were checked against a schema.

The words are those of CQL2 (OGC 21-065r2): `Call.op` is an ``op`` of its JSON encoding, in lower case where
the standard writes ``s_intersects`` and as it stands where it writes ``isNull``. What evaluates expressions
(`store.predicate`, `evaluation`) knows these: and, or, not, isNull, in (a value, an `Array`), like (text, a
`Literal`), = <> < <= > >=, + - * / % div ^, casei, accenti, the eight s_…, and ``before`` of `temporal`. The
rest of CQL2 is made of them by `cql2`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from shapely.geometry.base import BaseGeometry

GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Property:
    """The value of a property; the name is in the schema, or `GEOMETRY`."""

    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A value; times are aware, in UTC."""

    value: str | int | float | bool | date | datetime


@dataclass(frozen=True, slots=True)
class Shape:
    """A geometry in lon/lat deg."""

    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class Interval:
    """A period; an end that is None is open."""

    begin: Expression | None
    end: Expression | None


@dataclass(frozen=True, slots=True)
class Array:
    """Values one after another."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function on its arguments."""

    op: str
    args: tuple[Expression, ...]


type Expression = Property | Literal | Shape | Interval | Array | Call


_OF_VALUES = frozenset({"+", "-", "*", "/", "%", "div", "^", "casei", "accenti"})


def is_condition(expression: Expression) -> bool:
    """Say whether an expression is an operator that is true, false or unknown, not one that gives a value."""
    return isinstance(expression, Call) and expression.op not in _OF_VALUES


def both(*parts: Expression | None) -> Expression | None:
    """Return the conjunction of what is there, None when nothing is."""
    given = tuple(part for part in parts if part is not None)
    return Call("and", given) if len(given) > 1 else next(iter(given), None)
