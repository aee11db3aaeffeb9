"""Fire underground: what the air tells, and the coupling of ignition, fuel and ventilation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput
from risk_models.composite.probability import noisy_or
from risk_models.underground.indicators import underground_limits

Floats = NDArray[np.float64]

_OXYGEN_TO_NITROGEN = 0.265  # of fresh air


def graham_ratio(co: ArrayLike, nitrogen: ArrayLike, oxygen: ArrayLike) -> Floats:
    """Carbon monoxide made for the oxygen that went missing.

    Parameters
    ----------
    co : (n,) float, %
        Made underground: what the intake air brings is to be subtracted.
    nitrogen, oxygen : (n,) float, %

    Returns
    -------
    (n,) float, %
        ``100 CO / (0.265 N2 − O2)``; NaN where an input is NaN or hardly any oxygen is missing.

    References
    ----------
    Graham (1920), Trans. Inst. Mining Engineers 60, 222-234.
    """
    gas, n2, o2 = (np.asarray(v, dtype=np.float64) for v in (co, nitrogen, oxygen))
    deficit = _OXYGEN_TO_NITROGEN * n2 - o2
    return np.asarray(
        100.0 * gas / np.where(deficit > underground_limits().oxygen_deficit.least, deficit, np.nan)
    )


def indicator_rate(time: ArrayLike, value: ArrayLike) -> Floats:
    """How fast an indicator rises: the slope of a least-squares line.

    Parameters
    ----------
    time : (n,) or (n, ...) float, d
    value : (n, ...) float
        Samples where either is NaN are passed over.

    Returns
    -------
    (...) float, 1/d
        Of the unit of the value; NaN with fewer than two samples at different times.

    References
    ----------
    Least squares.
    """
    t, y = np.asarray(time, dtype=np.float64), np.asarray(value, dtype=np.float64)
    t = np.broadcast_to(t if t.ndim == y.ndim else t.reshape(-1, *[1] * (y.ndim - 1)), y.shape)
    known = ~np.isnan(t + y)
    at = np.where(known, t, 0.0)
    n = known.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        from_mean = np.where(known, at - at.sum(axis=0) / n, 0.0)
        spread = (from_mean**2).sum(axis=0)
        slope = (from_mean * np.where(known, y, 0.0)).sum(axis=0) / np.where(spread > 0, spread, np.nan)
    return np.asarray(slope)


def fire_probability(ignition_tier: ArrayLike, fuel_tier: ArrayLike, ventilation_tier: ArrayLike) -> Floats:
    """Hazard of a fire from how bad ignition, fuel and ventilation are.

    Parameters
    ----------
    ignition_tier, fuel_tier, ventilation_tier : (n,) float, 1
        0 to 4; NaN where unknown.

    Returns
    -------
    (n,) float, 1
        Noisy-OR of the probabilities that stand for the tiers; NaN where nothing is known.

    Raises
    ------
    InvalidInput
        If a tier is not 0 to 4.

    References
    ----------
    Pearl (1988), 4.3.2; the probabilities are of this project.
    """
    table = np.array(underground_limits().fire_probability.by_tier)
    tiers = np.stack(
        np.broadcast_arrays(
            *(np.asarray(v, dtype=np.float64) for v in (ignition_tier, fuel_tier, ventilation_tier))
        )
    )
    known = ~np.isnan(tiers)
    levels = np.where(known, tiers, 0.0)
    if not np.isin(levels, np.arange(table.size)).all():
        raise InvalidInput("not a tier", expected="0 to 4, NaN where unknown")
    return noisy_or(np.where(known, table[levels.astype(np.intp)], np.nan), axis=0)
