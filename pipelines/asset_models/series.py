"""Readings of many assets as arrays: one column a monitoring point, oldest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from minegis.reading import Quality, Reading

Floats = NDArray[np.float64]

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Series:
    """Readings of one variable.

    Attributes
    ----------
    owner : (m,) int
        Index of the asset.
    point : tuple of str
        Id of the point.
    source : tuple of str
        Of its newest reading.
    time : (n, m) float, d
        From the time that is judged, so 0 or less; NaN after the last reading of a point.
    value : (n, m) float
        NaN where it may not be relied on.
    quality : (n, m) int
        QARTOD flags, `Quality.MISSING` after the last reading.
    """

    owner: NDArray[np.intp]
    point: tuple[str, ...]
    source: tuple[str, ...]
    time: Floats
    value: Floats
    quality: NDArray[np.int8]

    def latest(self, patience: timedelta) -> Floats:
        """Return the newest usable value of each point, (m,), NaN where it is older than `patience`."""
        rows = np.where(np.isnan(self.value), -1, np.arange(self.value.shape[0])[:, None]).max(
            axis=0, initial=-1
        )
        columns = np.arange(self.owner.size)
        if not self.value.shape[0]:
            return np.full(self.owner.size, np.nan)
        fresh = (rows >= 0) & (self.time[rows, columns] >= -(patience / _DAY))
        return np.where(fresh, self.value[rows, columns], np.nan)

    def worst(self, values: Floats, assets: int, *, most: bool = True) -> Floats:
        """Return the largest, or the smallest, of the values of an asset's points, (assets,), NaN without."""
        found = np.full(assets, -np.inf if most else np.inf)
        known = ~np.isnan(values)
        (np.maximum if most else np.minimum).at(found, self.owner[known], values[known])
        return np.where(np.isinf(found), np.nan, found)


def series_of(readings: Sequence[Sequence[Reading]], variable: str, at: datetime) -> Series:
    """Collect the readings of a variable up to `at`.

    Of several readings of a point at one time the last that was given counts.

    Parameters
    ----------
    readings : sequence of sequence of Reading
        Of each asset, any order.
    variable : str
        Of the data dictionary.
    at : datetime
        UTC.
    """
    columns: dict[tuple[int, str], dict[datetime, Reading]] = defaultdict(dict)
    for owner, of_asset in enumerate(readings):
        for reading in of_asset:
            if reading.variable == variable and reading.observed_at <= at:
                columns[owner, reading.point_id][reading.observed_at] = reading
    longest = max((len(column) for column in columns.values()), default=0)
    time = np.full((longest, len(columns)), np.nan)
    value = np.full(time.shape, np.nan)
    quality = np.full(time.shape, Quality.MISSING, dtype=np.int8)
    sources = []
    for at_column, column in enumerate(columns.values()):
        ordered = [column[when] for when in sorted(column)]
        rows = slice(0, len(ordered))
        time[rows, at_column] = [(one.observed_at - at) / _DAY for one in ordered]
        value[rows, at_column] = [
            one.value if one.quality.usable and one.value is not None else np.nan for one in ordered
        ]
        quality[rows, at_column] = [one.quality for one in ordered]
        sources.append(ordered[-1].source)
    value[~np.isfinite(value)] = np.nan
    return Series(
        owner=np.array([owner for owner, _ in columns], dtype=np.intp),
        point=tuple(point for _, point in columns),
        source=tuple(sources),
        time=time,
        value=value,
        quality=quality,
    )
