"""A raster of one quantity: north up, no data as NaN, in the data dictionary's unit; kept as COG."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from minegis.clock import format_utc, parse_utc
from minegis.errors import InvalidInput
from minegis.variables import variable
from pipelines.durable import settled

_TAGS = ("MINEGIS_VARIABLE", "MINEGIS_UNIT", "MINEGIS_SOURCE")
_NOT_AVERAGED = frozenset({"aspect", "flow_direction"})  # angles and codes


@dataclass(frozen=True)
class RasterGrid:
    """Where the cells of a raster are.

    Attributes
    ----------
    transform : tuple of 6 float
        ``(a, b, c, d, e, f)``: column and row to x = a·column + c, y = e·row + f of the cell's upper left
        corner; b = d = 0, a > 0, e < 0.
    width, height : int
        Columns and rows.
    crs : str
        ``EPSG:4326`` or, where the authority has no code, WKT. x is always longitude or easting.
    """

    transform: tuple[float, float, float, float, float, float]
    width: int
    height: int
    crs: str

    def __post_init__(self) -> None:
        a, b, _, d, e, _ = self.transform
        if b or d or a <= 0 or e >= 0 or self.width < 1 or self.height < 1:
            raise InvalidInput(
                "a raster grid that is not north-up",
                expected="positive size, (a > 0, 0, c, 0, e < 0, f)",
                got=f"{self.width} × {self.height}, {self.transform}",
            )

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in the grid's own CRS."""
        a, _, c, _, e, f = self.transform
        return c, f + e * self.height, c + a * self.width, f

    @property
    def x(self) -> NDArray[np.float64]:
        """Centres of the columns, shape ``(width,)``."""
        return np.float64(self.transform[2]) + self.transform[0] * (
            np.arange(self.width, dtype=np.float64) + 0.5
        )

    @property
    def y(self) -> NDArray[np.float64]:
        """Centres of the rows from north to south, shape ``(height,)``."""
        return np.float64(self.transform[5]) + self.transform[4] * (
            np.arange(self.height, dtype=np.float64) + 0.5
        )

    @property
    def is_geographic(self) -> bool:
        """Whether x and y are longitude and latitude in degrees."""
        return bool(CRS.from_user_input(self.crs).is_geographic)

    @property
    def key(self) -> str:
        """Twelve hex digits that change with the grid."""
        packed = struct.pack("<6d2q", *self.transform, self.width, self.height) + self.crs.encode()
        return hashlib.sha256(packed).hexdigest()[:12]


@dataclass(frozen=True, eq=False)
class Raster:
    """One quantity on a grid.

    Attributes
    ----------
    values : (height, width) float32
        Rows from north to south, NaN where there is no data.
    grid : RasterGrid
    variable, unit : str
        A name of the data dictionary and its unit.
    valid_from, valid_to : datetime or None
        UTC; an accumulation has both, a state of the ground none.
    source : str
        What the values were made from, with its SHA-256.
    remarks : tuple of str
        What had to be assumed or mended on the way, for the record.
    """

    values: NDArray[np.float32]
    grid: RasterGrid
    variable: str
    unit: str
    source: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.values.shape != (self.grid.height, self.grid.width) or self.values.dtype != np.float32:
            raise InvalidInput(
                "values that do not fit their grid",
                where=self.source,
                expected=f"float32 {(self.grid.height, self.grid.width)}",
                got=f"{self.values.dtype} {self.values.shape}",
            )
        expected = variable(self.variable).unit
        if self.unit != expected:
            raise InvalidInput(
                f"{self.variable} in a foreign unit", where=self.source, expected=expected, got=self.unit
            )


def crs_name(crs: object, *, where: str = "") -> str:
    """Return the one spelling of a reference system: ``EPSG:…`` where there is a code, else WKT.

    Raises
    ------
    InvalidInput
        If there is none, or it is not known.
    """
    if not crs:
        raise InvalidInput(
            "no coordinate reference system is stated", where=where, expected="a CRS in the file or declared"
        )
    try:
        authority = CRS.from_user_input(crs).to_authority(min_confidence=100)
    except CRSError:
        raise InvalidInput("an unknown reference system", where=where, got=str(crs)[:80]) from None
    if authority is None:
        return str(CRS.from_user_input(crs).to_wkt())
    return "EPSG:4326" if authority == ("OGC", "CRS84") else ":".join(authority)


