"""What is supposed to happen: more rain, shaking at least so strong, ponds so much higher or lower."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from minegis.errors import InvalidInput
from minegis.reading import Reading
from pipelines.asset_models import Floats, Forecast
from pipelines.cell_columns import RAIN_DAYS
from risk_models.seismic.intensity import velocity_of_equal_intensity
from risk_models.slopes.antecedent_rain import antecedent_rain_index
from risk_models.warning.asset import AssetRecord

LIMITS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"rain_mm": (0.0, 2000.0), "hours": (1.0, 24.0), "pga_g": (0.0, 2.0), "pond_m": (-20.0, 20.0)}
)
"""Smallest and largest value of each supposition; no rain of a day and no shaking was ever worse."""

POND_VARIABLES = frozenset({"pond_level", "freeboard", "dry_beach_length"})
RAIN_VARIABLES = frozenset({"rain_1h", "rain_24h"})

_HOUR = timedelta(hours=1)
_DAY_HOURS = 24.0
_RAIN_PERIODS: Mapping[str, float] = MappingProxyType({"rain_1h": 1.0, "rain_24h": _DAY_HOURS})
_SOURCE = "what-if"


@dataclass(frozen=True, slots=True)
class Change:
    """What is supposed; nothing by default.

    Attributes
    ----------
    rain_mm : float, mm
        The same everywhere, at an even rate. Where fallen rain is judged it has just fallen; where rain to
        come is judged it is about to fall: no model counts it twice.
    hours : float, h
        In which it falls.
    pga_g : float, g
        Every place has shaken at least so strongly, lately.
    pond_m : float, m
        Every pond stands so much higher, or lower where negative.

    Raises
    ------
    InvalidInput
        If a value is beyond `LIMITS` or no number.
    """

    rain_mm: float = 0.0
    hours: float = 24.0
    pga_g: float = 0.0
    pond_m: float = 0.0

    def __post_init__(self) -> None:
        for name, (least, most) in LIMITS.items():
            value = getattr(self, name)
            if not least <= value <= most:  # NaN is not
                raise InvalidInput(
                    "nothing that can be supposed",
                    where=name,
                    expected=f"{least:g} to {most:g}",
                    got=f"{value:g}",
                )

    @property
    def variables(self) -> frozenset[str]:
        """What points would tell otherwise."""
        return (RAIN_VARIABLES if self.rain_mm else frozenset()) | (
            POND_VARIABLES if self.pond_m else frozenset()
        )

    def columns(self, known: Mapping[str, NDArray[np.floating]]) -> dict[str, Floats]:
        """Return the columns of cells that change; what has no value gets none, but for shaking.

        Parameters
        ----------
        known : mapping of (n,) float
        """
        found: dict[str, Floats] = {}
        if self.rain_mm:
            days = np.zeros(RAIN_DAYS)
            days[0] = self.rain_mm
            added = {"rain_24h": self.rain_mm, "antecedent_rain_index": float(antecedent_rain_index(days))}
            found |= {
                name: known[name].astype(np.float64) + more for name, more in added.items() if name in known
            }
        if self.pga_g and known:
            unknown = np.full(len(next(iter(known.values()))), np.nan)
            pga, pgv = (known.get(name, unknown).astype(np.float64) for name in ("pga", "pgv"))
            stronger = ~(pga >= self.pga_g)
            velocity = float(velocity_of_equal_intensity(self.pga_g))
            found["pga"] = np.where(stronger, self.pga_g, pga)
            found["pgv"] = np.where(stronger, np.fmax(pgv, velocity), pgv)
        return found

    def readings(
        self, asset: AssetRecord, readings: Sequence[Reading], debounce_hours: float
    ) -> Sequence[Reading]:
        """Return what the points of an asset would have told; the same sequence where nothing changes.

        A silent point stays silent. The storm of a gauge ends when the gauge last spoke, and a sum of 24 h is
        complete for as long as its samples are asked to agree.
        """
        told = self.variables
        if not any(one.variable in told for one in readings):
            return readings
        newest = _newest(readings) if self.rain_mm else {}
        slope = asset.number("beach_slope")
        return [
            self._reading(one, newest, slope, debounce_hours) if one.variable in told else one
            for one in readings
        ]

    def forecast(self, known: Forecast | None, assets: int, at: datetime) -> Forecast | None:
        """Return the rain to come with what is supposed: the storm on top of what every member says."""
        if not self.rain_mm:
            return known
        storm = np.clip(self.hours - np.arange(math.ceil(self.hours)), 0.0, 1.0) * self.rain_mm / self.hours
        if known is None:
            return Forecast(np.tile(storm[None, :, None], (1, 1, assets)), at, _SOURCE)
        intensity = np.array(known.intensity, dtype=np.float64)
        lacking = storm.size - intensity.shape[1]
        if lacking > 0:
            intensity = np.pad(intensity, ((0, 0), (0, lacking), (0, 0)), constant_values=np.nan)
        hours = intensity[:, : storm.size]  # an hour that nobody speaks of has this rain at least
        hours[:] = np.nan_to_num(hours, nan=0.0) + storm[None, :, None]
        return replace(known, intensity=intensity, source=f"{known.source}; {_SOURCE}")

    def _reading(
        self,
        reading: Reading,
        newest: Mapping[tuple[str, str], datetime],
        slope: float | None,
        debounce: float,
    ) -> Reading:
        if reading.value is None or not reading.quality.usable:
            return reading
        added = 0.0
        if reading.variable == "pond_level":
            added = self.pond_m
        elif reading.variable == "freeboard":
            added = -self.pond_m
        elif reading.variable == "dry_beach_length" and slope:
            added = max(-self.pond_m / slope, -reading.value)
        elif reading.variable in _RAIN_PERIODS:
            age = (newest[reading.variable, reading.point_id] - reading.observed_at) / _HOUR
            added = self.rain_mm / self.hours * self._overlap(reading.variable, age, debounce)
        return replace(reading, value=reading.value + added) if added else reading

    def _overlap(self, variable: str, age: float, debounce: float) -> float:
        """Return how many hours of the storm are in a reading that is so much older than the newest, h."""
        period = _RAIN_PERIODS[variable]
        if period == _DAY_HOURS:
            age = max(age - debounce, 0.0)
        return min(max(self.hours - age, 0.0), period)


def unheard(change: Change, told: Iterable[tuple[str, Sequence[Reading]]]) -> dict[str, int]:
    """Count the assets that a supposition cannot reach by their own points, since none of them tells it.

    Parameters
    ----------
    told : iterable of dataset and readings
        One for each asset.
    """
    heard = [
        (dataset, {one.variable for one in readings if one.value is not None and one.quality.usable})
        for dataset, readings in told
    ]
    found = {}
    if change.rain_mm:
        found["rain"] = sum(not variables & RAIN_VARIABLES for _, variables in heard)
    if change.pond_m:
        found["pond_level"] = sum(
            dataset == "tsf" and not variables & POND_VARIABLES for dataset, variables in heard
        )
    return found


def _newest(readings: Sequence[Reading]) -> dict[tuple[str, str], datetime]:
    """Return when each rain gauge last spoke."""
    found: dict[tuple[str, str], datetime] = {}
    for reading in readings:
        if reading.variable in _RAIN_PERIODS and reading.value is not None and reading.quality.usable:
            key = reading.variable, reading.point_id
            found[key] = max(found.get(key, reading.observed_at), reading.observed_at)
    return found
