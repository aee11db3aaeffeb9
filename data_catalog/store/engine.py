"""The database engine: SQLite in WAL mode, durable, with one spatial predicate."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import shapely
import sqlalchemy as sa


def _intersects(wkb: bytes, west: float, south: float, east: float, north: float) -> bool:
    return bool(shapely.intersects(shapely.from_wkb(wkb), shapely.box(west, south, east, north)))


def _connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event below decides, not the driver
    connection.create_function("geometry_intersects", 5, _intersects, deterministic=True)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def open_engine(path: Path) -> sa.Engine:
    """Open (or create) the SQLite file at `path`."""
    engine = sa.create_engine(f"sqlite:///{path}", pool_size=16, max_overflow=16)
    sa.event.listen(engine, "connect", _connect)
    sa.event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """Give a connection in one write transaction: all of it is kept, or nothing."""
    with engine.connect().execution_options(write=True) as connection, connection.begin():
        yield connection
