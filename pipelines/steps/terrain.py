"""Terrain of an elevation model in memory; `terrain_blocks` and `terrain_flow` do the same for any size.

Gradients are Horn's: over the three rows (columns) around a cell, weighted 1, 2, 1. At the edge and beside
gaps the rows that are there are used, one-sided where they must be, so a plane comes out exact everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput
from minegis.variables import variable
from pipelines.engine import Place
from pipelines.raster import Raster
from pipelines.steps.terrain_blocks import derivatives
from pipelines.steps.terrain_flow import flow

_UNUSED_DRAINAGE = np.inf  # m²: no height above drainage is asked for


def slope_angle(elevation: Raster) -> Raster:
    """Return the steepest slope in degrees; NaN where there is no elevation.

    References
    ----------
    Horn, B. K. P. (1981). Hill shading and the reflectance map. Proc. IEEE 69, 14-47.
    """
    return _derivative(elevation, "slope_angle")


def aspect(elevation: Raster) -> Raster:
    """Return where the slope faces, in degrees clockwise from north; NaN on level ground."""
    return _derivative(elevation, "aspect")


def hillshade(elevation: Raster, *, azimuth: float = 315.0, altitude: float = 45.0) -> Raster:
    """Return how brightly the sun lights the ground, from 0 to 1.

    Parameters
    ----------
    azimuth, altitude : float, deg
        Where the sun stands: clockwise from north, and above the horizon.
    """
    return _derivative(elevation, "hillshade", azimuth=azimuth, altitude=altitude)


def wetness_index(elevation: Raster) -> Raster:
    """Return the topographic wetness ln(a / tan β); the edge of the raster counts as an outlet.

    References
    ----------
    Beven & Kirkby (1979): a is the upstream area per width of contour, the width being the side of a square
    of the cell's area.
    """
    return _flow(elevation, "wetness_index")


def upstream_area(elevation: Raster) -> Raster:
    """Return the area in m² that drains through each cell, itself included; NaN where nothing is known."""
    return _flow(elevation, "upstream_area")


def _derivative(elevation: Raster, name: str, **sun: float) -> Raster:
    padded, place = _padded(elevation)
    return _product(elevation, name, derivatives(padded, place=place, outputs=(name,), radius=1, **sun))


def _flow(elevation: Raster, name: str) -> Raster:
    padded, place = _padded(elevation)
    return _product(
        elevation, name, flow(padded, place=place, outputs=(name,), drainage_area=_UNUSED_DRAINAGE)
    )


def _padded(elevation: Raster) -> tuple[NDArray[np.float32], Place]:
    """Return the raster with one cell of nothing around it, as blocks come."""
    if elevation.variable != "elevation":
        raise InvalidInput(
            "no elevation model", where=elevation.source, expected="elevation", got=elevation.variable
        )
    padded = np.pad(elevation.values, 1, constant_values=np.nan)
    return padded, Place(elevation.grid, -1, -1, *padded.shape)


def _product(elevation: Raster, name: str, made: Mapping[str, NDArray[np.float32]]) -> Raster:
    return replace(elevation, values=made[name], variable=name, unit=variable(name).unit)
