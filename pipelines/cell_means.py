"""The mean of rasters over the cells of a run: by exact weights or, where pixels are many, by centres."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minegis.cells import Cells
from pipelines.products import Product
from pipelines.raster import RasterGrid
from pipelines.steps.cell_index import CellIndex, is_fine
from pipelines.steps.kept import kept_arrays
from pipelines.steps.weights import CellGrid, Weights
from pipelines.windows import Window

Floats = NDArray[np.float64]

_METHOD = b"cell means of a fine raster 1"  # part of the key: a change of method makes older files stale


class CellMeans:
    """Means over one set of cells.

    The weights of the last grid stay in memory: what a run reads comes grid after grid. The means of a fine
    raster are kept by its hash, so that a raster is read over only when it is new.
    """

    def __init__(self, cells: Cells, folder: Path) -> None:
        self._cells = cells
        self._folder = folder
        self._key = CellGrid(cells).key
        self._grid: RasterGrid | None = None
        self._weights: Weights | None = None

    def of(self, product: Product) -> tuple[Floats, Floats]:
        """Return the mean in each cell, NaN where nothing is known, and the fraction of the cell covered."""
        grid = product.raster.grid
        if is_fine(grid, self._cells):
            return self._of_fine(product)
        if self._weights is None or grid != self._grid:
            self._grid, self._weights = grid, Weights.load_or_compute(self._folder, grid, self._cells)
        return self._weights.mean(product.raster.values)

    def _of_fine(self, product: Product) -> tuple[Floats, Floats]:
        grid = product.raster.grid
        described = "|".join((product.artefact.sha256, repr(grid), self._key))
        key = hashlib.sha256(_METHOD + described.encode()).hexdigest()

        def make() -> dict[str, NDArray[Any]]:
            index = CellIndex.load_or_compute(self._folder, grid, self._cells)
            found = index.statistics(Window.whole(product.raster.values))
            return {"mean": found.mean, "covered": found.covered}

        kept = kept_arrays(self._folder, key, ("mean", "covered"), make)
        return kept["mean"], kept["covered"]
