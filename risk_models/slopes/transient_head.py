"""Pressure head under a storm on an infinite slope, and the factor of safety that follows from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erfc

from minegis.errors import InvalidInput
from minegis.variables import variable

_WATER_UNIT_WEIGHT = 9.81  # kN/m³
_MM_PER_M = 1000.0
_SECONDS_PER_HOUR = 3600.0


def transient_pressure_head(
    depth: ArrayLike,
    time: ArrayLike,
    water_table_depth: ArrayLike,
    slope_angle: ArrayLike,
    conductivity: ArrayLike,
    diffusivity: ArrayLike,
    background_flux: ArrayLike,
    intensity: ArrayLike,
    starts: ArrayLike,
) -> NDArray[np.float64]:
    """Pressure head at a depth of a wet, deep slope some time into a storm.

    Parameters
    ----------
    depth : (n,) float, m
        Vertical, below the surface.
    time : (n,) float, h
        On the clock of `starts`.
    water_table_depth : (n,) float, m
        Vertical, before the storm.
    slope_angle : (n,) float, deg
    conductivity : (n,) float, m/s
        Saturated, vertical.
    diffusivity : (n,) float, m²/s
        Hydraulic diffusivity of the nearly saturated ground.
    background_flux : (n,) float, m/s
        Steady infiltration before the storm.
    intensity : (periods,) or (periods, n) float, mm/h
        Rain of each period; what exceeds the conductivity runs off.
    starts : (periods + 1,) float, h
        Start of each period and end of the last, rising.

    Returns
    -------
    (n,) float, m
        At most that of ground filled to the surface; NaN where an input is NaN.

    Raises
    ------
    InvalidInput
        If the periods do not rise or are not one fewer than the starts.

    References
    ----------
    Iverson (2000), Water Resources Research 36, 1897-1910; Baum, Savage & Godt (2008), USGS OFR
    2008-1159 (TRIGRS 2.0), equation 1, basal boundary at infinite depth.
    """
    bounds = np.asarray(starts, dtype=np.float64)
    rain = np.atleast_1d(np.asarray(intensity, dtype=np.float64))
    if bounds.ndim != 1 or rain.shape[0] != bounds.size - 1 or not (np.diff(bounds) > 0).all():
        raise InvalidInput(
            "the periods do not fit",
            where="starts",
            expected=f"{rain.shape[0] + 1} rising times",
            got=str(bounds.shape),
        )
    z, t, d, delta, k, d0, flux = (
        np.asarray(v, dtype=np.float64)
        for v in (
            depth,
            time,
            water_table_depth,
            slope_angle,
            conductivity,
            diffusivity,
            background_flux,
        )
    )
    cosine = np.cos(np.radians(delta)) ** 2
    beta = cosine - flux / k
    speed = d0 / cosine
    head = (z - d) * beta
    for number, rate in enumerate(rain):
        share = np.minimum(rate / _MM_PER_M / _SECONDS_PER_HOUR / k, 1.0)
        begun, ended = (
            _response(z, speed * (t - bounds[at]) * _SECONDS_PER_HOUR) for at in (number, number + 1)
        )
        head = head + 2.0 * share * (begun - ended)
    return np.asarray(np.minimum(head, z * beta))


def transient_factor_of_safety(
    cohesion: ArrayLike,
    friction_angle: ArrayLike,
    unit_weight: ArrayLike,
    depth: ArrayLike,
    slope_angle: ArrayLike,
    pressure_head: ArrayLike,
) -> NDArray[np.float64]:
    """Factor of safety of an infinite slope at a depth, from the pressure head there.

    Parameters
    ----------
    cohesion : (n,) float, kPa
    friction_angle : (n,) float, deg
    unit_weight : (n,) float, kN/m³
    depth : (n,) float, m
        Vertical.
    slope_angle : (n,) float, deg
    pressure_head : (n,) float, m
        A negative head counts as strength; give at least 0 to leave suction out.

    Returns
    -------
    (n,) float, 1
        Between 0 and the dictionary's maximum, which flat ground gets; NaN where an input is NaN or the
        slope is vertical.

    References
    ----------
    Iverson (2000), equation 28; Baum, Savage & Godt (2008), equation 7.
    """
    c, phi, gamma, z, delta, head = np.broadcast_arrays(
        *(
            np.asarray(v, dtype=np.float64)
            for v in (cohesion, friction_angle, unit_weight, depth, slope_angle, pressure_head)
        )
    )
    angle, friction = np.radians(delta), np.tan(np.radians(phi))
    limits = variable("factor_of_safety")
    driving = gamma * z * np.sin(angle) * np.cos(angle)
    resisting = gamma * z * np.cos(angle) ** 2 * friction + c - head * _WATER_UNIT_WEIGHT * friction
    with np.errstate(divide="ignore", invalid="ignore"):  # flat ground: nothing drives
        safety = np.clip(resisting / driving, limits.minimum, limits.maximum)
    known = ~(np.isnan(resisting) | np.isnan(driving))
    flat = np.where(known & (driving == 0.0), limits.maximum, safety)
    return np.where(angle < np.pi / 2, flat, np.nan)


def _response(z: NDArray[np.float64], spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """``√(D t) ierfc(z / (2 √(D t)))``, 0 before its time."""
    length = np.sqrt(np.where(spread < 0, 0.0, spread))
    with np.errstate(divide="ignore", invalid="ignore"):
        x = z / (2.0 * length)
    x = np.where((length == 0.0) & ~np.isnan(z), np.inf, x)
    with np.errstate(invalid="ignore"):  # infinite times zero, where nothing has begun
        falling = np.exp(-(x**2)) / np.sqrt(np.pi) - np.where(np.isinf(x), 0.0, x * erfc(x))
    return np.asarray(length * falling)
