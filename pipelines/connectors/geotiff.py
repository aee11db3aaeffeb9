"""GeoTIFF and GRIB through GDAL: the driver is fixed by the content, nothing beside the file is read."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window

from minegis.errors import InvalidInput
from pipelines.connectors.field import MAX_BYTES, Bounds, Field, file_kind, window
from pipelines.raster import source_name


def read_geotiff(
    path: Path, *, band: int = 1, bounds: Bounds | None = None, max_bytes: int = MAX_BYTES
) -> Field:
    """Read one band of a GeoTIFF, or the part of it that touches `bounds` (in the file's own CRS).

    Declared no-data values and NaN are both gaps. Files beside the image (``.aux.xml``, ``.ovr``, ``.tfw``)
    are not looked at.

    Raises
    ------
    InvalidInput
        If the file is no GeoTIFF, has no affine georeference, or needs more than `max_bytes`.
    """
    if file_kind(path) != "tiff":
        raise InvalidInput("not a GeoTIFF", where=path.name)
    with _opened(str(path.resolve()), "GTiff", path.name) as dataset:
        if band not in dataset.indexes:
            raise InvalidInput(
                "no such band", where=path.name, expected=f"1 to {dataset.count}", got=str(band)
            )
        return _field(dataset, band, source_name(path), bounds, max_bytes)


def read_grib(
    path: Path, *, bounds: Bounds | None = None, max_bytes: int = MAX_BYTES
) -> Iterator[tuple[bytes, Field]]:
    """Yield the bytes and the fields of each message, every one on its own grid.

    GDAL puts all messages of a file on the grid of the first, so they are opened one by one.

    Raises
    ------
    InvalidInput
        If the file is no GRIB or ends within a message.
    """
    if file_kind(path) != "grib":
        raise InvalidInput("not a GRIB file", where=path.name)
    source = source_name(path)
    for message in _messages(path.read_bytes(), path.name):
        with MemoryFile(message) as memory, _opened(memory.name, "GRIB", path.name) as dataset:
            for band in dataset.indexes:
                yield message, _field(dataset, band, source, bounds, max_bytes)


def _messages(data: bytes, where: str) -> Iterator[bytes]:
    """Split at the lengths in section 0: 3 octets in edition 1, 8 octets in edition 2 (WMO FM 92)."""
    start = data.find(b"GRIB")
    while start >= 0:
        edition = data[start + 7] if start + 7 < len(data) else 0
        octets = data[start + 8 : start + 16] if edition == 2 else data[start + 4 : start + 7]
        end = start + int.from_bytes(octets, "big")
        if edition not in (1, 2) or data[end - 4 : end] != b"7777":
            raise InvalidInput(
                "a GRIB message that does not end",
                where=f"{where} byte {start}",
                expected="7777 at its length",
            )
        yield data[start:end]
        start = data.find(b"GRIB", end)


@contextmanager
def _opened(name: str, driver: str, where: str) -> Iterator[Any]:
    environment = rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR")
    try:
        with environment, warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # refused below, by name
            with rasterio.open(name, driver=driver) as dataset:
                yield dataset
    except RasterioError as error:
        raise InvalidInput("a file that GDAL cannot read", where=where, got=str(error)[:200]) from None


def _field(dataset: Any, band: int, source: str, bounds: Bounds | None, max_bytes: int) -> Field:
    if dataset.transform.is_identity:
        raise InvalidInput(
            "no affine georeference",
            where=source,
            expected="a geotransform",
            got=f"{len(dataset.gcps[0])} ground control points",
        )
    rows, columns, transform = window(
        tuple(dataset.transform)[:6], dataset.shape, bounds, max_bytes=max_bytes, where=source
    )
    raw = dataset.read(band, window=Window.from_slices(rows, columns))
    values = raw.astype(np.float64)
    nodata = dataset.nodatavals[band - 1]
    if nodata is not None and not np.isnan(nodata):
        values[raw == np.asarray(nodata).astype(raw.dtype)] = np.nan
    scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
    if (scale, offset) != (1.0, 0.0):
        values = values * scale + offset
    tags = {**dataset.tags(), **dataset.tags(band)}
    return Field(
        values,
        transform,
        _crs(dataset),
        tags.get("GRIB_UNIT", dataset.units[band - 1]) or "",
        source,
        tags,
    )


def _crs(dataset: Any) -> str:
    """Return the CRS as text; the sphere of GRIB's longitudes and latitudes is taken for the ellipsoid."""
    if not dataset.crs:
        return ""
    if dataset.driver == "GRIB" and dataset.crs.is_geographic:
        return "OGC:CRS84"
    return str(dataset.crs.to_wkt())
