"""Rows of a foreign database through SQLAlchemy: one SELECT of declared columns, and nothing else ever."""

from __future__ import annotations

import csv
import io
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from data_catalog.fetch import TableAsked
from minegis.errors import InvalidInput, Unreachable
from pipelines.connectors.transport.patience import Transient

_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one reading as CSV (UTF-8), how many, and the highest watermark (None without)."""

    content: bytes
    count: int
    watermark: Any


def read_table(url: str, asked: TableAsked, after: Any = None, *, seconds: float = 60.0) -> Rows:
    """Read the rows whose watermark is greater than `after`, in its order.

    Parameters
    ----------
    url : str
        Of the database, with its password: it is shown nowhere.
    after : int, float, str or datetime, optional
        Where the last reading ended.

    Raises
    ------
    InvalidInput
        If the table cannot be read, or has more rows than declared.
    """
    engine = _engine(url, seconds)
    try:
        with engine.connect() as connection:
            result = connection.execution_options(yield_per=_BATCH).execute(statement(asked, after))
            return _written(result, asked)
    except sa.exc.OperationalError as error:
        raise Transient(
            Unreachable("the database does not answer", where=asked.table, got=_said(error))
        ) from None
    except sa.exc.SQLAlchemyError as error:
        raise InvalidInput("the table cannot be read", where=asked.table, got=_said(error)) from None
    finally:
        engine.dispose()


def statement(asked: TableAsked, after: Any = None) -> sa.Select[Any]:
    """Return the SELECT; names are quoted, the watermark is a parameter.

    A row without a watermark has no place in the order: it comes once it has one.

    Raises
    ------
    InvalidInput
        If there is an overlap and the watermark is no time.
    """
    schema, _, name = asked.table.rpartition(".")
    table = sa.table(name, *(sa.column(each) for each in asked.columns), schema=schema or None)
    select = sa.select(*table.columns)
    if asked.watermark:
        column = table.columns[asked.watermark]
        select = select.where(column.is_not(None)).order_by(column)
        if after is not None:
            select = select.where(column > _earlier(after, asked.overlap))
    return select.limit(asked.max_rows + 1)


def _earlier(after: Any, overlap: timedelta) -> Any:
    """Return where to read on from; of a date the overlap counts in whole days, never less than it says."""
    if not overlap:
        return after
    if isinstance(after, datetime):
        return after - overlap
    if isinstance(after, date):
        return after - timedelta(days=math.ceil(overlap / timedelta(days=1)))
    raise InvalidInput(
        "an overlap needs a watermark that is a time or a date", where="overlap", got=type(after).__name__
    )


def _engine(url: str, seconds: float) -> sa.Engine:
    """Return an engine that only reads; what is wrong with a URL is not shown, it holds a password."""
    expected = "postgresql://… or sqlite:///…"
    try:
        return _made(sa.make_url(url), seconds)
    except (sa.exc.ArgumentError, ValueError):
        raise InvalidInput("not the URL of a database", expected=expected) from None
    except ImportError as error:
        raise InvalidInput("no driver for this database", expected=expected, got=error.name or "") from None


def _made(parsed: sa.URL, seconds: float) -> sa.Engine:
    if parsed.get_backend_name() == "sqlite":
        path = Path(parsed.database or "").resolve()
        return sa.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=seconds),
            poolclass=sa.pool.NullPool,
        )
    if parsed.get_backend_name() == "postgresql":
        milliseconds = round(seconds * 1000)
        options = f"-c default_transaction_read_only=on -c statement_timeout={milliseconds}"
        return sa.create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            connect_args={"connect_timeout": max(2, round(seconds)), "options": options},
            poolclass=sa.pool.NullPool,
        )
    return sa.create_engine(parsed, poolclass=sa.pool.NullPool)


def _written(result: sa.CursorResult[Any], asked: TableAsked) -> Rows:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*(asked.headers.get(name, name) for name in asked.columns), *asked.constants])
    at = asked.columns.index(asked.watermark) if asked.watermark else -1
    count, watermark = 0, None
    for row in result:
        count += 1
        if count > asked.max_rows:
            raise InvalidInput(
                "more rows than declared", where=asked.table, expected=f"at most {asked.max_rows} (max_rows)"
            )
        writer.writerow([*(_plain(value) for value in row), *asked.constants.values()])
        if asked.watermark:
            watermark = row[at]
    return Rows(text.getvalue().encode(), count, watermark)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _said(error: sa.exc.SQLAlchemyError) -> str:
    """Return what the driver said, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or type(error).__name__)[:200]


def to_plain(watermark: Any) -> Sequence[str]:
    """Return a watermark as kind and text, to be kept in a record."""
    kinds = {datetime: "time", date: "date", int: "int", float: "float", str: "text"}
    kind = kinds.get(type(watermark), "text")
    return kind, watermark.isoformat() if kind in ("time", "date") else str(watermark)


def from_plain(plain: Sequence[str] | None) -> Any:
    """Return a kept watermark as the database has it, None for none; once none was kept as a text."""
    if plain is None or tuple(plain) == ("text", "None"):
        return None
    kind, text = plain
    readers: dict[str, Any] = {
        "time": datetime.fromisoformat,
        "date": date.fromisoformat,
        "int": int,
        "float": float,
    }
    return readers.get(kind, str)(text)
