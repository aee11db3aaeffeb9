"""The way that a flow would take from the toe of each dam, and what lies along it (头顶库)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from minegis.coordinates import transformer
from minegis.errors import InvalidInput
from pipelines.raster import Raster
from pipelines.steps.cell_size import cell_size
from pipelines.steps.earth import along_the_ground, chords
from risk_models.tailings.consequence import consequence_tables

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
_M_PER_KM = 1000.0
_CGCS2000 = 4490
# D8 code: rows down, columns right
_STEPS = {1: (0, 1), 2: (1, 1), 4: (1, 0), 8: (1, -1), 16: (0, -1), 32: (-1, -1), 64: (-1, 0), 128: (-1, 1)}


@dataclass(frozen=True)
class FlowPaths:
    """The flow path of each dam, one cell a column.

    Attributes
    ----------
    row, column : (dams, k) int
        Cells of the raster, -1 behind the end.
    lon, lat : (dams, k) float, deg
        Centres of those cells, NaN behind the end.
    distance : (dams, k) float, m
        From the toe along the path, NaN behind the end.
    complete : (dams,) bool
        Whether the path reached the distance asked for; else it left the raster, met a gap or an outlet.
    """

    row: Numbers
    column: Numbers
    lon: Floats
    lat: Floats
    distance: Floats
    complete: NDArray[np.bool_]

    @property
    def length(self) -> Floats:
        """How far each path goes, m; NaN where it does not even begin."""
        known = ~np.isnan(self.distance)
        last = np.where(known, self.distance, -np.inf).max(axis=1, initial=-np.inf)
        return np.where(known.any(axis=1), last, np.nan)


@dataclass(frozen=True)
class Downstream:
    """Places beside flow paths: one row a dam and place.

    Attributes
    ----------
    dam, place : (m,) int
    path_distance : (m,) float, m
        Along the path to the point nearest to the place, and from there to the place.
    straight_distance : (m,) float, m
        From the toe to the place as the crow flies.
    """

    dam: Numbers
    place: Numbers
    path_distance: Floats
    straight_distance: Floats


def flow_paths(direction: Raster, lon: ArrayLike, lat: ArrayLike, reach: float) -> FlowPaths:
    """Follow the flow from the toe of each dam.

    Parameters
    ----------
    direction : Raster
        `flow_direction`: D8 codes, 0 at an outlet, NaN without elevation.
    lon, lat : (dams,) float, deg
        Toes.
    reach : float, m
        How far; the path ends with the first cell beyond.

    Raises
    ------
    InvalidInput
        If the raster is of another quantity.
    """
    if direction.variable != "flow_direction":
        raise InvalidInput(
            "no flow direction", where=direction.source, expected="flow_direction", got=direction.variable
        )
    grid = direction.grid
    a, _, c, _, e, f = grid.transform
    x, y = transformer(_CGCS2000, grid.crs).transform(
        np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    )
    row, column = np.floor((y - f) / e).astype(np.intp), np.floor((x - c) / a).astype(np.intp)
    width, height = cell_size(grid, grid.y)
    rows, columns, distances = [], [], []
    walked = np.zeros(row.size)
    alive = _inside(direction, row, column)
    complete = np.zeros(row.size, dtype=bool)
    while alive.any():
        rows.append(np.where(alive, row, -1))
        columns.append(np.where(alive, column, -1))
        distances.append(np.where(alive, walked, np.nan))
        complete |= alive & (walked >= reach)
        alive &= ~complete
        down, right = _steps(direction, row, column, alive)
        here = np.clip(row, 0, grid.height - 1)
        walked = walked + np.hypot(down * height[here], right * width[here])
        alive &= (down != 0) | (right != 0)
        row, column = row + down, column + right
        alive &= _inside(direction, row, column)
        if len(rows) > direction.values.size:
            raise InvalidInput("a flow that runs in a circle", where=direction.source)
    return _located(direction, rows, columns, distances, complete)


def downstream(
    paths: FlowPaths,
    lon: ArrayLike,
    lat: ArrayLike,
    place_lon: ArrayLike,
    place_lat: ArrayLike,
    corridor: float,
) -> Downstream:
    """Find the places within a distance of the flow paths.

    Parameters
    ----------
    paths : FlowPaths
    lon, lat : (dams,) float, deg
        Toes.
    place_lon, place_lat : (places,) float, deg
        Houses, facilities.
    corridor : float, m
        To either side of a path.
    """
    dam, step = np.nonzero(~np.isnan(paths.distance))
    places = np.atleast_2d(chords(place_lon, place_lat))
    empty = np.empty(0)
    if dam.size == 0 or np.size(place_lon) == 0:
        none = np.empty(0, np.intp)
        return Downstream(none, none, empty, empty)
    cells = KDTree(chords(paths.lon[dam, step], paths.lat[dam, step]))
    near = cells.sparse_distance_matrix(KDTree(places), corridor / _M_PER_KM, output_type="ndarray")
    at_dam, at_place = dam[near["i"]], near["j"].astype(np.intp)
    latitude = np.asarray(place_lat, np.float64)
    aside = along_the_ground(near["v"], latitude[at_place]) * _M_PER_KM
    order = np.lexsort((aside, at_place, at_dam))
    pairs = np.stack([at_dam[order], at_place[order]])
    first = np.ones(order.size, dtype=bool)
    first[1:] = (np.diff(pairs, axis=1) != 0).any(axis=0)
    chosen = order[first]
    toes = np.atleast_2d(chords(lon, lat))
    chord = np.linalg.norm(toes[at_dam[chosen]] - places[at_place[chosen]], axis=1)
    return Downstream(
        at_dam[chosen],
        at_place[chosen],
        paths.distance[at_dam[chosen], step[near["i"][chosen]]] + aside[chosen],
        along_the_ground(chord, latitude[at_place[chosen]]) * _M_PER_KM,
    )


def is_overhead(found: Downstream, dams: int) -> NDArray[np.bool_]:
    """Whether each dam has a place within the reach of the rule along its flow path, the bound included.

    Parameters
    ----------
    found : Downstream
        Of the people and important facilities.
    dams : int
        How many there are.

    References
    ----------
    `consequence_tables.yaml`, section `overhead`.
    """
    overhead = np.zeros(dams, dtype=bool)
    overhead[found.dam[found.path_distance <= consequence_tables().overhead.reach]] = True
    return overhead


def _inside(direction: Raster, row: Numbers, column: Numbers) -> NDArray[np.bool_]:
    height, width = direction.values.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    known = np.zeros(row.size, dtype=bool)
    known[inside] = np.isfinite(direction.values[row[inside], column[inside]])
    return known


def _steps(
    direction: Raster, row: Numbers, column: Numbers, alive: NDArray[np.bool_]
) -> tuple[Numbers, Numbers]:
    """Return how far each path goes down and right, nowhere where it has ended."""
    table = np.zeros((129, 2), dtype=np.intp)
    for code, step in _STEPS.items():
        table[code] = step
    codes = np.zeros(row.size, dtype=np.intp)
    codes[alive] = direction.values[row[alive], column[alive]].astype(np.intp)
    down, right = table[codes].T
    return down, right


def _located(
    direction: Raster,
    rows: list[Numbers],
    columns: list[Numbers],
    distances: list[Floats],
    complete: NDArray[np.bool_],
) -> FlowPaths:
    dams = complete.size
    row = np.stack(rows, axis=1) if rows else np.empty((dams, 0), np.intp)
    column = np.stack(columns, axis=1) if columns else np.empty((dams, 0), np.intp)
    distance = np.stack(distances, axis=1) if distances else np.empty((dams, 0))
    lon, lat = transformer(direction.grid.crs, _CGCS2000).transform(
        direction.grid.x[np.maximum(column, 0)], direction.grid.y[np.maximum(row, 0)]
    )
    gone = row < 0
    return FlowPaths(
        row, column, np.where(gone, np.nan, lon), np.where(gone, np.nan, lat), distance, complete
    )
