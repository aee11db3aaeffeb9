"""Areas and lengths on the sphere, for whole arrays of shapes in longitude and latitude.

The sphere has the area of the ellipsoid (the one that H3 uses), and an edge is straight in longitude and
latitude, as GeoJSON (RFC 7946, 3.1.1) and the predicates of shapely have it. Areas are exact for such edges,
so the parts of a shape add up to the shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Shapes = Sequence[BaseGeometry] | NDArray[np.object_]

EARTH_RADIUS_KM = 6371.007180918475  # authalic radius of WGS 84, as in H3


def areas_km2(geometries: Shapes) -> Floats:
    """Return the area of the polygons in each geometry; lines and points have none.

    Parameters
    ----------
    geometries : (n,) shapely geometry, lon/lat deg
        Rings may turn either way; holes are taken off.

    Returns
    -------
    (n,) float, km²
    """
    shapes = np.asarray(geometries, dtype=object)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    hole = np.diff(part, prepend=-1) == 0
    ring_areas = np.abs(_ring_integrals(rings))
    total = np.bincount(owner[part], np.where(hole, -ring_areas, ring_areas), minlength=shapes.size)
    return total * EARTH_RADIUS_KM**2


def lengths_km(geometries: Shapes) -> Floats:
    """Return the length of the lines in each geometry; points have none, polygons that of their rings.

    Parameters
    ----------
    geometries : (n,) shapely geometry, lon/lat deg

    Returns
    -------
    (n,) float, km
    """
    shapes = np.asarray(geometries, dtype=object)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    is_line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    lines = np.concatenate([parts[is_line], rings])
    line_owner = np.concatenate([owner[is_line], owner[part]])
    line, lat, dlon, dlat = _edges(lines)
    edge_lengths = np.hypot(np.cos(lat) * dlon, dlat)
    return np.bincount(line_owner[line], edge_lengths, minlength=shapes.size) * EARTH_RADIUS_KM


def measures(geometries: Shapes, dimension: NDArray[np.integer[Any]]) -> Floats:
    """Return how much of a dimension each geometry holds: km² of polygons, km of lines, or the points.

    Parameters
    ----------
    geometries : (n,) shapely geometry, lon/lat deg
        Parts of a lower dimension do not count.
    dimension : (n,) int
        2, 1 or 0.
    """
    shapes = np.asarray(geometries, dtype=object)
    return np.select(
        [dimension == 2, dimension == 1],
        [areas_km2(shapes), lengths_km(shapes)],
        shapely.get_num_coordinates(shapes).astype(np.float64),
    )


def _ring_integrals(rings: NDArray[np.object_]) -> Floats:
    """Integrate sin(latitude) along each closed ring: its area in steradians, signed by its turn.

    Along an edge the mean of the sine is the sine of the middle times sinc of half the difference. The sine
    at the first edge is taken off, so that a shape of a few centimetres keeps its digits.
    """
    ring, lat, dlon, dlat = _edges(rings)
    first = np.unique(ring, return_index=True)[1]
    reference = np.zeros(rings.size)
    reference[ring[first]] = lat[first]
    base = reference[ring]
    above_base = 2.0 * np.cos((lat + base) / 2) * np.sin((lat - base) / 2)
    mean_sine = above_base + np.sin(lat) * (np.sinc(dlat / (2 * np.pi)) - 1.0)
    return np.bincount(ring, mean_sine * dlon, minlength=rings.size)


def _edges(lines: NDArray[np.object_]) -> tuple[Indices, Floats, Floats, Floats]:
    """Return for every edge its line, the latitude of its middle and its differences, in radians."""
    points, line = shapely.get_coordinates(lines, return_index=True)
    step = np.diff(points, axis=0)
    joined = np.diff(line) == 0
    middle = np.radians(points[:-1, 1][joined] + step[joined, 1] / 2)
    return line[:-1][joined], middle, np.radians(step[joined, 0]), np.radians(step[joined, 1])
