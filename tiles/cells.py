"""Risk cells: what the published snapshots say of each cell in memory, the rest in their files, and tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data_catalog.collection import RISK_CELL
from data_catalog.store import Snapshot, Store
from minegis import cells as h3
from minegis.errors import NotFound
from minegis.levels import Tier
from tiles.attributes import texts
from tiles.drawn import Abandoned, check, cut, never, placed
from tiles.grid import Tile, to_world
from tiles.mvt import Properties, Values, encode_layer
from tiles.paths import POLYGON, Integers, Paths, spans

NAME = RISK_CELL

_SOURCES = b"minegis_sources"  # key of the Parquet metadata

_RESOLUTION_BY_ZOOM = ((4, 4), (6, 5), (7, 6), (9, 7))
_FINEST = 8
_CLIPPED_FROM_ZOOM = 10  # below it no cell is large enough for its outline to leave the grid's range
_EDGE_KM = (1281.3, 483.1, 182.5, 68.98, 26.07, 9.85, 3.72, 1.41, 0.531, 0.201)  # mean edge by resolution
_KM_PER_DEGREE = 111.2
_KEPT = ("cell", "tier", "state", "score", "p")
_BLOCK = 512
_OLD_KEPT = 2
_WORDS_AT = np.array([0, 1, 1 + len(Tier)])  # where resolution, tiers and states begin in `CellTable.words`


@dataclass(frozen=True)
class CellTable:
    """One snapshot at one resolution, ordered by cell; neighbours are near one another in this order.

    Attributes
    ----------
    cell : (n,) uint64
    lon, lat : (n,) float32, deg
        Centres.
    tier : (n,) int8
    state : (n,) uint8
        Rows of `states`.
    score, p : (n,) float
    sources : mapping of str to list of str
        What a column was made from: one text for all cells, or one for each number in the column `area`.
    words : Values
        Resolution, tiers and states as tiles hold them.
    order : (n,) int32 or None
        Where each row is in the file, None where it is as here.
    boxes : (ceil(n / 512), 4) float32, deg
        West, south, east, north of the centres of each block of rows.
    """

    run_id: str
    resolution: int
    path: Path
    cell: NDArray[np.uint64]
    lon: NDArray[np.float32]
    lat: NDArray[np.float32]
    tier: NDArray[np.int8]
    state: NDArray[np.uint8]
    states: tuple[str, ...]
    score: NDArray[np.floating[Any]]
    p: NDArray[np.floating[Any]]
    sources: Mapping[str, list[str]]
    words: Values
    order: NDArray[np.int32] | None
    boxes: NDArray[np.float32]

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """Tier, state, score and p of every cell."""
        states = np.array(self.states, dtype=object)[self.state]
        return {"tier": self.tier, "state": states, "score": self.score, "p": self.p}

    @property
    def nbytes(self) -> int:
        """Memory, bytes."""
        kept = (self.cell, self.lon, self.lat, self.tier, self.state, self.score, self.p, self.boxes)
        return sum(each.nbytes for each in kept) + (0 if self.order is None else self.order.nbytes)

    def source(self, name: str, row: int) -> str:
        """Return what the value of a column in one cell was made from, empty when nobody says."""
        found = self.sources.get(name, [""])
        if len(found) == 1:
            return found[0]
        area = int(self.values(row)["area"])
        return found[area] if area >= 0 else ""

    @property
    def reach(self) -> float:
        """How far no cell goes from its centre, deg of latitude."""
        return 1.5 * _EDGE_KM[self.resolution] / _KM_PER_DEGREE

    def near(self, bounds: tuple[float, float, float, float]) -> Integers:
        """Return the rows of the cells that may touch a box (west, south, east, north, deg), growing."""
        west, south, east, north = bounds
        reach = self.reach
        across = reach / max(0.1, float(np.cos(np.radians(max(abs(south), abs(north))))))
        west, south, east, north = west - across, south - reach, east + across, north + reach
        boxes = self.boxes
        hit = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
        block = np.flatnonzero(hit)
        rows, _ = spans(block * _BLOCK, np.minimum((block + 1) * _BLOCK, len(self.cell)))
        lon, lat = self.lon[rows], self.lat[rows]
        found: Integers = rows[(lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)]
        return found

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
        """Return all columns of one cell as plain values, read from the file; not-a-number is None."""
        _check_kept(self.path, self.run_id)
        at = row if self.order is None else int(self.order[row])
        return dict(_file_row(self.path, at))


def _check_kept(path: Path, run_id: str) -> None:
    if not path.exists():
        raise NotFound(
            "the cells of this run are no longer kept",
            where=f"run {run_id}",
            expected="a later time; MINEGIS_KEEP_RUNS says how many runs are kept",
        )


@lru_cache(maxsize=64)  # a chain asks for one cell again and again; a snapshot never changes
def _file_row(path: Path, at: int) -> Mapping[str, Any]:
    with pq.ParquetFile(path) as file:
        group = 0
        while at >= file.metadata.row_group(group).num_rows:
            at -= file.metadata.row_group(group).num_rows
            group += 1
        found = file.read_row_group(group).slice(at, 1)
    single = {each.name for each in found.schema if pa.types.is_float32(each.type)}
    # A number of single precision in its own digits: 0.3, not 0.30000001192092896.
    (row,) = found.to_pylist()
    row.update({name: float(str(np.float32(row[name]))) for name in single if row[name] is not None})
    return {name: plain(value) for name, value in row.items() if name not in ("cell", "lon", "lat")}


def plain(value: Any) -> Any:
    """Return a Python value; not-a-number becomes None."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and np.isnan(value) else value


