"""Shallow landslides on ground that steady recharge keeps wet: SHALSTAB and the stability index of SINMAP."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import BilingualText, Declaration, read

Floats = NDArray[np.float64]

_NODES = 32  # of the integral over recharge; the other two are exact


class StabilityClasses(Declaration):
    """Names and limits of the classes, worst first."""

    source: str
    shalstab_limits: tuple[float, ...]
    shalstab: tuple[BilingualText, ...]
    sinmap_limits: tuple[float, ...]
    sinmap: tuple[BilingualText, ...]


@cache
def stability_classes() -> StabilityClasses:
    """Return the declared classes."""
    return read(Path(__file__).with_name("stability_classes.yaml"), StabilityClasses)


def shalstab_ratio(
    catchment_area: ArrayLike, slope_angle: ArrayLike, friction_angle: ArrayLike, density_ratio: ArrayLike
) -> Floats:
    """Recharge over transmissivity at which a place without cohesion fails.

    Parameters
    ----------
    catchment_area : (n,) float, m
        Specific: contributing area per unit of contour length.
    slope_angle, friction_angle : (n,) float, deg
    density_ratio : (n,) float, 1
        Wet soil to water, about 1.7.

    Returns
    -------
    (n,) float, 1
        ``lg(q/T)`` with q/T in 1/m; -inf where the slope fails dry, inf where it stands saturated (flat
        ground too), NaN where an input is NaN.

    References
    ----------
    Montgomery & Dietrich (1994), Water Resources Research 30, 1153-1171, equation 9.
    """
    area, theta, phi, ratio = _floats(catchment_area, slope_angle, friction_angle, density_ratio)
    slope, friction = np.tan(np.radians(theta)), np.tan(np.radians(phi))
    with np.errstate(divide="ignore", invalid="ignore"):
        wetness = ratio * (1.0 - slope / friction)  # share of the soil that must be wet
        logarithm = np.log10(wetness * np.sin(np.radians(theta)) / area)
    known = ~np.isnan(area + theta + phi + ratio)
    answer = np.where(slope >= friction, -np.inf, np.where(wetness >= 1.0, np.inf, logarithm))
    return np.where(known, answer, np.nan)


def shalstab_class(logarithmic_ratio: ArrayLike) -> Floats:
    """Class of a place from its critical recharge.

    Parameters
    ----------
    logarithmic_ratio : (n,) float, 1
        From `shalstab_ratio`.

    Returns
    -------
    (n,) float, 1
        0 unconditionally unstable, 1 chronic … 5 stable, 6 unconditionally stable; NaN where unknown.

    References
    ----------
    Montgomery & Dietrich (1994); Dietrich, Bellugi & Real de Asua (2001).
    """
    value = np.asarray(logarithmic_ratio, dtype=np.float64)
    inner = np.searchsorted(stability_classes().shalstab_limits, value, side="right") + 1.0
    last = len(stability_classes().shalstab) - 1.0
    found = np.where(np.isneginf(value), 0.0, np.where(np.isposinf(value), last, inner))
    return np.where(np.isnan(value), np.nan, found)


def sinmap_factor_of_safety(
    cohesion: ArrayLike,
    friction_angle: ArrayLike,
    wetness_ratio: ArrayLike,
    catchment_area: ArrayLike,
    slope_angle: ArrayLike,
    density_ratio: ArrayLike,
) -> Floats:
    """Factor of safety of SINMAP for one set of ground properties.

    Parameters
    ----------
    cohesion : (n,) float, 1
        Of roots and soil over the weight of the soil, ``(Cr + Cs) / (h ρs g)``, h across the slope.
    friction_angle : (n,) float, deg
    wetness_ratio : (n,) float, 1/m
        Recharge over transmissivity.
    catchment_area : (n,) float, m
        Specific.
    slope_angle : (n,) float, deg
    density_ratio : (n,) float, 1
        Water to soil, about 0.5: the inverse of that of SHALSTAB.

    Returns
    -------
    (n,) float, 1
        inf on flat ground; NaN where an input is NaN.

    References
    ----------
    Pack, Tarboton & Goodwin (1998), SINMAP, equation 6.
    """
    c, phi, ratio, area, theta, r = _floats(
        cohesion, friction_angle, wetness_ratio, catchment_area, slope_angle, density_ratio
    )
    angle = np.radians(theta)
    wet = _wetness(ratio, area, angle)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((c + np.cos(angle) * (1.0 - wet * r) * np.tan(np.radians(phi))) / np.sin(angle))


def stability_index(
    cohesion_low: ArrayLike,
    cohesion_high: ArrayLike,
    friction_low: ArrayLike,
    friction_high: ArrayLike,
    wetness_low: ArrayLike,
    wetness_high: ArrayLike,
    catchment_area: ArrayLike,
    slope_angle: ArrayLike,
    density_ratio: ArrayLike,
) -> Floats:
    """Stability index of SINMAP: the worst factor of safety, or below one the probability of standing.

    Cohesion, the tangent of friction and recharge over transmissivity are uniform between their bounds and
    independent. The integral over the first two is exact, that over wetness a Gauss-Legendre sum.

    Parameters
    ----------
    cohesion_low, cohesion_high : (n,) float, 1
        As in `sinmap_factor_of_safety`.
    friction_low, friction_high : (n,) float, deg
    wetness_low, wetness_high : (n,) float, 1/m
    catchment_area, slope_angle, density_ratio
        As in `sinmap_factor_of_safety`.

    Returns
    -------
    (n,) float, 1
        0 where even the best ground fails; inf on flat ground; NaN where an input is NaN.

    References
    ----------
    Pack, Tarboton & Goodwin (1998), SINMAP, section 2.2.
    """
    c1, c2, f1, f2, x1, x2, area, theta, r = _floats(
        cohesion_low,
        cohesion_high,
        friction_low,
        friction_high,
        wetness_low,
        wetness_high,
        catchment_area,
        slope_angle,
        density_ratio,
    )
    worst = sinmap_factor_of_safety(c1, f1, x2, area, theta, r)
    angle = np.radians(theta)
    t1, t2 = np.tan(np.radians(f1)), np.tan(np.radians(f2))
    with np.errstate(divide="ignore", invalid="ignore"):
        full = np.clip(np.where(area > 0, np.sin(angle) / area, np.inf), x1, x2)  # saturated beyond
        wet_share = np.where(x2 > x1, (x2 - full) / (x2 - x1), 0.0)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    partial = np.zeros_like(worst)
    for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
        ratio = x1 + (full - x1) * (node + 1.0) / 2.0
        partial += weight / 2.0 * _standing(c1, c2, t1, t2, _wetness(ratio, area, angle), angle, r)
    filled = _standing(c1, c2, t1, t2, np.ones_like(angle), angle, r)
    probability = (1.0 - wet_share) * partial + wet_share * filled
    return np.where(np.isnan(worst), np.nan, np.where(worst > 1.0, worst, np.minimum(probability, 1.0)))


def sinmap_class(stability_index: ArrayLike) -> Floats:
    """Class of a stability index.

    Parameters
    ----------
    stability_index : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        0 defended, 1 upper threshold, 2 lower threshold, 3 quasi-stable, 4 moderately stable, 5 stable.

    References
    ----------
    Pack, Tarboton & Goodwin (1998), SINMAP, table 1.
    """
    index = np.asarray(stability_index, dtype=np.float64)
    found = np.searchsorted(stability_classes().sinmap_limits, index, side="left").astype(np.float64)
    return np.where(np.isnan(index), np.nan, found)


def _floats(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))


def _wetness(ratio: Floats, area: Floats, angle: Floats) -> Floats:
    inflow = ratio * area
    with np.errstate(divide="ignore", invalid="ignore"):  # flat ground drains nothing
        wet = np.where(inflow == 0.0, 0.0 * angle, inflow / np.sin(angle))
    return np.asarray(np.minimum(wet, 1.0))


def _standing(
    c1: Floats, c2: Floats, t1: Floats, t2: Floats, wet: Floats, angle: Floats, r: Floats
) -> Floats:
    """Probability over cohesion and friction that the factor of safety exceeds one, at one wetness."""
    lever = np.cos(angle) * (1.0 - wet * r)
    low, high = c2 - np.sin(angle) + lever * t1, c2 - np.sin(angle) + lever * t2
    span = c2 - c1
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (_area(high, span) - _area(low, span)) / (high - low)
        at = np.where(span > 0, np.clip(low / span, 0.0, 1.0), (low > 0).astype(np.float64))
    return np.where(high > low, mean, at)


def _area(y: Floats, span: Floats) -> Floats:
    """Integral of ``clip(y / span, 0, 1)`` from minus infinity."""
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = y**2 / (2.0 * span)
    return np.where(y <= 0, 0.0, np.where(y >= span, y - span / 2.0, inside))
