"""五高: risk of a unit from its high-risk equipment, process, material, place and operation (5+1+N)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidInput
from minegis.levels import Tier

Floats = NDArray[np.float64]


class _Equipment(Declaration):
    value: float
    label: BilingualText


class _Exposure(Declaration):
    people: tuple[float, ...]
    value: tuple[float, ...]


class FiveHighProfile(Declaration):
    """Every constant of the method, with a version of its own."""

    version: str
    source: str
    provenance: str
    equipment: dict[str, _Equipment]
    material: tuple[float, float]
    exposure: _Exposure
    operation_step: float
    alarm_steps: dict[str, float]
    hazard_steps: dict[str, float]
    tiers: dict[str, float]


@cache
def five_high_profile() -> FiveHighProfile:
    """Return the declared profile."""
    return read(Path(__file__).with_name("five_high_profile.yaml"), FiveHighProfile)


def equipment_index(kind: ArrayLike) -> Floats:
    """Intrinsic-safety index of equipment by what its failure and a mistake lead to.

    Parameters
    ----------
    kind : (n,) str
        Such as ``fail_safe_error_risk``.

    Returns
    -------
    (n,) float, 1
        NaN for a kind the profile does not know.

    References
    ----------
    Profile `five_high_profile.yaml`.
    """
    table = {name: entry.value for name, entry in five_high_profile().equipment.items()}
    kinds = np.asarray(kind, dtype=np.str_)
    return np.array([table.get(name, np.nan) for name in kinds.ravel().tolist()]).reshape(kinds.shape)


def exposure_index(people: ArrayLike) -> Floats:
    """Exposure of the people at a risk point.

    Parameters
    ----------
    people : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        1 to 9; NaN where unknown or negative.

    References
    ----------
    Profile `five_high_profile.yaml`.
    """
    exposure, count = five_high_profile().exposure, np.asarray(people, dtype=np.float64)
    found = np.array([np.nan, *exposure.value])[np.searchsorted(exposure.people, count, side="right")]
    return np.where(np.isnan(count), np.nan, found)


def point_risk(
    equipment: ArrayLike,
    material: ArrayLike,
    exposure: ArrayLike,
    failure_rate: ArrayLike,
    operations: ArrayLike,
) -> Floats:
    """Inherent risk of a risk point.

    Parameters
    ----------
    equipment : (n,) float, 1
        From `equipment_index`.
    material : (n,) float, 1
        Danger of the material, 1 to 9.
    exposure : (n,) float, 1
        From `exposure_index`.
    failure_rate : (n,) float, 1
        Mean failure rate of the monitoring devices, 0 to 1.
    operations : (n,) float, 1
        Number of kinds of high-risk operations.

    Returns
    -------
    (n,) float, 1
        ``h = hs·M·E·(1 + l)(1 + 0.05 t)``; NaN where an input is NaN.

    References
    ----------
    Profile `five_high_profile.yaml`.
    """
    hs, m, e, rate, t = (
        np.asarray(v, dtype=np.float64) for v in (equipment, material, exposure, failure_rate, operations)
    )
    return np.asarray(hs * m * e * (1.0 + rate) * (1.0 + five_high_profile().operation_step * t))


def unit_risk(point_risks: ArrayLike, exposures: ArrayLike) -> Floats:
    """Inherent risk of a unit: the mean of its points, by exposure.

    Parameters
    ----------
    point_risks, exposures : (points, ...) float, 1

    Returns
    -------
    (...) float, 1
        NaN where a point is unknown.

    References
    ----------
    Profile `five_high_profile.yaml`.
    """
    h, e = (np.asarray(v, dtype=np.float64) for v in (point_risks, exposures))
    return np.asarray((h * e).sum(axis=0) / e.sum(axis=0))


def initial_risk(unit_risk: ArrayLike, standard_score: ArrayLike) -> Floats:
    """Initial risk of a unit under its management.

    Parameters
    ----------
    unit_risk : (n,) float, 1
    standard_score : (n,) float, 1
        Of the safety standardisation, above 0 to 100.

    Returns
    -------
    (n,) float, 1
        ``R0 = H · 100 / v``; NaN where the score is not in its range.

    References
    ----------
    Profile `five_high_profile.yaml`.
    """
    h, v = (np.asarray(x, dtype=np.float64) for x in (unit_risk, standard_score))
    inside = (v > 0) & (v <= 100)
    return np.asarray(h * 100.0 / np.where(inside, v, np.nan))


def alarm_factor(low: ArrayLike, middle: ArrayLike, high: ArrayLike) -> Floats:
    """Factor of the alarms that are on now.

    Parameters
    ----------
    low, middle, high : (n,) float, 1
        How many.

    Returns
    -------
    (n,) float, 1
        ``K3 = 1 + 0.1 a1 + 0.3 a2 + 0.6 a3``.

    References
    ----------
    Profile `five_high_profile.yaml`.
    """
    steps = five_high_profile().alarm_steps
    counts = {"low": low, "middle": middle, "high": high}
    return np.asarray(1.0 + sum(steps[k] * np.asarray(v, dtype=np.float64) for k, v in counts.items()))


def hazard_factor(
    general: ArrayLike, general_open_share: ArrayLike, major: ArrayLike, major_open_share: ArrayLike
) -> Floats:
    """Factor of the hazards that were found and are not put right.

    Parameters
    ----------
    general, major : (n,) float, 1
        How many were found.
    general_open_share, major_open_share : (n,) float, 1
        Share of them that is not put right, 0 to 1.

    Returns
    -------
    (n,) float, 1
        ``BS``, 1 or more.

    References
    ----------
    Profile `five_high_profile.yaml`; the steps are of this project.
    """
    steps = five_high_profile().hazard_steps
    g, gs, m, ms = (
        np.asarray(v, dtype=np.float64) for v in (general, general_open_share, major, major_open_share)
    )
    return np.asarray(1.0 + steps["general"] * g * gs + steps["major"] * m * ms)


def present_risk(initial_risk: ArrayLike, alarm_factor: ArrayLike, hazard_factor: ArrayLike) -> Floats:
    """Risk of a unit now.

    Parameters
    ----------
    initial_risk, alarm_factor, hazard_factor : (n,) float, 1
        The factors are 1 or more.

    Returns
    -------
    (n,) float, 1
        ``RN = R0 · K3 · BS``.

    Raises
    ------
    InvalidInput
        If a factor is below 1.

    References
    ----------
    Profile `five_high_profile.yaml`.
    """
    r0, k3, bs = (np.asarray(v, dtype=np.float64) for v in (initial_risk, alarm_factor, hazard_factor))
    if (k3 < 1).any() or (bs < 1).any():
        raise InvalidInput("a factor lowers the risk", expected="1 or more")
    return np.asarray(r0 * k3 * bs)


def five_high_tier(risk: ArrayLike, uplift: ArrayLike = False) -> Floats:
    """Tier of a unit, an enterprise or a region.

    Parameters
    ----------
    risk : (n,) float, 1
        `present_risk`; of an enterprise the largest of its units.
    uplift : (n,) bool
        Whether a special period, an accident elsewhere or a weather warning lifts it by one.

    Returns
    -------
    (n,) float, 1
        1 blue to 4 red; NaN where unknown or negative.

    References
    ----------
    Profile `five_high_profile.yaml`.
    """
    value = np.asarray(risk, dtype=np.float64)
    bounds = [five_high_profile().tiers[tier.name.lower()] for tier in Tier if tier]
    tier = np.searchsorted(bounds, value, side="right") + np.asarray(uplift, dtype=bool)
    return np.where(value >= 0, np.minimum(tier, Tier.RED), np.nan)
