"""What rain is usual at a place: percentiles of a long record that is read step by step."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput
from pipelines.steps.rain_windows import rain_settings, refuse_other_rain

Floats = NDArray[np.float64]


@cache
def _edges() -> Floats:
    """Return the edges of the bins, mm: 0, then ever wider ones."""
    declared = rain_settings().percentiles
    count = int(np.ceil(np.log(declared.largest / declared.finest) / np.log(declared.growth)))
    return np.concatenate([[0.0], declared.finest * declared.growth ** np.arange(count + 1)])


class RainHistogram:
    """How often each amount fell in each cell; records of many years go in one after the other.

    A percentile read from it lies within one bin (5 % of the amount) of the exact one. Two histograms of the
    same cells add up, so years can be counted apart.

    Parameters
    ----------
    shape : tuple of int
        Of the cells.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.counts = np.zeros((int(np.prod(shape)), _edges().size - 1), dtype=np.uint32)
        self.dry = np.zeros(int(np.prod(shape)), dtype=np.uint32)

    def add(self, rain: NDArray[np.floating]) -> None:
        """Count one field or a stack of them.

        Parameters
        ----------
        rain : (height, width) or (times, height, width) float, mm
            NaN is not counted.

        Raises
        ------
        InvalidInput
            If it is of other cells, or no rain in mm.
        """
        amount = refuse_other_rain(rain)
        if amount.shape[-len(self.shape) :] != self.shape:
            raise InvalidInput("rain of other cells", expected=str(self.shape), got=str(amount.shape))
        for field in amount.reshape(-1, self.counts.shape[0]):
            known = np.isfinite(field)
            self.dry += (known & (field == 0)).astype(np.uint32)
            wet = np.flatnonzero(known & (field > 0))
            bins = np.searchsorted(_edges(), field[wet], side="left") - 1
            self.counts[wet, np.minimum(bins, self.counts.shape[1] - 1)] += 1

    def merge(self, other: RainHistogram) -> None:
        """Add what another histogram of the same cells has counted."""
        if other.shape != self.shape:
            raise InvalidInput("rain of other cells", expected=str(self.shape), got=str(other.shape))
        self.counts += other.counts
        self.dry += other.dry

    def percentile(self, q: float, *, wet_only: bool = False) -> Floats:
        """Return the percentile of each cell.

        Parameters
        ----------
        q : float
            0 to 100.
        wet_only : bool
            Leave days without rain out; LHASA counts all days.

        Returns
        -------
        (...) float, mm
            NaN where too few values were counted to tell (``rain.yaml``).
        """
        if not 0 < q < 100:
            raise InvalidInput("not a percentile", where="q", expected="between 0 and 100", got=str(q))
        counts = np.column_stack([np.zeros_like(self.dry) if wet_only else self.dry, self.counts])
        total = counts.sum(axis=1, dtype=np.float64)
        below = np.cumsum(counts, axis=1, dtype=np.float64)
        wanted = total * q / 100.0
        bin_ = np.argmax(below >= wanted[:, np.newaxis], axis=1)
        cell = np.arange(bin_.size)
        within = np.divide(
            wanted - np.where(bin_ > 0, below[cell, bin_ - 1], 0.0),
            counts[cell, bin_],
            out=np.zeros_like(wanted),
            where=counts[cell, bin_] > 0,
        )
        low, high = _edges()[np.maximum(bin_ - 1, 0)], _edges()[bin_]
        value = np.where(bin_ == 0, 0.0, low + within * (high - low))
        enough = total * (1.0 - q / 100.0) >= rain_settings().percentiles.least_values_above - 1e-9
        return np.where(enough, value, np.nan).reshape(self.shape)


def rain_percentile(rain: NDArray[np.floating], q: float) -> Floats:
    """Return the exact percentile over the time axis of a record that fits into memory.

    Parameters
    ----------
    rain : (times, ...) float, mm
    q : float
        0 to 100.

    Returns
    -------
    (...) float, mm
        NaN where too few values are known to tell.

    References
    ----------
    Hyndman & Fan (1996), type 7.
    """
    amount = refuse_other_rain(rain)
    known = np.isfinite(amount).sum(axis=0)
    enough = known * (1.0 - q / 100.0) >= rain_settings().percentiles.least_values_above - 1e-9
    filled = np.where(enough, amount, 0.0)
    return np.where(enough, np.nanpercentile(filled, q, axis=0), np.nan)


def rain_over_percentile(rain: ArrayLike, percentile: ArrayLike) -> Floats:
    """Divide rain by what is rarely exceeded at the place: the ``rain`` that LHASA 2 was trained on.

    Parameters
    ----------
    rain : (...) float, mm
        Daily.
    percentile : (...) float, mm
        The 99th of daily rain, of the same product as the rain.

    Returns
    -------
    (...) float, 1
        NaN where the percentile is too small to divide by.

    References
    ----------
    Stanley et al. (2021), Front. Earth Sci. 9, 640043.
    """
    amount, usual = np.broadcast_arrays(np.asarray(rain, np.float64), np.asarray(percentile, np.float64))
    large = usual >= rain_settings().percentiles.least_percentile
    return np.asarray(np.divide(amount, usual, out=np.full(amount.shape, np.nan), where=large), np.float64)
