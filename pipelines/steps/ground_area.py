"""The area on the ground of each cell of a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Proj

from minegis.coordinates import CRS84, transformer
from pipelines.raster import RasterGrid

Floats = NDArray[np.float64]
_AXIS, _FLATTENING = 6378137.0, 1 / 298.257222101  # CGCS2000


def ground_areas(grid: RasterGrid) -> Floats:
    """Return the area of each cell on the ellipsoid.

    In degrees it is the exact area of the zone between the edges of the row; on a projected grid it is the
    cell's own area over the areal scale of the projection at its centre (a UTM cell at the central meridian
    is 0.08 % larger than it says).

    Parameters
    ----------
    grid : RasterGrid

    Returns
    -------
    (height, width) float, m²

    References
    ----------
    Snyder (1987), Map Projections: A Working Manual, equations 3-12 and 4-22 on areal scale.
    """
    a, _, _, _, e, top = grid.transform
    shape = (grid.height, grid.width)
    if grid.is_geographic:
        edges = np.radians(np.clip(top + e * np.arange(grid.height + 1), -90.0, 90.0))
        rows = -np.diff(_zone(edges)) * np.radians(a)
        return np.broadcast_to(rows[:, np.newaxis], shape).copy()
    metres = CRS.from_user_input(grid.crs).axis_info[0].unit_conversion_factor
    x, y = np.meshgrid(grid.x, grid.y)
    lon, lat = transformer(grid.crs, CRS84).transform(x, y)
    scale = np.asarray(Proj(grid.crs).get_factors(lon, lat).areal_scale, np.float64)
    return np.asarray(a * -e * metres**2 / scale.reshape(shape))


def _zone(latitude: Floats) -> Floats:
    """Return the area of the ellipsoid between the equator and a latitude, for a radian of longitude, m²."""
    squared = _FLATTENING * (2 - _FLATTENING)
    first = np.sqrt(squared)
    sine = np.sin(latitude)
    authalic = sine / (1 - squared * sine**2) + np.arctanh(first * sine) / first
    return np.asarray(_AXIS**2 * (1 - squared) / 2 * authalic)
