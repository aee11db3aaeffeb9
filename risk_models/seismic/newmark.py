"""Displacement of a slope in an earthquake, taken as a rigid block that slides (Newmark 1965)."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from risk_models.seismic.regressions import (
    Jibson2007,
    acceleration_ratio,
    displaced,
    floats,
    held,
    log,
    newmark_coefficients,
    quartic,
)


def jibson_2007_acceleration(pga: ArrayLike, critical_acceleration: ArrayLike) -> NDArray[np.float64]:
    """Displacement from peak and critical acceleration.

    Parameters
    ----------
    pga, critical_acceleration : (n,) float, g

    Returns
    -------
    (n,) float, cm
        Zero where the shaking stays below the critical acceleration; NaN where an input is NaN.

    References
    ----------
    Jibson (2007), Engineering Geology 91, 209-218, equation 6.
    """
    return _jibson_2007(newmark_coefficients().jibson_2007.acceleration, pga, critical_acceleration, 0.0)


def jibson_2007_magnitude(
    pga: ArrayLike, critical_acceleration: ArrayLike, magnitude: ArrayLike
) -> NDArray[np.float64]:
    """Displacement from peak and critical acceleration and magnitude.

    Parameters
    ----------
    pga, critical_acceleration : (n,) float, g
    magnitude : (n,) float, 1
        Moment magnitude, fitted for 5.3 to 7.6.

    Returns
    -------
    (n,) float, cm
        As `jibson_2007_acceleration`.

    References
    ----------
    Jibson (2007), equation 7.
    """
    return _jibson_2007(newmark_coefficients().jibson_2007.magnitude, pga, critical_acceleration, magnitude)


def jibson_2000(arias_intensity: ArrayLike, critical_acceleration: ArrayLike) -> NDArray[np.float64]:
    """Displacement from Arias intensity and critical acceleration.

    Parameters
    ----------
    arias_intensity : (n,) float, m/s
    critical_acceleration : (n,) float, g

    Returns
    -------
    (n,) float, cm
        Zero without shaking; NaN where an input is NaN.

    References
    ----------
    Jibson, Harp & Michael (2000), Engineering Geology 58, 271-289, equation 3.
    """
    terms = newmark_coefficients().jibson_2000
    arias, critical = floats(arias_intensity, critical_acceleration)
    lg = terms.constant + terms.arias * log(arias) / np.log(10) + terms.critical * np.log10(held(critical))
    return np.asarray(10.0**lg)


def failure_fraction(displacement: ArrayLike) -> NDArray[np.float64]:
    """Share of the slopes of a predicted displacement that fail.

    Parameters
    ----------
    displacement : (n,) float, cm
        From `jibson_2000`.

    Returns
    -------
    (n,) float, 1
        At most 0.335; NaN where the input is NaN.

    References
    ----------
    Jibson, Harp & Michael (2000), equation 5, from the landslides of Northridge 1994.
    """
    terms = newmark_coefficients().failure
    (d,) = floats(displacement)
    return np.asarray(-terms.limit * np.expm1(-terms.scale * d**terms.power))


def saygili_rathje_2008(
    pga: ArrayLike, pgv: ArrayLike, critical_acceleration: ArrayLike
) -> NDArray[np.float64]:
    """Displacement from peak acceleration and velocity.

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
    Saygili & Rathje (2008), J. Geotech. Geoenviron. Eng. 134, 790-803, the model of PGA and PGV.
    """
    terms = newmark_coefficients().saygili_rathje_2008
    a, v, critical = floats(pga, pgv, critical_acceleration)
    ratio, still = acceleration_ratio(a, critical)
    ln = terms.constant + quartic(terms, ratio) + terms.pga * log(a) + terms.pgv * log(v)
    return displaced(ln, still, a, v, critical)


def rathje_saygili_2009(
    pga: ArrayLike, critical_acceleration: ArrayLike, magnitude: ArrayLike
) -> NDArray[np.float64]:
    """Displacement from peak acceleration and magnitude.

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
    Rathje & Saygili (2009), Bull. NZ Soc. Earthquake Eng. 42, 18-27, equation 8.
    """
    terms = newmark_coefficients().rathje_saygili_2009
    a, critical, m = floats(pga, critical_acceleration, magnitude)
    ratio, still = acceleration_ratio(a, critical)
    above = terms.magnitude * (m - terms.reference_magnitude)
    ln = terms.constant + quartic(terms, ratio) + terms.pga * log(a) + above
    return displaced(ln, still, a, critical, m)


def displacement_exceedance(
    displacement: ArrayLike, limit: ArrayLike, spread: ArrayLike
) -> NDArray[np.float64]:
    """Probability that the displacement passes a limit, given the scatter of its regression.

    Parameters
    ----------
    displacement : (n,) float, cm
        Median, from one of the regressions.
    limit : (n,) float, cm
    spread : (n,) float, 1
        Standard deviation of lg D.

    Returns
    -------
    (n,) float, 1
        One half where the median is at the limit, zero where nothing moves; NaN where an input is NaN.

    References
    ----------
    Jibson (2007): the residuals of lg D are normal.
    """
    d, at, scatter = floats(displacement, limit, spread)
    return np.asarray(ndtr((log(d) - np.log(at)) / np.log(10) / scatter))


def displacement_tier(displacement: ArrayLike) -> NDArray[np.int8]:
    """Tier that a displacement asks for.

    Parameters
    ----------
    displacement : (n,) float, cm

    Returns
    -------
    (n,) int8
        0 to 4, 0 where the displacement is NaN.
    """
    bounds = list(newmark_coefficients().tier_from.values.values())
    (d,) = floats(displacement)
    return np.searchsorted(bounds, np.nan_to_num(d, nan=-1.0), side="right").astype(np.int8)


def _jibson_2007(
    terms: Jibson2007, pga: ArrayLike, critical: ArrayLike, magnitude: ArrayLike
) -> NDArray[np.float64]:
    a, threshold, m = floats(pga, critical, magnitude)
    ratio, still = acceleration_ratio(a, threshold)
    with np.errstate(divide="ignore"):  # at the critical acceleration nothing moves
        lg = terms.constant + terms.remaining * np.log10(1.0 - ratio) + terms.ratio * np.log10(ratio)
    return displaced((lg + terms.magnitude * m) * np.log(10), still, a, threshold, m)
