"""Pillars, crown pillars and stopes: stress over strength, span over critical span."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

Floats = NDArray[np.float64]


def tributary_stress(unit_weight: ArrayLike, depth: ArrayLike, extraction: ArrayLike) -> Floats:
    """Mean vertical stress in pillars that carry all the rock above.

    Parameters
    ----------
    unit_weight : (n,) float, MN/m³
    depth : (n,) float, m
    extraction : (n,) float, 1
        Share of the area that is mined, 0 to below 1.

    Returns
    -------
    (n,) float, MPa
        NaN where an input is NaN or everything is mined.

    References
    ----------
    Salamon & Munro (1967), J. S. Afr. Inst. Min. Metall. 68, 55-67.
    """
    gamma, z, e = (np.asarray(v, dtype=np.float64) for v in (unit_weight, depth, extraction))
    return np.asarray(gamma * z / np.where((e >= 0) & (e < 1), 1.0 - e, np.nan))


def hedley_grant_strength(width: ArrayLike, height: ArrayLike) -> Floats:
    """Strength of a pillar in the quartzite of Elliot Lake.

    Parameters
    ----------
    width, height : (n,) float, m

    Returns
    -------
    (n,) float, MPa
        NaN where a size is not above 0.

    References
    ----------
    Hedley & Grant (1972), CIM Bulletin 65, 37-44.
    """
    w, h = (np.asarray(v, dtype=np.float64) for v in (width, height))
    return np.asarray(133.0 * np.sqrt(np.where(w > 0, w, np.nan)) / np.where(h > 0, h, np.nan) ** 0.75)


def lunder_pakalnis_strength(compressive_strength: ArrayLike, width: ArrayLike, height: ArrayLike) -> Floats:
    """Strength of a hard-rock pillar from its confinement.

    Parameters
    ----------
    compressive_strength : (n,) float, MPa
        Uniaxial, of the intact rock.
    width, height : (n,) float, m

    Returns
    -------
    (n,) float, MPa
        NaN where an input is NaN, or the pillar slimmer than a quarter of its height: the formula ends there.

    References
    ----------
    Lunder & Pakalnis (1997), CIM Bulletin 90, 51-55.
    """
    ucs, w, h = (np.asarray(v, dtype=np.float64) for v in (compressive_strength, width, height))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = w / h
        ratio = np.where(ratio > 0.25, ratio, np.nan)
        confinement = np.minimum(0.46 * np.log10(ratio + 0.75) ** (1.4 / ratio), 1.0)
        friction = np.tan(np.arccos((1.0 - confinement) / (1.0 + confinement)))
    return np.asarray(0.44 * ucs * (0.68 + 0.52 * friction))


def pillar_factor_of_safety(strength: ArrayLike, stress: ArrayLike) -> Floats:
    """Strength of a pillar over its stress.

    Parameters
    ----------
    strength, stress : (n,) float, MPa

    Returns
    -------
    (n,) float, 1
        Below 1 it fails, below 1.4 it is to be watched; NaN where the stress is not above 0.

    References
    ----------
    Lunder & Pakalnis (1997), CIM Bulletin 90, 51-55.
    """
    p, s = (np.asarray(v, dtype=np.float64) for v in (strength, stress))
    return np.asarray(p / np.where(s > 0, s, np.nan))


def crown_span_ratio(
    span: ArrayLike,
    length: ArrayLike,
    thickness: ArrayLike,
    density: ArrayLike,
    dip: ArrayLike,
    rock_quality: ArrayLike,
) -> Floats:
    """Scaled span of a crown pillar over the critical span.

    Parameters
    ----------
    span, length, thickness : (n,) float, m
        Of the crown pillar: across, along strike, to the surface.
    density : (n,) float, t/m³
    dip : (n,) float, deg
        Of the foliation or the ore body.
    rock_quality : (n,) float, 1
        Q of the NGI.

    Returns
    -------
    (n,) float, 1
        Above 1 the pillar is beyond what stood elsewhere; NaN where an input is NaN or a size not above 0.

    References
    ----------
    Carter (1992, 2014): ``Cs = S √(γ / (t (1 + S/L)(1 − 0.4 cosθ)))``, ``Sc = 3.3 Q^0.43 sinh^0.0016(Q)``.
    """
    s, along, t, rho, theta, q = (
        np.asarray(v, dtype=np.float64) for v in (span, length, thickness, density, dip, rock_quality)
    )
    s, along, t, q = (np.where(v > 0, v, np.nan) for v in (s, along, t, q))
    scaled = s * np.sqrt(rho / (t * (1.0 + s / along) * (1.0 - 0.4 * np.cos(np.radians(theta)))))
    # ln sinh Q = Q + ln(1 − e^−2Q) − ln 2, that does not overflow
    sinh_power = np.exp(0.0016 * (q + np.log(-np.expm1(-2.0 * q)) - np.log(2.0)))
    return np.asarray(scaled / (3.3 * q**0.43 * sinh_power))


def stability_number(
    rock_quality: ArrayLike, stress_factor: ArrayLike, joint_factor: ArrayLike, gravity_factor: ArrayLike
) -> Floats:
    """Stability number of Mathews.

    Parameters
    ----------
    rock_quality : (n,) float, 1
        Q′, Q with the stress reduction left out.
    stress_factor, joint_factor, gravity_factor : (n,) float, 1
        A, B and C.

    Returns
    -------
    (n,) float, 1
        ``N′ = Q′·A·B·C``.

    References
    ----------
    Mathews et al. (1981); Potvin (1988).
    """
    factors = (rock_quality, stress_factor, joint_factor, gravity_factor)
    return np.asarray(
        np.prod(np.broadcast_arrays(*(np.asarray(v, dtype=np.float64) for v in factors)), axis=0)
    )


def stope_stability(stability_number: ArrayLike, hydraulic_radius: ArrayLike) -> Floats:
    """Probability that the face of a stope stands.

    Parameters
    ----------
    stability_number : (n,) float, 1
        From the function of the same name.
    hydraulic_radius : (n,) float, m
        Area over perimeter of the face.

    Returns
    -------
    (n,) float, 1
        NaN where an input is not above 0.

    References
    ----------
    Mawdesley, Trueman & Whiten (2001), Trans. Inst. Min. Metall. A 110, 27-39.
    """
    number, radius = (np.asarray(v, dtype=np.float64) for v in (stability_number, hydraulic_radius))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = 2.9603 - 1.4427 * np.log(np.where(radius > 0, radius, np.nan))
        return np.asarray(expit(z + 0.7982 * np.log(np.where(number > 0, number, np.nan))))
