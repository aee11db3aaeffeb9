"""A small picture of one published raster around a place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.warp import transform_bounds
from rio_tiler.constants import WGS84_CRS
from rio_tiler.io import Reader

from minegis.errors import InvalidInput, NotFound
from tiles.raster import GDAL_ENVIRONMENT, Palette, bounds_of, render

LARGEST = 512  # pixels of a side
_SMALLEST = 16
_WEB_MERCATOR = CRS.from_epsg(3857)
_MOST_NORTHERN = 85.0
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True)
class Box:
    """What a picture shows: west, south, east, north, deg."""

    west: float
    south: float
    east: float
    north: float

    def __post_init__(self) -> None:
        inside = -180 <= self.west < self.east <= 180
        if not (inside and -_MOST_NORTHERN <= self.south < self.north <= _MOST_NORTHERN):
            raise InvalidInput(
                "not a box",
                where="box",
                expected="west,south,east,north in degrees, at most 85 north and south",
                got=str(self),
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``west,south,east,north``.

        Raises
        ------
        InvalidInput
            If these are not four finite numbers of a box.
        """
        try:
            edges = [float(part) for part in text.split(",")]
        except ValueError:
            edges = []
        if len(edges) != 4 or not all(map(math.isfinite, edges)):
            raise InvalidInput("not a box", where="box", expected="west,south,east,north", got=text[:80])
        return cls(*edges)

    @classmethod
    def around(cls, lon: float, lat: float, metres: float) -> Self:
        """Return the box that is square on the map, with half a side of so many metres, cut at the world."""
        lat = min(max(lat, -_MOST_NORTHERN + 1), _MOST_NORTHERN - 1)
        up = metres / _METRES_PER_DEGREE
        aside = up / math.cos(math.radians(lat))
        return cls(
            max(lon - aside, -180.0),
            max(lat - up, -_MOST_NORTHERN),
            min(lon + aside, 180.0),
            min(lat + up, _MOST_NORTHERN),
        )

    def __str__(self) -> str:
        """Return ``west,south,east,north``."""
        return ",".join(f"{edge:.5f}" for edge in (self.west, self.south, self.east, self.north))


def thumbnail(path: Path, box: Box, size: int, colours: Palette) -> bytes:
    """Draw the part of a raster that a box shows as PNG, transparent where there is no data.

    Parameters
    ----------
    path : Path
        Of a published raster.
    box : Box
    size : int
        Pixels of the longer side, `LARGEST` at most.
    colours : Palette

    Raises
    ------
    InvalidInput
        If the size is out of range.
    NotFound
        If the raster has nothing there.
    """
    if not _SMALLEST <= size <= LARGEST:
        raise InvalidInput(
            "bad size of a picture", where="size", expected=f"{_SMALLEST} to {LARGEST}", got=str(size)
        )
    west, south, east, north = bounds_of(path)
    if west >= box.east or east <= box.west or south >= box.north or north <= box.south:
        raise NotFound("the raster has nothing there", where=f"box {box}")
    edges = (box.west, box.south, box.east, box.north)
    left, bottom, right, top = transform_bounds(WGS84_CRS, _WEB_MERCATOR, *edges)
    longer = max(right - left, top - bottom)
    width, height = (max(1, round(size * side / longer)) for side in (right - left, top - bottom))
    with rasterio.Env(**GDAL_ENVIRONMENT), Reader(str(path)) as source:
        image = source.part(
            edges,
            bounds_crs=WGS84_CRS,
            dst_crs=_WEB_MERCATOR,
            width=width,
            height=height,
            resampling_method="bilinear",
            reproject_method="bilinear",
        )
    return render(image, colours=colours)[0]


def greys(minimum: float, maximum: float) -> Palette:
    """Return a palette from dark to light, for a raster that no layer of the map colours."""
    top = maximum if maximum > minimum else minimum + 1.0
    steps = np.rint(np.linspace(30, 245, 255)).astype(np.uint8)
    opaque = np.stack([steps, steps, steps, np.full(255, 255, dtype=np.uint8)], axis=1)
    return Palette(minimum, top, np.vstack([np.zeros((1, 4), dtype=np.uint8), opaque]))


def metres_per_pixel(path: Path) -> float:
    """Return how large a cell of a raster is, m, along its columns."""
    with rasterio.open(path) as source:
        size = float(abs(source.transform.e))
        return size * _METRES_PER_DEGREE if source.crs.is_geographic else size
