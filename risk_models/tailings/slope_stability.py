"""Stability of the outer slope of a dam by simplified Bishop, and the factors of safety it must have."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidInput
from minegis.levels import Tier
from minegis.variables import variable
from risk_models.rule_package import RulePackage
from risk_models.tailings.slip_circle import Floats, worst_circles

_WATER_UNIT_WEIGHT = 9.81  # kN/m³
_LEAST_THICKNESS = 0.03  # of the height: a shallower slide is ravelling of the face, not of the dam
_DEEPEST = 20.0  # heights: firm ground so deep that no circle of the search comes near it
_DRY = 1e6  # heights: a phreatic line so deep that no circle meets it
_NO_CIRCLE = 1e8
_VERTICAL = 8  # column of the upward acceleration
_LEAST_SHARE = 256  # dams that are worth a thread of their own


class _Parameter(Declaration):
    value: float
    unit: str
    label: BilingualText
    provenance: str


class RaiseMethodDefaults(Declaration):
    """What a raise method stands for where nothing better is known."""

    face_ratio: float
    susceptibility: str
    release: str


class DefaultGround(Declaration):
    """What a facility is taken to be made of: project defaults."""

    cohesion: _Parameter
    friction_angle: _Parameter
    unit_weight: _Parameter
    foundation_depth: _Parameter
    dynamic_coefficient: _Parameter
    vs30: _Parameter
    water_distance: _Parameter
    precipitation: _Parameter
    magnitude: _Parameter
    raise_methods: dict[str, RaiseMethodDefaults]
    provenance: str
    liquefaction_tier_from: dict[str, float]


class _PseudoStatic(Declaration):
    reduction: float
    vertical_share: float
    clause: str
    provenance: str


class RequiredSafety(Declaration):
    """What a lack of the required factor asks for, and the earthquake of a pseudo-static analysis."""

    tier_below: dict[str, float]
    tier_provenance: str
    pseudo_static: _PseudoStatic


@cache
def default_ground() -> DefaultGround:
    """Return the declared defaults of facilities."""
    return read(Path(__file__).with_name("default_ground.yaml"), DefaultGround)


@cache
def required_safety() -> RequiredSafety:
    """Return the declared factors."""
    return read(Path(__file__).with_name("required_safety.yaml"), RequiredSafety)


def bishop_factor_of_safety(
    height: ArrayLike,
    face_ratio: ArrayLike,
    cohesion: ArrayLike,
    friction_angle: ArrayLike,
    unit_weight: ArrayLike,
    phreatic_depth: ArrayLike,
    beach_length: ArrayLike,
    pond_depth: ArrayLike,
    foundation_depth: ArrayLike,
    horizontal_acceleration: ArrayLike,
    upward_acceleration: ArrayLike,
) -> Floats:
    """Least factor of safety of all slip circles under the outer slope.

    One material; a level beach behind the crest and level ground before the toe. The phreatic line lies
    `phreatic_depth` below the face and the ground, and runs under the beach to the pond. Water presses with
    the head below that line, reduced by the squared cosine of its slope.

    Parameters
    ----------
    height : (n,) float, m
        Toe to crest.
    face_ratio : (n,) float, 1
        Horizontal to vertical of the outer slope.
    cohesion : (n,) float, kPa
    friction_angle : (n,) float, deg
    unit_weight : (n,) float, kN/m³
        Total, taken above and below the water.
    phreatic_depth : (n,) float, m
        Vertical, below the face; infinite for a dry dam.
    beach_length : (n,) float, m
        From the crest to the water's edge.
    pond_depth : (n,) float, m
        Of the pond's level below the crest.
    foundation_depth : (n,) float, m
        Of firm ground below the toe; no circle goes deeper.
    horizontal_acceleration, upward_acceleration : (n,) float, g
        Of a pseudo-static earthquake; an upward one makes the slide lighter.

    Returns
    -------
    (n,) float, 1
        NaN where an input is NaN or no circle exists; at most the largest of the data dictionary.

    References
    ----------
    Bishop (1955), Géotechnique 5, 7-17.
    """
    return _least_factor(
        (
            height,
            face_ratio,
            cohesion,
            friction_angle,
            unit_weight,
            phreatic_depth,
            beach_length,
            pond_depth,
            foundation_depth,
            horizontal_acceleration,
        ),
        (upward_acceleration,),
    )


def pseudo_static_factor_of_safety(
    height: ArrayLike,
    face_ratio: ArrayLike,
    cohesion: ArrayLike,
    friction_angle: ArrayLike,
    unit_weight: ArrayLike,
    phreatic_depth: ArrayLike,
    beach_length: ArrayLike,
    pond_depth: ArrayLike,
    foundation_depth: ArrayLike,
    horizontal_acceleration: ArrayLike,
) -> Floats:
    """Least factor of safety with a horizontal acceleration and a third of it up or down, the worse.

    Parameters
    ----------
    height, face_ratio, cohesion, friction_angle, unit_weight, phreatic_depth, beach_length, pond_depth
        As in `bishop_factor_of_safety`.
    foundation_depth : (n,) float, m
    horizontal_acceleration : (n,) float, g
        From `seismic_coefficient`.

    Returns
    -------
    (n,) float, 1
        As `bishop_factor_of_safety`.

    References
    ----------
    GB 50191-2012 appendix M: the vertical force is a third of the horizontal one.
    """
    k = np.asarray(horizontal_acceleration, dtype=np.float64)
    vertical = required_safety().pseudo_static.vertical_share * k
    return _least_factor(
        (
            height,
            face_ratio,
            cohesion,
            friction_angle,
            unit_weight,
            phreatic_depth,
            beach_length,
            pond_depth,
            foundation_depth,
            k,
        ),
        (vertical, -vertical),
    )


def seismic_coefficient(pga: ArrayLike, dynamic_coefficient: ArrayLike) -> Floats:
    """Horizontal acceleration that stands for an earthquake in a pseudo-static analysis.

    Parameters
    ----------
    pga : (n,) float, g
    dynamic_coefficient : (n,) float, 1
        How much the dam amplifies, the mean over the slide.

    Returns
    -------
    (n,) float, g
        NaN where an input is NaN.

    References
    ----------
    GB 50191-2012 appendix M: F = a_h ξ W α / g with ξ = 0.25.
    """
    amplified = np.asarray(pga, dtype=np.float64) * np.asarray(dynamic_coefficient, dtype=np.float64)
    return required_safety().pseudo_static.reduction * amplified


def required_factor_of_safety(
    grade: int, condition: str, rules: RulePackage, method: str = "bishop"
) -> float:
    """Return the factor of safety that a dam must have.

    Parameters
    ----------
    grade : int
        1 (largest) to 5.
    condition : str
        ``normal``, ``flood`` or ``special`` (earthquake).
    rules : RulePackage
        Section `stability`.
    method : str
        ``bishop`` or ``swedish``.

    Raises
    ------
    InvalidInput
        If there is no factor for these.

    References
    ----------
    GB 39496-2020 §5.3.16.
    """
    try:
        return rules.stability.required[method][condition][grade]  # type: ignore[index]
    except KeyError:
        raise InvalidInput(
            "no required factor of safety",
            where=f"{method}, {condition}, grade {grade}",
            expected="bishop or swedish; normal, flood or special; 1 to 5",
        ) from None


def safety_tier(factor_of_safety: ArrayLike, required: ArrayLike, hazard_share: ArrayLike) -> Floats:
    """Tier that a factor of safety asks for, by its share of the required one.

    Parameters
    ----------
    factor_of_safety, required : (n,) float, 1
    hazard_share : (n,) float, 1
        Share of the required factor below which a lack is a major hazard, of the rules.

    Returns
    -------
    (n,) float, 1
        4 below `hazard_share`; NaN where either factor is NaN.

    References
    ----------
    矿安〔2022〕88号 item 15 for the major hazard.
    """
    with np.errstate(invalid="ignore"):
        share = np.asarray(factor_of_safety, dtype=np.float64) / np.asarray(required, dtype=np.float64)
    lesser = np.sum([share < limit for limit in required_safety().tier_below.values()], axis=0)
    tier = np.where(share < np.asarray(hazard_share, dtype=np.float64), int(Tier.RED), lesser)
    return np.where(np.isnan(share), np.nan, tier)


def _least_factor(section: tuple[ArrayLike, ...], upward: tuple[ArrayLike, ...]) -> Floats:
    """Search each dam under each of the upward accelerations, and return the least of its factors."""
    given = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in (*section, *upward)))
    columns = [each.ravel() for each in given]
    h, ratio, c, phi, gamma, depth, beach, pond, base, horizontal = columns[: len(section)]
    known = ~np.isnan(np.sum(columns, axis=0)) & (h > 0) & (ratio > 0) & (gamma > 0)
    h, gamma, dry = np.where(known, h, 1.0), np.where(known, gamma, 1.0), np.isinf(depth)
    dams = np.column_stack(
        [
            ratio,
            c / (gamma * h),
            np.tan(np.radians(phi)),
            np.where(dry, _DRY, depth / h),
            np.maximum(beach / h, 1e-6),
            np.where(dry, -_DRY, 1.0 - pond / h),
            _WATER_UNIT_WEIGHT / gamma,
            horizontal,
            np.zeros(h.size),
            np.clip(base / h, 1e-6, _DEEPEST),
            np.full(h.size, _LEAST_THICKNESS),
        ]
    )[known]
    safety, circle = np.full(h.size, np.nan), np.full((len(dams), 3), np.nan)
    for vertical in columns[len(section) :]:
        dams[:, _VERTICAL] = vertical[known]
        safety[known] = np.fmin(safety[known], _searched(dams, circle))
    return safety.reshape(given[0].shape)


def _searched(dams: Floats, circle: Floats) -> Floats:
    """Search all dams, on all cores: the search holds no interpreter lock."""
    safety = np.empty(len(dams))
    parts = max(1, min(os.cpu_count() or 1, len(dams) // _LEAST_SHARE))
    bounds = np.linspace(0, len(dams), parts + 1).astype(int)
    with ThreadPoolExecutor(parts) as pool:
        jobs = [
            pool.submit(worst_circles, dams, begin, end, safety, circle) for begin, end in pairwise(bounds)
        ]
    for job in jobs:
        job.result()
    found = np.minimum(safety, variable("factor_of_safety").maximum)
    return np.where(safety < _NO_CIRCLE, found, np.nan)
