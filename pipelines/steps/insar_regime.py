"""A change of pace: before a failure it is not how far the ground moved, but that it began to hurry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution

from minegis.errors import InvalidInput
from pipelines.steps.insar_settings import insar_settings

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Regime:
    """The best break of each series.

    Attributes
    ----------
    p_value : (...) float, 1
        How likely steady movement would show such a break by chance, for all breaks that were tried.
    epoch : (...) int
        Number of the epoch at which the pace changes, -1 where the series is not known.
    rate_before, rate_after : (...) float, mm/a
    """

    p_value: Floats
    epoch: NDArray[np.int16]
    rate_before: Floats
    rate_after: Floats


def regime_change(series: NDArray[np.floating], years: Floats) -> Regime:
    """Compare a straight line with a line that bends once, at whichever epoch fits best.

    Parameters
    ----------
    series : (n, ...) float, mm
    years : (n,) float, a
        Time of each epoch.

    Returns
    -------
    Regime
        NaN where a value of the series is NaN. The scatter is taken for independent between epochs.

    Raises
    ------
    InvalidInput
        If there are too few epochs for two sides.

    References
    ----------
    Two-phase regression (Hinkley 1971, JASA 66, 736-743) with an F test; the number of breaks tried is
    allowed for as by Bonferroni.
    """
    side = insar_settings().regime.least_epochs_a_side
    breaks = range(side - 1, years.size - side)
    if len(breaks) == 0 or years.size < 4:
        raise InvalidInput(
            "too few epochs for a change of pace", expected=f"{2 * side} or more", got=str(years.size)
        )
    flat = np.asarray(series, np.float64).reshape(series.shape[0], -1)
    line = np.column_stack([np.ones_like(years), years])
    straight = _misfit(line, flat)
    freedom = years.size - 3
    best = np.full(flat.shape[1], np.inf)
    epoch = np.full(flat.shape[1], -1, dtype=np.int16)
    before, after = np.full_like(best, np.nan), np.full_like(best, np.nan)
    for number in breaks:
        bent = np.column_stack([line, np.maximum(years - years[number], 0.0)])
        coefficients = np.linalg.pinv(bent) @ flat
        misfit = _misfit(bent, flat)
        better = misfit < best
        best, epoch = np.where(better, misfit, best), np.where(better, np.int16(number), epoch)
        before = np.where(better, coefficients[1], before)
        after = np.where(better, coefficients[1] + coefficients[2], after)
    gained = np.divide(
        straight - best, best / freedom, out=np.full_like(best, np.nan), where=np.isfinite(best) & (best > 0)
    )
    p_value = np.minimum(f_distribution.sf(gained, 1, freedom) * len(breaks), 1.0)
    shape = series.shape[1:]
    return Regime(p_value.reshape(shape), epoch.reshape(shape), before.reshape(shape), after.reshape(shape))


def _misfit(design: Floats, values: Floats) -> Floats:
    """Return the sum of squares that least squares leaves of each column."""
    left = values - design @ (np.linalg.pinv(design) @ values)
    return np.asarray((left**2).sum(axis=0))
