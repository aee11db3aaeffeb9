"""The file an archive grows in: its tiles so far, and the state of every feature that they were made from.

It is an MBTiles file with tables of its own, so a job that was killed goes on where it stood, and a later
one makes again only what has changed.

References
----------
MBTiles 1.3 specification: https://github.com/mapbox/mbtiles-spec
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tiles.grid import Tile

type Box = tuple[float, float, float, float]

_TABLES = """
CREATE TABLE IF NOT EXISTS tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB,
    PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS metadata (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS seen (collection TEXT, id TEXT, tag TEXT,
    west REAL, south REAL, east REAL, north REAL, PRIMARY KEY (collection, id)) WITHOUT ROWID;
CREATE TEMPORARY TABLE now (row INTEGER PRIMARY KEY, id TEXT, tag TEXT,
    west REAL, south REAL, east REAL, north REAL);
"""
_PLAIN_TABLES = """
CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB);
CREATE TABLE metadata (name TEXT, value TEXT);
"""
_CHANGED = """
SELECT west, south, east, north FROM now WHERE NOT EXISTS
    (SELECT 1 FROM seen WHERE collection = :name AND seen.id = now.id AND seen.tag = now.tag)
UNION SELECT west, south, east, north FROM seen WHERE collection = :name AND NOT EXISTS
    (SELECT 1 FROM now WHERE now.id = seen.id AND now.tag = seen.tag)
"""


class Working:
    """Tiles by address (an empty one is known to be empty), and features by collection and id."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(_TABLES)
        self._connection.execute("CREATE INDEX temp.now_id ON now (id)")
        self._connection.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.commit()
        self._connection.execute("END")
        self._connection.close()

    def commit(self) -> None:
        """Make what was written outlast the process."""
        self._connection.execute("COMMIT")
        self._connection.execute("BEGIN")

    def state(self, name: str) -> str:
        """Return what was noted under a name, empty when nothing was."""
        found = self._connection.execute("SELECT value FROM state WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def note(self, name: str, value: str) -> None:
        """Note a text under a name."""
        self._connection.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def forget(self) -> None:
        """Start afresh."""
        for table in ("tiles", "metadata", "state", "seen"):
            self._connection.execute(f"DELETE FROM {table}")

    def look(self, rows: Iterable[Sequence[Any]]) -> None:
        """Take in features as they are now: row, id, tag, west, south, east, north."""
        self._connection.executemany("INSERT INTO now VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def rank(self, zooms: Iterable[tuple[int, int]]) -> None:
        """Add to the state of features the zoom from which each is drawn: (zoom, row)."""
        self._connection.executemany("UPDATE now SET tag = tag || '@' || ? WHERE row = ?", zooms)

    def changed(self, collection: str) -> list[Box]:
        """Return where features came, went or changed since they were last settled."""
        return self._connection.execute(_CHANGED, {"name": collection}).fetchall()

    def settle(self, collection: str) -> None:
        """Let the features of a collection be as they are now."""
        self._connection.execute("DELETE FROM seen WHERE collection = ?", (collection,))
        self._connection.execute(
            "INSERT INTO seen SELECT ?, id, tag, west, south, east, north FROM now", (collection,)
        )
        self._connection.execute("DELETE FROM now")

    def drop(self, z: int, columns: tuple[int, int], rows: tuple[int, int]) -> None:
        """Forget the tiles of a zoom within columns and rows, counted from the north."""
        where = "zoom_level = ? AND tile_column BETWEEN ? AND ? AND tile_row BETWEEN ? AND ?"
        self._connection.execute(f"DELETE FROM tiles WHERE {where}", (z, *columns, *rows))

    def has(self, tile: Tile) -> bool:
        """Say whether a tile is made, or known to be empty."""
        address = (tile.z, tile.x, _row(tile))
        asked = "SELECT 1 FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        return self._connection.execute(asked, address).fetchone() is not None

    def put(self, tile: Tile, data: bytes) -> None:
        """Keep a tile."""
        values = (tile.z, tile.x, _row(tile), data)
        self._connection.execute("INSERT OR REPLACE INTO tiles VALUES (?, ?, ?, ?)", values)

    def addresses(self) -> Iterator[tuple[int, int, int]]:
        """Yield zoom, column and row, counted from the south, of every tile that is not empty."""
        asked = "SELECT zoom_level, tile_column, tile_row FROM tiles WHERE length(tile_data) > 0"
        yield from self._connection.execute(asked)

    def data(self, z: int, column: int, row: int) -> bytes:
        """Return a tile that is made; the row is counted from the south."""
        asked = "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?"
        return bytes(self._connection.execute(asked, (z, column, row)).fetchone()[0])

    def count(self) -> int:
        """Return how many tiles are not empty."""
        asked = "SELECT count(*) FROM tiles WHERE length(tile_data) > 0"
        return int(self._connection.execute(asked).fetchone()[0])

    def describe(self, metadata: Mapping[str, str]) -> None:
        """Write the metadata of the archive."""
        self._connection.execute("DELETE FROM metadata")
        self._connection.executemany("INSERT INTO metadata VALUES (?, ?)", metadata.items())

    def copy_to(self, path: Path) -> None:
        """Write an MBTiles file of what is here: tiles that hold something, and metadata."""
        with sqlite3.connect(path) as target:
            target.executescript(_PLAIN_TABLES)
            filled = self._connection.execute("SELECT * FROM tiles WHERE length(tile_data) > 0")
            target.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", filled)
            target.executemany(
                "INSERT INTO metadata VALUES (?, ?)", self._connection.execute("SELECT * FROM metadata")
            )
            target.execute("CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row)")
        target.close()


def _row(tile: Tile) -> int:
    """Return the row as MBTiles count it: from the south."""
    return tile.grid.rows_at(tile.z) - 1 - tile.y
