"""Stability of a planar slope: factor of safety, critical acceleration, and the water that rain leaves."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from minegis.declarations import BilingualText, Declaration, read
from minegis.variables import variable

_WATER_UNIT_WEIGHT = 9.81  # kN/m³
_LEAST_CRITICAL_ACCELERATION = 1e-4  # g; keeps a slope that already fails inside displacement relations
_MM_PER_M = 1000.0


class _Parameter(Declaration):
    value: float
    unit: str
    label: BilingualText
    provenance: str


class SlopeMaterial(Declaration):
    """Ground properties to use where nothing is known of a slope: a project default."""

    cohesion: _Parameter
    friction_angle: _Parameter
    unit_weight: _Parameter
    depth: _Parameter
    transmissivity: _Parameter
    recharge_fraction: _Parameter
    safety_spread: _Parameter


@cache
def default_material() -> SlopeMaterial:
    """Return the declared default ground properties."""
    return read(Path(__file__).with_name("default_material.yaml"), SlopeMaterial)


def factor_of_safety(
    cohesion: ArrayLike,
    friction_angle: ArrayLike,
    unit_weight: ArrayLike,
    depth: ArrayLike,
    slope_angle: ArrayLike,
    wet_fraction: ArrayLike,
) -> NDArray[np.float64]:
    """Factor of safety of an infinite slope whose sliding plane lies at a vertical depth.

    Parameters
    ----------
    cohesion : (n,) float, kPa
        Effective cohesion.
    friction_angle : (n,) float, deg
        Effective friction angle.
    unit_weight : (n,) float, kN/m³
        Total unit weight.
    depth : (n,) float, m
        Vertical depth of the sliding plane; not the thickness across the slope.
    slope_angle : (n,) float, deg
        In degrees, not a gradient.
    wet_fraction : (n,) float, 1
        Height of the water above the sliding plane, as a share of `depth`.

    Returns
    -------
    (n,) float, 1
        At most the dictionary's maximum, which flat ground gets; NaN where an input is NaN or the
        slope is vertical.

    References
    ----------
    Skempton & DeLory (1957), 4th ICSMFE, vol. 2, 378-381, with seepage parallel to the slope.
    """
    c, phi, gamma, z, beta, m = _floats(
        cohesion, friction_angle, unit_weight, depth, slope_angle, wet_fraction
    )
    beta = np.radians(beta)
    normal = (gamma * z - _WATER_UNIT_WEIGHT * m * z) * np.cos(beta) ** 2
    driving = gamma * z * np.sin(beta) * np.cos(beta)
    return _safety(c + normal * np.tan(np.radians(phi)), driving, beta)


def slope_normal_factor_of_safety(
    cohesion: ArrayLike,
    friction_angle: ArrayLike,
    unit_weight: ArrayLike,
    thickness: ArrayLike,
    slope_angle: ArrayLike,
    wet_fraction: ArrayLike,
) -> NDArray[np.float64]:
    """Factor of safety of an infinite slope whose thickness is measured across the slope.

    Parameters
    ----------
    cohesion, friction_angle, unit_weight, slope_angle, wet_fraction
        As in `factor_of_safety`.
    thickness : (n,) float, m
        Thickness of the slab normal to the slope.

    Returns
    -------
    (n,) float, 1
        As `factor_of_safety`.

    References
    ----------
    Jibson, Harp & Michael (2000), Engineering Geology 58, 271-289, equation 2.
    """
    c, phi, gamma, t, alpha, m = _floats(
        cohesion, friction_angle, unit_weight, thickness, slope_angle, wet_fraction
    )
    alpha = np.radians(alpha)
    friction = (gamma - m * _WATER_UNIT_WEIGHT) * t * np.cos(alpha) * np.tan(np.radians(phi))
    return _safety(c + friction, gamma * t * np.sin(alpha), alpha)


def critical_acceleration(factor_of_safety: ArrayLike, slope_angle: ArrayLike) -> NDArray[np.float64]:
    """Acceleration at which the sliding block starts to move.

    Parameters
    ----------
    factor_of_safety : (n,) float, 1
        Static factor of safety.
    slope_angle : (n,) float, deg

    Returns
    -------
    (n,) float, g
        At least 0.0001 g; NaN where an input is NaN.

    References
    ----------
    Newmark (1965); Jibson, Harp & Michael (2000), equation 1.
    """
    safety, alpha = _floats(factor_of_safety, slope_angle)
    return np.maximum((safety - 1.0) * np.sin(np.radians(alpha)), _LEAST_CRITICAL_ACCELERATION)


def wet_fraction(
    recharge: ArrayLike, catchment_area: ArrayLike, transmissivity: ArrayLike, slope_angle: ArrayLike
) -> NDArray[np.float64]:
    """Share of the soil depth that steady recharge keeps saturated.

    Parameters
    ----------
    recharge : (n,) float, mm/d
        Water that reaches the saturated zone, such as the antecedent rain index times a recharge fraction.
    catchment_area : (n,) float, m
        Specific catchment area: contributing area per unit of contour length.
    transmissivity : (n,) float, m²/d
    slope_angle : (n,) float, deg

    Returns
    -------
    (n,) float, 1
        0 to 1; NaN where an input is NaN.

    References
    ----------
    Pack, Tarboton & Goodwin (1998), SINMAP: the relative wetness min(R a / (T sin θ), 1).
    """
    r, area, t, theta = _floats(recharge, catchment_area, transmissivity, slope_angle)
    inflow = r / _MM_PER_M * area
    capacity = t * np.sin(np.radians(theta))
    with np.errstate(divide="ignore", invalid="ignore"):  # flat ground drains nothing: any inflow fills it
        wetness = np.where(inflow == 0.0, 0.0 * capacity, inflow / capacity)
    return np.minimum(wetness, 1.0)


def failure_probability(factor_of_safety: ArrayLike, safety_spread: ArrayLike) -> NDArray[np.float64]:
    """Probability that the true factor of safety is below one, to first order.

    Parameters
    ----------
    factor_of_safety : (n,) float, 1
        Computed, taken as the median.
    safety_spread : (n,) float, 1
        Standard deviation of its natural logarithm.

    Returns
    -------
    (n,) float, 1
        One half where the computed factor is one; NaN where an input is NaN.

    References
    ----------
    Baecher & Christian (2003), Reliability and Statistics in Geotechnical Engineering, chapter 14: the
    first-order second-moment reliability index of a lognormal factor of safety.
    """
    safety, spread = _floats(factor_of_safety, safety_spread)
    with np.errstate(divide="ignore"):  # no resistance at all: fails for certain
        return np.asarray(ndtr(-np.log(safety) / spread))


def catchment_area(cti: ArrayLike, slope_angle: ArrayLike) -> NDArray[np.float64]:
    """Specific catchment area that belongs to a topographic wetness index.

    Parameters
    ----------
    cti : (n,) float, 1
        ln(a / tan β), with a in metres.
    slope_angle : (n,) float, deg

    Returns
    -------
    (n,) float, m
        NaN where an input is NaN.

    References
    ----------
    Beven & Kirkby (1979), Hydrological Sciences Bulletin 24, 43-69.
    """
    index, beta = _floats(cti, slope_angle)
    return np.asarray(np.exp(index) * np.tan(np.radians(beta)))


def _floats(*values: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))


def _safety(
    resisting: NDArray[np.float64], driving: NDArray[np.float64], angle: NDArray[np.float64]
) -> NDArray[np.float64]:
    bounds = variable("factor_of_safety")
    with np.errstate(divide="ignore", invalid="ignore"):  # flat ground: nothing drives
        safety = np.clip(resisting / driving, bounds.minimum, bounds.maximum)
    known = ~(np.isnan(resisting) | np.isnan(driving))
    flat = np.where(known & (driving == 0.0), bounds.maximum, safety)
    return np.where(angle < np.pi / 2, flat, np.nan)
