"""Elevation models: GeoTIFF or NetCDF inside, whatever the file is called (.tif, .flt, .bil, .grd, .nc)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.connectors.field import MAX_BYTES, Bounds
from pipelines.connectors.grid_file import read_grid
from pipelines.raster import Raster


def read_dem(
    path: Path,
    *,
    unit: str | None = None,
    crs: str | None = None,
    nodata: Iterable[float] = (),
    bounds: Bounds | None = None,
    max_bytes: int = MAX_BYTES,
) -> Raster:
    """Read an elevation model as `elevation` in metres.

    Parameters
    ----------
    unit, crs : str, optional
        What the caller declares where the file states nothing (most elevation models state no unit).
    nodata : iterable of float
        Further values that mean a gap.
    bounds : west, south, east, north, optional
        Part to read, in the file's CRS.
    max_bytes : int
        What the part may take in memory.

    Raises
    ------
    InvalidInput
        If the file cannot be read, states no unit or CRS, or holds what is no elevation on land.
    """
    return read_grid(path, "elevation", unit=unit, crs=crs, nodata=nodata, bounds=bounds, max_bytes=max_bytes)
