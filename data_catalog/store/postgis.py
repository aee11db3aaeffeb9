"""PostgreSQL with PostGIS: one database for several servers, with a GiST index on each table of shapes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from data_catalog.store.backend import Cursor, Revision, lies_in, understood
from minegis.errors import InvalidInput, StoreConflict

SRID = 4490
_EXTENSIONS = ("postgis", "unaccent")
_WRITERS = 0x6D696E65676973  # "minegis": the advisory lock that one writer holds at a time


class Postgis:
    """A database named by a ``postgresql://`` URL."""

    name = "postgis"
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]

    def __init__(self, database: str) -> None:
        try:
            url = sa.make_url(database)
        except sa.exc.ArgumentError:
            raise _unknown(database) from None
        if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
            raise _unknown(url.render_as_string())
        url = url.set(drivername="postgresql+psycopg")
        self.place = url.render_as_string()
        # Nothing is prepared: a plan must know the box and the limit that it is for.
        never = {"prepare_threshold": None}
        engine = sa.create_engine(url, connect_args=never, pool_size=16, max_overflow=16, pool_pre_ping=True)
        self._engine = engine
        self._readers = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._watchers = engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Give a connection in one write transaction; others wait for its end."""
        with self._engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_WRITERS)))
            with understood():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the database."""
        with self._readers.begin() as connection, understood():
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Cursor]:
        """Give a cursor of the driver that sees one state of the database."""
        with self._readers.begin() as connection:
            driver: Any = connection.connection.driver_connection
            with driver.cursor() as cursor, understood(psycopg.DataError):
                yield cursor

    def revisions(self) -> Mapping[str, Revision]:
        """Return the revision of each table as committed now."""
        with self._watchers.connect() as connection:
            rows = connection.exec_driver_sql("SELECT name, number, at FROM revision").all()
        return {name: Revision(number, at) for name, number, at in rows}

    def prepare(self, connection: sa.Connection) -> None:
        """Create the extensions.

        Raises
        ------
        StoreConflict
            If they are not installed, or this user may not create them.
        """
        for extension in _EXTENSIONS:
            try:
                connection.exec_driver_sql(f"CREATE EXTENSION IF NOT EXISTS {extension}")
            except sa.exc.DBAPIError as error:
                raise StoreConflict(
                    f"the database lacks the extension {extension} and it cannot be created",
                    where=self.place,
                    expected=f"an owner of the database to run: CREATE EXTENSION {extension}",
                    got=str(error.orig).strip(),
                ) from None

    @contextmanager
    def filling(self, connection: sa.Connection, table: sa.Table) -> Iterator[None]:
        """Let very many rows come: the GiST index is made once at the end."""
        connection.exec_driver_sql(f"DROP INDEX shape_{table.name}")
        yield
        self._index(connection, table)

    def index_shapes(self, connection: sa.Connection, table: sa.Table) -> None:
        """Add a geometry column that the database makes from the WKB, with a GiST index."""
        connection.exec_driver_sql(
            f"ALTER TABLE {table.name} ADD COLUMN shape geometry(Geometry, {SRID}) "
            f"GENERATED ALWAYS AS (ST_GeomFromWKB(geometry, {SRID})) STORED"
        )
        self._index(connection, table)

    def _index(self, connection: sa.Connection, table: sa.Table) -> None:
        connection.exec_driver_sql(f"CREATE INDEX shape_{table.name} ON {table.name} USING gist (shape)")

    def learn(self, connection: sa.Connection, table: sa.Table) -> None:
        """Sample the table now: until that is done every plan for it is a guess."""
        connection.exec_driver_sql(f"ANALYZE {table.name}")

    def shape(self, table: sa.Table) -> sa.ColumnElement[Any]:
        """Return the generated column."""
        return sa.literal_column(f"{table.name}.shape")

    def tree(self, table: sa.Table) -> None:
        """Return nothing: the planner asks the GiST index where that helps."""

    def meets(
        self, table: sa.Table, box: Sequence[sa.ColumnElement[float]], shape: sa.ColumnElement[bytes]
    ) -> sa.ColumnElement[bool]:
        """Return the condition by the index first, then by the frame, which costs less than the shape."""
        own = self.shape(table)
        envelope = sa.func.ST_MakeEnvelope(*box, sa.literal_column(str(SRID)))
        exact = sa.func.ST_Intersects(own, envelope, type_=sa.Boolean)
        return sa.and_(own.bool_op("&&")(envelope), sa.or_(lies_in(table, box), exact))

    def insert_new(self, table: sa.Table) -> sa.Insert:
        """Return an insert that leaves alone what is there already."""
        return postgresql.insert(table).on_conflict_do_nothing()

    def close(self) -> None:
        """Give back every connection."""
        self._engine.dispose()


def _unknown(got: str) -> InvalidInput:
    expected = "postgresql://user@host/database, or nothing for SQLite"
    return InvalidInput("not the URL of a database", where="database", expected=expected, got=got)
