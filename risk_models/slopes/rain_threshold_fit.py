"""An intensity-duration threshold from records of rain that set off landslides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput
from risk_models.slopes.rain_alert import rain_alert_limits


@dataclass(frozen=True, slots=True)
class ThresholdFit:
    """A threshold ``I = scale · D^exponent``, in mm/h and h.

    Attributes
    ----------
    scale, exponent : float
    scale_spread, exponent_spread : float
        Standard deviation over draws of the events with replacement.
    residual_spread : float
        Standard deviation of the residuals of lg I.
    events : int
        That were used.
    exceedance : float
        Share of the events expected below the threshold.
    shortest, longest : float
        Durations seen, h; the threshold says nothing outside.
    """

    scale: float
    exponent: float
    scale_spread: float
    exponent_spread: float
    residual_spread: float
    events: int
    exceedance: float
    shortest: float
    longest: float


def frequentist_threshold(
    duration: ArrayLike, intensity: ArrayLike, exceedance: float, seed: int = 0
) -> ThresholdFit:
    """Fit the threshold below which a share of the triggering storms lies.

    A line is fitted to lg I over lg D and moved down to that quantile of its residuals.

    Parameters
    ----------
    duration : (n,) float, h
    intensity : (n,) float, mm/h
        Mean of each storm that set off a landslide; pairs with a NaN are left out.
    exceedance : float, 1
        Between 0 and 0.5; 0.05 in practice.
    seed : int
        Of the draws.

    Raises
    ------
    InvalidInput
        If there are too few events, a duration or intensity is not above 0, or all durations are one.

    References
    ----------
    Brunetti et al. (2010), Nat. Hazards Earth Syst. Sci. 10, 447-458; the spread by resampling after
    Peruccacci et al. (2012), Geomorphology 139-140, 79-90.
    """
    declared = rain_alert_limits().fit
    hours, rate = (np.asarray(v, dtype=np.float64) for v in (duration, intensity))
    known = ~np.isnan(hours + rate)
    hours, rate = hours[known], rate[known]
    if not 0.0 < exceedance <= 0.5:
        raise InvalidInput("not a share", where="exceedance", expected="0 to 0.5", got=str(exceedance))
    if hours.size < declared.least_events:
        raise InvalidInput(
            "too few events", where="duration", expected=f"{declared.least_events}", got=str(hours.size)
        )
    if (hours <= 0).any() or (rate <= 0).any() or np.ptp(hours) == 0:
        raise InvalidInput("not storms", expected="durations that differ, intensities above 0")
    x, y = np.log10(hours), np.log10(rate)
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, x.size, (declared.draws, x.size))
    intercepts, exponents = _lines(x[drawn], y[drawn], exceedance)
    (intercept,), (exponent,) = _lines(x[None], y[None], exceedance)
    residuals = y - np.polyval(np.polyfit(x, y, 1), x)
    return ThresholdFit(
        scale=float(10**intercept),
        exponent=float(exponent),
        scale_spread=float(np.nanstd(10**intercepts)),
        exponent_spread=float(np.nanstd(exponents)),
        residual_spread=float(residuals.std(ddof=2)),
        events=int(x.size),
        exceedance=exceedance,
        shortest=float(hours.min()),
        longest=float(hours.max()),
    )


def _lines(
    x: NDArray[np.float64], y: NDArray[np.float64], exceedance: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Least-squares lines of rows, moved down to a quantile of their residuals."""
    from_mean = x - x.mean(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):  # a draw of one event only
        slope = (from_mean * y).sum(axis=1) / (from_mean**2).sum(axis=1)
    rest = y - slope[:, None] * x
    return np.quantile(rest, exceedance, axis=1), slope
