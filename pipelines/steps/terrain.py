"""Terrain: slope, aspect, hillshade and topographic wetness of an elevation model.

Gradients are Horn's: over the three rows (columns) around a cell, weighted 1, 2, 1. At the edge and beside
gaps the rows that are there are used, one-sided where they must be, so a plane comes out exact everywhere.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyflwdir
from numpy.typing import NDArray
from pyproj import CRS
from rasterio.transform import Affine

from minegis.errors import InvalidInput
from minegis.variables import variable
from pipelines.raster import Raster, RasterGrid

Floats = NDArray[np.float64]
_AXIS, _ECCENTRICITY_SQUARED = 6378137.0, 0.006694380022903416  # CGCS2000 and GRS 80
_NO_DATA = -9999.0
# D8 code: rows down, columns right
_NEIGHBOURS = {
    1: (0, 1),
    2: (1, 1),
    4: (1, 0),
    8: (1, -1),
    16: (0, -1),
    32: (-1, -1),
    64: (-1, 0),
    128: (-1, 1),
}


def slope_angle(elevation: Raster) -> Raster:
    """Return the steepest slope in degrees; NaN where there is no elevation.

    References
    ----------
    Horn, B. K. P. (1981). Hill shading and the reflectance map. Proc. IEEE 69, 14-47.
    """
    return _product(elevation, "slope_angle", np.degrees(np.arctan(np.hypot(*_gradient(elevation)))))


def aspect(elevation: Raster) -> Raster:
    """Return where the slope faces, in degrees clockwise from north; NaN on level ground."""
    east, north = _gradient(elevation)
    facing = np.degrees(np.arctan2(-east, -north)) % 360
    level = (east == 0) & (north == 0)
    rounded = np.where(level, np.nan, facing).astype(np.float32)
    return _product(elevation, "aspect", np.where(rounded >= 360, 0, rounded))


def hillshade(elevation: Raster, *, azimuth: float = 315.0, altitude: float = 45.0) -> Raster:
    """Return how brightly the sun lights the ground, from 0 to 1.

    Parameters
    ----------
    azimuth, altitude : float, deg
        Where the sun stands: clockwise from north, and above the horizon.
    """
    east, north = _gradient(elevation)
    towards, up = np.radians(azimuth), np.radians(altitude)
    light = np.sin(up) - np.cos(up) * (east * np.sin(towards) + north * np.cos(towards))
    return _product(elevation, "hillshade", np.clip(light / np.sqrt(1 + east**2 + north**2), 0, 1))


def wetness_index(elevation: Raster, *, least_gradient: float = 0.001) -> Raster:
    """Return the topographic wetness ln(a / tan β); the edge of the raster counts as an outlet.

    Parameters
    ----------
    least_gradient : float
        What a flatter slope is taken for, so that level ground keeps a finite index.

    References
    ----------
    Beven & Kirkby (1979): a is the upstream area per width of contour, the width being the side of a square
    of the cell's area.
    """
    gradient = np.maximum(np.hypot(*_gradient(elevation)), least_gradient)
    _, height = _cell_size(elevation.grid)
    width, _ = _cell_size(elevation.grid)
    side = np.sqrt(width * height)[:, np.newaxis]
    return _product(elevation, "wetness_index", np.log(upstream_area(elevation) / side / gradient))


def upstream_area(elevation: Raster) -> Floats:
    """Return the area that drains through each cell, the cell included.

    Water runs to the neighbour with the steepest fall (D8); in filled depressions and on level ground it
    runs the way the depression spills (Wang & Liu 2006), which cannot close a circle.

    Returns
    -------
    (height, width) float, m²
        NaN where there is no elevation.
    """
    known = np.isfinite(elevation.values)
    heights = np.where(known, elevation.values, np.float32(_NO_DATA))
    filled, spill = pyflwdir.dem.fill_depressions(heights, nodata=_NO_DATA)
    directions = _steepest(np.where(known, filled, np.nan), spill, elevation.grid)
    network = pyflwdir.from_array(
        directions,
        ftype="d8",
        transform=Affine(*elevation.grid.transform),
        latlon=elevation.grid.is_geographic,
    )
    width, height = _cell_size(elevation.grid)
    cells = np.broadcast_to((width * height)[:, np.newaxis], heights.shape)
    area = np.asarray(network.accuflux(cells.astype(np.float64), nodata=_NO_DATA), dtype=np.float64)
    return np.where(known, area, np.nan)


def _steepest(filled: Floats, spill: NDArray[np.uint8], grid: RasterGrid) -> NDArray[np.uint8]:
    """Return the D8 code of the steepest fall, the way of the spill where nothing is lower."""
    width, height = (size[:, np.newaxis] for size in _cell_size(grid))
    padded = np.pad(filled.astype(np.float64), 1, constant_values=np.nan)
    best, directions = np.zeros(filled.shape), spill.copy()
    for code, (down, right) in _NEIGHBOURS.items():
        rows = slice(1 + down, 1 + down + filled.shape[0])
        columns = slice(1 + right, 1 + right + filled.shape[1])
        fall = (filled - padded[rows, columns]) / np.hypot(down * height, right * width)
        steeper = fall > best
        best, directions = np.where(steeper, fall, best), np.where(steeper, np.uint8(code), directions)
    return directions


def _product(elevation: Raster, name: str, values: NDArray[np.floating]) -> Raster:
    values = np.where(np.isfinite(elevation.values), values, np.nan).astype(np.float32)
    return replace(elevation, values=values, variable=name, unit=variable(name).unit)


def _gradient(elevation: Raster) -> tuple[Floats, Floats]:
    """Return the rise per metre towards east and north, each (height, width); NaN where nothing is known."""
    if elevation.variable != "elevation":
        raise InvalidInput(
            "no elevation model", where=elevation.source, expected="elevation", got=elevation.variable
        )
    padded = np.pad(elevation.values.astype(np.float64), 1, constant_values=np.nan)
    width, height = _cell_size(elevation.grid)
    east = _weighted(_difference(padded) / np.pad(width, 1, mode="edge")[:, np.newaxis], axis=0)
    north = -_weighted(_difference(padded.T).T, axis=1) / height[:, np.newaxis]
    return east, north


def _difference(padded: Floats) -> Floats:
    """Return the change per cell along the rows without their pad: central, else one-sided, else NaN."""
    before, here, after = padded[:, :-2], padded[:, 1:-1], padded[:, 2:]
    central = (after - before) / 2
    one_sided = np.where(np.isfinite(after), after - here, here - before)
    return np.where(np.isfinite(central), central, one_sided)


def _weighted(differences: Floats, axis: int) -> Floats:
    """Return Horn's mean across the rows (or columns), weights 1, 2, 1, over those that are known."""
    moved = np.moveaxis(differences, axis, 0)
    parts = np.stack([moved[:-2], moved[1:-1], moved[2:]])
    weights = np.array([1.0, 2.0, 1.0])[:, np.newaxis, np.newaxis] * np.isfinite(parts)
    total = weights.sum(axis=0)
    mean = np.divide(
        np.nansum(parts * weights, axis=0), total, out=np.full_like(total, np.nan), where=total > 0
    )
    return np.moveaxis(mean, 0, axis)


def _cell_size(grid: RasterGrid) -> tuple[Floats, Floats]:
    """Return width and height of the cells of each row in metres, shape ``(height,)`` each."""
    a, e = grid.transform[0], -grid.transform[4]
    if not grid.is_geographic:
        metres = CRS.from_user_input(grid.crs).axis_info[0].unit_conversion_factor
        return np.full(grid.height, a * metres), np.full(grid.height, e * metres)
    sine = np.sin(np.radians(grid.y))
    flat = 1 - _ECCENTRICITY_SQUARED * sine**2
    prime_vertical = _AXIS / np.sqrt(flat)
    meridian = prime_vertical * (1 - _ECCENTRICITY_SQUARED) / flat
    return np.radians(a) * prime_vertical * np.sqrt(1 - sine**2), np.radians(e) * meridian
