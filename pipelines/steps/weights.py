"""Exact area weights between pixels, cells, regions and assets: computed once, then each raster is a sum.

Regions are always computed with these weights, never from parent cells.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array

from minegis import sphere
from minegis.cells import Cells, cover, polygons, resolution_of, usable
from minegis.errors import InvalidInput
from minegis.sphere import Shapes
from pipelines.raster import RasterGrid
from pipelines.steps.kept import kept_arrays
from pipelines.steps.overlap import overlaps, row_heights

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_METHOD = b"raster weights 1"  # part of the key: a change of method makes older files stale
_REGION_METHOD = b"region weights 1"


@dataclass(frozen=True, eq=False)
class CellGrid:
    """The cells of a run: of one resolution, each once, in a fixed order.

    Raises
    ------
    InvalidInput
        If resolutions are mixed or a cell occurs twice.
    """

    cells: Cells

    def __post_init__(self) -> None:
        _ = self.resolution
        ascending = bool(np.all(self.cells[1:] > self.cells[:-1]))
        if not ascending and np.unique(self.cells).size != self.cells.size:
            raise InvalidInput("a cell occurs twice", where="cells")

    @cached_property
    def resolution(self) -> int:
        """H3 resolution."""
        return resolution_of(self.cells)

    @cached_property
    def key(self) -> str:
        """SHA-256 of the cells in their order."""
        return hashlib.sha256(np.ascontiguousarray(self.cells, dtype="<u8").tobytes()).hexdigest()


@dataclass(frozen=True, eq=False)
class Weights:
    """What part of each cell lies in which pixel, row after row (compressed sparse rows).

    Attributes
    ----------
    grid : RasterGrid
    start : (n + 1,) int
        Where each cell's pixels begin in `pixel` and `fraction`.
    pixel : (k,) int
        ``row * width + column``.
    fraction : (k,) float
        Fraction of the cell's area in the pixel; a cell's fractions sum to one where the grid covers it.
    cell_area : (n,) float
        In columns times the unit of `row_heights`: turns `fraction` into the part of the pixel.
    """

    grid: RasterGrid
    start: Indices
    pixel: Indices
    fraction: Floats
    cell_area: Floats

    @classmethod
    def load_or_compute(cls, folder: Path, grid: RasterGrid, cells: Cells) -> Weights:
        """Return the weights kept in `folder`, or compute and keep them there.

        The file is named by the hash of both grids; one that is damaged is computed again.
        """
        key = hashlib.sha256(_METHOD + repr(grid).encode() + CellGrid(cells).key.encode()).hexdigest()
        names = ("start", "pixel", "fraction", "cell_area")

        def make() -> dict[str, NDArray[Any]]:
            weights = raster_weights(grid, cells)
            return {name: getattr(weights, name) for name in names}

        return cls(grid, **kept_arrays(folder, key, names, make))

    def mean(self, values: NDArray[Any]) -> tuple[Floats, Floats]:
        """Return the area-weighted mean over what has data, and the fraction of each cell that has.

        Parameters
        ----------
        values : (height, width) float
            NaN where there is no data.

        Returns
        -------
        mean : (n,) float
            NaN where the cell has no data at all.
        covered : (n,) float, 0 to 1
        """
        found = self._of_pixels(values)
        known = np.isfinite(found)
        covered = self._by_cell(np.add, self.fraction * known, 0.0)
        total = self._by_cell(np.add, self.fraction * np.where(known, found, 0.0), 0.0)
        mean = np.full(covered.size, np.nan)
        np.divide(total, covered, out=mean, where=covered > 0.0)
        return mean, np.minimum(covered, 1.0)

    def max(self, values: NDArray[Any]) -> Floats:
        """Return the largest value of the pixels that reach into each cell, NaN where none has data."""
        return self._by_cell(np.fmax, self._of_pixels(values), np.nan)

    def min(self, values: NDArray[Any]) -> Floats:
        """Return the smallest value of the pixels that reach into each cell, NaN where none has data."""
        return self._by_cell(np.fmin, self._of_pixels(values), np.nan)

    def sum_conserving(self, values: NDArray[Any]) -> Floats:
        """Share out totals, such as people per pixel: each cell gets the part of a pixel that lies in it.

        Over cells that cover the grid the total stays what it was. Pixels without data add nothing; where
        no pixel has data the sum is NaN.
        """
        found = self._of_pixels(values)
        known = np.isfinite(found)
        in_cell = self.fraction * np.repeat(self.cell_area, np.diff(self.start))
        share = in_cell / row_heights(self.grid)[self.pixel // self.grid.width]
        total = self._by_cell(np.add, share * np.where(known, found, 0.0), 0.0)
        return np.where(self._by_cell(np.logical_or, known, 0.0) > 0.0, total, np.nan)

    def _of_pixels(self, values: NDArray[Any]) -> Floats:
        if values.shape != (self.grid.height, self.grid.width):
            raise InvalidInput(
                "values do not fit the grid of the weights",
                where="values",
                expected=str((self.grid.height, self.grid.width)),
                got=str(values.shape),
            )
        return values.ravel()[self.pixel].astype(np.float64)

    def _by_cell(self, join: np.ufunc, terms: NDArray[Any], empty: float) -> Floats:
        joined = np.full(self.start.size - 1, empty)
        filled = np.diff(self.start) > 0
        if filled.any():
            joined[filled] = join.reduceat(terms, self.start[:-1][filled])
        return joined


def raster_weights(grid: RasterGrid, cells: Cells) -> Weights:
    """Compute what part of each cell lies in which pixel, exactly; see `overlap.overlaps`.

    Parameters
    ----------
    grid : RasterGrid
    cells : (n,) uint64

    Raises
    ------
    InvalidInput
        If there are no cells, resolutions are mixed, a cell occurs twice or cannot be projected.
    """
    return Weights(grid, *overlaps(grid, CellGrid(cells).cells))


def region_weights(regions: Shapes, cells: Cells) -> csr_array:
    """Compute the fraction of each cell's area inside each region, on the sphere.

    A cell wholly inside is exactly one. Only cells on a boundary are cut, with the region as it is.

    Parameters
    ----------
    regions : (r,) polygon, lon/lat deg
    cells : (n,) uint64

    Returns
    -------
    (r, n) sparse float

    Raises
    ------
    InvalidInput
        If a region is absent, empty, invalid or off the Earth; the message names its position.
    """
    return _fractions(usable(regions), polygons(cells))


def kept_region_weights(folder: Path, regions: Shapes, cells: Cells) -> csr_array:
    """Return the weights of `region_weights` kept in `folder`, or compute and keep them there.

    The file is named by the hash of the outlines and of the cells; one that is damaged is computed again.
    """
    outlines = hashlib.sha256(b"".join(shapely.to_wkb(usable(regions))))
    key = hashlib.sha256(_REGION_METHOD + outlines.digest() + CellGrid(cells).key.encode()).hexdigest()

    def make() -> dict[str, NDArray[Any]]:
        weights = region_weights(regions, cells)
        return {"data": weights.data, "indices": weights.indices, "indptr": weights.indptr}

    kept = kept_arrays(folder, key, ("data", "indices", "indptr"), make)
    return csr_array((kept["data"], kept["indices"], kept["indptr"]), shape=(len(regions), cells.size))


def region_asset_weights(regions: Shapes, assets: Shapes) -> csr_array:
    """Compute the fraction of each asset inside each region: by area, length or number of points.

    What lies on the boundary between two regions (a point, a line along it) counts in both: it is shown
    twice rather than lost.

    Parameters
    ----------
    regions : (r,) polygon, lon/lat deg
    assets : (a,) shapely geometry, lon/lat deg

    Returns
    -------
    (r, a) sparse float

    Raises
    ------
    InvalidInput
        If a geometry is absent, empty, invalid or off the Earth; the message names its position.
    """
    return _fractions(usable(regions), usable(assets))


def _fractions(regions: NDArray[np.object_], parts: NDArray[np.object_]) -> csr_array:
    """Return the fraction of each part inside each region, (regions, parts)."""
    region, part = shapely.STRtree(parts).query(regions, predicate="intersects")
    shapely.prepare(regions)
    fraction = shapely.covers(regions[region], parts[part]).astype(np.float64)
    cut = np.flatnonzero(fraction == 0.0)
    dimension = shapely.get_dimensions(parts)[part[cut]]
    pieces = shapely.intersection(regions[region[cut]], parts[part[cut]])
    whole = sphere.measures(parts[part[cut]], dimension)
    inside = sphere.measures(pieces, dimension)
    # what is too small to measure is inside, not lost
    fraction[cut] = np.divide(inside, whole, out=np.ones_like(whole), where=whole > 0.0)
    kept = fraction > 0.0
    entries = np.minimum(fraction[kept], 1.0), (region[kept], part[kept])
    return csr_array(entries, shape=(regions.size, parts.size))


@dataclass(frozen=True, eq=False)
class AssetWeights:
    """What part of each asset lies in which cell.

    Attributes
    ----------
    matrix : (assets, cells) sparse float
        Fraction of the asset, for the cells that were asked for.
    outside_asset : (k,) int
        Assets that reach beyond those cells, once for each cell beyond.
    outside_cell : (k,) uint64
        The cell beyond.
    outside_fraction : (k,) float
        Fraction of the asset in it.
    """

    matrix: csr_array
    outside_asset: Indices
    outside_cell: Cells
    outside_fraction: Floats


def asset_weights(assets: Shapes, cells: Cells) -> AssetWeights:
    """Compute the fraction of each asset in each cell: by area, length or number of points.

    Inside and outside together the fractions of an asset sum to one.

    Parameters
    ----------
    assets : (a,) shapely geometry, lon/lat deg
    cells : (n,) uint64
        In any order.

    Raises
    ------
    InvalidInput
        If a geometry is absent, empty, invalid or off the Earth; the message names its position.
    """
    asset, cell, fraction = cover(assets, resolution_of(cells))
    order = np.argsort(cells)
    at = np.minimum(np.searchsorted(cells, cell, sorter=order), cells.size - 1)
    position = order[at]
    known = cells[position] == cell
    entries = fraction[known], (asset[known], position[known])
    matrix = csr_array(entries, shape=(len(assets), cells.size))
    return AssetWeights(matrix, asset[~known], cell[~known], fraction[~known])
