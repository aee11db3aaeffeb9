"""Places in space, so that nearness needs no projection and knows no date line."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
_AXIS_KM, _FLATTENING = 6378.137, 1 / 298.257222101  # CGCS2000
_SQUARED = _FLATTENING * (2 - _FLATTENING)


def chords(lon: ArrayLike, lat: ArrayLike) -> Floats:
    """Return places on the ellipsoid as points in space, ``(n, 3)`` km.

    Parameters
    ----------
    lon, lat : (n,) float, deg
    """
    east, north = np.radians(np.asarray(lon, np.float64)), np.radians(np.asarray(lat, np.float64))
    normal = _AXIS_KM / np.sqrt(1 - _SQUARED * np.sin(north) ** 2)
    return np.stack(
        [
            normal * np.cos(north) * np.cos(east),
            normal * np.cos(north) * np.sin(east),
            normal * (1 - _SQUARED) * np.sin(north),
        ],
        axis=-1,
    )


def along_the_ground(chord: ArrayLike, lat: ArrayLike) -> Floats:
    """Return the geodesic distance of a straight line through the earth, km.

    The arc is that of a circle with the mean radius of curvature at the latitude: right to 1e-6 at 300 km.

    Parameters
    ----------
    chord : (n,) float, km
    lat : (n,) float, deg
    """
    flat = 1 - _SQUARED * np.sin(np.radians(np.asarray(lat, np.float64))) ** 2
    radius = _AXIS_KM * np.sqrt(1 - _SQUARED) / flat
    return np.asarray(2 * radius * np.arcsin(np.minimum(np.asarray(chord, np.float64) / (2 * radius), 1.0)))
