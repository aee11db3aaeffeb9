"""The R*Tree of a table on SQLite: the frames of its present rows, asked directly for what it answers fast.

A hit of the tree costs a fifth of a microsecond, the look at its row ten times as much, and a list of many
hits in the order of rows more still: so a page and a count ask in the way that touches the fewest rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import batched
from typing import Any

import numpy as np
import sqlalchemy as sa

from data_catalog.items import Bounds
from data_catalog.store.backend import Cursor
from data_catalog.store.packing import Node, pack
from data_catalog.store.sql import Sql

_AT_ONCE = 50_000
_NODES_AT_ONCE = 2_000

_MEETING = "maxx >= :west_{0} AND minx <= :east_{0} AND maxy >= :south_{0} AND miny <= :north_{0}"
_WITHIN = "r.minx >= :west_0 AND r.maxx <= :east_0 AND r.miny >= :south_0 AND r.maxy <= :north_0"


class RTree:
    """Answers for one table; boxes are west, south, east, north in deg."""

    def __init__(self, table: sa.Table) -> None:
        self._table = table.name
        self._name = table.name.replace("feature_", "rtree_", 1)

    def create(self, connection: sa.Connection) -> None:
        """Make the tree and the triggers that keep it: a row is in it while it is known."""
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {self._name} USING rtree(pk, minx, maxx, miny, maxy)"
        )
        self._follow(connection)

    @contextmanager
    def filling(self, connection: sa.Connection) -> Iterator[None]:
        """Let many rows come without following each; then make the tree anew."""
        for trigger in ("begin", "end"):
            connection.exec_driver_sql(f"DROP TRIGGER {self._name}_{trigger}")
        yield
        self._pack(connection)
        self._follow(connection)

    def _follow(self, connection: sa.Connection) -> None:
        tree, table = self._name, self._table
        connection.exec_driver_sql(
            f"CREATE TRIGGER {tree}_begin AFTER INSERT ON {table} WHEN new.known_to IS NULL BEGIN "
            f"INSERT INTO {tree} VALUES (new.pk, new.minx, new.maxx, new.miny, new.maxy); END"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {tree}_end AFTER UPDATE OF known_to ON {table} BEGIN "
            f"DELETE FROM {tree} WHERE pk = old.pk; END"
        )

    def _pack(self, connection: sa.Connection) -> None:
        present = connection.exec_driver_sql(
            f"SELECT pk, minx, maxx, miny, maxy FROM {self._table} WHERE known_to IS NULL"
        )
        parts = [np.array(rows, dtype=np.float64) for rows in present.partitions(_AT_ONCE)]
        rows = np.concatenate([np.empty((0, 5)), *parts])
        for shadow in ("node", "parent", "rowid"):
            connection.exec_driver_sql(f"DELETE FROM {self._name}_{shadow}")
        for nodes in batched(pack(rows[:, 0].astype(np.int64), rows[:, 1:]), _NODES_AT_ONCE):
            self._write(connection, nodes)

    def _write(self, connection: sa.Connection, nodes: Sequence[Node]) -> None:
        def insert(shadow: str, rows: list[tuple[Any, ...]]) -> None:
            if rows:
                connection.exec_driver_sql(f"INSERT INTO {self._name}_{shadow} VALUES (?, ?)", rows)

        insert("node", [(number, data) for number, _, data, _ in nodes])
        for shadow, of_rows in (("rowid", True), ("parent", False)):
            held = [(n, keys) for n, level, _, keys in nodes if (level == 0) == of_rows]
            insert(shadow, [(key, number) for number, keys in held for key in keys.tolist()])

    def near(self, boxes: Sequence[Bounds], present: bool) -> Sql:
        """Return the condition for rows whose frame meets a box; of the past, for those ended since as well.

        Of the past it takes the parameter ``moment``.
        """
        hits = self._hits("pk", boxes)
        text = f"{self._table}.pk IN ({hits.text})"
        return Sql(text if present else f"{text} OR {self._table}.known_to > :moment", hits.parameters)

    def number(self, cursor: Cursor, boxes: Sequence[Bounds], at_most: int) -> int:
        """Return how many present frames meet a box, counted up to a number."""
        hits = self._hits("1", boxes)
        sql = f"SELECT count(*) FROM ({hits.text} LIMIT :at_most)"
        cursor.execute(sql, {**hits.parameters, "at_most": at_most})
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])

    def first(self, cursor: Cursor, boxes: Sequence[Bounds], after: int, limit: int) -> list[int]:
        """Return the lowest pk beyond `after` of present rows whose frame meets a box."""
        hits = self._hits("pk", boxes)
        sql = f"SELECT DISTINCT pk FROM ({hits.text}) WHERE pk > :after ORDER BY pk LIMIT :limit"
        cursor.execute(sql, {**hits.parameters, "after": after, "limit": limit})
        return [pk for (pk,) in cursor.fetchall()]

    def count(self, cursor: Cursor, box: Bounds, meets: Sql, at_most: int) -> int:
        """Return how many present geometries intersect a box, counted up to a number.

        Only a frame that crosses the edge needs a look at its row, by `meets`.
        """
        hit = _MEETING.format(0)
        row_meets = f"EXISTS (SELECT 1 FROM {self._table} WHERE pk = r.pk AND {meets.text})"
        sql = (
            f"SELECT count(*) FROM (SELECT 1 FROM {self._name} r WHERE {hit} AND ({_WITHIN} OR {row_meets}) "
            "LIMIT :at_most)"
        )
        cursor.execute(sql, {**meets.parameters, **_edges(0, box), "at_most": at_most})
        row = cursor.fetchone()
        assert row is not None
        return int(row[0])

    def _hits(self, column: str, boxes: Sequence[Bounds]) -> Sql:
        parts = (f"SELECT {column} FROM {self._name} WHERE {_MEETING.format(i)}" for i in range(len(boxes)))
        parameters = {name: edge for i, box in enumerate(boxes) for name, edge in _edges(i, box).items()}
        return Sql(" UNION ALL ".join(parts), parameters)


def _edges(i: int, box: Bounds) -> dict[str, float]:
    west, south, east, north = box
    return {f"west_{i}": west, f"south_{i}": south, f"east_{i}": east, f"north_{i}": north}
