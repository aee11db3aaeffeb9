"""Rain that loosens slopes: antecedent indices, intensity-duration thresholds, the LHASA nowcast."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import BilingualText, Declaration, read
from minegis.errors import InvalidInput


class _Curve(Declaration):
    scale: float
    exponent: float
    shortest: float
    longest: float
    label: BilingualText
    source: str


class _Level(Declaration):
    name: str
    label: BilingualText


class RainThresholds(Declaration):
    """Window and weights of the index, the threshold curves, the words of the nowcast."""

    index_days: int
    index_exponent: float
    curves: dict[str, _Curve]
    susceptibility: tuple[_Level, ...]
    hazard: tuple[_Level, ...]
    hazard_by_susceptibility: dict[str, str]
    source: str


@cache
def rain_thresholds() -> RainThresholds:
    """Return the declared window, curves and classes."""
    return read(Path(__file__).with_name("rain_thresholds.yaml"), RainThresholds)


def antecedent_rain_index(daily_rain: ArrayLike) -> NDArray[np.float64]:
    """Seven-day antecedent rain index of LHASA: a mean that weighs recent days most.

    Parameters
    ----------
    daily_rain : (7, ...) float, mm
        Rain of today, yesterday, ... six days ago, along the first axis.

    Returns
    -------
    (...) float, mm
        ``sum(P_k / (k + 1)**2) / sum(1 / (k + 1)**2)``; NaN where any day is NaN.

    Raises
    ------
    InvalidInput
        If there are not seven days, or rain is negative.

    References
    ----------
    Kirschbaum & Stanley (2018), Earth's Future 6, 505-523; NASA 7-day ARI calculation v1.1.1.
    """
    declared = rain_thresholds()
    rain = _rain(daily_rain)
    if rain.ndim == 0 or rain.shape[0] != declared.index_days:
        raise InvalidInput(
            "wrong number of days",
            where="daily_rain",
            expected=f"{declared.index_days} along the first axis",
            got=str(rain.shape),
        )
    weights = 1.0 / np.arange(1, declared.index_days + 1) ** declared.index_exponent
    return np.asarray(np.tensordot(weights, rain, axes=1) / weights.sum())


def antecedent_precipitation(daily_rain: ArrayLike, decay: float) -> NDArray[np.float64]:
    """Antecedent precipitation index: the rain of past days, each day counting less by a constant factor.

    Parameters
    ----------
    daily_rain : (n, ...) float, mm
        Rain of yesterday, the day before, ... along the first axis; today is not part of it.
    decay : float, 1
        Share that is left after a day, between 0 and 1; 0.80 to 0.90 in practice.

    Returns
    -------
    (...) float, mm
        ``sum(decay**i * P_i)`` with i = 1 for yesterday; NaN where any day is NaN.

    Raises
    ------
    InvalidInput
        If the decay is not between 0 and 1, or rain is negative.

    References
    ----------
    Kohler & Linsley (1951), US Weather Bureau Research Paper 34.
    """
    if not 0.0 < decay < 1.0:
        raise InvalidInput("not a decay", where="decay", expected="between 0 and 1", got=str(decay))
    rain = np.atleast_1d(_rain(daily_rain))
    return np.asarray(np.tensordot(decay ** np.arange(1.0, rain.shape[0] + 1.0), rain, axes=1))


def threshold_intensity(duration: ArrayLike, curve: str) -> NDArray[np.float64]:
    """Mean rain intensity above which landslides were seen, for a duration of rain.

    Parameters
    ----------
    duration : (n,) float, h
    curve : str
        ``caine_1980``, ``guzzetti_2008`` or ``guzzetti_2007``.

    Returns
    -------
    (n,) float, mm/h
        NaN where the duration is NaN or outside of what the curve was drawn from.

    Raises
    ------
    InvalidInput
        If there is no such curve.

    References
    ----------
    Caine (1980), Geografiska Annaler A 62, 23-27; Guzzetti et al. (2007), Meteorol. Atmos. Phys. 98,
    239-267; Guzzetti et al. (2008), Landslides 5, 3-17.
    """
    curves = rain_thresholds().curves
    if curve not in curves:
        raise InvalidInput("no such threshold curve", where="curve", expected=", ".join(curves), got=curve)
    chosen = curves[curve]
    hours = np.asarray(duration, dtype=np.float64)
    inside = (hours >= chosen.shortest) & (hours <= chosen.longest)
    return np.asarray(chosen.scale * np.where(inside, hours, np.nan) ** chosen.exponent)


def landslide_nowcast(
    antecedent_rain_index: ArrayLike, usual_maximum: ArrayLike, susceptibility: ArrayLike
) -> NDArray[np.float64]:
    """Hazard level of the LHASA nowcast: wet ground on susceptible terrain.

    Parameters
    ----------
    antecedent_rain_index : (n,) float, mm
        From `antecedent_rain_index`.
    usual_maximum : (n,) float, mm
        The 95th percentile of the index at the place.
    susceptibility : (n,) float, 1
        1 very low, 2 low, 3 moderate, 4 high, 5 very high.

    Returns
    -------
    (n,) float, 1
        0 none, 1 moderate hazard, 2 high hazard; NaN where an input is NaN or no class.

    References
    ----------
    Kirschbaum & Stanley (2018), Earth's Future 6, 505-523, figure 3.
    """
    declared = rain_thresholds()
    hazards = [level.name for level in declared.hazard]
    by_class = [hazards.index(declared.hazard_by_susceptibility[c.name]) for c in declared.susceptibility]
    index, usual, level = np.broadcast_arrays(
        *(np.asarray(v, dtype=np.float64) for v in (antecedent_rain_index, usual_maximum, susceptibility))
    )
    known = np.isin(level, np.arange(1, len(by_class) + 1)) & ~(np.isnan(index) | np.isnan(usual))
    hazard = np.array(by_class, dtype=np.float64)[np.where(known, level, 1.0).astype(np.intp) - 1]
    return np.where(known, np.where(index > usual, hazard, 0.0), np.nan)


def _rain(daily_rain: ArrayLike) -> NDArray[np.float64]:
    rain = np.asarray(daily_rain, dtype=np.float64)
    if (rain < 0).any():
        raise InvalidInput("negative rain", where="daily_rain", expected="mm, 0 or more, NaN where unknown")
    return rain
