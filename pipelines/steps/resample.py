"""A raster on another grid."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from pipelines.raster import Raster, RasterGrid


def resample(raster: Raster, grid: RasterGrid, method: Literal["nearest", "bilinear", "average"]) -> Raster:
    """Return the raster on another grid, NaN where it does not reach.

    Parameters
    ----------
    method : str
        ``nearest`` for coefficients and classes, ``bilinear`` for smooth quantities on a finer grid,
        ``average`` towards a coarser one.
    """
    if raster.grid == grid:
        return raster
    values = np.full((grid.height, grid.width), np.nan, dtype=np.float32)
    reproject(
        raster.values,
        values,
        src_transform=Affine(*raster.grid.transform),
        src_crs=raster.grid.crs,
        src_nodata=np.nan,
        dst_transform=Affine(*grid.transform),
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        resampling=Resampling[method],
    )
    return replace(raster, values=values, grid=grid)
