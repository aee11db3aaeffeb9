"""The ground above a goaf: the trough of the probability integral, damage, and collapse to the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf

from risk_models.underground.indicators import underground_limits

Floats = NDArray[np.float64]

_MM_PER_M = 1000.0


def largest_subsidence(thickness: ArrayLike, subsidence_factor: ArrayLike, dip: ArrayLike) -> Floats:
    """Subsidence over the middle of a goaf so wide that it can go no deeper.

    Parameters
    ----------
    thickness : (n,) float, m
        Mined.
    subsidence_factor : (n,) float, 1
        Share of it that reaches the surface, 0 to 1.
    dip : (n,) float, deg

    Returns
    -------
    (n,) float, m
        ``W0 = m q cos α``.

    References
    ----------
    Liu & Liao (1965), 煤矿地表移动的基本规律, after Knothe (1957).
    """
    m, q, alpha = (np.asarray(v, dtype=np.float64) for v in (thickness, subsidence_factor, dip))
    return np.asarray(m * q * np.cos(np.radians(alpha)))


def influence_radius(depth: ArrayLike, tangent_of_influence: ArrayLike) -> Floats:
    """Distance to which mining moves the surface.

    Parameters
    ----------
    depth : (n,) float, m
    tangent_of_influence : (n,) float, 1
        tan β, about 1.5 to 2.5.

    Returns
    -------
    (n,) float, m
        NaN where the tangent is not above 0.

    References
    ----------
    Knothe (1957), Proc. European Congress on Ground Movement, Leeds, 210-218.
    """
    h, tangent = (np.asarray(v, dtype=np.float64) for v in (depth, tangent_of_influence))
    return np.asarray(h / np.where(tangent > 0, tangent, np.nan))


def trough_subsidence(distance: ArrayLike, width: ArrayLike, largest: ArrayLike, radius: ArrayLike) -> Floats:
    """Subsidence across a goaf.

    Parameters
    ----------
    distance : (n,) float, m
        From one edge, positive over the goaf.
    width : (n,) float, m
        Of the goaf; inf for a single edge.
    largest : (n,) float, m
        From `largest_subsidence`.
    radius : (n,) float, m
        From `influence_radius`.

    Returns
    -------
    (n,) float, m
        Downward.

    References
    ----------
    Knothe (1957): ``W(x) = W0/2 [erf(√π x/r) + 1]``, less the same beyond the other edge.
    """
    x, far, w0, _ = _at(distance, width, largest, radius)
    return np.asarray(w0 / 2.0 * (erf(x) - erf(far)))


def trough_tilt(distance: ArrayLike, width: ArrayLike, largest: ArrayLike, radius: ArrayLike) -> Floats:
    """Tilt across a goaf.

    Parameters
    ----------
    distance, width, largest, radius
        As in `trough_subsidence`.

    Returns
    -------
    (n,) float, mm/m
        At a single edge at most ``W0/r``.

    References
    ----------
    Knothe (1957).
    """
    x, far, w0, r = _at(distance, width, largest, radius)
    return np.asarray(_MM_PER_M * w0 / r * (np.exp(-(x**2)) - np.exp(-(far**2))))


def trough_curvature(distance: ArrayLike, width: ArrayLike, largest: ArrayLike, radius: ArrayLike) -> Floats:
    """Curvature across a goaf.

    Parameters
    ----------
    distance, width, largest, radius
        As in `trough_subsidence`.

    Returns
    -------
    (n,) float, 10⁻³/m
        Positive where the ground bulges; at a single edge at most ``1.52 W0/r²``.

    References
    ----------
    Knothe (1957).
    """
    x, far, w0, r = _at(distance, width, largest, radius)
    with np.errstate(invalid="ignore"):
        beyond = np.where(np.isinf(far), 0.0, far * np.exp(-(far**2)))
    bend = -2.0 * np.sqrt(np.pi) * (x * np.exp(-(x**2)) - beyond)
    return np.asarray(_MM_PER_M * w0 / r**2 * bend)


def trough_strain(
    distance: ArrayLike,
    width: ArrayLike,
    largest: ArrayLike,
    radius: ArrayLike,
    displacement_factor: ArrayLike,
) -> Floats:
    """Horizontal strain across a goaf.

    Parameters
    ----------
    distance, width, largest, radius
        As in `trough_subsidence`.
    displacement_factor : (n,) float, 1
        b, horizontal over vertical movement, about 0.3.

    Returns
    -------
    (n,) float, mm/m
        Tension positive; at a single edge at most ``1.52 b W0/r``.

    References
    ----------
    Knothe (1957); Liu & Liao (1965).
    """
    b, r = np.asarray(displacement_factor, dtype=np.float64), np.asarray(radius, dtype=np.float64)
    return np.asarray(b * r * trough_curvature(distance, width, largest, radius))


def damage_grade(strain: ArrayLike, tilt: ArrayLike, curvature: ArrayLike) -> Floats:
    """Grade of damage to brick buildings: the worst of the three movements.

    Parameters
    ----------
    strain, tilt : (n,) float, mm/m
    curvature : (n,) float, 10⁻³/m
        Of either sign.

    Returns
    -------
    (n,) float, 1
        1 to 4; NaN where an input is NaN.

    References
    ----------
    建筑物、水体、铁路及主要井巷煤柱留设与压煤开采规范.
    """
    limits = underground_limits().subsidence
    given = [np.abs(np.asarray(v, dtype=np.float64)) for v in (strain, tilt, curvature)]
    each = [
        np.searchsorted(bound, value, side="left") + 1.0
        for bound, value in zip((limits.strain, limits.tilt, limits.curvature), given, strict=True)
    ]
    worst = np.maximum(np.maximum(each[0], each[1]), each[2])
    return np.where(np.isnan(given[0] + given[1] + given[2]), np.nan, worst)


def sinkhole_signs(
    depth: ArrayLike, void_height: ArrayLike, span: ArrayLike, rock_mass_rating: ArrayLike, age: ArrayLike
) -> Floats:
    """Screen a shallow hard-rock void for a collapse that reaches the surface.

    Parameters
    ----------
    depth : (n,) float, m
        Of the roof.
    void_height, span : (n,) float, m
    rock_mass_rating : (n,) float, 1
        Of the roof, 0 to 100.
    age : (n,) float, a
        Since it was mined.

    Returns
    -------
    (n,) float, 1
        0 where it lies too deep; else 1, and one more for each of: broken rock would not fill the way up, a
        wide span, weak rock, age. NaN where an input is NaN.

    References
    ----------
    Screening of this project; bulking after Piggott & Eynon (1978).
    """
    limits = underground_limits().sinkhole
    z, h, s, rating, years = (
        np.asarray(v, dtype=np.float64) for v in (depth, void_height, span, rock_mass_rating, age)
    )
    shallow = z < limits.depth_ratio * h
    signs = (
        1.0
        + (z < h / (limits.bulking - 1.0))
        + (s >= limits.span)
        + (rating < limits.rock_mass_rating)
        + (years >= limits.age)
    )
    return np.where(np.isnan(z + h + s + rating + years), np.nan, np.where(shallow, signs, 0.0))


def _at(
    distance: ArrayLike, width: ArrayLike, largest: ArrayLike, radius: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """Scaled distances from the two edges, and the rest as arrays."""
    x, across, w0, r = (np.asarray(v, dtype=np.float64) for v in (distance, width, largest, radius))
    r = np.where(r > 0, r, np.nan)
    scale = np.sqrt(np.pi) / r
    return scale * x, scale * (x - across), w0, r
