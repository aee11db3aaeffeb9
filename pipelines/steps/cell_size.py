"""The size of raster cells in metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from pipelines.raster import RasterGrid

Floats = NDArray[np.float64]
_AXIS, _ECCENTRICITY_SQUARED = 6378137.0, 0.006694380022903416  # CGCS2000 and GRS 80


def cell_size(grid: RasterGrid, y: Floats) -> tuple[Floats, Floats]:
    """Return width and height of the cells of rows in metres.

    Parameters
    ----------
    grid : RasterGrid
    y : (rows,) float
        Centres of the rows in the grid's CRS.

    Returns
    -------
    (rows,) float, m, each
    """
    a, e = grid.transform[0], -grid.transform[4]
    if not grid.is_geographic:
        metres = CRS.from_user_input(grid.crs).axis_info[0].unit_conversion_factor
        return np.full(y.size, a * metres), np.full(y.size, e * metres)
    sine = np.sin(np.radians(y))
    flat = 1 - _ECCENTRICITY_SQUARED * sine**2
    prime_vertical = _AXIS / np.sqrt(flat)
    meridian = prime_vertical * (1 - _ECCENTRICITY_SQUARED) / flat
    return np.radians(a) * prime_vertical * np.sqrt(1 - sine**2), np.radians(e) * meridian
