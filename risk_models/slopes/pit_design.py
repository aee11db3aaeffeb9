"""Pit slopes: what the standard requires, and the stability of a face on a plane."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.variables import variable
from risk_models.rule_package import RulePackage
from risk_models.rules.references import Combination, SafetyClass

Floats = NDArray[np.float64]

_WATER_UNIT_WEIGHT = 9.81  # kN/m³
_HALVINGS = 60  # of the search for a factor of safety: to rounding


class _Ratio(Declaration):
    provenance: str
    below: dict[str, float]


class _UnitWeight(Declaration):
    provenance: str
    by_type: dict[str, float]


class RequiredSafety(Declaration):
    """The tiers of falling short of the required factor, class and unit weight where none is known."""

    assumed_class: SafetyClass
    assumed_provenance: str
    ratio: _Ratio
    unit_weight: _UnitWeight


@cache
def required_safety() -> RequiredSafety:
    """Return the declared table."""
    return read(Path(__file__).with_name("required_safety.yaml"), RequiredSafety)


def pit_required_factor_of_safety(
    safety_class: str, combination: Combination, rules: RulePackage, cautious: bool = True
) -> float:
    """Return the factor of safety that a pit slope is designed for, NaN for a class that has none.

    Parameters
    ----------
    safety_class : str
        ``I``, ``II`` or ``III``.
    combination : str
        ``gravity`` (and groundwater), ``blasting`` or ``seismic``.
    rules : RulePackage
        Section `slope_stability`.
    cautious : bool
        Upper end of the range of the standard, else the lower.

    Raises
    ------
    InvalidInput
        If there is no such combination.

    References
    ----------
    GB 51016-2014.
    """
    known = get_args(Combination)
    if combination not in known:
        raise InvalidInput(
            "no such combination", where="combination", expected=", ".join(known), got=combination
        )
    row = rules.slope_stability.required.get(safety_class)  # type: ignore[call-overload]
    if row is None:
        return math.nan
    return float(row[combination].upper if cautious else row[combination].lower)


def pit_safety_tier(ratio: ArrayLike) -> Floats:
    """Tier of a factor of safety over the required one.

    Parameters
    ----------
    ratio : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        0 to 4; NaN where the ratio is NaN.

    References
    ----------
    Limits of this project; 0.98 after 矿安〔2022〕88号 for dams.
    """
    value = np.asarray(ratio, dtype=np.float64)
    tier = sum((value < limit).astype(np.float64) for limit in required_safety().ratio.below.values())
    return np.where(np.isnan(value), np.nan, tier)


def critical_height(
    cohesion: ArrayLike, friction_angle: ArrayLike, unit_weight: ArrayLike, slope_angle: ArrayLike
) -> Floats:
    """Height at which a dry face of uniform ground slides on a plane through its toe.

    Parameters
    ----------
    cohesion : (n,) float, kPa
    friction_angle : (n,) float, deg
    unit_weight : (n,) float, kN/m³
    slope_angle : (n,) float, deg

    Returns
    -------
    (n,) float, m
        inf where the face is no steeper than the friction angle; NaN where an input is NaN.

    References
    ----------
    Culmann (1866); Taylor (1948), Fundamentals of Soil Mechanics.
    """
    c, phi, gamma, beta = _floats(cohesion, friction_angle, unit_weight, slope_angle)
    return _height(c, np.radians(phi), gamma, np.radians(beta))


def planar_factor_of_safety(
    cohesion: ArrayLike,
    friction_angle: ArrayLike,
    unit_weight: ArrayLike,
    slope_height: ArrayLike,
    slope_angle: ArrayLike,
    plane_angle: ArrayLike,
    wet_fraction: ArrayLike,
) -> Floats:
    """Factor of safety of a face that slides on one plane through its toe.

    Parameters
    ----------
    cohesion : (n,) float, kPa
        On the plane.
    friction_angle : (n,) float, deg
        On the plane.
    unit_weight : (n,) float, kN/m³
    slope_height : (n,) float, m
    slope_angle, plane_angle : (n,) float, deg
    wet_fraction : (n,) float, 1
        Height of the water above the toe, as a share of the height of the slope.

    Returns
    -------
    (n,) float, 1
        Between 0 and the dictionary's maximum; NaN where an input is NaN or the plane does not daylight.

    References
    ----------
    Hoek & Bray (1981), Rock Slope Engineering, chapter 7, without tension crack.
    """
    c, phi, gamma, h, beta, psi, m = _floats(
        cohesion, friction_angle, unit_weight, slope_height, slope_angle, plane_angle, wet_fraction
    )
    face, plane = np.radians(beta), np.radians(psi)
    bounds = variable("factor_of_safety")
    with np.errstate(divide="ignore", invalid="ignore"):
        area = h / np.sin(plane)
        weight = gamma * h**2 * (1.0 / np.tan(plane) - 1.0 / np.tan(face)) / 2.0
        uplift = _WATER_UNIT_WEIGHT * (m * h) ** 2 / (4.0 * np.sin(plane))
        normal = np.maximum(weight * np.cos(plane) - uplift, 0.0)
        safety = (c * area + normal * np.tan(np.radians(phi))) / (weight * np.sin(plane))
    daylights = (psi > 0) & (psi < beta) & (beta <= 90)
    return np.where(daylights, np.clip(safety, bounds.minimum, bounds.maximum), np.nan)


def uniform_face_factor_of_safety(
    cohesion: ArrayLike,
    friction_angle: ArrayLike,
    unit_weight: ArrayLike,
    slope_height: ArrayLike,
    slope_angle: ArrayLike,
) -> Floats:
    """Least factor of safety of a dry face of uniform ground over all planes through its toe.

    Parameters
    ----------
    cohesion, friction_angle, unit_weight, slope_angle
        As in `critical_height`.
    slope_height : (n,) float, m

    Returns
    -------
    (n,) float, 1
        At most the dictionary's maximum; NaN where an input is NaN or the height is not above 0.

    References
    ----------
    Culmann (1866); Taylor (1948), Fundamentals of Soil Mechanics: cohesion and friction reduced alike until
    the critical height is that of the face.
    """
    c, phi, gamma, h, beta = _floats(cohesion, friction_angle, unit_weight, slope_height, slope_angle)
    tangent, face = np.tan(np.radians(phi)), np.radians(beta)
    low = np.full(h.shape, 1e-6)
    high = np.full(h.shape, variable("factor_of_safety").maximum)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        stands = _height(c / middle, np.arctan(tangent / middle), gamma, face) >= h
        low, high = np.where(stands, middle, low), np.where(stands, high, middle)
    return np.where(np.isnan(c + phi + gamma + beta) | ~(h > 0), np.nan, low)


def _height(c: Floats, phi: Floats, gamma: Floats, beta: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        height = 4.0 * c / gamma * np.sin(beta) * np.cos(phi) / (1.0 - np.cos(beta - phi))
    return np.where(np.isnan(c + phi + gamma + beta), np.nan, np.where(beta <= phi, np.inf, height))


def _floats(*values: ArrayLike) -> tuple[Floats, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))
