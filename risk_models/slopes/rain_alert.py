"""Alarms from hourly rain: the thresholds of the USGS for Seattle, and the pair of intensity and wetness."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput

Floats = NDArray[np.float64]

_MM_PER_M = 1000.0


class _Seattle(Declaration):
    source: str
    recent_hours: int
    antecedent_hours: int
    slope: float
    intercept: float
    scale: float
    exponent: float
    dry_hours: int
    average_hours: int
    average_intensity: float
    field_capacity: float
    drainage: float
    water_index: float
    evapotranspiration: tuple[float, ...]


class _Pair(Declaration):
    provenance: str
    decay: float
    days: int
    alone_at_most: int
    intensity_1h: tuple[float, float, float, float]
    intensity_3h: tuple[float, float, float, float]
    antecedent: tuple[float, float, float, float]


class _Local(Declaration):
    provenance: str
    shares: tuple[float, float, float, float]


class _Fit(Declaration):
    provenance: str
    exceedance: float
    least_events: int
    draws: int


class RainAlertLimits(Declaration):
    """Limits of the USGS for Seattle, of the pair rule, and how limits are drawn from a record."""

    usgs_seattle: _Seattle
    pair: _Pair
    local: _Local
    fit: _Fit


@cache
def rain_alert_limits() -> RainAlertLimits:
    """Return the declared limits."""
    return read(Path(__file__).with_name("rain_alert_limits.yaml"), RainAlertLimits)


def running_rain(hourly_rain: ArrayLike, hours: int, ending_before: int = 0) -> Floats:
    """Rain of the hours up to each hour.

    Parameters
    ----------
    hourly_rain : (n, ...) float, mm
        Oldest first.
    hours : int, h
        Length of the window.
    ending_before : int, h
        How long before each hour the window ends.

    Returns
    -------
    (n, ...) float, mm
        NaN until the record is long enough, and where an hour of the window is NaN.

    Raises
    ------
    InvalidInput
        If rain is negative or the window shorter than an hour.
    """
    rain = _rain(hourly_rain)
    if hours < 1 or ending_before < 0:
        raise InvalidInput("not a window", where="hours", expected="1 or more", got=str(hours))
    total = np.full(rain.shape, np.nan)
    first = hours + ending_before - 1
    if rain.shape[0] > first:
        sums = sliding_window_view(rain, hours, axis=0).sum(axis=-1)
        total[first:] = sums[: rain.shape[0] - first]
    return total


def recent_rain_excess(recent_rain: ArrayLike, antecedent_rain: ArrayLike) -> Floats:
    """How far the rain of three days exceeds what that of the 15 days before allows.

    Parameters
    ----------
    recent_rain : (n,) float, mm
        Of the last 72 h.
    antecedent_rain : (n,) float, mm
        Of the 360 h before those.

    Returns
    -------
    (n,) float, mm
        Above 0 over the threshold ``P3 = 88.9 − 0.67 P15``; on ground wetter than the end of that line any
        rain exceeds it. NaN where an input is NaN.

    References
    ----------
    Chleborad, Baum & Godt (2006), USGS OFR 2006-1064; usgs/landslides-thresholds.
    """
    declared = rain_alert_limits().usgs_seattle
    recent, before = (np.asarray(v, dtype=np.float64) for v in (recent_rain, antecedent_rain))
    return np.asarray(recent - np.maximum(declared.intercept + declared.slope * before, 0.0))


def storms(hourly_rain: ArrayLike) -> tuple[Floats, Floats]:
    """Duration and mean intensity of the storm that goes on at each hour.

    A storm begins with the first wet hour after three dry ones, and ends with its last wet hour.

    Parameters
    ----------
    hourly_rain : (n, ...) float, mm
        Oldest first.

    Returns
    -------
    duration : (n, ...) float, h
        From the beginning to the hour; NaN in dry hours, after a gap until three dry hours were seen, and
        where the rain is NaN.
    intensity : (n, ...) float, mm/h
        Mean since the beginning.

    References
    ----------
    Godt, Baum & Chleborad (2006), Earth Surface Processes and Landforms 31, 97-110.
    """
    rain = _rain(hourly_rain)
    needed = rain_alert_limits().usgs_seattle.dry_hours
    duration, intensity = np.full(rain.shape, np.nan), np.full(rain.shape, np.nan)
    dry = np.zeros(rain.shape[1:])
    length = np.full(rain.shape[1:], np.nan)  # of the storm so far, NaN while none is known to go on
    total = np.zeros(rain.shape[1:])
    for hour, fallen in enumerate(rain):
        wet, known = fallen > 0, ~np.isnan(fallen)
        begins = wet & (dry >= needed)
        length = np.where(begins, 1.0, length + 1.0)
        total = np.where(begins, fallen, total + fallen)
        dry = np.where(known & ~wet, dry + 1.0, 0.0)
        over = ~known | (dry >= needed)
        length, total = np.where(over, np.nan, length), np.where(over, 0.0, total)
        duration[hour] = np.where(wet, length, np.nan)
        intensity[hour] = np.where(wet, total / length, np.nan)
    return duration, intensity


def storm_threshold_ratio(duration: ArrayLike, intensity: ArrayLike) -> Floats:
    """Mean intensity of a storm over the threshold for its duration.

    Parameters
    ----------
    duration : (n,) float, h
    intensity : (n,) float, mm/h

    Returns
    -------
    (n,) float, 1
        Above 1 over ``I = 82.73 D^−1.13``; NaN where an input is NaN.

    References
    ----------
    Godt, Baum & Chleborad (2006), Earth Surface Processes and Landforms 31, 97-110.
    """
    declared = rain_alert_limits().usgs_seattle
    hours, rate = (np.asarray(v, dtype=np.float64) for v in (duration, intensity))
    with np.errstate(divide="ignore"):
        return np.asarray(rate / (declared.scale * hours**declared.exponent))


def antecedent_water_index(hourly_rain: ArrayLike, month: ArrayLike, start: float | None = None) -> Floats:
    """Water in the ground above what it holds against gravity, kept hour by hour.

    Below field capacity rain fills and evapotranspiration empties; above it water also drains away.

    Parameters
    ----------
    hourly_rain : (n, ...) float, mm
        Oldest first.
    month : (n,) int
        1 to 12.
    start : float, optional, m
        Before the first hour; dry when absent.

    Returns
    -------
    (n, ...) float, m
        At least minus the field capacity; NaN from the first unknown hour on.

    References
    ----------
    Godt, Baum & Chleborad (2006), equations 2 and 3; usgs/landslides-thresholds.
    """
    declared = rain_alert_limits().usgs_seattle
    rain = _rain(hourly_rain)
    loss = np.array(declared.evapotranspiration)[np.asarray(month, dtype=np.intp) - 1]
    kept = np.exp(-declared.drainage)
    gain = (1.0 - kept) / declared.drainage
    index = np.empty(rain.shape)
    now = np.full(rain.shape[1:], -declared.field_capacity if start is None else start)
    for hour, fallen in enumerate(rain):
        change = (fallen - loss[hour]) / _MM_PER_M
        now = np.where(now < 0, now + change, now * kept + change * gain)
        now = np.maximum(now, -declared.field_capacity)
        index[hour] = now
    return index


def pair_tier(
    intensity: ArrayLike, antecedent: ArrayLike, intensity_limits: ArrayLike, antecedent_limits: ArrayLike
) -> Floats:
    """Tier of a burst of rain on ground that rain has wetted: orange and red need both.

    Parameters
    ----------
    intensity : (n,) float, mm
        Rain of the last hour, or of the last three.
    antecedent : (n,) float, mm
        Antecedent precipitation index.
    intensity_limits, antecedent_limits : (4,) float, mm
        Lower limits of blue, yellow, orange and red; rising.

    Returns
    -------
    (n,) float, 1
        0 to 4: the milder of the two tiers, or the worse of them up to yellow; NaN where an input is NaN.

    Raises
    ------
    InvalidInput
        If the limits are not four rising numbers.

    References
    ----------
    A rule of this project.
    """
    rain, wet = np.broadcast_arrays(
        np.asarray(intensity, dtype=np.float64), np.asarray(antecedent, dtype=np.float64)
    )
    tiers = []
    for name, value, limits in (
        ("intensity_limits", rain, intensity_limits),
        ("antecedent_limits", wet, antecedent_limits),
    ):
        bounds = np.asarray(limits, dtype=np.float64)
        if bounds.shape != (4,) or not (np.diff(bounds) > 0).all():
            raise InvalidInput("not limits", where=name, expected="four rising numbers", got=str(limits))
        tiers.append(np.searchsorted(bounds, value, side="right").astype(np.float64))
    alone = np.minimum(np.maximum(*tiers), rain_alert_limits().pair.alone_at_most)
    return np.where(np.isnan(rain + wet), np.nan, np.maximum(np.minimum(*tiers), alone))


def local_limits(daily_values: ArrayLike) -> Floats:
    """Limits of blue, yellow, orange and red from a place's own record, that knows nothing of landslides.

    Parameters
    ----------
    daily_values : (days, ...) float, mm
        The largest burst, or the index, of each day; NaN days are left out.

    Returns
    -------
    (4, ...) float, mm
        The declared quantiles.

    References
    ----------
    The share of orange is that of LHASA: Kirschbaum & Stanley (2018), Earth's Future 6, 505-523.
    """
    shares = rain_alert_limits().local.shares
    return np.asarray(np.nanquantile(np.asarray(daily_values, dtype=np.float64), shares, axis=0))


def _rain(hourly_rain: ArrayLike) -> Floats:
    rain = np.asarray(hourly_rain, dtype=np.float64)
    if rain.ndim == 0 or (rain < 0).any():
        raise InvalidInput(
            "not a record of rain", where="hourly_rain", expected="mm by hour, 0 or more, NaN where unknown"
        )
    return rain
