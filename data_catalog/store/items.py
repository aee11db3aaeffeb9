"""Items of the stored collections: pages, counts and single items by SQL, each of one state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from data_catalog.collection import Collection
from data_catalog.expression import Call, Expression, Property
from data_catalog.items import FIXED_COLUMNS, Bounds, ItemQuery, Page, Row
from data_catalog.store.backend import Backend, Cursor
from data_catalog.store.moments import newest
from data_catalog.store.reach import box_of, reach
from data_catalog.store.selection import RISK, Selection, Sql, Wanted
from minegis.clock import format_moment, parse_utc
from minegis.errors import InvalidInput, NotFound

_ALL = 2**62
_STATE = """SELECT max(at), max(CASE WHEN name IN ({names}) THEN at END) FROM revision"""


class StoreItems:
    """A collection of the store."""

    def __init__(self, backend: Backend, collection: Collection) -> None:
        self.collection = collection
        self._backend = backend
        self._selection = Selection(backend, collection)
        self._sources = self._selection.sources
        self._page_sql = cache(self._selection.page)
        self._count_sql = cache(self._selection.count)
        self._item_sql = cache(self._selection.item)
        self._state_sql = _STATE.format(names=", ".join(f"'{name}'" for name in self._sources))
        self._kept: dict[str, tuple[str, Any]] = {}

    def version(self) -> str:
        """Return a text that changes whenever any answer would."""
        revisions = self._backend.revisions()
        return ".".join(str(revisions[n].number) if n in revisions else "0" for n in self._sources)

    def changed_at(self) -> datetime | None:
        """Return when it last changed, None when it never held anything."""
        return newest(self._backend.revisions(), *self._sources)

    def bounds(self) -> Bounds | None:
        """West, south, east, north, deg; None when it is empty."""
        return self._keep("bounds", self._read_bounds)

    def page(self, query: ItemQuery) -> Page:
        """Return one page.

        Raises
        ------
        InvalidInput
            If a sort key or `after` does not fit.
        """
        names = self._selection.names if query.properties is None else query.properties
        joined = True
        with self._backend.snapshot() as cursor:
            moment, present = self._state(cursor, query.moment)
            after = None if query.after is None else tuple(each is not None for each in query.after[:-1])
            wanted = Wanted(names, query.sort, after, present, joined)
            values = {
                "moment": moment,
                "page_limit": _ALL if query.limit is None else query.limit + 1,
                "page_offset": query.offset,
                **self._after(query),
            }
            sql = self._page_sql(wanted).selecting(self._condition(query.where))
            cursor.execute(sql.text, {**sql.parameters, **values})
            found = cursor.fetchall()
        width = FIXED_COLUMNS + len(names)
        last = None
        if query.limit is not None and len(found) > query.limit:
            del found[query.limit :]
            last = found[-1][width:] if found else None
        return Page(names, [row[:width] for row in found], last, parse_utc(moment))

    def batches(self, query: ItemQuery, size: int) -> Iterator[Page]:
        """Return all pages at one moment, `size` rows each, without holding more than one."""
        left = query.limit
        while True:
            limit = size if left is None else min(size, left)
            page = self.page(replace(query, limit=limit))
            yield page
            left = None if left is None else left - len(page.rows)
            if page.after is None or left == 0:
                return
            query = replace(query, after=page.after, offset=0, moment=page.moment)

    def count(self, query: ItemQuery, at_most: int | None = None) -> int | None:
        """Return how many match in all, None when they are more than `at_most`."""
        if query.where is None and query.moment is None:
            found: int = self._keep("count", lambda: self._count(query, None))
        else:
            found = self._count(query, at_most)
        return None if at_most is not None and found > at_most else found

    def item(self, item_id: str, moment: datetime | None = None) -> tuple[tuple[str, ...], Row]:
        """Return names and row of one item, or raise NotFound."""
        names = self._selection.names
        with self._backend.snapshot() as cursor:
            at, present = self._state(cursor, moment)
            sql = self._item_sql(names, present)
            cursor.execute(sql.text, {**sql.parameters, "moment": at, "item_id": item_id})
            row = cursor.fetchone()
        if row is None:
            raise NotFound("no such feature", where=f"{self.collection.id}/{item_id}")
        return names, row[:-1]

    def find(self, connection: sa.Connection, item_id: str) -> tuple[int, str] | None:
        """Return pk and tag of an item as it stands in a transaction, None when there is none."""
        sql = self._item_sql((), True)
        row = connection.exec_driver_sql(sql.text, {**sql.parameters, "item_id": item_id}).first()
        return None if row is None else (row[-1], row[2])

    def item_in(self, connection: sa.Connection, item_id: str) -> tuple[tuple[str, ...], Row]:
        """Return names and row of an item as it stands in a transaction."""
        sql = self._item_sql(self._selection.names, True)
        row = connection.exec_driver_sql(sql.text, {**sql.parameters, "item_id": item_id}).one()
        return self._selection.names, tuple(row)[:-1]

    def _state(self, cursor: Cursor, asked: datetime | None) -> tuple[str, bool]:
        """Return the moment that is read, and whether nothing of the collection has changed since."""
        cursor.execute(self._state_sql, {})
        row = cursor.fetchone()
        assert row is not None
        newest_of_all, last_change = row
        moment = newest_of_all if asked is None else min(format_moment(asked), newest_of_all)
        return moment, last_change is None or last_change <= moment

    def _after(self, query: ItemQuery) -> dict[str, Any]:
        if query.after is None:
            return {}
        if len(query.after) != len(query.sort) + 1:
            raise InvalidInput("a cursor of another order", where="cursor")
        *keys, pk = query.after
        return {"after_pk": pk, **{f"after_{i}": key for i, key in enumerate(keys) if key is not None}}

    def _condition(self, where: Expression | None) -> Sql | None:
        if where is None:
            return None
        table, backend = self._selection.table, self._backend
        parts = where.args if isinstance(where, Call) and where.op == "and" else (where,)
        conditions = []
        rest = []
        for part in parts:
            box = box_of(part)
            if box is None:
                rest.append(part)
            else:
                conditions.append(backend.meets(table, box))
        if rest:
            raise InvalidInput("no such filter yet", where="filter")
        boxes = reach(where)
        if boxes:
            conditions.append(backend.near(table, boxes))
        return self._selection.compiled(sa.and_(*conditions))

    def _count(self, query: ItemQuery, at_most: int | None) -> int:
        joined = query.where is not None and not RISK.isdisjoint(names_in(query.where))
        with self._backend.snapshot() as cursor:
            moment, present = self._state(cursor, query.moment)
            sql = self._count_sql(present, joined).selecting(self._condition(query.where))
            limit = _ALL if at_most is None else at_most + 1
            cursor.execute(sql.text, {**sql.parameters, "moment": moment, "page_limit": limit})
            row = cursor.fetchone()
        assert row is not None
        return int(row[0])

    def _read_bounds(self) -> Bounds | None:
        c = self._selection.table.c
        edges = (sa.func.min(c.minx), sa.func.min(c.miny), sa.func.max(c.maxx), sa.func.max(c.maxy))
        with self._backend.reading() as connection:
            row = connection.execute(sa.select(*edges).where(c.known_to.is_(None))).one()
        return None if row[0] is None else (row[0], row[1], row[2], row[3])

    def _keep[R](self, name: str, read: Callable[[], R]) -> R:
        """Return what was read in this version, read again in another."""
        version = self.version()
        kept = self._kept.get(name)
        if kept is None or kept[0] != version:
            kept = (version, read())
            self._kept[name] = kept
        found: R = kept[1]
        return found


def names_in(expression: Expression) -> set[str]:
    """Return the names of the properties that an expression speaks of."""
    if isinstance(expression, Property):
        return {expression.name}
    parts: tuple[Expression, ...] = ()
    if isinstance(expression, Call):
        parts = expression.args
    return {name for part in parts for name in names_in(part)}
