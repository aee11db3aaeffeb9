"""Slope, aspect, shade and curvature of one block of an elevation model, as machine code.

Blocks come with one cell of their neighbours around them (`padded`), NaN for gaps and beyond the raster. What
a cell gets depends on the nine cells around it alone, so blocks give bit for bit what the whole raster gives.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from minegis.compiled import compiled

Floats32 = NDArray[np.float32]
Floats = NDArray[np.float64]


@compiled
def _difference(before: float, here: float, after: float) -> float:
    """Return the change per cell: central, else one-sided, else NaN."""
    central = (after - before) / 2
    if math.isfinite(central):
        return central
    return after - here if math.isfinite(after) else here - before


@compiled
def _east(padded: Floats32, width: Floats, row: int, column: int) -> float:
    """Return the rise per metre towards east around a cell, rows weighted 1, 2, 1 where they are known."""
    total = weights = 0.0
    for down in (-1, 0, 1):
        at = row + down
        change = _difference(
            np.float64(padded[at, column - 1]),
            np.float64(padded[at, column]),
            np.float64(padded[at, column + 1]),
        )
        change /= width[at]
        if math.isfinite(change):
            weight = 2.0 if down == 0 else 1.0
            total += change * weight
            weights += weight
    return total / weights if weights > 0 else np.nan


@compiled
def _north(padded: Floats32, height: float, row: int, column: int) -> float:
    """Return the rise per metre towards north around a cell, columns weighted 1, 2, 1."""
    total = weights = 0.0
    for right in (-1, 0, 1):
        at = column + right
        change = _difference(
            np.float64(padded[row - 1, at]), np.float64(padded[row, at]), np.float64(padded[row + 1, at])
        )
        if math.isfinite(change):
            weight = 2.0 if right == 0 else 1.0
            total += change * weight
            weights += weight
    return -(total / weights) / height if weights > 0 else np.nan


@compiled
def gradient(padded: Floats32, width: Floats, height: Floats) -> tuple[Floats, Floats]:
    """Return the rise per metre towards east and north (Horn 1981).

    Parameters
    ----------
    padded : (rows + 2, columns + 2) float32, m
    width, height : (rows + 2,) float, m
        Size of the cells of each row.

    Returns
    -------
    (rows, columns) float, each
        NaN where there is no elevation, or nothing is known around it.
    """
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    east, north = np.full((rows, columns), np.nan), np.full((rows, columns), np.nan)
    for row in range(rows):
        for column in range(columns):
            if math.isfinite(padded[row + 1, column + 1]):
                east[row, column] = _east(padded, width, row + 1, column + 1)
                north[row, column] = _north(padded, height[row + 1], row + 1, column + 1)
    return east, north


@compiled
def slope_and_light(
    padded: Floats32, width: Floats, height: Floats, azimuth: float, altitude: float, which: NDArray[np.bool_]
) -> tuple[Floats32, Floats32, Floats32]:
    """Return slope (deg), aspect (deg, NaN on level ground) and hillshade (0 to 1).

    Parameters
    ----------
    padded, width, height
        As for `gradient`.
    azimuth, altitude : float, rad
        Where the sun stands: clockwise from north, and above the horizon.
    which : (3,) bool
        Which of the three are wanted; the others come back empty.
    """
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    slope = np.full((rows, columns) if which[0] else (0, 0), np.nan, np.float32)
    aspect = np.full((rows, columns) if which[1] else (0, 0), np.nan, np.float32)
    shade = np.full((rows, columns) if which[2] else (0, 0), np.nan, np.float32)
    up, level = math.sin(altitude), math.cos(altitude)
    sun_east, sun_north = math.sin(azimuth), math.cos(azimuth)
    for row in range(rows):
        for column in range(columns):
            if not math.isfinite(padded[row + 1, column + 1]):
                continue
            east = _east(padded, width, row + 1, column + 1)
            north = _north(padded, height[row + 1], row + 1, column + 1)
            if which[0]:
                slope[row, column] = math.degrees(math.atan(math.sqrt(east * east + north * north)))
            if which[1] and (east != 0 or north != 0):
                facing = np.float32(math.degrees(math.atan2(-east, -north)) % 360)
                aspect[row, column] = 0 if facing >= 360 else facing
            if which[2]:
                light = up - level * (east * sun_east + north * sun_north)
                shade[row, column] = min(max(light / math.sqrt(1 + east * east + north * north), 0.0), 1.0)
    return slope, aspect, shade


@compiled
def _three(padded: Floats32, row: int, column: int) -> tuple[float, float, float]:
    return (
        np.float64(padded[row, column]),
        np.float64(padded[row, column + 1]),
        np.float64(padded[row, column + 2]),
    )


@compiled
def curvature(padded: Floats32, width: Floats, height: Floats) -> tuple[Floats32, Floats32]:
    """Return the curvature of the ground along the fall line and of its contour.

    Returns
    -------
    profile, plan : (rows, columns) float32, 1/m
        Positive where the ground bulges: a ridge in plan, a brow in profile. NaN on level ground, which has
        neither, and where one of the nine cells is not known.

    References
    ----------
    Evans (1980), the quadratic surface through nine cells by least squares; profile and plan (contour)
    curvature of Minár, Evans & Jenčo (2020), Earth-Science Reviews 211, 103414, table 2.
    """
    rows, columns = padded.shape[0] - 2, padded.shape[1] - 2
    profile = np.full((rows, columns), np.nan, np.float32)
    plan = np.full((rows, columns), np.nan, np.float32)
    for row in range(rows):
        across, along = width[row + 1], height[row + 1]
        for column in range(columns):
            a, b, c = _three(padded, row, column)
            d, e, f = _three(padded, row + 1, column)
            g, h, i = _three(padded, row + 2, column)
            p = (c + f + i - a - d - g) / (6 * across)
            q = (a + b + c - g - h - i) / (6 * along)
            r = (a + c + d + f + g + i - 2 * (b + e + h)) / (3 * across * across)
            t = (a + b + c + g + h + i - 2 * (d + e + f)) / (3 * along * along)
            s = (c + g - a - i) / (4 * across * along)
            steepness = p * p + q * q
            if steepness > 0:  # false for NaN too
                profile[row, column] = -(p * p * r + 2 * p * q * s + q * q * t) / (
                    steepness * (1 + steepness) ** 1.5
                )
                plan[row, column] = -(q * q * r - 2 * p * q * s + p * p * t) / steepness**1.5
    return profile, plan
