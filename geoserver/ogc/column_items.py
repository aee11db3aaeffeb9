"""Items that are held in memory as columns: searched by arrays, in a state that never changes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray

from data_catalog.collection import Collection
from data_catalog.evaluation import Column, Rows, Shapes, matching
from data_catalog.expression import GEOMETRY, Expression
from data_catalog.items import Bounds, ItemQuery, Page, Row, Sort
from data_catalog.store.reach import reach


@dataclass(frozen=True)
class Columns:
    """One state of a collection.

    Parameters
    ----------
    moment : datetime
        One at which this was the state.
    columns : mapping of str to (n,) array
        By property; what is missing is None or not-a-number.
    ids : callable of rows
        Ids of some rows.
    shapes : Shapes
        Geometries, made where they are needed.
    tags : callable of rows
        What names the state of each, and when that began (UTC text).
    row : callable of str
        The row of an id, or NotFound.
    near : callable of bounds, optional
        Rows that may touch a box, sooner than all are looked at.
    """

    moment: datetime
    count: int
    columns: Mapping[str, NDArray[Any]]
    ids: Callable[[Rows], Sequence[str]]
    shapes: Shapes
    row: Callable[[str], int]
    tags: Callable[[Rows], Sequence[tuple[str, str]]]
    bounds: Bounds | None
    near: Callable[[Bounds], NDArray[np.integer[Any]]] | None = None


class States(Protocol):
    """Where the states of a collection come from."""

    def version(self) -> str:
        """Return a text that changes whenever the newest state does."""

    def changed_at(self) -> datetime | None:
        """Return when the newest state was written, None when there is none."""

    def at(self, moment: datetime | None) -> Columns:
        """Return the state that was known at a moment, or is now."""


class ColumnItems:
    """A collection of columns; a page is named by how many items come before it, for its state is fixed."""

    def __init__(self, collection: Collection, states: States) -> None:
        self.collection = collection
        self._states = states

    def version(self) -> str:
        """Return a text that changes whenever any answer would."""
        return self._states.version()

    def changed_at(self) -> datetime | None:
        """Return when it last changed, None when it never held anything."""
        return self._states.changed_at()

    def bounds(self) -> Bounds | None:
        """West, south, east, north, deg; None when it is empty."""
        return self._states.at(None).bounds

    def page(self, query: ItemQuery) -> Page:
        """Return one page."""
        state = self._states.at(query.moment)
        rows = _sorted(state, _matching(state, query.where), query.sort)
        begin = query.after[0] if query.after else query.offset
        end = len(rows) if query.limit is None else min(begin + query.limit, len(rows))
        after = (end,) if end < len(rows) else None
        return self._page(state, rows[begin:end], query.properties, after)

    def batches(self, query: ItemQuery, size: int) -> Iterator[Page]:
        """Return all pages at one moment, without holding more than one."""
        state = self._states.at(query.moment)
        rows = _sorted(state, _matching(state, query.where), query.sort)
        begin = query.after[0] if query.after else query.offset
        rows = rows[begin:] if query.limit is None else rows[begin : begin + query.limit]
        for at in range(0, max(len(rows), 1), size):
            after = (at + size,) if at + size < len(rows) else None
            yield self._page(state, rows[at : at + size], query.properties, after)

    def count(self, query: ItemQuery, at_most: int | None = None) -> int | None:
        """Return how many match in all, None when they are more than `at_most`."""
        count = len(_matching(self._states.at(query.moment), query.where))
        return None if at_most is not None and count > at_most else count

    def item(self, item_id: str, moment: datetime | None = None) -> tuple[tuple[str, ...], Row]:
        """Return names and row of one item, or raise NotFound."""
        state = self._states.at(moment)
        found = self._page(state, np.array([state.row(item_id)]), None, None)
        return found.names, found.rows[0]

    def _page(
        self, state: Columns, rows: Rows, properties: tuple[str, ...] | None, after: tuple[int] | None
    ) -> Page:
        names = tuple(self.collection.properties) if properties is None else properties
        values = [_plain(state.columns[name][rows]) for name in names]
        tags, changed = zip(*state.tags(rows), strict=True) if len(rows) else ((), ())
        outlines = shapely.to_wkb(state.shapes.made(rows), byte_order=1)
        found = list(zip(state.ids(rows), outlines, tags, changed, *values, strict=True))
        return Page(names, found, after, state.moment)


def _matching(state: Columns, where: Expression | None) -> Rows:
    """Return the rows that match, in order."""
    rows = np.arange(state.count)
    if where is None:
        return rows
    boxes = reach(where) if state.near else None
    if boxes is not None and state.near is not None:
        rows = np.unique(np.concatenate([rows[:0], *map(state.near, boxes)]))
    return rows[matching(where, _Searched(state, rows), len(rows))]


class _Searched(dict[str, Column]):
    """The columns that a filter may name, in some rows; each is taken only when it is named."""

    def __init__(self, state: Columns, rows: Rows) -> None:
        super().__init__()
        self._state = state
        self._rows = rows

    def __missing__(self, name: str) -> Column:
        column: Column
        if name in self._state.columns:
            column = self._state.columns[name][self._rows]
        elif name == GEOMETRY:
            column = _part(self._state.shapes, self._rows)
        else:
            column = np.empty(len(self._rows), dtype=object)
            column[:] = self._state.ids(self._rows)
        self[name] = column
        return column


def _part(shapes: Shapes, rows: Rows) -> Shapes:
    across, along = (
        each if isinstance(each, float) else each[rows] for each in (shapes.across, shapes.along)
    )
    return Shapes(lambda some: shapes.made(rows[some]), shapes.lon[rows], shapes.lat[rows], across, along)


def _sorted(state: Columns, rows: Rows, sort: tuple[Sort, ...]) -> Rows:
    """Order rows by the keys, those without a value last, then as they stand."""
    keys: list[NDArray[Any]] = []
    for key in reversed(sort):
        column = state.columns[key.name][rows]
        missing = _missing(column)
        rank = np.zeros(len(rows), dtype=np.int64)
        _, rank[~missing] = np.unique(column[~missing], return_inverse=True)
        keys += [-rank if key.descending else rank, missing]
    return rows[np.lexsort(keys)] if keys else rows


def _missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype.kind == "O":
        return np.array([value is None for value in column], dtype=bool)
    return np.zeros(len(column), dtype=bool)


def _plain(column: NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if column.dtype.kind == "f" and np.isnan(column).any():
        return [None if math.isnan(value) else value for value in values]
    return values
