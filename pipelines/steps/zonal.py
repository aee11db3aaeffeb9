"""What a raster says in each footprint: weights found once and kept, then each new raster is one pass."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from minegis.cells import usable
from minegis.compiled import compiled
from minegis.errors import InvalidInput
from minegis.sphere import Shapes
from pipelines.raster import RasterGrid
from pipelines.steps.kept import kept_arrays
from pipelines.steps.overlap import coverage

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_METHOD = b"zonal weights 1"  # part of the key: a change of method makes older files stale


@dataclass(frozen=True, eq=False)
class ZonalStatistics:
    """What a raster says in each of n footprints.

    Attributes
    ----------
    count : (n,) float
        Pixels with a value, each by the part of it that the footprint covers.
    sum : (n,) float
        Of values times that part; zero where there is none.
    min, max : (n,) float
        Of every pixel with a value that the footprint reaches into; NaN where there is none.
    """

    count: Floats
    sum: Floats
    min: Floats
    max: Floats

    @property
    def mean(self) -> Floats:
        """Mean weighted by the parts covered, (n,), NaN where nothing has a value."""
        mean = np.full(self.sum.size, np.nan)
        np.divide(self.sum, self.count, out=mean, where=self.count > 0.0)
        return mean


@dataclass(frozen=True, eq=False)
class ZonalWeights:
    """Which part of which pixel each footprint covers; see `overlap.coverage`.

    Attributes
    ----------
    grid : RasterGrid
    start : (n + 1,) int
        Where each footprint's pixels begin.
    pixel : (k,) int
        ``row * width + column``.
    part : (k,) float
        0 < part ≤ 1.
    """

    grid: RasterGrid
    start: Indices
    pixel: Indices
    part: Floats

    @classmethod
    def load_or_compute(cls, folder: Path, grid: RasterGrid, shapes: Shapes) -> ZonalWeights:
        """Return the weights kept in `folder`, or compute and keep them there; see `kept_arrays`.

        Raises
        ------
        InvalidInput
            As `overlap.coverage`.
        """
        outlines = hashlib.sha256(b"".join(shapely.to_wkb(usable(shapes)))).digest()
        key = hashlib.sha256(_METHOD + repr(grid).encode() + outlines).hexdigest()

        def make() -> dict[str, NDArray[Any]]:
            return dict(zip(("start", "pixel", "part"), coverage(grid, shapes), strict=True))

        return cls(grid, **kept_arrays(folder, key, ("start", "pixel", "part"), make))

    def statistics(self, values: NDArray[Any]) -> ZonalStatistics:
        """Return what a raster says in each footprint.

        Parameters
        ----------
        values : (height, width) float
            What is not finite has no value.

        Raises
        ------
        InvalidInput
            If the values do not fit the grid.
        """
        if values.shape != (self.grid.height, self.grid.width):
            raise InvalidInput(
                "values do not fit the grid of the weights",
                where="values",
                expected=str((self.grid.height, self.grid.width)),
                got=str(values.shape),
            )
        return ZonalStatistics(*_statistics(np.ravel(values), self.start, self.pixel, self.part))


@compiled
def _statistics(
    values: NDArray[Any], start: Indices, pixel: Indices, part: Floats
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return count, sum, least and largest value of each footprint."""
    zones = start.size - 1
    count, total = np.zeros(zones), np.zeros(zones)
    low, high = np.full(zones, np.nan), np.full(zones, np.nan)
    for zone in range(zones):
        known, added, least, most = 0.0, 0.0, np.inf, -np.inf
        for at in range(start[zone], start[zone + 1]):
            value = values[pixel[at]]
            if np.isfinite(value):
                known += part[at]
                added += part[at] * value
                least, most = min(least, value), max(most, value)
        count[zone], total[zone] = known, added
        if least <= most:
            low[zone], high[zone] = least, most
    return count, total, low, high
