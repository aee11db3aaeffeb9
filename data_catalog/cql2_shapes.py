"""Geometries of filters: checked, and brought from the reference system of the filter to lon/lat deg."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from minegis.coordinates import CRS84, northing_first, transformer
from minegis.errors import InvalidInput

MOST_VERTICES = 10_000
_TYPES = frozenset(
    {
        *("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"),
        "GeometryCollection",
    }
)
_SLACK = 1e-6  # deg, which a transformation may be off at the edge of the world
_PIECES = 32  # of each edge of a box, which a projection bends


def read_shape(given: BaseGeometry | dict[str, Any], crs: str) -> BaseGeometry:
    """Return a geometry in lon/lat deg.

    Parameters
    ----------
    given : shapely geometry, or a GeoJSON object
        Its axes are in the order of the reference system's authority.

    Raises
    ------
    InvalidInput
        If it is none, is empty, not valid, too large, or has no place on earth.
    """
    shape = _of_geojson(given) if isinstance(given, dict) else given
    if shapely.is_empty(shape) or any(map(shapely.is_empty, shapely.get_parts(shape))):
        raise _mistake("an empty geometry", "at least one point", str(given))
    count = int(shapely.get_num_coordinates(shape))
    if count > MOST_VERTICES:
        raise _mistake("a geometry too large", f"at most {MOST_VERTICES} vertices", str(count))
    return _placed(shapely.force_2d(shape), crs)


def read_box(edges: object, crs: str) -> BaseGeometry:
    """Return a box in lon/lat deg; one whose west is beyond its east crosses the antimeridian.

    Parameters
    ----------
    edges : list of 4 or 6 numbers
        The least of each axis, then the greatest, axes as in `read_shape`; heights are not looked at.

    Raises
    ------
    InvalidInput
        If it is none, ends before it begins, or has no place on earth.
    """
    if (
        not isinstance(edges, list)
        or len(edges) not in (4, 6)
        or not all(isinstance(each, int | float) and not isinstance(each, bool) for each in edges)
        or not all(map(math.isfinite, edges))
    ):
        raise _mistake("not a bbox", "4 or 6 numbers: the least of each axis, then the greatest", str(edges))
    half = len(edges) // 2
    (west, south), (east, north) = edges[:2], edges[half : half + 2]
    swapped, geographic = _axes(crs)
    if swapped:
        west, south, east, north = south, west, north, east
    if south > north or (west > east and not geographic):
        raise _mistake("a bbox that ends before it begins", "least before greatest", str(edges))
    if west > east:
        parts = [shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)]
        return _on_earth(shapely.multipolygons(parts))
    box = _flat(west, south, east, north)
    if geographic:
        return _on_earth(box)
    box = shapely.segmentize(box, max(east - west, north - south, 1e-9) / _PIECES)
    return _placed(box, crs, east_first=True)


def _flat(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Return a box, or the line or point that it is when it has no width or height."""
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    if (west, south) == (east, north):
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def _of_geojson(given: dict[str, Any]) -> BaseGeometry:
    kind = given.get("type")
    expected = "a GeoJSON geometry"
    if kind not in _TYPES:
        raise _mistake("no such geometry", ", ".join(sorted(_TYPES)), str(kind))
    content = "geometries" if kind == "GeometryCollection" else "coordinates"
    members = given.get(content)
    if not isinstance(members, list) or not members:
        raise _mistake("not a geometry", f"{expected} with {content}", str(given))
    if kind == "GeometryCollection":
        if not all(isinstance(each, dict) and each.get("type") in _TYPES - {kind} for each in members):
            raise _mistake("not a geometry", "a collection of single and multiple geometries", str(given))
        return shapely.geometrycollections([_of_geojson(each) for each in members])
    try:
        return shapely.from_geojson(orjson.dumps({"type": kind, "coordinates": members}))
    except (shapely.errors.ShapelyError, orjson.JSONEncodeError):
        raise _mistake("not a geometry", expected, str(given)) from None


@lru_cache(maxsize=64)
def _axes(crs: str) -> tuple[bool, bool]:
    """Return whether latitude or northing comes first, and whether the axes are longitude and latitude."""
    unchanged = transformer(CRS84, CRS84).definition
    return northing_first(crs), transformer(crs, CRS84).definition == unchanged


def _placed(shape: BaseGeometry, crs: str, *, east_first: bool = False) -> BaseGeometry:
    swapped, geographic = _axes(crs)
    swapped = swapped and not east_first
    if geographic and not swapped:
        return _on_earth(shape)
    way = transformer(crs, CRS84)

    def moved(points: NDArray[np.float64]) -> NDArray[np.float64]:
        first, second = points[:, 0], points[:, 1]
        return np.column_stack(way.transform(second, first) if swapped else way.transform(first, second))

    return _on_earth(shapely.transform(shape, moved))


def _on_earth(shape: BaseGeometry) -> BaseGeometry:
    points = shapely.get_coordinates(shape)
    limits = np.array([180.0, 90.0]) + _SLACK
    if not (np.abs(points) <= limits).all():  # false for what is not a number too
        got = next(str(point.tolist()) for point in points if not (np.abs(point) <= limits).all())
        raise _mistake("a place that is not on earth", "longitudes to ±180, latitudes to ±90", got)
    if not shapely.is_valid(shape):
        raise _mistake("a geometry that is not valid", "OGC simple features", shapely.is_valid_reason(shape))
    return shape


def _mistake(what: str, expected: str, got: str) -> InvalidInput:
    return InvalidInput(what, where="filter", expected=expected, got=got[:80])
