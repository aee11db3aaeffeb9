"""Risk cells: the published snapshots in memory, and their vector tiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import orjson
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data_catalog.store import Snapshot, Store
from minegis import cells as h3
from minegis.errors import NotFound
from tiles.cache import TileCache
from tiles.grid import Tile
from tiles.mvt import encode_layer
from tiles.vector import buffered, clip, project

NAME = "risk_cell"

_SOURCES = b"minegis_sources"  # key of the Parquet metadata

_RESOLUTION_BY_ZOOM = ((4, 4), (6, 5), (7, 6), (9, 7))
_FINEST = 8
_CLIPPED_FROM_ZOOM = 10  # below it no cell is large enough for its outline to leave the grid's range
_EDGE_KM = (1281.3, 483.1, 182.5, 68.98, 26.07, 9.85, 3.72, 1.41, 0.531, 0.201)  # mean edge by resolution
_KM_PER_DEGREE = 111.2
_DRAWN = ("tier", "state", "score", "p")


@dataclass(frozen=True)
class CellTable:
    """One snapshot at one resolution, ordered by cell.

    Attributes
    ----------
    cell : (n,) uint64
    lon, lat : (n,) float, deg
        Centres.
    columns : dict of (n,) array
        Every other column of the snapshot.
    sources : mapping of str to list of str
        What a column was made from: one text for all cells, or one for each number in the column `area`.
    """

    run_id: str
    resolution: int
    cell: NDArray[np.uint64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    columns: dict[str, NDArray[Any]]
    sources: Mapping[str, list[str]]

    def source(self, name: str, row: int) -> str:
        """Return what the value of a column in one cell was made from, empty when nobody says."""
        found = self.sources.get(name, [""])
        if len(found) == 1:
            return found[0]
        area = int(self.columns["area"][row])
        return found[area] if area >= 0 else ""

    def near(self, bounds: tuple[float, float, float, float]) -> NDArray[np.int64]:
        """Return the rows of the cells that may touch a box (west, south, east, north, deg)."""
        west, south, east, north = bounds
        reach = 1.5 * _EDGE_KM[self.resolution] / _KM_PER_DEGREE
        across = reach / max(0.1, float(np.cos(np.radians(max(abs(south), abs(north))))))
        inside = (self.lon >= west - across) & (self.lon <= east + across)
        inside &= (self.lat >= south - reach) & (self.lat <= north + reach)
        return np.flatnonzero(inside)

    def row(self, cell: int) -> int:
        """Return the row of a cell.

        Raises
        ------
        NotFound
            If the snapshot has no such cell.
        """
        number = np.uint64(cell)
        at = int(np.searchsorted(self.cell, number))
        if at == len(self.cell) or self.cell[at] != number:
            raise NotFound(
                "no risk is known for this cell", where=f"cell {h3.to_text(np.array([number]))[0]}"
            )
        return at

    def values(self, row: int) -> dict[str, Any]:
        """Return the columns of one cell as plain values; what is not a number is None."""
        return {name: plain(column[row]) for name, column in self.columns.items()}


def plain(value: Any) -> Any:
    """Return a Python value; not-a-number becomes None."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and np.isnan(value) else value


class CellTables:
    """The current snapshots; a file is read once, whole, when the store names it."""

    def __init__(self, store: Store, site: Path) -> None:
        self._store = store
        self._site = site
        self._found: dict[int, CellTable] = {}
        self._version = ""
        self._lock = Lock()

    def version(self) -> str:
        """Return a text that changes with every newly published snapshot."""
        return self._store.version("snapshot")

    def tables(self) -> dict[int, CellTable]:
        """Return the tables by resolution, none when nothing is published."""
        version = self.version()
        if version != self._version:
            with self._lock:
                if version != self._version:
                    snapshots = self._store.snapshots()
                    self._found = {key: read_table(self._site, each) for key, each in snapshots.items()}
                    self._version = version
        return self._found

    def table(self, resolution: int) -> CellTable:
        """Return the table of one resolution.

        Raises
        ------
        NotFound
            If it is not published.
        """
        found = self.tables()
        if resolution not in found:
            expected = ", ".join(map(str, sorted(found))) or "a published run"
            raise NotFound("no risk cells", where=f"resolution {resolution}", expected=expected)
        return found[resolution]


class CellTiles:
    """Vector tiles of the risk cells."""

    def __init__(self, tables: CellTables) -> None:
        self._tables = tables
        self._cache = TileCache()

    def version(self) -> str:
        """Return what a cached tile is good for."""
        return self._tables.version()

    def tile(self, tile: Tile) -> bytes:
        """Return one encoded tile, empty when nothing is in it."""
        found = self._tables.tables()
        if not found:
            return b""
        wanted = resolution_at(tile.z)
        table = found[min(found, key=lambda resolution: (abs(resolution - wanted), resolution))]
        return self._cache.get((table.run_id, tile), lambda: _encoded(table, tile))


def _encoded(table: CellTable, tile: Tile) -> bytes:
    rows = table.near(tile.lonlat_bounds(margin=1 / 64))
    if rows.size == 0:
        return b""
    cells = table.cell[rows]
    shapes = project(h3.polygons(cells))
    if tile.z >= _CLIPPED_FROM_ZOOM:
        shapes = clip(shapes, buffered(tile))
    columns: dict[str, list[Any]] = {
        "id": h3.to_text(cells),
        "resolution": [table.resolution] * rows.size,
    }
    for name in _DRAWN:
        columns[name] = _plain_column(table.columns[name][rows])
    return encode_layer(NAME, shapes, columns, tile.bounds)


def resolution_at(zoom: int) -> int:
    """Return the H3 resolution drawn at a zoom."""
    return next((resolution for last, resolution in _RESOLUTION_BY_ZOOM if zoom <= last), _FINEST)


def _plain_column(column: NDArray[Any]) -> list[Any]:
    values: list[Any] = column.tolist()
    if column.dtype.kind == "f":
        return [None if math.isnan(value) else round(value, 5) for value in values]
    return values


def read_table(site: Path, snapshot: Snapshot) -> CellTable:
    """Return the cells of a snapshot, as its file has them."""
    table = pq.read_table(site / snapshot.path)
    columns = {name: _array(table.column(name)) for name in table.column_names}
    order = np.argsort(columns["cell"])
    ordered = {name: column[order] for name, column in columns.items()}
    return CellTable(
        run_id=snapshot.run_id,
        resolution=snapshot.resolution,
        cell=ordered.pop("cell").astype(np.uint64),
        lon=ordered.pop("lon"),
        lat=ordered.pop("lat"),
        columns=ordered,
        sources=orjson.loads((table.schema.metadata or {}).get(_SOURCES, b"{}")),
    )


def _array(column: Any) -> NDArray[Any]:
    values: NDArray[Any] = column.to_numpy()
    return values
