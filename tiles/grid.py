"""The WebMercatorQuad tile grid: where a tile lies, in metres and in degrees.

References
----------
OGC 17-083r4, Two Dimensional Tile Matrix Set, annex D.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from minegis.errors import NotFound

HALF_WORLD = math.pi * 6_378_137.0
MAX_LATITUDE = math.degrees(math.atan(math.sinh(math.pi)))
MAX_ZOOM = 22


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; `y` counts from the north."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        inside = 0 <= self.z <= MAX_ZOOM and 0 <= self.x < 2**self.z and 0 <= self.y < 2**self.z
        if not inside:
            raise NotFound(
                "no such tile",
                where=f"tile {self.z}/{self.x}/{self.y}",
                expected=f"z from 0 to {MAX_ZOOM}, x and y from 0 to 2^z - 1",
            )

    @property
    def size(self) -> float:
        """Width and height, m in the projection."""
        return float(2 * HALF_WORLD / 2**self.z)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north, m in EPSG:3857."""
        west = -HALF_WORLD + self.x * self.size
        north = HALF_WORLD - self.y * self.size
        return west, north - self.size, west + self.size, north

    def lonlat_bounds(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north, degrees; `margin` is a fraction of the tile's size."""
        west, south, east, north = self.bounds
        grow = margin * self.size
        lon, lat = to_lonlat(np.array([west - grow, east + grow]), np.array([south - grow, north + grow]))
        return float(lon[0]), float(lat[0]), float(lon[1]), float(lat[1])


def to_mercator(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Project degrees to metres in EPSG:3857; latitudes beyond the square are moved to its edge.

    Parameters
    ----------
    lon, lat : (n,) float, degrees
    """
    clipped = np.radians(np.clip(lat, -MAX_LATITUDE, MAX_LATITUDE))
    return HALF_WORLD / 180.0 * lon, HALF_WORLD / math.pi * np.arcsinh(np.tan(clipped))


def to_lonlat(
    x: NDArray[np.float64], y: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return degrees for metres in EPSG:3857.

    Parameters
    ----------
    x, y : (n,) float, m
    """
    return x * 180.0 / HALF_WORLD, np.degrees(np.arctan(np.sinh(y * math.pi / HALF_WORLD)))
