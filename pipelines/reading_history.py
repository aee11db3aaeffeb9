"""The readings of every point, grouped once, so that any past time can be looked at again quickly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from data_catalog.store import Store
from minegis.reading import Quality, Reading
from pipelines.asset_records import HISTORY
from risk_models.rule_package import RulePackage
from risk_models.warning.points import stale_after
from risk_models.warning.weather import GAUGE

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class PointHistory:
    """What one point said, oldest first; `silent` stands in for a registered one that has not spoken yet."""

    readings: tuple[Reading, ...]
    seconds: Floats
    last_usable: Indices
    silent: Reading | None

    @classmethod
    def of(cls, readings: Sequence[Reading], silent: Reading | None) -> PointHistory:
        """Order the readings of a point."""
        ordered = tuple(sorted(readings, key=lambda reading: reading.observed_at))
        usable = [
            number if one.quality.usable and one.value is not None and np.isfinite(one.value) else -1
            for number, one in enumerate(ordered)
        ]
        last = np.maximum.accumulate(np.array([-1, *usable], dtype=np.int64))[1:]
        seconds = np.array([one.observed_at.timestamp() for one in ordered], dtype=float)
        return cls(ordered, seconds, last, silent)

    def slices(self, times: Floats, rules: RulePackage) -> Indices:
        """Return which readings an assessment needs at each time, and what its age makes of them.

        Parameters
        ----------
        times : (t,) float, s
            Since 1970, ascending.
        rules : RulePackage
            For the debounce window, and after how long a point is stale or its silence an alarm.

        Returns
        -------
        slices : (t, 4 + windows) int
            First reading and one past the last, whether the last usable one is fresh, whether it is overdue,
            and of a rain gauge where each window of the rain signals begins.
            Rows that are equal lead to equal assessments.
        """
        name = self.readings[0].variable if self.readings else ""
        stop = np.searchsorted(self.seconds, times, side="right")
        last = (
            np.where(stop > 0, self.last_usable[stop - 1], -1) if self.readings else np.full(times.size, -1)
        )
        heard = (
            np.where(last >= 0, self.seconds[last], -np.inf)
            if self.readings
            else np.full(times.size, -np.inf)
        )
        start = np.searchsorted(self.seconds, heard - rules.hysteresis.debounce.window_hours * 3600)
        start = np.where(last >= 0, start, np.maximum(stop - 1, 0))
        stale = stale_after(name, rules.monitoring).total_seconds()
        patience = max(rules.monitoring.silent_alarm.hours * 3600, stale)
        age = times - heard
        windows = self._windows(name, times, stop, rules)
        start = np.minimum.reduce([start, *windows])
        return np.stack([start, stop, age <= stale, age > patience, *windows], axis=1).astype(np.int64)

    def _windows(self, name: str, times: Floats, stop: Indices, rules: RulePackage) -> list[Indices]:
        """Return the first reading that counts in each window of the rain signals; none of other points."""
        hours = sorted({window.hours for window in rules.rain_signals.windows.values()})
        if name != GAUGE:
            return [stop for _ in hours]
        return [np.searchsorted(self.seconds, times - (each - 1) * 3600) for each in hours]

    def between(self, start: int, stop: int) -> tuple[Reading, ...]:
        """Return the readings of a slice, what stands for silence where there is none."""
        if stop == 0:
            return () if self.silent is None else (self.silent,)
        return self.readings[start:stop]


@dataclass(frozen=True)
class AssetHistory:
    """The points of one asset."""

    points: tuple[PointHistory, ...]

    def signatures(self, times: Floats, rules: RulePackage) -> Indices:
        """Return `PointHistory.slices` of every point side by side, (t, points, columns)."""
        if not self.points:
            return np.zeros((times.size, 0, 0), dtype=np.int64)
        return np.stack([point.slices(times, rules) for point in self.points], axis=1)

    def readings(self, signature: Indices) -> list[Reading]:
        """Return the readings that one row of `signatures` names."""
        return [
            reading
            for point, row in zip(self.points, signature, strict=True)
            for reading in point.between(int(row[0]), int(row[1]))
        ]


def reading_history(store: Store, since: datetime, until: datetime) -> Mapping[tuple[str, str], AssetHistory]:
    """Read the readings of every asset once: those of a period, and the last of each point before it.

    Parameters
    ----------
    since, until : datetime
        First and last time that will be looked at; an assessment looks back by `asset_risk.HISTORY`.
    """
    grouped: dict[tuple[str, str], dict[tuple[str, str], list[Reading]]] = defaultdict(
        lambda: defaultdict(list)
    )
    begin = since - HISTORY
    for reading in (*store.newest_readings(before=begin), *store.readings(since=begin, until=until)):
        grouped[reading.dataset, reading.asset_id][reading.point_id, reading.variable].append(reading)
    silent = _registered(store, since)
    for reading in silent.values():
        grouped[reading.dataset, reading.asset_id].setdefault((reading.point_id, reading.variable), [])
    return {
        asset: AssetHistory(
            tuple(PointHistory.of(rows, silent.get((*asset, *point))) for point, rows in points.items())
        )
        for asset, points in grouped.items()
    }


def _registered(store: Store, at: datetime) -> dict[tuple[str, str, str, str], Reading]:
    """Return a reading that says "nothing heard" for each point of the register."""
    found = {}
    for station in store.features("station"):
        dataset, asset_id = station.properties["asset_dataset"], station.properties["asset_id"]
        name = station.properties["variable"]
        found[dataset, asset_id, station.id, name] = Reading(
            station.id, dataset, asset_id, name, None, at, Quality.MISSING, station.origin, station.source
        )
    return found
