"""Items of the stored collections: pages, counts and single items by SQL, each of one state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import cache
from math import isqrt
from typing import Any

import sqlalchemy as sa

from data_catalog.collection import Collection
from data_catalog.items import FIXED_COLUMNS, Bounds, ItemQuery, Page, Row
from data_catalog.store.backend import Backend, Cursor
from data_catalog.store.filters import Filter, Filters
from data_catalog.store.moments import newest
from data_catalog.store.selection import Selection, Wanted
from data_catalog.store.sql import Sql, all_of
from minegis.clock import format_moment, parse_utc
from minegis.errors import NotFound

_ALL = 2**62
_FEWEST = 64
_EVENLY = 12  # how many times more rows are looked at than would do if the hits lay evenly
_STATE = """SELECT max(at), max(CASE WHEN name IN ({names}) THEN at END) FROM revision"""


class StoreItems:
    """A collection of the store."""

    def __init__(self, backend: Backend, collection: Collection) -> None:
        self.collection = collection
        self._backend = backend
        self._selection = Selection(backend, collection)
        self._filters = Filters(backend, self._selection)
        self._tree = backend.tree(self._selection.table)
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
            If a property, a sort key or `after` does not fit.
        """
        as_text = query.as_text and query.properties is None
        every = self._selection.joined if as_text else self._selection.names
        names = every if query.properties is None else query.properties
        after = None if query.after is None else tuple(key is not None for key in query.after[:-1])
        chosen = self._filters.filter(query.where)
        with self._backend.snapshot() as cursor:
            moment, present = self._state(cursor, query.moment)
            values = {
                "moment": moment,
                "page_limit": _ALL if query.limit is None else query.limit + 1,
                "page_offset": query.offset,
                **self._after(query),
            }
            sql = self._page_sql(Wanted(names, query.sort, after, present, as_text))

            def read(condition: Sql) -> list[Row]:
                cursor.execute(sql.where(condition), {**condition.parameters, **values})
                return cursor.fetchall()

            found = self._found(read, cursor, query, chosen, present)
        width = FIXED_COLUMNS + len(names)
        last = None
        if query.limit is not None and len(found) > query.limit:
            del found[query.limit :]
            last = found[-1][width : width + len(query.sort) + 1] if found else None
        texts = [row[-1] for row in found] if as_text else None
        return Page(names, [row[:width] for row in found], last, parse_utc(moment), texts)

    def batches(self, query: ItemQuery, size: int) -> Iterator[Page]:
        """Return all pages at one moment, `size` rows each, without holding more than one."""
        left = query.limit
        while True:
            page = self.page(replace(query, limit=size if left is None else min(size, left)))
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
            cursor.execute(self._item_sql(names, present), {"moment": at, "item_id": item_id})
            row = cursor.fetchone()
        if row is None:
            raise NotFound("no such feature", where=f"{self.collection.id}/{item_id}")
        return names, row[:-1]

    def find(self, connection: sa.Connection, item_id: str) -> tuple[int, str] | None:
        """Return pk and tag of an item as it stands in a transaction, None when there is none."""
        row = connection.exec_driver_sql(self._item_sql((), True), {"item_id": item_id}).first()
        return None if row is None else (row[-1], row[2])

    def item_in(self, connection: sa.Connection, item_id: str) -> tuple[tuple[str, ...], Row]:
        """Return names and row of an item as it stands in a transaction."""
        names = self._selection.names
        row = connection.exec_driver_sql(self._item_sql(names, True), {"item_id": item_id}).one()
        return names, tuple(row)[:-1]

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
        self._selection.check_after(query.sort, query.after)
        *keys, pk = query.after
        return {"after_pk": pk, **{f"after_{i}": key for i, key in enumerate(keys) if key is not None}}

    def _found(
        self,
        read: Callable[[Sql], list[Row]],
        cursor: Cursor,
        query: ItemQuery,
        chosen: Filter,
        present: bool,
    ) -> list[Row]:
        """Read a page in the way that touches the fewest rows.

        With h hits of the tree among n rows, a page of k is among the first k n / h rows, when the hits lie
        evenly. Looking at all hits costs as much where h is the root of k n.
        """
        tree, boxes = self._tree, chosen.boxes
        if tree is None or boxes is None:
            return read(chosen.condition)
        rows = self._rows(cursor)
        if query.limit is None or query.sort:
            few = rows // 8
        else:
            few = max(_FEWEST, isqrt((query.limit + query.offset + 1) * rows // 3))
        if tree.number(cursor, boxes, few) < few:
            return read(all_of(tree.near(boxes, present), chosen.condition))
        if query.limit is None or query.sort:
            return read(chosen.condition)
        wanted = query.limit + 1
        begin = query.after[-1] if query.after else 0
        end = begin + _EVENLY * few
        found = read(all_of(self._selection.up_to(end), chosen.condition))
        whole = end >= rows
        if len(found) < wanted and not whole and present and chosen.is_box:
            keys = tree.first(cursor, boxes, begin, 2 * (wanted + query.offset))
            found = read(all_of(self._selection.among(keys), chosen.condition))
            whole = len(keys) < 2 * (wanted + query.offset)
        return found if whole or len(found) == wanted else read(chosen.condition)

    def _rows(self, cursor: Cursor) -> int:
        """Return how many rows the table has, of every time."""
        cursor.execute(f"SELECT max(pk) FROM {self._selection.table.name}", {})
        row = cursor.fetchone()
        return (row and row[0]) or 0

    def _count(self, query: ItemQuery, at_most: int | None) -> int:
        chosen = self._filters.filter(query.where)
        limit = _ALL if at_most is None else at_most + 1
        with self._backend.snapshot() as cursor:
            moment, present = self._state(cursor, query.moment)
            tree, boxes = self._tree, chosen.boxes
            if tree is not None and present and chosen.is_box and boxes and len(boxes) == 1:
                return tree.count(cursor, boxes[0], chosen.condition, limit)
            condition = chosen.condition
            if tree is not None and boxes is not None:
                few = self._rows(cursor) // 8
                if tree.number(cursor, boxes, few) < few:
                    condition = all_of(tree.near(boxes, present), condition)
            sql = self._count_sql(present, chosen.risk).where(condition)
            cursor.execute(sql, {**condition.parameters, "moment": moment, "page_limit": limit})
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