class CellTables:
    """The snapshots by resolution; a file is read once, when the store names it; a few old ones are kept."""

    def __init__(self, store: Store, site: Path) -> None:
        self._store = store
        self._site = site
        self._found: dict[int, CellTable] = {}
        self._version = ""
        self._old: dict[str, CellTable] = {}
        self._lock = Lock()

    def version(self) -> str:
        """Return a text that changes with every newly published snapshot."""
        return self._store.version("snapshot")

    def tables(self, as_of: datetime | None = None) -> dict[int, CellTable]:
        """Return the tables by resolution, none when nothing was published."""
        if as_of is not None:
            return {key: self._read(each) for key, each in self._store.snapshots(as_of).items()}
        version = self.version()
        if version != self._version:
            with self._lock:
                if version != self._version:
                    snapshots = self._store.snapshots()
                    self._found = {key: read_table(self._site, each) for key, each in snapshots.items()}
                    self._version = version
        return self._found

    def table(self, resolution: int, as_of: datetime | None = None) -> CellTable:
        """Return the table of one resolution.

        Raises
        ------
        NotFound
            If it is not published.
        """
        found = self.tables(as_of)
        if resolution not in found:
            expected = ", ".join(map(str, sorted(found))) or "a published run"
            raise NotFound("no risk cells", where=f"resolution {resolution}", expected=expected)
        return found[resolution]

    def _read(self, snapshot: Snapshot) -> CellTable:
        with self._lock:
            present = self._found.get(snapshot.resolution)
            if present is not None and present.path == self._site / snapshot.path:
                return present
            table = self._old.pop(snapshot.path, None) or read_table(self._site, snapshot)
            self._old[snapshot.path] = table
            while len(self._old) > _OLD_KEPT * (_FINEST - 3):
                del self._old[next(iter(self._old))]
            return table


class CellTiles:
    """Vector tiles of the risk cells."""

    def __init__(self, tables: CellTables) -> None:
        self._tables = tables

    def version(self) -> str:
        """Return what a tile is good for."""
        return self._tables.version()

    def tile(self, tile: Tile, as_of: datetime | None = None, abandoned: Abandoned = never) -> bytes:
        """Return one encoded tile, empty when nothing is in it.

        Raises
        ------
        Unwanted
            If `abandoned` says so between two steps.
        """
        return tile_of(self._tables.tables(as_of), tile, abandoned)


def tile_of(tables: Mapping[int, CellTable], tile: Tile, abandoned: Abandoned = never) -> bytes:
    """Return one encoded tile of tables by resolution, empty when nothing is in it.

    Raises
    ------
    Unwanted
        If `abandoned` says so between two steps.
    """
    if not tables:
        return b""
    wanted = resolution_at(tile.depth)
    table = tables[min(tables, key=lambda resolution: (abs(resolution - wanted), resolution))]
    return _encoded(table, tile, abandoned)


