"""A raster file of any quantity of the data dictionary, GeoTIFF or NetCDF by its content."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pipelines.connectors.field import MAX_BYTES, Bounds, Field, file_kind, to_raster
from pipelines.connectors.geotiff import read_geotiff
from pipelines.connectors.netcdf import read_netcdf
from pipelines.raster import Raster


def read_grid(
    path: Path,
    variable: str,
    *,
    unit: str | None = None,
    crs: str | None = None,
    nodata: Iterable[float] = (),
    bounds: Bounds | None = None,
    max_bytes: int = MAX_BYTES,
) -> Raster:
    """Read the one layer of a GeoTIFF or NetCDF file as `variable`.

    Parameters
    ----------
    variable : str
        Name in the data dictionary.
    unit, crs : str, optional
        What the caller declares where the file states nothing; a contradiction is refused.
    nodata : iterable of float
        Further values that mean a gap.
    bounds : west, south, east, north, optional
        Part to read, in the file's CRS.
    max_bytes : int
        What the part may take in memory.

    Raises
    ------
    InvalidInput
        If the file cannot be read, states no unit or CRS, or holds values the dictionary refuses.
    """
    found = read_field(path, bounds=bounds, max_bytes=max_bytes)
    return to_raster(found, variable, unit=unit, crs=crs, nodata=nodata)


def read_field(path: Path, *, bounds: Bounds | None = None, max_bytes: int = MAX_BYTES) -> Field:
    """Read the one layer of a GeoTIFF or NetCDF file by its content, whatever its name says."""
    if file_kind(path) == "netcdf":
        return read_netcdf(path, bounds=bounds, max_bytes=max_bytes)
    return read_geotiff(path, bounds=bounds, max_bytes=max_bytes)
