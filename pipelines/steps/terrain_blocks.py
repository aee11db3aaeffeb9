"""Slope, aspect, hillshade, curvature and local relief of a block of an elevation model."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from minegis.errors import InvalidInput
from pipelines.engine import Place, Step
from pipelines.steps.cell_size import cell_size
from pipelines.steps.terrain_kernels import curvature, slope_and_light

Floats32 = NDArray[np.float32]
_LIT = ("slope_angle", "aspect", "hillshade")
_BENT = ("profile_curvature", "plan_curvature")


def derivatives(
    elevation: Floats32,
    *,
    place: Place,
    outputs: Collection[str],
    radius: int,
    azimuth: float = 315.0,
    altitude: float = 45.0,
) -> Mapping[str, Floats32]:
    """Return what is wanted of slope, aspect, hillshade, curvatures and local relief, without the halo.

    Parameters
    ----------
    elevation : (rows, columns) float32, m
        With `radius` cells of halo, at least one.
    place : Place
        Where it lies.
    outputs : collection of str
        Names of the data dictionary.
    radius : int, cells
        Half the side of the square whose highest less lowest point is the local relief, without the middle.
    azimuth, altitude : float, deg
        Where the sun stands for the hillshade.
    """
    if radius < 1:
        raise InvalidInput(
            "a halo too narrow for slopes", where="radius", expected="1 or more", got=str(radius)
        )
    cut = slice(radius - 1, -(radius - 1) or None)
    padded = np.ascontiguousarray(elevation[cut, cut])
    width, height = cell_size(place.grid, place.y[cut])
    made: dict[str, Floats32] = {}
    if set(_LIT) & set(outputs):
        which = np.array([name in outputs for name in _LIT])
        lit = slope_and_light(padded, width, height, np.radians(azimuth), np.radians(altitude), which)
        made |= dict(zip(_LIT, lit, strict=True))
    if set(_BENT) & set(outputs):
        made |= dict(zip(_BENT, curvature(padded, width, height), strict=True))
    if "local_relief" in outputs:
        made["local_relief"] = local_relief(elevation, radius)
    return {name: made[name] for name in outputs}


def local_relief(elevation: Floats32, radius: int) -> Floats32:
    """Return the highest less the lowest point of the square around each cell, over what is known of it.

    Parameters
    ----------
    elevation : (rows + 2 radius, columns + 2 radius) float32, m

    Returns
    -------
    (rows, columns) float32, m
        NaN where there is no elevation.
    """
    size = 2 * radius + 1
    inner = slice(radius, -radius)
    known = np.isfinite(elevation)
    high = np.where(known, elevation, np.float32(-np.inf))
    low = np.where(known, elevation, np.float32(np.inf))
    for axis in (1, 0):
        high = maximum_filter1d(high, size, axis=axis, mode="nearest")
        low = minimum_filter1d(low, size, axis=axis, mode="nearest")
    found = np.full(high[inner, inner].shape, np.nan, np.float32)
    np.subtract(high[inner, inner], low[inner, inner], out=found, where=known[inner, inner])
    return found


DERIVATIVES = Step(
    name="terrain_derivatives",
    version="1",
    function=derivatives,
    outputs={name: name for name in (*_LIT, *_BENT, "local_relief")},
    depth="radius",
    placed=True,
    chooses=True,
    arrays=4.0,
)
STEPS = (DERIVATIVES,)
