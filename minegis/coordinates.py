"""Coordinates: one cached way between reference systems, the shifted Chinese datums, zones and areas.

Longitude always comes before latitude, whatever the authority says of a system's axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import floor
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import CRSError
from shapely.geometry.base import BaseGeometry

from minegis.errors import InvalidInput

Floats = NDArray[np.float64]
_Shift = Callable[[Floats, Floats], tuple[Floats, Floats]]

CGCS2000 = "EPSG:4490"
CRS84 = "OGC:CRS84"

_LON_LAT = frozenset({CGCS2000, CRS84, "EPSG:4326"})
_GEOD = Geod(ellps="GRS80")  # the ellipsoid of CGCS2000
_GCJ_BOX = (72.004, 137.8347, 0.8293, 55.8271)
_KRASOVSKY_AXIS = 6378245.0
_KRASOVSKY_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_FREQUENCY = np.pi * 3000.0 / 180.0
_TOLERANCE_DEGREES = 1e-9
_ZONES = {3: (range(25, 46), 4513, 4534), 6: (range(13, 24), 4491, 4502)}


@lru_cache(maxsize=256)
def transformer(source: str | int | CRS, target: str | int | CRS) -> Transformer:
    """Return the transformer between two reference systems, longitude or easting first.

    CGCS2000, WGS 84 and CRS84 longitudes and latitudes are the same for mapping: between them nothing is
    computed, and towards a projected system the one that shares its datum is used. PROJ would take half a
    second to find the same identity.

    Raises
    ------
    InvalidInput
        If a system is not known.
    """
    names = _name(source), _name(target)
    if names[0] == names[1] or _LON_LAT.issuperset(names):
        return Transformer.from_pipeline("+proj=noop")
    return Transformer.from_crs(_beside(*names), _beside(*reversed(names)), always_xy=True)


@lru_cache(maxsize=256)
def northing_first(crs: str | int | CRS) -> bool:
    """Say whether the authority of a reference system puts latitude or northing before longitude or easting.

    Raises
    ------
    InvalidInput
        If the system is not known.
    """
    first = CRS.from_user_input(_name(crs)).axis_info[0]
    return first.direction == "north"


def projjson(crs: str | int | CRS) -> dict[str, Any]:
    """Return a reference system as PROJJSON.

    Raises
    ------
    InvalidInput
        If the system is not known.
    """
    return CRS.from_user_input(_name(crs)).to_json_dict()


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift true coordinates to GCJ-02 (the datum of Amap and Tencent).

    Parameters
    ----------
    lon, lat : (n,) float, deg
        Points outside China's rectangle come back unchanged.

    References
    ----------
    DOMAIN 8.3; public constants of GCJ-02 (Krasovsky 1940 ellipsoid).
    """
    return _within_china(_gcj02, lon, lat)


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Undo `wgs84_to_gcj02` to 1e-9 degrees.

    Parameters
    ----------
    lon, lat : (n,) float, deg
        Points outside China's rectangle come back unchanged.
    """
    return _within_china(lambda x, y: _invert(_gcj02, x, y), lon, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Shift GCJ-02 to BD-09 (the datum of Baidu).

    Parameters
    ----------
    lon, lat : (n,) float, deg
        Points outside China's rectangle come back unchanged.
    """
    return _within_china(_bd09, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """Undo `gcj02_to_bd09` to 1e-9 degrees (the formula in use elsewhere is a metre off).

    Parameters
    ----------
    lon, lat : (n,) float, deg
        Points outside China's rectangle come back unchanged.
    """
    return _within_china(lambda x, y: _invert(_bd09, x, y), lon, lat)


def gauss_kruger_epsg(lon: float, width: int = 3, prefixed: bool = True) -> int:
    """Return the EPSG code of the CGCS2000 Gauss-Krüger zone of a longitude.

    Parameters
    ----------
    lon : float, deg
    width : int
        Width of the zone: 3 or 6 degrees.
    prefixed : bool
        Whether eastings carry the zone number in front.

    Raises
    ------
    InvalidInput
        If the width is another, or CGCS2000 has no zone there.
    """
    if width not in _ZONES:
        raise InvalidInput("no such zone width", where="width", expected="3 or 6", got=str(width))
    zones, first_prefixed, first_plain = _ZONES[width]
    zone = floor(lon / 3 + 0.5) if width == 3 else floor(lon / 6) + 1
    if zone not in zones:
        raise InvalidInput(
            "CGCS2000 has no Gauss-Krüger zone there",
            where="lon",
            expected=f"zone {zones[0]} to {zones[-1]}",
            got=f"{lon} (zone {zone})",
        )
    return (first_prefixed if prefixed else first_plain) + zone - zones[0]


def geodesic_area_km2(geometries: Sequence[BaseGeometry] | NDArray[np.object_]) -> Floats:
    """Return the area on the ellipsoid of polygons in longitude and latitude; lines and points have none.

    Parameters
    ----------
    geometries : (n,) shapely geometry
        Rings may turn either way.

    Returns
    -------
    (n,) float, km²
    """
    turned = shapely.orient_polygons(np.asarray(geometries, dtype=object))
    return np.array([_GEOD.geometry_area_perimeter(shape)[0] / 1e6 for shape in np.atleast_1d(turned)])


@lru_cache(maxsize=256)
def _name(crs: str | int | CRS) -> str:
    try:
        parsed = CRS.from_user_input(crs)
    except CRSError:
        raise InvalidInput(
            "not a coordinate reference system", expected="EPSG:4490", got=str(crs)[:80]
        ) from None
    authority = parsed.to_authority(min_confidence=100)
    return ":".join(authority) if authority else parsed.to_wkt()


def _beside(name: str, other: str) -> CRS:
    """Return `name`, or for plain longitude and latitude its twin on the datum of `other`."""
    if name not in _LON_LAT:
        return CRS.from_user_input(name)
    geodetic = CRS.from_user_input(other).geodetic_crs
    return CRS.from_user_input(CGCS2000 if geodetic is not None and geodetic.to_epsg() == 4490 else CRS84)


def _within_china(shift: _Shift, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    x, y = np.broadcast_arrays(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    west, east, south, north = _GCJ_BOX
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    shifted_x, shifted_y = shift(np.where(inside, x, 105.0), np.where(inside, y, 35.0))
    return np.where(inside, shifted_x, x), np.where(inside, shifted_y, y)


def _gcj02(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    x, y = lon - 105.0, lat - 35.0
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y**2 + 0.1 * x * y + 0.2 * root
    north += (ripple + 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi / 3.0 * y)) * 2.0 / 3.0
    north += (160.0 * np.sin(np.pi / 12.0 * y) + 320.0 * np.sin(np.pi / 30.0 * y)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x**2 + 0.1 * x * y + 0.1 * root
    east += (ripple + 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi / 3.0 * x)) * 2.0 / 3.0
    east += (150.0 * np.sin(np.pi / 12.0 * x) + 300.0 * np.sin(np.pi / 30.0 * x)) * 2.0 / 3.0
    phi = np.radians(lat)
    flattening = 1.0 - _KRASOVSKY_ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    prime_vertical = _KRASOVSKY_AXIS / np.sqrt(flattening)
    meridian = prime_vertical * (1.0 - _KRASOVSKY_ECCENTRICITY_SQUARED) / flattening
    return lon + np.degrees(east / (prime_vertical * np.cos(phi))), lat + np.degrees(north / meridian)


def _bd09(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BAIDU_FREQUENCY)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BAIDU_FREQUENCY)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _invert(shift: _Shift, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Find the point that `shift` brings to (lon, lat); each round gains two digits or more."""
    x, y = lon, lat
    for _ in range(30):
        reached_x, reached_y = shift(x, y)
        x, y = x + lon - reached_x, y + lat - reached_y
        if np.max(np.abs([lon - reached_x, lat - reached_y]), initial=0.0) < _TOLERANCE_DEGREES:
            break
    return x, y
