"""Limits of what is watched underground, and the tier of a value."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidInput
from risk_models.rules.sections import WARNED, Thresholds
from risk_models.warning.tiers import shown_provenance


class IndicatorLimit(Thresholds):
    """The four limits of one indicator."""

    label: BilingualText
    unit: str


class _FireProbability(Declaration):
    provenance: str
    by_tier: tuple[float, float, float, float, float]


class _OxygenDeficit(Declaration):
    provenance: str
    least: float


class _Inrush(Declaration):
    provenance: str
    broken: float
    intact: float


class _Microseismic(Declaration):
    provenance: str
    least_events: int
    significance: float
    rate_ratio: float
    cluster_ratio: float


class _Subsidence(Declaration):
    provenance: str
    strain: tuple[float, float, float]
    curvature: tuple[float, float, float]
    tilt: tuple[float, float, float]


class _Sinkhole(Declaration):
    provenance: str
    depth_ratio: float
    bulking: float
    span: float
    rock_mass_rating: float
    age: float


class _Pillar(Declaration):
    provenance: str
    unit_weight: float


class UndergroundLimits(Declaration):
    """Every limit and constant of the underground models."""

    co: IndicatorLimit
    co_rate: IndicatorLimit
    oxygen: IndicatorLimit
    graham_ratio: IndicatorLimit
    temperature_rate: IndicatorLimit
    pillar_safety: IndicatorLimit
    crown_span_ratio: IndicatorLimit
    stope_stability: IndicatorLimit
    inflow_ratio: IndicatorLimit
    pump_load: IndicatorLimit
    fire_probability: _FireProbability
    oxygen_deficit: _OxygenDeficit
    inrush_coefficient: _Inrush
    microseismic: _Microseismic
    subsidence: _Subsidence
    sinkhole: _Sinkhole
    pillar: _Pillar

    def indicator(self, name: str) -> IndicatorLimit:
        """Return the limits of an indicator.

        Raises
        ------
        InvalidInput
            If there is no such indicator.
        """
        found = getattr(self, name, None)
        if not isinstance(found, IndicatorLimit):
            known = [key for key in type(self).model_fields if isinstance(getattr(self, key), IndicatorLimit)]
            raise InvalidInput("no such indicator", where="indicator", expected=", ".join(known), got=name)
        return found


@cache
def underground_limits() -> UndergroundLimits:
    """Return the declared limits."""
    return read(Path(__file__).with_name("indicator_limits.yaml"), UndergroundLimits)


def indicator_tier(indicator: str, value: ArrayLike) -> NDArray[np.float64]:
    """Tier of an indicator's value.

    Parameters
    ----------
    indicator : str
        Such as ``graham_ratio``.
    value : (n,) float
        In the unit of the indicator.

    Returns
    -------
    (n,) float, 1
        0 to 4; NaN where the value is NaN.

    Raises
    ------
    InvalidInput
        If there is no such indicator.

    References
    ----------
    GB 16423 where it sets a limit, else a project default.
    """
    return _tier(indicator, value, published=False)


def published_tier(indicator: str, value: ArrayLike) -> NDArray[np.float64]:
    """Tier of an indicator's value by the limits alone that a standard or a publication sets.

    Parameters
    ----------
    indicator, value
        As in `indicator_tier`.

    Returns
    -------
    (n,) float, 1
        At most `indicator_tier`; NaN where the value is NaN.

    Raises
    ------
    InvalidInput
        If there is no such indicator.

    References
    ----------
    GB 16423; the publications named beside the limits.
    """
    return _tier(indicator, value, published=True)


def _tier(indicator: str, value: ArrayLike, *, published: bool) -> NDArray[np.float64]:
    limits = underground_limits().indicator(indicator)
    given = np.asarray(value, dtype=np.float64)
    sign = 1.0 if limits.comparison == "above" else -1.0
    tier = np.zeros(given.shape)
    for level in WARNED:
        limit = limits.thresholds[level]
        if published and shown_provenance(limit.provenance) != limit.provenance:
            continue  # a project default
        excess = sign * (given - limit.value)
        passed = excess >= 0 if limit.inclusive else excess > 0
        tier = np.where(passed, float(level), tier)
    return np.where(np.isnan(given), np.nan, tier)
