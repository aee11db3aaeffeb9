"""Vector tiles of datasets: projected once, simplified once a zoom, cut and encoded on request."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.layer import Layer, layer_of_dataset
from tiles.cache import TileCache
from tiles.grid import HALF_WORLD, MAX_ZOOM, Tile, to_mercator
from tiles.mvt import EXTENT, Bounds, Geometries, encode_layer
from tiles.table import Table, Tables

_BUFFER = 64 / EXTENT
_SIMPLIFICATION = 4 / EXTENT  # half a pixel of a tile drawn 512 pixels wide
_RANKED_PER_SIDE = 16  # at most one ranked point in each of 16 × 16 squares of a tile


class VectorTiles:
    """Tiles of every dataset; a dataset is prepared again when its version has changed."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._prepared: dict[str, PreparedLayer] = {}
        self._cache = TileCache()
        self._lock = Lock()

    def version(self, dataset: str) -> str:
        """Return what a cached tile is good for."""
        return self._tables.version(dataset)

    def tile(self, dataset: str, tile: Tile) -> bytes:
        """Return one encoded tile, empty when nothing is in it.

        Raises
        ------
        NotFound
            If no dataset or no layer has this name.
        """
        table = self._tables.table(dataset)
        prepared = self._prepared.get(dataset)
        if prepared is None or prepared.version != table.version:
            with self._lock:
                prepared = self._prepared.get(dataset)
                if prepared is None or prepared.version != table.version:
                    prepared = PreparedLayer(layer_of_dataset(dataset), table)
                    self._prepared[dataset] = prepared
        chosen = prepared
        return self._cache.get((dataset, table.version, tile), lambda: chosen.tile(tile))


class PreparedLayer:
    """A table made ready to be cut into tiles."""

    def __init__(self, layer: Layer, table: Table) -> None:
        self.version = table.version
        self._layer = layer
        self._name = table.dataset
        self._shapes = project(table.geometries)
        self._points = shapely.point_on_surface(self._shapes) if layer.points_below else self._shapes
        self._columns = _columns(layer, table)
        self._first_zoom = _first_zooms(layer, table, self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._by_zoom: dict[int, Geometries] = {}
        self._lock = Lock()

    def tile(self, tile: Tile) -> bytes:
        """Return one encoded tile."""
        window = buffered(tile)
        rows = np.sort(self._tree.query(shapely.box(*window)))
        rows = rows[self._first_zoom[rows] <= tile.z]
        if rows.size == 0:
            return b""
        shapes = clip(self._at(tile.z, rows), window)
        columns = {name: [column[row] for row in rows] for name, column in self._columns.items()}
        return encode_layer(self._name, shapes, columns, tile.bounds)

    def _at(self, zoom: int, rows: NDArray[np.int64]) -> Geometries:
        """Return geometries as they are drawn at a zoom; each is simplified once, when it is first drawn."""
        if zoom < self._layer.points_below:
            return self._points[rows]
        if zoom > self._layer.maxzoom or self._layer.geometry == "point":
            return self._shapes[rows]
        with self._lock:
            drawn = self._by_zoom.setdefault(zoom, np.full(len(self._shapes), None, dtype=object))
        new = rows[shapely.is_missing(drawn[rows])]
        drawn[new] = shapely.simplify(self._shapes[new], Tile(zoom, 0, 0).size * _SIMPLIFICATION)
        return drawn[rows]


def project(geometries: Geometries) -> Geometries:
    """Return lon/lat geometries in EPSG:3857."""
    projected: Geometries = shapely.transform(
        geometries, lambda points: np.column_stack(to_mercator(points[:, 0], points[:, 1]))
    )
    return projected


def buffered(tile: Tile) -> Bounds:
    """Return the bounds of a tile with the margin that hides its edges."""
    west, south, east, north = tile.bounds
    margin = tile.size * _BUFFER
    return west - margin, south - margin, east + margin, north + margin


def clip(shapes: Geometries, window: Bounds) -> Geometries:
    """Cut the shapes that reach beyond a window."""
    west, south, east, north = shapely.bounds(shapes).T
    beyond = (west < window[0]) | (south < window[1]) | (east > window[2]) | (north > window[3])
    if not beyond.any():
        return shapes
    cut = shapes.copy()
    cut[beyond] = shapely.clip_by_rect(shapes[beyond], *window)
    return cut


def _columns(layer: Layer, table: Table) -> Mapping[str, list[Any]]:
    risk = [name for name in ("tier", "state", "score", "coverage") if _any_has(table, name)]
    names = dict.fromkeys([*layer.properties, *risk, "origin"])
    columns = {name: [each.get(name) for each in table.properties] for name in names}
    return {"id": list(table.ids), **columns}


def _any_has(table: Table, name: str) -> bool:
    return bool(table.properties) and name in table.properties[0]


def _first_zooms(layer: Layer, table: Table, shapes: Geometries) -> NDArray[np.int64]:
    first = np.full(len(table.ids), layer.minzoom, dtype=np.int64)
    if layer.appears is not None:
        field, zooms = layer.appears.field, layer.appears.zooms
        declared = [zooms.get(str(each.get(field)), layer.minzoom) for each in table.properties]
        first = np.maximum(first, np.array(declared, dtype=np.int64))
    if layer.rank:
        thinned = thinning(_order(layer.rank, table), shapely.get_coordinates(shapes))
        first = np.maximum(first, np.minimum(thinned, layer.maxzoom))
    return first


def _order(rank: str, table: Table) -> list[int]:
    """Return the rows by rank, the most important first; those without a value come last."""
    field, sign = rank.lstrip("-"), -1 if rank.startswith("-") else 1
    values: list[Any] = [each.get(field) for each in table.properties]
    known = [row for row, value in enumerate(values) if value is not None]
    known.sort(key=values.__getitem__, reverse=sign < 0)
    return known + [row for row, value in enumerate(values) if value is None]


def thinning(order: list[int], xy: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the zoom from which each point is shown, so that the best of each square comes first.

    A point that is shown at one zoom is shown at every larger one.

    Parameters
    ----------
    order : list of int
        Rows, the most important first.
    xy : (n, 2) float, m in EPSG:3857
    """
    ranked = np.asarray(order, dtype=np.int64)
    first = np.full(len(xy), MAX_ZOOM, dtype=np.int64)
    for zoom in range(MAX_ZOOM, -1, -1):
        size = 2 * HALF_WORLD / 2**zoom / _RANKED_PER_SIDE
        column, row = np.floor(xy[ranked] / size).astype(np.int64).T
        _, best = np.unique((column << 32) + row, return_index=True)
        ranked = ranked[np.sort(best)]
        first[ranked] = zoom
    return first
