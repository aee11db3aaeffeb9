"""Displacement of a slope that deforms while it slides, from dynamic analyses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk_models.seismic.regressions import (
    ChoRathjeBranch,
    acceleration_ratio,
    displaced,
    floats,
    held,
    log,
    newmark_coefficients,
    power,
    quadratic,
)

_CM_PER_M = 100.0


def fotopoulou_pitilakis_a(
    pgv: ArrayLike, critical_acceleration: ArrayLike, magnitude: ArrayLike
) -> NDArray[np.float64]:
    """Displacement from peak velocity, critical acceleration and magnitude.

    Parameters
    ----------
    pgv : (n,) float, cm/s
    critical_acceleration : (n,) float, g
    magnitude : (n,) float, 1

    Returns
    -------
    (n,) float, cm
        NaN where an input is NaN.

    References
    ----------
    Fotopoulou & Pitilakis (2015), Bull. Earthquake Eng. 13, 3207-3238, equation 8.
    """
    terms = newmark_coefficients().fotopoulou_pitilakis_2015["a"]
    v, critical, m = floats(pgv, critical_acceleration, magnitude)
    ln = terms.constant + terms.pgv * log(v) + terms.critical * critical + terms.magnitude * m
    return np.asarray(_CM_PER_M * np.exp(ln))


def fotopoulou_pitilakis_b(
    pga: ArrayLike, critical_acceleration: ArrayLike, magnitude: ArrayLike
) -> NDArray[np.float64]:
    """Displacement from peak and critical acceleration and magnitude.

    Parameters
    ----------
    pga, critical_acceleration : (n,) float, g
    magnitude : (n,) float, 1

    Returns
    -------
    (n,) float, cm
        NaN where an input is NaN.

    References
    ----------
    Fotopoulou & Pitilakis (2015), equation 9.
    """
    terms = newmark_coefficients().fotopoulou_pitilakis_2015["b"]
    a, critical, m = floats(pga, critical_acceleration, magnitude)
    ln = terms.constant + terms.pga * log(a) + terms.critical * critical + terms.magnitude * m
    return np.asarray(_CM_PER_M * np.exp(ln))


def fotopoulou_pitilakis_c(
    pga: ArrayLike, critical_acceleration: ArrayLike, magnitude: ArrayLike
) -> NDArray[np.float64]:
    """Displacement from the ratio of critical to peak acceleration, and magnitude.

    Parameters
    ----------
    pga, critical_acceleration : (n,) float, g
    magnitude : (n,) float, 1

    Returns
    -------
    (n,) float, cm
        As `jibson_2007_acceleration`.

    References
    ----------
    Fotopoulou & Pitilakis (2015), equation 10.
    """
    terms = newmark_coefficients().fotopoulou_pitilakis_2015["c"]
    a, critical, m = floats(pga, critical_acceleration, magnitude)
    ratio, still = acceleration_ratio(a, critical)
    ln = terms.constant + power(terms, ratio) + terms.critical * critical + terms.magnitude * m
    return _CM_PER_M * displaced(ln, still, a, critical, m)


def fotopoulou_pitilakis_d(
    pga: ArrayLike, pgv: ArrayLike, critical_acceleration: ArrayLike
) -> NDArray[np.float64]:
    """Displacement from peak velocity and the ratio of critical to peak acceleration.

    Parameters
    ----------
    pga, critical_acceleration : (n,) float, g
    pgv : (n,) float, cm/s

    Returns
    -------
    (n,) float, cm
        As `jibson_2007_acceleration`.

    References
    ----------
    Fotopoulou & Pitilakis (2015), equation 12.
    """
    terms = newmark_coefficients().fotopoulou_pitilakis_2015["d"]
    a, v, critical = floats(pga, pgv, critical_acceleration)
    ratio, still = acceleration_ratio(a, critical)
    ln = terms.constant + terms.pgv * log(v) + power(terms, ratio) + terms.critical * critical
    return _CM_PER_M * displaced(ln, still, a, v, critical)


def cho_rathje_2022(
    pgv: ArrayLike, slope_period: ArrayLike, critical_acceleration: ArrayLike, depth_ratio: ArrayLike
) -> NDArray[np.float64]:
    """Displacement of a flexible slope from peak velocity and its own period.

    Parameters
    ----------
    pgv : (n,) float, cm/s
    slope_period : (n,) float, s
        Four times the height over the shear-wave velocity.
    critical_acceleration : (n,) float, g
    depth_ratio : (n,) float, 1
        Depth of the slide over the height of the slope.

    Returns
    -------
    (n,) float, cm
        Zero without shaking; NaN where an input is NaN.

    References
    ----------
    Cho & Rathje (2022), J. Geotech. Geoenviron. Eng. 148(4), 04022010, equation 4a.
    """
    declared = newmark_coefficients().cho_rathje_2022
    v, period, critical, depth = floats(pgv, slope_period, critical_acceleration, depth_ratio)
    log_period, log_critical, log_pgv = np.log(period), np.log(held(critical)), log(v)

    def displacement(branch: ChoRathjeBranch) -> NDArray[np.float64]:
        level = quadratic(branch.level, log_period) + branch.level_critical * log_critical
        growth = quadratic(branch.growth, log_period) + branch.growth_critical * log_critical
        return np.asarray(np.exp(level + np.where(v > 0, growth * log_pgv, -np.inf)))

    moved = np.where(
        depth <= declared.shallow_below, displacement(declared.shallow), displacement(declared.deep)
    )
    return np.where(np.isnan(v + period + critical + depth), np.nan, moved)
