"""Fine rasters over cells: every pixel counts in the cell that holds its centre; found once a grid, and kept.

For rasters much finer than the cells; a coarse raster needs the exact weights of `pipelines.steps.weights`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minegis.cells import Cells, outlines
from minegis.coordinates import CRS84, transformer
from minegis.errors import InvalidInput
from pipelines.raster import RasterGrid
from pipelines.steps.kept import kept_arrays
from pipelines.steps.overlap import goes_round
from pipelines.steps.scanline import add_window, band_runs, count_pixels
from pipelines.steps.weights import CellGrid
from pipelines.windows import Window

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Columns = NDArray[np.int32]

FINE = 64
"""Pixels in a cell from which on centres stand for areas: see docs/science/cells.md for what that costs."""

_METHOD = b"cell index 1"  # part of the key: a change of method makes older files stale
_BAND = 1024  # rows worked on at a time
_CELLS = 65_536  # outlines made at a time
_THREADS = 2


@dataclass(frozen=True, eq=False)
class CellStatistics:
    """What a raster says in each of n cells.

    Attributes
    ----------
    expected : (n,) float
        Pixels that the whole cell would hold, on the grid or off it.
    count : (n,) int
        Pixels with a value whose centre is in the cell.
    sum : (n,) float
        Zero where there is none.
    min, max : (n,) float
        NaN where there is none.
    """

    expected: Floats
    count: Indices
    sum: Floats
    min: Floats
    max: Floats

    @property
    def mean(self) -> Floats:
        """Mean of the pixels with a value, (n,), NaN where there is none."""
        mean = np.full(self.sum.size, np.nan)
        np.divide(self.sum, self.count, out=mean, where=self.count > 0)
        return mean

    @property
    def covered(self) -> Floats:
        """Fraction of the cell that has values, (n,), 0 to 1."""
        return np.minimum(self.count / self.expected, 1.0)


@dataclass(frozen=True, eq=False)
class CellIndex:
    """The cell of each pixel's centre, as runs along the rows: two numbers a row of a cell.

    Attributes
    ----------
    grid : RasterGrid
    row_start : (height + 1,) int
        Where the runs of each row begin.
    start : (k,) int32
        First column of each run; it ends where the next begins.
    cell : (k,) int32
        Position of the cell, -1 where there is none.
    expected : (n,) float
        Area of each cell in pixels.
    """

    grid: RasterGrid
    row_start: Indices
    start: Columns
    cell: Columns
    expected: Floats

    @classmethod
    def load_or_compute(cls, folder: Path, grid: RasterGrid, cells: Cells) -> CellIndex:
        """Return the index kept in `folder`, or compute and keep it there; see `kept_arrays`."""
        key = hashlib.sha256(_METHOD + repr(grid).encode() + CellGrid(cells).key.encode()).hexdigest()
        names = ("row_start", "start", "cell", "expected")

        def make() -> dict[str, NDArray[Any]]:
            index = cell_index(grid, cells)
            return {name: getattr(index, name) for name in names}

        return cls(grid, **kept_arrays(folder, key, names, make))

    @cached_property
    def pixels(self) -> Indices:
        """Pixels whose centre is in each cell, with a value or not, (n,)."""
        found = np.zeros(self.expected.size, np.int64)
        count_pixels(self.row_start, self.start, self.cell, self.grid.width, found)
        return found

    def statistics(self, windows: Iterable[Window]) -> CellStatistics:
        """Return what a raster says in each cell; the order of the windows decides the last digit of sums.

        Parameters
        ----------
        windows : iterable of Window
            Each pixel at most once, as `pipelines.windows.read_windows` gives them, or `Window.whole`.

        Raises
        ------
        InvalidInput
            If a window reaches beyond the grid.
        """
        cells = self.expected.size
        count, total = np.zeros(cells, np.int64), np.zeros(cells)
        low, high = np.full(cells, np.inf), np.full(cells, -np.inf)
        runs = (self.row_start, self.start, self.cell)
        for window in windows:
            height, width = window.values.shape
            if window.row + height > self.grid.height or window.column + width > self.grid.width:
                raise InvalidInput(
                    "a window beyond the grid of the index",
                    where="values",
                    expected=str((self.grid.height, self.grid.width)),
                    got=f"{height} × {width} at row {window.row}, column {window.column}",
                )
            known = (count, total, low, high)
            add_window(window.values, window.row, window.column, self.grid.width, runs, known)
        nothing = count == 0
        low[nothing] = high[nothing] = np.nan
        return CellStatistics(self.expected, count, total, low, high)


def cell_index(grid: RasterGrid, cells: Cells) -> CellIndex:
    """Find the cell that holds the centre of each pixel.

    The outlines of the cells are filled in the plane of the grid: over cells that cover the grid each pixel
    counts in exactly one. Longitudes are taken modulo 360°.

    Parameters
    ----------
    grid : RasterGrid
    cells : (n,) uint64, n > 0

    Raises
    ------
    InvalidInput
        If there are no cells, resolutions are mixed, a cell occurs twice or cannot be projected.
    """
    _ = CellGrid(cells)
    parts = [cells[at : at + _CELLS] for at in range(0, cells.size, _CELLS)]
    with ThreadPoolExecutor(_THREADS) as pool:
        drawn = list(pool.map(lambda part: _on_grid(grid, part), parts))
        x, y = (np.concatenate([part[axis] for part in drawn]) for axis in (0, 1))
        corners = np.concatenate([np.diff(part[2]) for part in drawn])
        first = np.concatenate([[0], np.cumsum(corners)])
        expected = _areas(x, y, first)
        if goes_round(grid):
            x, y, first, number = _both_sides(grid, x, y, first)
        else:
            number = np.arange(cells.size)
        low, high = np.minimum.reduceat(y, first[:-1]), np.maximum.reduceat(y, first[:-1])
        west = np.minimum.reduceat(x, first[:-1])

        def band(top: int) -> tuple[Indices, Columns, Columns]:
            rows = min(_BAND, grid.height - top)
            near = np.flatnonzero((high >= top) & (low <= top + rows))
            near = near[np.argsort(west[near], kind="stable")]
            of_near, begin = _points_of(near, first)
            return band_runs(x[of_near], y[of_near], begin, number[near], top, rows, grid.width)

        bands = list(pool.map(band, range(0, grid.height, _BAND)))
    counts = np.concatenate([np.diff(row_start) for row_start, _, _ in bands])
    return CellIndex(
        grid,
        np.concatenate([[0], np.cumsum(counts)]),
        np.concatenate([start for _, start, _ in bands]),
        np.concatenate([cell for _, _, cell in bands]),
        expected,
    )


def is_fine(grid: RasterGrid, cells: Cells) -> bool:
    """Return whether a cell holds so many pixels of a grid that their centres may stand for their areas."""
    x, y, first = _on_grid(grid, cells[cells.size // 2 : cells.size // 2 + 1])
    return bool(_areas(x, y, first)[0] >= FINE)


def _on_grid(grid: RasterGrid, cells: Cells) -> tuple[Floats, Floats, Indices]:
    """Return the corners of the cells in columns and rows of the grid, and where those of each begin."""
    a, _, c, _, e, f = grid.transform
    lon, lat, first = outlines(cells)
    if grid.is_geographic:
        turns = np.round((c + a * grid.width / 2 - lon[first[:-1]]) / 360.0)
        return (lon + 360.0 * np.repeat(turns, np.diff(first)) - c) / a, (lat - f) / e, first
    east, north = transformer(CRS84, grid.crs).transform(lon, lat)
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise InvalidInput("cells that cannot be projected", where="cells", expected=f"within {grid.crs}")
    return (east - c) / a, (north - f) / e, first


def _areas(x: Floats, y: Floats, first: Indices) -> Floats:
    """Return the area of each outline in pixels."""
    after = np.arange(1, x.size + 1)
    after[first[1:] - 1] = first[:-1]
    x0, y0 = (np.repeat(axis[first[:-1]], np.diff(first)) for axis in (x, y))
    cross = (x - x0) * (y[after] - y0) - (x[after] - x0) * (y - y0)
    return np.abs(np.add.reduceat(cross, first[:-1])) / 2


def _both_sides(
    grid: RasterGrid, x: Floats, y: Floats, first: Indices
) -> tuple[Floats, Floats, Indices, Indices]:
    """Add what leaves a grid around the Earth on one side again on the other."""
    west, east = np.minimum.reduceat(x, first[:-1]), np.maximum.reduceat(x, first[:-1])
    numbers = np.arange(west.size)
    moved = [(numbers, 0), (numbers[west < 0], grid.width), (numbers[east > grid.width], -grid.width)]
    xs, ys, corners = [], [], []
    for chosen, shift in moved:
        points, begin = _points_of(chosen, first)
        xs.append(x[points] + shift)
        ys.append(y[points])
        corners.append(np.diff(begin))
    begin = np.concatenate([[0], np.cumsum(np.concatenate(corners))])
    return np.concatenate(xs), np.concatenate(ys), begin, np.concatenate([chosen for chosen, _ in moved])


def _points_of(chosen: Indices, first: Indices) -> tuple[Indices, Indices]:
    """Return the positions of the corners of some outlines, and where those of each begin among them."""
    size = first[chosen + 1] - first[chosen]
    begin = np.concatenate([[0], np.cumsum(size)])
    return np.arange(begin[-1]) + np.repeat(first[chosen] - begin[:-1], size), begin
