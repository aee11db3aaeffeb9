"""The value of rasters at a point."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rio_tiler.errors import PointOutsideBounds

from tiles.raster import GDAL_ENVIRONMENT, AreasReader


def value_at(paths: Sequence[Path], lon: float, lat: float) -> float | None:
    """Return the value of the pixel of a layer at a point, deg; None where it has none.

    Where areas overlap, the first file that has data counts, as on the map.
    """
    with rasterio.Env(**GDAL_ENVIRONMENT):
        try:
            found = AreasReader(tuple(paths)).point(lon, lat, indexes=1)
        except PointOutsideBounds:
            return None
    value = float(np.ma.filled(found.array.astype(np.float64), np.nan)[0])
    return value if math.isfinite(value) else None
