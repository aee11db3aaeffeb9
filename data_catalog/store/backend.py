"""What a database must offer to hold the truth: transactions, a spatial index, what was committed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

from data_catalog.items import Bounds
from data_catalog.store.sql import Sql
from minegis.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Revision:
    """How often a table has changed, and the moment of the last change."""

    number: int
    at: str


@contextmanager
def understood(*unfit: type[Exception]) -> Iterator[None]:
    """Refuse a value that the driver cannot hand to its database: half a character, too large a number.

    Raises
    ------
    InvalidInput
        In place of the errors of Python, and of `unfit`, those of the driver.
    """
    errors: tuple[type[Exception], ...] = (UnicodeEncodeError, OverflowError, sa.exc.DataError, *unfit)
    try:
        yield
    except errors as error:
        raise InvalidInput("a value that the database cannot take", got=str(error)[:200]) from None


class Cursor(Protocol):
    """The part of a driver's cursor (DB-API 2.0) that reads need."""

    def execute(self, sql: str, parameters: Mapping[str, Any], /) -> object:
        """Run a statement with named parameters."""

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return all rows."""


class SpatialIndex(Protocol):
    """A spatial index beside a table: the frames of its present rows. Boxes are west, south, east, north."""

    def near(self, boxes: Sequence[Bounds], present: bool) -> Sql:
        """Return the condition for rows whose frame meets a box; of the past it takes ``moment``."""

    def number(self, cursor: Cursor, boxes: Sequence[Bounds], at_most: int) -> int:
        """Return how many present frames meet a box, counted up to a number."""

    def first(self, cursor: Cursor, boxes: Sequence[Bounds], after: int, limit: int) -> list[int]:
        """Return the lowest pk beyond `after` of present rows whose frame meets a box."""

    def count(self, cursor: Cursor, box: Bounds, meets: Sql, at_most: int) -> int:
        """Return how many present geometries intersect a box, counted up to a number."""


class Backend(Protocol):
    """A database that holds the truth. Each difference between databases is one method here."""

    @property
    def name(self) -> str:
        """``sqlite`` or ``postgis``."""

    @property
    def place(self) -> str:
        """Where the database is, for people, without a password."""

    @property
    def dialect(self) -> sa.Dialect:
        """How statements are written for a cursor of `snapshot`: with named parameters."""

    def writing(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection in one write transaction, the only one at that time: all is kept, or nothing."""

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection that sees one state of the database."""

    def snapshot(self) -> AbstractContextManager[Cursor]:
        """Give a cursor of the driver that sees one state of the database."""

    def revisions(self) -> Mapping[str, Revision]:
        """Return the revision of each table as committed now."""

    def prepare(self, connection: sa.Connection) -> None:
        """Make a new database ready for tables."""

    def index_shapes(self, connection: sa.Connection, table: sa.Table) -> None:
        """Add the spatial index of a table with `geometry`, kept by the database itself."""

    def filling(self, connection: sa.Connection, table: sa.Table) -> AbstractContextManager[None]:
        """Let very many rows come: the spatial index is made once at the end."""

    def learn(self, connection: sa.Connection, table: sa.Table) -> None:
        """Let the planner know what a table holds, after many of its rows were written."""

    def shape(self, table: sa.Table) -> sa.ColumnElement[Any]:
        """Return what spatial functions take: the geometry of a row."""

    def tree(self, table: sa.Table) -> SpatialIndex | None:
        """Return the index that is asked by us, None when the database asks it where it helps."""

    def meets(
        self, table: sa.Table, box: Sequence[sa.ColumnElement[float]], shape: sa.ColumnElement[bytes]
    ) -> sa.ColumnElement[bool]:
        """Return the condition that a row's geometry intersects a box: its edges, and itself as WKB."""

    def insert_new(self, table: sa.Table) -> sa.Insert:
        """Return an insert that leaves alone what is there already."""

    def close(self) -> None:
        """Give back every connection."""


def lies_in(table: sa.Table, box: Sequence[sa.ColumnElement[float]]) -> sa.ColumnElement[bool]:
    """Return the condition that a row's frame lies in a box, so that its geometry intersects it."""
    west, south, east, north = box
    c = table.c
    return sa.and_(c.minx >= west, c.maxx <= east, c.miny >= south, c.maxy <= north)