def source_name(path: Path) -> str:
    """Return the file's name and the SHA-256 of its bytes, as evidence names it."""
    with path.open("rb") as file:
        return f"{path.name} sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def write_cog(raster: Raster, path: Path) -> None:
    """Write a raster as Cloud Optimized GeoTIFF; `path` appears whole or not at all.

    The values are float32, deflated with the floating point predictor, tiled by 512 with overviews.
    """
    tags = raster_tags(
        raster.variable, raster.unit, raster.source, raster.valid_from, raster.valid_to, raster.remarks
    )
    profile = {
        "driver": "GTiff",
        "dtype": "float32",
        "count": 1,
        "nodata": float("nan"),
        "width": raster.grid.width,
        "height": raster.grid.height,
        "crs": raster.grid.crs,
        "transform": Affine(*raster.grid.transform),
    }
    with settled(path) as part, MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            dataset.write(raster.values, 1)
            dataset.update_tags(**tags)
            dataset.set_band_description(1, raster.variable)
            dataset.set_band_unit(1, raster.unit)
        rasterio.shutil.copy(memory.name, part, driver="COG", **cog_options(raster.variable))
        read_back(part)


def read_back(path: Path) -> None:
    """Read every tile of a file that was just written: on a full disk GDAL leaves some out and says nothing.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    with rasterio.open(path, driver="GTiff") as dataset:
        levels = len(dataset.overviews(1))
    for level in ({}, *({"overview_level": number} for number in range(levels))):
        with rasterio.open(path, driver="GTiff", **level) as dataset:
            for _, window in dataset.block_windows(1):
                dataset.read(window=window)


def cog_options(variable: str) -> dict[str, str]:
    """Return how a raster is kept: tiles of 512, deflated, with overviews."""
    overviews = "NEAREST" if variable in _NOT_AVERAGED else "AVERAGE"
    # The first level: half the time of the usual sixth, 2 % more bytes.
    return {"compress": "DEFLATE", "level": "1", "predictor": "YES", "overview_resampling": overviews}


def raster_tags(
    variable: str,
    unit: str,
    source: str,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    remarks: tuple[str, ...] = (),
) -> dict[str, str]:
    """Return what a file says of itself, by tag."""
    tags = {"MINEGIS_VARIABLE": variable, "MINEGIS_UNIT": unit, "MINEGIS_SOURCE": source}
    for name, moment in (("FROM", valid_from), ("TO", valid_to)):
        if moment is not None:
            tags[f"MINEGIS_VALID_{name}"] = format_utc(moment)
    if remarks:
        tags["MINEGIS_REMARKS"] = "\n".join(remarks)
    return tags


def read_raster(path: Path) -> Raster:
    """Read a raster that `write_cog` wrote.

    Raises
    ------
    InvalidInput
        If the file is not one of ours.
    """
    if not path.is_file():
        raise InvalidInput("no such raster", where=str(path))
    with rasterio.open(path, driver="GTiff") as dataset:
        tags = dataset.tags()
        missing = [tag for tag in _TAGS if tag not in tags]
        if missing:
            raise InvalidInput("not a raster of this site", where=path.name, expected=", ".join(missing))
        grid = RasterGrid(
            tuple(dataset.transform)[:6],
            dataset.width,
            dataset.height,
            crs_name(dataset.crs and dataset.crs.to_wkt(), where=path.name),
        )
        values = dataset.read(1)
    moments = {
        name: parse_utc(tags[f"MINEGIS_{name}"], where=path.name) if f"MINEGIS_{name}" in tags else None
        for name in ("VALID_FROM", "VALID_TO")
    }
    return Raster(
        values,
        grid,
        tags["MINEGIS_VARIABLE"],
        tags["MINEGIS_UNIT"],
        tags["MINEGIS_SOURCE"],
        moments["VALID_FROM"],
        moments["VALID_TO"],
        tuple(filter(None, tags.get("MINEGIS_REMARKS", "").split("\n"))),
    )
