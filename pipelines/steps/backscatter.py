"""Radar backscatter: decibels, speckle, and change that is more than speckle.

Values are power (intensity), linear unless a name says ``db``. Gaps are NaN, whatever a file declares; power
that is not above zero is a gap too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import uniform_filter
from scipy.stats import f as f_distribution

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.variables import variable

Floats = NDArray[np.float64]


class _Looks(Declaration):
    sentinel1_iw_grdh: float
    source: str


class _Filter(Declaration):
    window: int
    provenance: str
    source: str


class _ChangeRule(Declaration):
    window: int
    significance: float
    provenance: str


class BackscatterRules(Declaration):
    """Looks of products, windows and the level of significance; see ``backscatter.yaml``."""

    looks: _Looks
    filter: _Filter
    change: _ChangeRule


@dataclass(frozen=True, eq=False)
class BackscatterChange:
    """Change between two dates.

    Attributes
    ----------
    ratio : (height, width) float, dB
        After over before; brighter is positive.
    p_value : (height, width) float, 1
        How likely unchanged ground shows so large a ratio by speckle alone.
    """

    ratio: Floats
    p_value: Floats


@cache
def backscatter_rules() -> BackscatterRules:
    """Return the declared numbers."""
    return read(Path(__file__).with_name("backscatter.yaml"), BackscatterRules)


def to_db(power: ArrayLike) -> Floats:
    """Return decibels of power; NaN where power is not above zero.

    Parameters
    ----------
    power : (...) float, 1
    """
    linear = _power(power)
    return np.asarray(10.0 * np.log10(linear))


def to_power(decibels: ArrayLike) -> Floats:
    """Return linear power of decibels.

    Parameters
    ----------
    decibels : (...) float, dB

    Raises
    ------
    InvalidInput
        If the values cannot be decibels of backscatter.
    """
    given = np.asarray(decibels, np.float64)
    bounds = variable("backscatter")
    if ((given < bounds.minimum) | (given > bounds.maximum)).any():
        raise InvalidInput(
            "values that are no decibels",
            expected=f"{bounds.minimum:g} to {bounds.maximum:g} dB",
            got=f"{np.nanmin(given):g} to {np.nanmax(given):g}",
        )
    return np.asarray(10.0 ** (given / 10.0))


def equivalent_looks(power: ArrayLike) -> float:
    """Estimate the number of looks from ground that is even: squared mean over variance.

    Parameters
    ----------
    power : (...) float, 1
        Of an area without edges or texture; texture makes the estimate too low.

    References
    ----------
    Oliver & Quegan (2004), Understanding Synthetic Aperture Radar Images, section 4.3.
    """
    known = _power(power)
    known = known[np.isfinite(known)]
    if known.size < 2 or known.var() == 0:
        raise InvalidInput("no speckle to count looks by", expected="two values or more", got=str(known.size))
    return float(known.mean() ** 2 / known.var())


def without_speckle(power: NDArray[np.floating], looks: float, *, window: int = 0) -> Floats:
    """Filter speckle and keep edges: Gamma-MAP.

    Where the local scatter is no more than speckle the local mean is taken, where it is far more the cell is
    kept as it is (a strong scatterer), between them the most likely value for gamma distributed ground.

    Parameters
    ----------
    power : (height, width) float, 1
    looks : float
    window : int, optional
        Odd; of ``backscatter.yaml`` if absent.

    Returns
    -------
    (height, width) float, 1
        NaN where the cell is a gap; gaps around it do not count.

    References
    ----------
    Lopes, Nezry, Touzi & Laur (1990), Maximum a posteriori speckle filtering and first order texture models
    in SAR images, IGARSS 1990, 2409-2412.
    """
    linear = _power(power)
    side = _odd(window or backscatter_rules().filter.window)
    mean, variance, _ = _local(linear, side)
    speckle = 1.0 / _positive(looks)
    relative = np.divide(variance, mean**2, out=np.zeros_like(mean), where=mean > 0)
    textured = np.maximum(relative - speckle, 1e-12)
    alpha = (1.0 + speckle) / textured
    half = alpha - looks - 1.0
    echo = np.where(np.isfinite(linear), linear, 0.0)
    root = np.sqrt(mean**2 * half**2 + 4.0 * alpha * looks * mean * echo)
    likely = (half * mean + root) / (2.0 * alpha)
    chosen = np.select([relative <= speckle, relative >= 2.0 * speckle], [mean, linear], default=likely)
    return np.where(np.isfinite(linear), chosen, np.nan)


def backscatter_change(
    before: NDArray[np.floating], after: NDArray[np.floating], looks: float, *, window: int = 0
) -> BackscatterChange:
    """Compare local means of two dates: their ratio, and whether speckle would do that.

    The mean of n cells of L looks is gamma distributed with nL looks, so on unchanged ground the ratio of two
    follows Fisher's F with 2nL and 2nL degrees of freedom. Neighbouring cells that are not independent
    (oversampled products) make the p-values too small: give the looks that such ground shows.

    Parameters
    ----------
    before, after : (height, width) float, 1
        Power on one grid, of one orbit direction and calibrated alike.
    looks : float
        Of one cell.
    window : int, optional
        Odd; of ``backscatter.yaml`` if absent.

    Returns
    -------
    BackscatterChange
        NaN where either date has a gap.

    References
    ----------
    Touzi, Lopes & Bousquet (1988), IEEE Trans. Geosci. Remote Sens. 26(6), 764-773; Conradsen et al. (2003),
    IEEE Trans. Geosci. Remote Sens. 41(1), 4-19, for one channel.
    """
    if before.shape != after.shape:
        raise InvalidInput("two dates on different grids", expected=str(before.shape), got=str(after.shape))
    side = _odd(window or backscatter_rules().change.window)
    first, second = _power(before), _power(after)
    both = np.isfinite(first) & np.isfinite(second)
    early, _, count = _local(np.where(both, first, np.nan), side)
    late, _, _ = _local(np.where(both, second, np.nan), side)
    ratio = np.divide(late, early, out=np.full_like(early, np.nan), where=both)
    freedom = 2.0 * _positive(looks) * np.maximum(count, 1.0)
    tail = np.minimum(f_distribution.cdf(ratio, freedom, freedom), f_distribution.sf(ratio, freedom, freedom))
    return BackscatterChange(10.0 * np.log10(ratio), np.minimum(2.0 * tail, 1.0))


def _power(values: ArrayLike) -> Floats:
    given = np.asarray(values, np.float64)
    return np.where(given > 0, given, np.nan)


def _local(values: Floats, side: int) -> tuple[Floats, Floats, Floats]:
    """Return mean, variance and number of the known cells in the window around each."""
    known = np.isfinite(values)
    off = np.where(known, values, 0.0)
    share = uniform_filter(known.astype(np.float64), side, mode="constant")
    some = share > 0.5 / side**2
    safe = np.where(some, share, 1.0)
    mean = uniform_filter(off, side, mode="constant") / safe
    square = uniform_filter(off**2, side, mode="constant") / safe
    variance = np.where(some, np.maximum(square - mean**2, 0.0), np.nan)
    return np.where(some, mean, np.nan), variance, np.rint(share * side**2)


def _odd(window: int) -> int:
    if window < 3 or window % 2 == 0:
        raise InvalidInput(
            "not a window", where="window", expected="an odd number, 3 or more", got=str(window)
        )
    return window


def _positive(looks: float) -> float:
    if not looks > 0:
        raise InvalidInput("not a number of looks", where="looks", expected="above 0", got=str(looks))
    return looks
