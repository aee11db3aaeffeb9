"""The revision of each table, asked for on every request and read again only when the file has changed."""

from __future__ import annotations

from threading import Lock

import sqlalchemy as sa


class Revisions:
    """Holds one connection that never writes: SQLite then says at no cost whether anybody else did.

    References
    ----------
    SQLite, "PRAGMA data_version": differs on one connection after a commit of any other.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._connection: sa.PoolProxiedConnection | None = None
        self._seen: int | None = None
        self._numbers: dict[str, int] = {}
        self._lock = Lock()

    def version(self, *names: str) -> str:
        """Return a text that changes whenever one of the named tables changes."""
        with self._lock:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            cursor = self._connection.cursor()
            (seen,) = cursor.execute("PRAGMA data_version").fetchone()
            if seen != self._seen:  # asked for before the numbers: a commit between the two is seen next time
                cursor.execute("SELECT name, number FROM revision")
                self._numbers = dict(cursor.fetchall())
                self._seen = seen
            cursor.close()
            return ".".join(str(self._numbers.get(name, 0)) for name in names)

    def close(self) -> None:
        """Give the connection back."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection, self._seen = None, None