def _encoded(table: CellTable, tile: Tile, abandoned: Abandoned) -> bytes:
    rows = table.near(tile.lonlat_bounds(margin=1 / 64))
    if rows.size == 0:
        return b""
    cells = table.cell[rows]
    lon, lat, start = h3.outlines(cells)
    check(abandoned)
    number = np.arange(len(rows))
    paths = placed(Paths(*to_world(lon, lat), start, number, np.ones(len(rows), dtype=bool)), tile)
    beyond = np.full(len(rows), tile.depth >= _CLIPPED_FROM_ZOOM)
    drawn = list(cut(paths, POLYGON, beyond, convex=True))
    check(abandoned)
    return encode_layer(NAME, drawn, _properties(table, rows))


def _properties(table: CellTable, rows: Integers) -> list[Properties]:
    words = np.stack([np.zeros(len(rows), np.int64), table.tier[rows], table.state[rows]], axis=1)
    own = np.arange(3 * len(rows)).reshape(3, -1).T  # id, score and p of each cell, all ids first
    numbers = np.round(np.concatenate([table.score[rows], table.p[rows]]).astype(np.float64), 5)
    own[:, 1:][np.isnan(numbers).reshape(2, -1).T] = -1
    ids = texts(pa.array(h3.to_text(table.cell[rows]), pa.string()))
    return [
        Properties(("resolution", "tier", "state"), words + _WORDS_AT, table.words),
        Properties(("id", "score", "p"), own, Values.join([ids, Values.floats(numbers)])),
    ]


def _words(resolution: int, states: Sequence[str]) -> Values:
    """Encode what tiles say of many cells: the resolution, the tiers, the states."""
    numbers = Values.integers(np.array([resolution, *range(len(Tier))]))
    return Values.join([numbers, texts(pa.array(states, pa.string()))])


def resolution_at(zoom: int) -> int:
    """Return the H3 resolution drawn at a zoom."""
    return next((resolution for last, resolution in _RESOLUTION_BY_ZOOM if zoom <= last), _FINEST)


def read_table(site: Path, snapshot: Snapshot) -> CellTable:
    """Return what is kept in memory of a snapshot.

    Raises
    ------
    NotFound
        If its file was deleted with those of other old runs.
    """
    path = site / snapshot.path
    _check_kept(path, snapshot.run_id)
    with pq.ParquetFile(path) as file:
        table = file.read(columns=list(_KEPT))
    cell = table.column("cell").to_numpy().astype(np.uint64)
    order = None if (cell[1:] > cell[:-1]).all() else np.argsort(cell).astype(np.int32)
    if order is not None:
        table, cell = table.take(pa.array(order)), cell[order]
    states = pc.cast(table.column("state"), pa.string()).combine_chunks().dictionary_encode()
    names = tuple(states.dictionary.to_pylist())
    lon, lat = (axis.astype(np.float32) for axis in h3.centres(cell))
    return CellTable(
        run_id=snapshot.run_id,
        resolution=snapshot.resolution,
        path=path,
        cell=cell,
        lon=lon,
        lat=lat,
        tier=table.column("tier").to_numpy().astype(np.int8),
        state=states.indices.to_numpy().astype(np.uint8),
        states=names,
        score=table.column("score").to_numpy(),
        p=table.column("p").to_numpy(),
        sources=orjson.loads((table.schema.metadata or {}).get(_SOURCES, b"{}")),
        words=_words(snapshot.resolution, names),
        order=order,
        boxes=_boxes(lon, lat),
    )


def _boxes(lon: NDArray[np.float32], lat: NDArray[np.float32]) -> NDArray[np.float32]:
    first = np.arange(0, len(lon), _BLOCK)
    if len(lon) == 0:
        return np.empty((0, 4), np.float32)
    low, high = np.minimum.reduceat, np.maximum.reduceat
    return np.stack([low(lon, first), low(lat, first), high(lon, first), high(lat, first)], axis=1)
