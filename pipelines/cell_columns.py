"""The columns of the cells of a run: values, and what each was made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minegis.cells import Cells, to_text

Floats = NDArray[np.float64]
Column = NDArray[np.floating[Any]]
RAIN_DAYS = 7
"""Days of the antecedent rain index."""


@dataclass
class CellColumns:
    """Columns of the cells of a run; NaN where nothing is known.

    Attributes
    ----------
    cells : (n,) uint64
    values : dict of (n,) float32
        By name of the data dictionary, in its unit. Rasters have no more digits.
    area : (n,) int8
        Which of the site's elevation models covers the cell best, -1 where none does.
    sources : dict of tuple of text
        What each column was made from: one text, or one for each elevation model.
    missing : dict of tuple of str
        The inputs without a source of each model that could not run.
    mapped : dict of dict of (n,) float
        PGA (g) and PGV (cm/s) of each ShakeMap by its event id, NaN where it does not reach.
    area_km2 : (n,) float
        Area of each cell.
    """

    cells: Cells
    lon: Floats
    lat: Floats
    area: NDArray[np.int8]
    values: dict[str, Column] = field(default_factory=dict)
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)
    mapped: dict[str, dict[str, Floats]] = field(default_factory=dict)
    area_km2: Floats = field(default_factory=lambda: np.empty(0))

    def set(self, name: str, values: Column, *sources: str) -> None:
        """Set a column."""
        self.values[name] = values.astype(np.float32, copy=False)
        self.sources[name] = sources

    def source(self, name: str, row: int) -> str:
        """Return what a value in one cell was made from, nothing where no elevation model reaches."""
        sources = self.sources[name]
        if len(sources) == 1:
            return sources[0]
        return sources[self.area[row]] if self.area[row] >= 0 else ""

    def text(self, row: int) -> str:
        """Return a cell's id as people write it."""
        return to_text(self.cells[row : row + 1])[0]

    def get(self, name: str) -> Column:
        """Return a column, all NaN where there is none."""
        return self.values.get(name, np.full(self.cells.size, np.nan))
