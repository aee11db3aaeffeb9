"""How far things are from a shape, and in which direction."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]

_GEOD = Geod(ellps="GRS80")  # the ellipsoid of CGCS2000
_KM_PER_DEGREE = 110.574  # of latitude at the equator, where a degree is shortest
_STEEPEST = 89.0


def box_around(shape: BaseGeometry, radius_km: float) -> tuple[float, float, float, float]:
    """Return a box, deg, that holds everything within a radius of a shape (and more)."""
    west, south, east, north = shape.bounds
    up = radius_km / _KM_PER_DEGREE
    highest = min(max(abs(south), abs(north)) + up, _STEEPEST)
    aside = up / math.cos(math.radians(highest))
    return west - aside, max(south - up, -90.0), east + aside, min(north + up, 90.0)


def nearness(shape: BaseGeometry, others: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """Return the distance from a shape to others, and where they lie from it.

    Parameters
    ----------
    shape : shapely geometry, lon/lat deg
    others : (n,) shapely geometry, lon/lat deg

    Returns
    -------
    distance : (n,) float, km
        Along the ellipsoid between the points of both that are nearest in a plane around the shape; 0 where
        they touch.
    bearing : (n,) float, deg
        From a point inside the shape to one inside the other, clockwise from north, 0 to 360.
    """
    if not others.size:
        return np.empty(0), np.empty(0)
    here = shape.representative_point()
    stretch = math.cos(math.radians(min(abs(here.y), _STEEPEST)))

    def flat(given: NDArray[np.object_]) -> NDArray[np.object_]:
        return shapely.transform(given, lambda places: places * (stretch, 1.0))

    lines = shapely.shortest_line(flat(np.array([shape], dtype=object))[0], flat(others))
    ends = shapely.get_coordinates(lines).reshape(-1, 2, 2) / (stretch, 1.0)
    _, _, metres = _GEOD.inv(ends[:, 0, 0], ends[:, 0, 1], ends[:, 1, 0], ends[:, 1, 1])
    inside = shapely.get_coordinates(shapely.point_on_surface(others))
    there = np.full(len(inside), here.x), np.full(len(inside), here.y)
    bearing, _, _ = _GEOD.inv(*there, inside[:, 0], inside[:, 1])
    return np.asarray(metres) / 1000, np.asarray(bearing) % 360
