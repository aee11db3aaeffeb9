"""Microseismic events: the b value, energy index and apparent volume, and when they speak together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from risk_models.underground.indicators import underground_limits

Floats = NDArray[np.float64]

_TO_GIGA = 1e9


def b_value(magnitudes: ArrayLike, completeness: ArrayLike, step: float) -> Floats:
    """Slope of the frequency-magnitude distribution.

    Parameters
    ----------
    magnitudes : (n, ...) float, 1
        Events along the first axis, NaN where there are fewer.
    completeness : (...) float, 1
        Magnitude from which every event is recorded.
    step : float, 1
        Rounding of the magnitudes, 0 when there is none.

    Returns
    -------
    (...) float, 1
        ``lg e / (M̄ − (Mc − ΔM/2))``; NaN with fewer complete events than declared.

    References
    ----------
    Aki (1965), Bull. Earthq. Res. Inst. 43, 237-239; Utsu (1966).
    """
    mean, count, _ = _complete(magnitudes, completeness, step)
    with np.errstate(divide="ignore", invalid="ignore"):
        b = np.log10(np.e) / (mean - (np.asarray(completeness, dtype=np.float64) - step / 2.0))
    return np.where(count >= underground_limits().microseismic.least_events, b, np.nan)


def b_value_spread(magnitudes: ArrayLike, completeness: ArrayLike, step: float) -> Floats:
    """Standard deviation of the b value.

    Parameters
    ----------
    magnitudes, completeness, step
        As in `b_value`.

    Returns
    -------
    (...) float, 1
        NaN with fewer complete events than declared.

    References
    ----------
    Shi & Bolt (1982), Bull. Seismol. Soc. Am. 72, 1677-1687.
    """
    _, count, squares = _complete(magnitudes, completeness, step)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(squares / (count * (count - 1)))
    return np.asarray(np.log(10.0) * b_value(magnitudes, completeness, step) ** 2 * spread)


def energy_index(energy: ArrayLike, moment: ArrayLike, slope: float, intercept: float) -> Floats:
    """Radiated energy of an event over that usual for its moment.

    Parameters
    ----------
    energy : (n,) float, J
    moment : (n,) float, N·m
    slope, intercept : float
        Of ``lg E = slope · lg M0 + intercept`` at the mine.

    Returns
    -------
    (n,) float, 1
        Above 1 where stress is higher than usual; NaN where an input is not above 0.

    References
    ----------
    van Aswegen & Butler (1993), Rockbursts and Seismicity in Mines, 261-266.
    """
    e, m0 = (np.where(np.asarray(v, dtype=np.float64) > 0, v, np.nan) for v in (energy, moment))
    return np.asarray(e / 10.0 ** (slope * np.log10(m0) + intercept))


def apparent_volume(energy: ArrayLike, moment: ArrayLike, rigidity: ArrayLike) -> Floats:
    """Volume of rock that deformed inelastically with an event.

    Parameters
    ----------
    energy : (n,) float, J
    moment : (n,) float, N·m
    rigidity : (n,) float, GPa
        Shear modulus.

    Returns
    -------
    (n,) float, m³
        ``M0² / (2 G E)``; NaN where an input is not above 0.

    References
    ----------
    Mendecki (1997), Seismic Monitoring in Mines, chapter 10.
    """
    e, m0, g = (np.where(np.asarray(v, dtype=np.float64) > 0, v, np.nan) for v in (energy, moment, rigidity))
    return np.asarray(m0**2 / (2.0 * g * _TO_GIGA * e))


def microseismic_tier(
    b_before: ArrayLike,
    b_now: ArrayLike,
    spread_before: ArrayLike,
    spread_now: ArrayLike,
    rate_ratio: ArrayLike,
    distance_ratio: ArrayLike,
) -> Floats:
    """Tier from three signs: b falls, events come faster, and they draw together.

    Parameters
    ----------
    b_before, b_now, spread_before, spread_now : (n,) float, 1
        From `b_value` and `b_value_spread`.
    rate_ratio : (n,) float, 1
        Events a day now over before.
    distance_ratio : (n,) float, 1
        Mean distance between events now over that of scattered ones.

    Returns
    -------
    (n,) float, 1
        0 to 3, one for each sign; NaN where an input is NaN.

    References
    ----------
    The signs are usual in mine seismology; their limits are of this project.
    """
    limits = underground_limits().microseismic
    before, now, s0, s1, rate, near = (
        np.asarray(v, dtype=np.float64)
        for v in (b_before, b_now, spread_before, spread_now, rate_ratio, distance_ratio)
    )
    falls = before - now > limits.significance * np.hypot(s0, s1)
    signs = falls.astype(np.float64) + (rate > limits.rate_ratio) + (near < limits.cluster_ratio)
    return np.where(np.isnan(before + now + s0 + s1 + rate + near), np.nan, signs)


def _complete(
    magnitudes: ArrayLike, completeness: ArrayLike, step: float
) -> tuple[Floats, NDArray[np.intp], Floats]:
    """Mean, number and sum of squared deviations of the events that are complete."""
    m = np.asarray(magnitudes, dtype=np.float64)
    # a rounded magnitude may lie an ulp below the completeness it equals
    used = m >= np.asarray(completeness, dtype=np.float64) - step / 2.0 - 1e-9
    count = used.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(used, m, 0.0).sum(axis=0) / count
    squares = np.where(used, m - mean, 0.0) ** 2
    return np.asarray(mean), np.asarray(count), np.asarray(squares.sum(axis=0))
