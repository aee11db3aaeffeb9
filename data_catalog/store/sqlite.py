"""SQLite: one file in WAL mode, durable, with an R*Tree beside each table of shapes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from data_catalog.store.backend import Cursor, Revision, lies_in, understood
from data_catalog.store.functions import FUNCTIONS
from data_catalog.store.rtree import RTree

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000")

sqlite3.register_converter("BOOLEAN", lambda text: text != b"0")  # else cursors of the driver give 0 and 1


class Sqlite:
    """The database file of a site folder."""

    name = "sqlite"
    dialect = sqlite.dialect(paramstyle="named")

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        declared = {"detect_types": sqlite3.PARSE_DECLTYPES}
        url = f"sqlite:///{path}"
        self._engine = sa.create_engine(url, pool_size=16, max_overflow=16, connect_args=declared)
        sa.event.listen(self._engine, "connect", _connect)
        sa.event.listen(self._engine, "begin", _begin)
        self._watch: sa.PoolProxiedConnection | None = None
        self._seen: int | None = None
        self._revisions: dict[str, Revision] = {}
        self._lock = Lock()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection in one write transaction."""
        writer = self._engine.execution_options(write=True)
        with writer.begin() as connection, understood():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database."""
        with self._engine.connect() as connection, connection.begin(), understood():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Cursor]:
        """Give a cursor of the driver that sees one state of the database."""
        connection = self._engine.raw_connection()
        try:
            driver: Any = connection.driver_connection
            cursor: Cursor = driver.cursor()
            cursor.execute("BEGIN", {})
            with understood():
                yield cursor
        finally:
            connection.close()  # back to the pool, which rolls back

    def revisions(self) -> Mapping[str, Revision]:
        """Return the revision of each table, read again only when another connection has committed.

        References
        ----------
        SQLite, "PRAGMA data_version": differs on one connection after a commit of any other.
        """
        with self._lock:
            if self._watch is None:
                self._watch = self._engine.raw_connection()
            cursor = self._watch.cursor()
            (seen,) = cursor.execute("PRAGMA data_version").fetchone()
            if seen != self._seen:  # asked for before the numbers: a commit between the two is seen next time
                cursor.execute("SELECT name, number, at FROM revision")
                self._revisions = {name: Revision(number, at) for name, number, at in cursor.fetchall()}
                self._seen = seen
            cursor.close()
            return self._revisions

    def prepare(self, connection: sa.Connection) -> None:
        """Do nothing: a new file is ready."""

    def index_shapes(self, connection: sa.Connection, table: sa.Table) -> None:
        """Add an R*Tree of the frames."""
        RTree(table).create(connection)

    def filling(self, connection: sa.Connection, table: sa.Table) -> AbstractContextManager[None]:
        """Let very many rows come: the R*Tree is made once at the end."""
        return RTree(table).filling(connection)

    def learn(self, connection: sa.Connection, table: sa.Table) -> None:
        """Do nothing: the plans are ours."""

    def shape(self, table: sa.Table) -> sa.ColumnElement[Any]:
        """Return the column of WKB."""
        return table.c.geometry

    def tree(self, table: sa.Table) -> RTree:
        """Return the R*Tree."""
        return RTree(table)

    def meets(
        self, table: sa.Table, box: Sequence[sa.ColumnElement[float]], shape: sa.ColumnElement[bytes]
    ) -> sa.ColumnElement[bool]:
        """Return the condition by the frame first: one that lies in the box needs no look at the shape."""
        west, south, east, north = box
        c = table.c
        touching = sa.and_(c.maxx >= west, c.minx <= east, c.maxy >= south, c.miny <= north)
        relation: sa.ColumnElement[str] = sa.literal_column("'s_intersects'")
        exact = sa.func.geometry_relates(relation, shape, c.geometry, type_=sa.Boolean)
        return sa.and_(touching, sa.or_(lies_in(table, box), exact))

    def insert_new(self, table: sa.Table) -> sa.Insert:
        """Return an insert that leaves alone what is there already."""
        return sqlite.insert(table).on_conflict_do_nothing()

    def close(self) -> None:
        """Give back every connection."""
        with self._lock:
            if self._watch is not None:
                self._watch.close()
                self._watch, self._seen = None, None
        self._engine.dispose()


def _connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the begin event below and `snapshot` decide, not the driver
    for name, arity, function in FUNCTIONS:
        connection.create_function(name, arity, function, deterministic=True)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
