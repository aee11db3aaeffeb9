"""Rain over sliding windows, and what earlier rain left behind.

Time runs along the first axis, the oldest first. All rain is in mm; a stack in another unit is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.variables import variable
from pipelines.raster import Raster, RasterGrid
from risk_models.slopes.antecedent_rain import (
    antecedent_precipitation,
    antecedent_rain_index,
    rain_thresholds,
)

Floats = NDArray[np.float64]
_HOUR = timedelta(hours=1)
_DAY_HOURS = 24


class _Percentiles(Declaration):
    least_values_above: int
    finest: float
    growth: float
    largest: float
    least_percentile: float
    provenance: str


class _Merging(Declaration):
    range_km: float
    provenance: str
    source: str


class _Antecedent(Declaration):
    decay: float
    days: int
    provenance: str


class RainSettings(Declaration):
    """Windows, bins and ranges; see ``rain.yaml``."""

    windows_hours: tuple[int, ...]
    percentiles: _Percentiles
    merging: _Merging
    antecedent: _Antecedent


@dataclass(frozen=True, eq=False)
class RainStack:
    """Accumulations that follow one another.

    Attributes
    ----------
    rain : (times, height, width) float32, mm
    ends : tuple of datetime
        End of each accumulation, UTC.
    step : timedelta
        Length of each.
    grid : RasterGrid
    source : str
    """

    rain: NDArray[np.float32]
    ends: tuple[datetime, ...]
    step: timedelta
    grid: RasterGrid
    source: str


@cache
def rain_settings() -> RainSettings:
    """Return the declared numbers."""
    return read(Path(__file__).with_name("rain.yaml"), RainSettings)


def stacked(parts: Sequence[Raster]) -> RainStack:
    """Put accumulations in order; they must be of one length, join, and lie on one grid.

    Raises
    ------
    InvalidInput
        If they are no rain with start and end, or do not.
    """
    periods = []
    for part in parts:
        if part.variable != "rain" or part.valid_from is None or part.valid_to is None:
            raise InvalidInput(
                "not an accumulation of rain",
                where=part.source,
                expected="rain in mm with start and end",
                got=f"{part.variable} in {part.unit}",
            )
        periods.append((part.valid_from, part.valid_to, part))
    if not periods:
        raise InvalidInput("no rain", expected="one accumulation or more")
    periods.sort(key=lambda period: period[0])
    step = periods[0][1] - periods[0][0]
    for (_, end, _), (start, until, part) in pairwise(periods):
        if start != end or until - start != step:
            raise InvalidInput(
                "accumulations that do not follow one another evenly",
                where=part.source,
                expected=f"{end} and {step}",
                got=f"{start} and {until - start}",
            )
    grid = periods[0][2].grid
    if any(part.grid != grid for _, _, part in periods):
        raise InvalidInput("accumulations on different grids", where=periods[0][2].source)
    return RainStack(
        np.stack([part.values for _, _, part in periods]),
        tuple(end for _, end, _ in periods),
        step,
        grid,
        " + ".join(dict.fromkeys(part.source for _, _, part in periods)),
    )


def sliding_rain(rain: NDArray[np.floating], step_hours: float, window_hours: float) -> Floats:
    """Add up the rain of the window that ends with each step.

    Parameters
    ----------
    rain : (times, ...) float, mm
        Of one step each.
    step_hours, window_hours : float, h
        The window is a whole number of steps.

    Returns
    -------
    (times, ...) float, mm
        NaN where the window begins before the record or any of its steps is NaN.

    Raises
    ------
    InvalidInput
        If the window is no whole number of steps, or the values cannot be rain in mm.
    """
    steps = window_hours / step_hours
    if steps < 1 or abs(steps - round(steps)) > 1e-9:
        raise InvalidInput(
            "a window that is no whole number of steps",
            where="window_hours",
            expected=f"a multiple of {step_hours:g} h",
            got=f"{window_hours:g} h",
        )
    amount = refuse_other_rain(rain)
    size = round(steps)
    known = np.isfinite(amount)
    total = _running(np.where(known, amount, 0.0), size)
    complete = _running(known.astype(np.float64), size) > size - 0.5
    return np.where(complete, total, np.nan)


def wettest(rain: NDArray[np.floating], step_hours: float, window_hours: float) -> Floats:
    """Return the largest rain of any window of a length within the record, shape ``(...)``, mm."""
    windows = sliding_rain(rain, step_hours, window_hours)
    return np.asarray(np.fmax.reduce(windows, axis=0), np.float64)


def antecedent_indices(rain: NDArray[np.floating], step_hours: float) -> dict[str, Floats]:
    """Return the antecedent indices at the end of the record, from days of 24 h counted back from there.

    Parameters
    ----------
    rain : (times, ...) float, mm

    Returns
    -------
    dict of (...) float, mm
        ``lhasa`` is the seven-day index with the last day as today, ``api`` the exponential one of the days
        before the last (decay and days of ``rain.yaml``); NaN where the record is too short or has gaps.

    References
    ----------
    See `risk_models.slopes.antecedent_rain`.
    """
    declared = rain_settings().antecedent
    days = sliding_rain(rain, step_hours, _DAY_HOURS)[:: -round(_DAY_HOURS / step_hours)]
    unknown = np.full((1, *rain.shape[1:]), np.nan)
    days = np.concatenate([days, np.repeat(unknown, declared.days + 1, axis=0)])
    return {
        "lhasa": antecedent_rain_index(days[: rain_thresholds().index_days]),
        "api": antecedent_precipitation(days[1 : declared.days + 1], declared.decay),
    }


def refuse_other_rain(rain: NDArray[np.floating], unit: str = "mm") -> Floats:
    """Return rain as float64.

    Raises
    ------
    InvalidInput
        If it is not in mm, is negative, or more than ever fell.
    """
    bounds = variable("rain")
    if unit != bounds.unit:
        raise InvalidInput("rain in another unit", where="rain", expected=bounds.unit, got=unit)
    amount = np.asarray(rain, np.float64)
    if ((amount < bounds.minimum) | (amount > bounds.maximum)).any():
        raise InvalidInput(
            "values that are no rain",
            where="rain",
            expected=f"{bounds.minimum:g} to {bounds.maximum:g} mm, NaN where unknown",
            got=f"{np.nanmin(amount):g} to {np.nanmax(amount):g}",
        )
    return amount


def _running(values: Floats, size: int) -> Floats:
    """Return the sum of the last `size` values at each time; too few of them at the beginning count as 0."""
    total = np.cumsum(values, axis=0)
    result = total.copy()
    result[size:] -= total[:-size]
    result[: size - 1] = 0.0
    # A difference of sums keeps the rounding of all rain before: a dry window is dry.
    return np.where(result < 1e-9, 0.0, result)
