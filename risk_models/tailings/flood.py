"""Floods into a pond: how much runs off, how much in a design flood, and how often."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import Declaration, read

_M3_PER_MM_KM2 = 1000.0
_SECONDS_PER_HOUR = 3600.0


class _Default(Declaration):
    value: float
    provenance: str


class _TierFrom(Declaration):
    values: dict[str, float]
    provenance: str


class FloodDefaults(Declaration):
    """What the water balance takes where nothing better is known: project defaults."""

    runoff_coefficient: _Default
    pond_share: _Default
    outlet_range: _Default
    forecast_spread: _Default
    perturbed_members: int
    quantiles: tuple[float, float, float]
    decant_shares: tuple[float, ...]
    tier_from: _TierFrom


@cache
def flood_defaults() -> FloodDefaults:
    """Return the declared defaults."""
    return read(Path(__file__).with_name("flood_defaults.yaml"), FloodDefaults)


def runoff_volume(
    rain: ArrayLike, catchment: ArrayLike, runoff_coefficient: ArrayLike
) -> NDArray[np.float64]:
    """Volume that a rain brings into the pond.

    Parameters
    ----------
    rain : (n,) float, mm
    catchment : (n,) float, km²
    runoff_coefficient : (n,) float, 1

    Returns
    -------
    (n,) float, m³

    References
    ----------
    GB 50863-2013 §6: W = 1000 α H F.
    """
    h, area, share = _floats(rain, catchment, runoff_coefficient)
    return _M3_PER_MM_KM2 * share * h * area


def runoff_flow(
    intensity: ArrayLike, catchment: ArrayLike, runoff_coefficient: ArrayLike
) -> NDArray[np.float64]:
    """Flow of a small catchment at a rain intensity, the rational formula.

    Parameters
    ----------
    intensity : (n,) float, mm/h
    catchment : (n,) float, km²
    runoff_coefficient : (n,) float, 1

    Returns
    -------
    (n,) float, m³/s

    References
    ----------
    Q = ψ i F / 3.6, in Chinese practice 0.278 ψ i F.
    """
    return runoff_volume(intensity, catchment, runoff_coefficient) / _SECONDS_PER_HOUR


def gumbel_quantile(
    mean: ArrayLike, standard_deviation: ArrayLike, return_period: ArrayLike
) -> NDArray[np.float64]:
    """Value that a yearly maximum passes once in a return period.

    Parameters
    ----------
    mean, standard_deviation : (n,) float, mm
        Of the yearly maxima, taken as of a Gumbel distribution.
    return_period : (n,) float, a
        Above 1 year.

    Returns
    -------
    (n,) float, mm

    References
    ----------
    Gumbel (1958), Statistics of Extremes; fitted by moments.
    """
    mu, sigma, years = _floats(mean, standard_deviation, return_period)
    scale = sigma * np.sqrt(6.0) / np.pi
    location = mu - np.euler_gamma * scale
    return np.asarray(location - scale * np.log(-np.log1p(-1.0 / years)))


def flood_exceedance(return_period: ArrayLike, years: ArrayLike) -> NDArray[np.float64]:
    """Probability of at least one flood of a return period within some years.

    Parameters
    ----------
    return_period, years : (n,) float, a

    Returns
    -------
    (n,) float, 1

    References
    ----------
    1 - (1 - 1/T)^n, independent years.
    """
    period, span = _floats(return_period, years)
    return np.asarray(-np.expm1(span * np.log1p(-1.0 / period)))


def _floats(*values: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))
