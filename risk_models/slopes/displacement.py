"""What movement says of a slope: time of failure and tangent angle."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.reading import Quality

Floats = NDArray[np.float64]


class _InverseVelocity(Declaration):
    provenance: str
    least_points: int
    least_r_squared: float
    confidence: float
    least_velocity: float
    short_window: int
    long_window: int
    persistence: int


class _LeadTime(Declaration):
    provenance: str
    days: dict[str, float]


class _TangentAngle(Declaration):
    provenance: str
    least_samples: int
    noise_ratio: float


class DisplacementLimits(Declaration):
    """Gates and lead times."""

    inverse_velocity: _InverseVelocity
    lead_time: _LeadTime
    tangent_angle: _TangentAngle


@cache
def displacement_limits() -> DisplacementLimits:
    """Return the declared limits."""
    return read(Path(__file__).with_name("displacement_limits.yaml"), DisplacementLimits)


class Outlook(IntEnum):
    """What the inverse velocity allows to say."""

    TOO_FEW = 0
    SUSPECT = 1
    DECELERATING = 2
    POOR_FIT = 3
    FORECAST = 4


@dataclass(frozen=True, slots=True)
class FailureForecast:
    """Time of failure of each series, on the clock that was given; NaN without a forecast.

    Attributes
    ----------
    outlook : (m,) int
        `Outlook`.
    time, earliest, latest : (m,) float, d
        Forecast and its interval; `earliest` is never before the newest sample, `latest` is inf where even a
        steady rate cannot be excluded.
    r_squared : (m,) float, 1
    points : (m,) int
        Samples after the onset that were used.
    decelerating_probability : (m,) float, 1
        That the inverse velocity does not fall: the other hypothesis, always published.
    """

    outlook: NDArray[np.int8]
    time: Floats
    earliest: Floats
    latest: Floats
    r_squared: Floats
    points: NDArray[np.intp]
    decelerating_probability: Floats


def acceleration_onset(velocity: ArrayLike) -> Floats:
    """First sample of the acceleration that still goes on.

    Acceleration is a mean of few samples above one of many, several samples in a row up to the newest.

    Parameters
    ----------
    velocity : (n, m) float, mm/d
        Oldest first, one column a series; NaN samples are passed over.

    Returns
    -------
    (m,) float, 1
        Index of the sample; NaN where the slope does not accelerate now.

    References
    ----------
    Carlà et al. (2017), Landslides 14, 517-534: short and long moving averages.
    """
    gates = displacement_limits().inverse_velocity
    speed = _columns(velocity)
    known = ~np.isnan(speed)
    order = np.argsort(~known, axis=0, kind="stable")  # the known samples of a column first, in time
    counts, columns = known.sum(axis=0), np.arange(speed.shape[1])
    windows = max(speed.shape[0] - gates.long_window + 1, 0)
    if not windows:
        return np.full(columns.size, np.nan)
    sums = np.zeros((speed.shape[0] + 1, columns.size))
    np.cumsum(np.take_along_axis(np.nan_to_num(speed), order, axis=0), axis=0, out=sums[1:])
    ends = sums[gates.long_window :]
    short = (ends - sums[gates.long_window - gates.short_window : -gates.short_window]) / gates.short_window
    long = (ends - sums[:windows]) / gates.long_window
    own = np.maximum(counts - gates.long_window + 1, 0)  # windows of each column
    at = np.arange(windows)[:, None]
    flat = (at < own) & ~(short > long * (1.0 + 1e-9))  # rounding is no acceleration
    run = np.where(flat, at, -1).max(axis=0) + 1  # the first window of the run that still goes on
    # the last sample of the first window: those before it may be creep, which would delay the forecast
    first = np.minimum(run + gates.long_window - 1, speed.shape[0] - 1)
    return np.where(own - run >= gates.persistence, order[first, columns].astype(np.float64), np.nan)


def inverse_velocity(
    time: ArrayLike, velocity: ArrayLike, quality: ArrayLike, onset: ArrayLike
) -> FailureForecast:
    """Forecast the time of failure from a straight line through one over the velocity.

    Parameters
    ----------
    time : (n,) or (n, m) float, d
        Rising; of each series where they differ, NaN where it has no sample.
    velocity : (n, m) float, mm/d
        One column a series. NaN, and what is slower than the least velocity, is left out.
    quality : (n, m) int
        QARTOD flags; a suspect or failed sample after the onset suppresses the forecast.
    onset : (m,) float, 1
        Index of the first sample to use, as from `acceleration_onset`; NaN for all of them.

    Returns
    -------
    FailureForecast
        The interval is that of Fieller for the ratio of two estimates.

    Raises
    ------
    InvalidInput
        If times do not rise, or the shapes do not fit.

    References
    ----------
    Fukuzono (1985), 4th Int. Conf. and Field Workshop on Landslides, 145-150; Voight (1988), Nature 332,
    125-130, with exponent 2.
    """
    gates = displacement_limits().inverse_velocity
    t, speed = _columns(time), _columns(velocity)
    flags = np.asarray(quality).reshape(speed.shape)
    if t.shape not in {speed.shape, (speed.shape[0], 1)} or (np.diff(t, axis=0) <= 0).any():
        raise InvalidInput(
            "times do not fit", where="time", expected="rising, one a sample", got=str(t.shape)
        )
    t = np.broadcast_to(t, speed.shape)
    first = np.nan_to_num(np.broadcast_to(np.asarray(onset, dtype=np.float64), speed.shape[1:]), nan=0.0)
    after = np.arange(t.shape[0])[:, None] >= first
    used = after & (speed >= gates.least_velocity) & ~np.isnan(t)
    suspect = (after & (flags >= Quality.SUSPECT) & (flags != Quality.MISSING)).any(axis=0)
    n = used.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.where(used, 1.0 / speed, 0.0)
        mean_t, mean_y = np.where(used, t, 0.0).sum(axis=0) / n, y.sum(axis=0) / n
        dt, dy = np.where(used, t - mean_t, 0.0), np.where(used, y - mean_y, 0.0)
        sxx, sxy, syy = (dt**2).sum(axis=0), (dt * dy).sum(axis=0), (dy**2).sum(axis=0)
        slope = sxy / sxx
        rest = np.maximum(syy - slope * sxy, 0.0)
        r_squared = np.where(syy > 0, 1.0 - rest / syy, 0.0)
        variance = rest / (n - 2)
        error = np.sqrt(variance / sxx)
        when = mean_t - mean_y / slope
        steady = stdtr(np.maximum(n - 2, 1), slope / error)
    steady = np.where(error > 0, steady, (slope >= 0).astype(np.float64))
    earliest, latest = _fieller(slope, mean_y, mean_t, sxx, variance, n, gates.confidence)
    outlook = np.select(
        [n < gates.least_points, suspect, slope >= 0, r_squared < gates.least_r_squared],
        [Outlook.TOO_FEW, Outlook.SUSPECT, Outlook.DECELERATING, Outlook.POOR_FIT],
        Outlook.FORECAST,
    )
    speaks = outlook == Outlook.FORECAST
    newest = np.where(used, t, -np.inf).max(axis=0, initial=-np.inf)
    enough = n >= gates.least_points
    return FailureForecast(
        outlook=outlook.astype(np.int8),
        time=np.where(speaks, when, np.nan),
        earliest=np.where(speaks, np.maximum(earliest, newest), np.nan),
        latest=np.where(speaks, latest, np.nan),
        r_squared=np.where(enough, r_squared, np.nan),
        points=n,
        decelerating_probability=np.where(enough, steady, np.nan),
    )


def uniform_rate(time: ArrayLike, displacement: ArrayLike, noise: ArrayLike) -> Floats:
    """Mean rate of the stage of uniform creep, that a tangent angle is measured against.

    Parameters
    ----------
    time : (n,) float, d
        Of the uniform stage, rising.
    displacement : (n, m) float, mm
    noise : (m,) float, mm/d
        Standard deviation of the rate between two samples that measuring makes.

    Returns
    -------
    (m,) float, mm/d
        NaN, not evaluable, with fewer samples than declared or a rate within the noise.

    References
    ----------
    Xu Qiang et al. (2009), 改进的切线角及对应的滑坡预警判据.
    """
    gates = displacement_limits().tangent_angle
    t, moved = np.asarray(time, dtype=np.float64), _columns(displacement)
    known = ~np.isnan(moved)
    n = known.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        from_mean = np.where(known, t[:, None] - (known * t[:, None]).sum(axis=0) / n, 0.0)
        rate = (from_mean * np.where(known, moved, 0.0)).sum(axis=0) / (from_mean**2).sum(axis=0)
    evaluable = (n >= gates.least_samples) & (rate >= gates.noise_ratio * np.asarray(noise, dtype=np.float64))
    return np.where(evaluable & (rate > 0), rate, np.nan)


def tangent_angle(displacement_step: ArrayLike, time_step: ArrayLike, uniform_rate: ArrayLike) -> Floats:
    """Improved tangent angle: 45° while the slope creeps at its uniform rate, towards 90° as it fails.

    Parameters
    ----------
    displacement_step : (n,) float, mm
        Between two samples.
    time_step : (n,) float, d
        Above 0.
    uniform_rate : (n,) float, mm/d
        From the function of the same name.

    Returns
    -------
    (n,) float, deg
        NaN where the uniform rate is not evaluable or not above 0, or the time does not pass.

    References
    ----------
    Xu Qiang et al. (2009), 改进的切线角及对应的滑坡预警判据.
    """
    moved, passed, rate = (
        np.asarray(v, dtype=np.float64) for v in (displacement_step, time_step, uniform_rate)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        angle = np.degrees(np.arctan(moved / rate / passed))
    return np.where((rate > 0) & (passed > 0), angle, np.nan)


def _columns(values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim not in {1, 2}:
        raise InvalidInput("not series", expected="(n,) or (n, series)", got=str(found.shape))
    return found[:, None] if found.ndim == 1 else found


def _fieller(
    slope: Floats,
    mean_y: Floats,
    mean_t: Floats,
    sxx: Floats,
    variance: Floats,
    n: NDArray[np.intp],
    confidence: float,
) -> tuple[Floats, Floats]:
    """Interval of the time at which the line crosses zero; its end is open where the slope may be 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quantile = stdtrit(np.maximum(n - 2, 1), (1.0 + confidence) / 2.0)
        g = quantile**2 * variance / (slope**2 * sxx)
        away = -mean_y / slope
        half = quantile / np.abs(slope) * np.sqrt(variance * ((1.0 - g) / n + away**2 / sxx))
        low, high = (away - half) / (1.0 - g), (away + half) / (1.0 - g)
    closed = g < 1.0
    return mean_t + np.where(closed, low, -np.inf), mean_t + np.where(closed, high, np.inf)
