"""Filters: a checked expression as a condition in SQL, with the boxes that a spatial index is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from data_catalog.expression import Array, Call, Expression, Interval, Property, both
from data_catalog.items import Bounds
from data_catalog.store.backend import Backend
from data_catalog.store.predicate import condition
from data_catalog.store.reach import box_of, reach, wkb_of
from data_catalog.store.selection import RISK, Selection
from data_catalog.store.sql import Sql, all_of, compiled

_EDGES = ("west", "south", "east", "north")


@dataclass(frozen=True, slots=True)
class Filter:
    """What selects.

    `boxes` are those one of which each match touches, None when a match may be anywhere. `is_box` is whether
    the condition is only that a geometry intersects a box. `risk` is whether it speaks of joined columns.
    """

    condition: Sql
    boxes: tuple[Bounds, ...] | None = None
    is_box: bool = False
    risk: bool = False


class Filters:
    """The filters of one collection; the condition of a box is written once."""

    def __init__(self, backend: Backend, selection: Selection) -> None:
        self._backend = backend
        self._columns = selection.columns
        edges = [sa.bindparam(f"box_{edge}", type_=sa.Double) for edge in _EDGES]
        shape = sa.bindparam("box_shape", type_=sa.LargeBinary)
        self._box = compiled(backend.meets(selection.table, edges, shape), backend.dialect).text

    def filter(self, where: Expression | None) -> Filter:
        """Return what an expression selects; the first box among what must all hold has its own way."""
        if where is None:
            return Filter(all_of())
        parts = list(where.args) if isinstance(where, Call) and where.op == "and" else [where]
        conditions = []
        for part in parts:
            box = box_of(part)
            if box is not None:
                edges = {f"box_{edge}": value for edge, value in zip(_EDGES, box, strict=True)}
                conditions.append(Sql(self._box, {**edges, "box_shape": wkb_of(box)}))
                parts.remove(part)
                break
        rest = both(*parts)
        if rest is not None:
            made = condition(rest, self._columns, self._backend)
            conditions.append(compiled(made, self._backend.dialect))
        risk = not RISK.isdisjoint(_names(where))
        return Filter(all_of(*conditions), reach(where), rest is None, risk)


def _names(expression: Expression) -> set[str]:
    match expression:
        case Property(name):
            return {name}
        case Call(_, parts) | Array(parts):
            return {name for part in parts for name in _names(part)}
        case Interval(begin, end):
            return {name for part in (begin, end) if part is not None for name in _names(part)}
        case _:
            return set()
