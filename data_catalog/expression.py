"""Expressions: what selects items, as a tree whose names and kinds were checked against a schema.

The words are those of CQL2 (OGC 21-065r2): `Call.op` is an ``op`` of its JSON encoding, in lower case where
the standard writes ``s_intersects`` and as it stands where it writes ``isNull``.
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


def both(*parts: Expression | None) -> Expression | None:
    """Return the conjunction of what is there, None when nothing is."""
    given = tuple(part for part in parts if part is not None)
    return Call("and", given) if len(given) > 1 else next(iter(given), None)
