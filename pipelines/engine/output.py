"""From the flat file of a run to a Cloud Optimized GeoTIFF or a Zarr store."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import rasterio
import rasterio.errors
import rasterio.shutil
import xarray as xr
import zarr

from minegis.variables import variable
from pipelines.durable import PART
from pipelines.engine.block import Place
from pipelines.engine.scratch import Scratch
from pipelines.raster import RasterGrid, cog_options, raster_tags, read_back

_CACHE = 192 * 2**20  # bytes of GDAL's cache while a file is written
_ZARR_CHUNK = 512
_NO_ROOM = 2**20  # bytes


@dataclass(frozen=True)
class Label:
    """What a file says of itself."""

    variable: str
    source: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    remarks: tuple[str, ...] = ()
    times: tuple[datetime, ...] = ()


def write_output(scratch: Scratch, output: str, label: Label, suffix: str) -> Path:
    """Write an output in its last form beside its flat file; return where."""
    part = scratch.folder / f"{output}{PART}{suffix}"
    write = _write_zarr if suffix == ".zarr" else _write_cog
    try:
        write(scratch, output, label, part)
    except rasterio.errors.RasterioError as error:
        # GDAL tells a full disk in many ways, none of them as such.
        state = os.statvfs(scratch.folder)
        if state.f_bavail * state.f_frsize < _NO_ROOM:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(part)) from error
        raise
    return part


def _write_cog(scratch: Scratch, output: str, label: Label, part: Path) -> None:
    described = scratch.folder / f"{output}.vrt"
    described.write_text(_vrt(scratch, output, label), encoding="utf-8")
    with rasterio.Env(GDAL_CACHEMAX=_CACHE, GDAL_NUM_THREADS=1):
        rasterio.shutil.copy(described, part, driver="COG", **cog_options(label.variable), BIGTIFF="IF_SAFER")
        read_back(part)


def _vrt(scratch: Scratch, output: str, label: Label) -> str:
    """Describe the flat file to GDAL, so that nothing is copied before the last form is written."""
    grid = scratch.blocks.grid
    a, b, c, d, e, f = grid.transform
    tags = raster_tags(
        label.variable,
        variable(label.variable).unit,
        label.source,
        label.valid_from,
        label.valid_to,
        label.remarks,
    )
    items = "".join(f"<MDI key={quoteattr(key)}>{escape(text)}</MDI>" for key, text in tags.items())
    bands = "".join(
        f'<VRTRasterBand dataType="Float32" band="{layer + 1}" subClass="VRTRawRasterBand">'
        f"<Description>{escape(label.variable)}</Description>"
        f"<UnitType>{escape(variable(label.variable).unit)}</UnitType><NoDataValue>nan</NoDataValue>"
        f'<SourceFilename relativeToVRT="1">{escape(scratch.file(output).name)}</SourceFilename>'
        f"<ImageOffset>{4 * layer * grid.height * grid.width}</ImageOffset><PixelOffset>4</PixelOffset>"
        f"<LineOffset>{4 * grid.width}</LineOffset><ByteOrder>LSB</ByteOrder></VRTRasterBand>"
        for layer in range(scratch.layers[output])
    )
    wkt = rasterio.CRS.from_user_input(grid.crs).to_wkt()
    return (
        f'<VRTDataset rasterXSize="{grid.width}" rasterYSize="{grid.height}">'
        f'<SRS dataAxisToSRSAxisMapping="2,1">{escape(wkt)}</SRS>'
        f"<GeoTransform>{c!r}, {a!r}, {b!r}, {f!r}, {d!r}, {e!r}</GeoTransform>"
        f"<Metadata>{items}</Metadata>{bands}</VRTDataset>"
    )


def _write_zarr(scratch: Scratch, output: str, label: Label, part: Path) -> None:
    grid = scratch.blocks.grid
    template = _template(grid, label)
    template.to_zarr(part, mode="w", consolidated=False, zarr_format=3)
    layers = scratch.layers[output]
    store = zarr.open_group(part, mode="r+")
    values = store.create_array(
        label.variable,
        shape=(layers, grid.height, grid.width),
        chunks=(layers, _ZARR_CHUNK, _ZARR_CHUNK),
        dtype="float32",
        fill_value=float("nan"),
        dimension_names=("time", "y", "x"),
        attributes=_attributes(grid, label),
    )
    for row in range(0, grid.height, _ZARR_CHUNK):
        height = min(_ZARR_CHUNK, grid.height - row)
        for column in range(0, grid.width, _ZARR_CHUNK):
            place = Place(grid, row, column, height, min(_ZARR_CHUNK, grid.width - column))
            values[:, row : row + height, column : column + place.width] = scratch.window(output, place)


def _template(grid: RasterGrid, label: Label) -> xr.Dataset:
    times = np.array([each.replace(tzinfo=None) for each in label.times], dtype="datetime64[ns]")
    return xr.Dataset(coords={"time": times, "y": grid.y, "x": grid.x})


def _attributes(grid: RasterGrid, label: Label) -> dict[str, Any]:
    return {
        "units": variable(label.variable).unit,
        "long_name": variable(label.variable).label.en,
        "crs": grid.crs,
        "transform": list(grid.transform),
        "source": label.source,
    }
