"""The rain to come at each asset, hour by hour, from the forecasts that the site names."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from data_catalog.site import RasterInput, Site
from minegis.coordinates import CRS84, transformer
from pipelines.asset_models import Forecast
from pipelines.connectors.rain import read_rain_steps
from pipelines.raster import Raster, source_name

Floats = NDArray[np.float64]
_HOUR = timedelta(hours=1)


def rain_forecast(site: Site, lon: Floats, lat: Floats, at: datetime) -> Forecast | None:
    """Return the forecast rain of the hours after `at`, None where the site names no forecast.

    An amount of several hours is spread evenly over them. An hour that a member does not speak of is NaN.

    Parameters
    ----------
    lon, lat : (assets,) float, deg

    Raises
    ------
    InvalidInput
        If a file cannot be read, or states no periods.
    """
    given = [each for each in site.declaration.inputs if each.kind == "rain_forecast"]
    members: dict[str, list[Raster]] = defaultdict(list)
    for each in given:
        members[each.member] += [step for step in _steps(site, each) if _end(step) > at]
    ends = [_end(step) for steps in members.values() for step in steps]
    if not ends:
        return None
    hours = math.ceil((max(ends) - at) / _HOUR)
    intensity = np.stack([_hourly(steps, lon, lat, at, hours) for _, steps in sorted(members.items())])
    return Forecast(intensity, at, "; ".join(source_name(site.path(each.path)) for each in given))


def _steps(site: Site, given: RasterInput) -> Sequence[Raster]:
    return read_rain_steps(site.path(given.path), given.variable or None, crs=given.crs or None)


def _end(step: Raster) -> datetime:
    assert step.valid_to is not None  # an accumulation has both
    return step.valid_to


def _hourly(steps: Sequence[Raster], lon: Floats, lat: Floats, at: datetime, hours: int) -> Floats:
    """Return mm/h of one member, (hours, assets)."""
    intensity = np.full((hours, lon.size), np.nan)
    for step in steps:
        assert step.valid_from is not None
        length = (_end(step) - step.valid_from) / _HOUR
        first = max(math.floor((step.valid_from - at) / _HOUR), 0)
        last = math.ceil((_end(step) - at) / _HOUR)
        intensity[first:last] = values_at(step, lon, lat) / length
    return intensity


def values_at(raster: Raster, lon: Floats, lat: Floats) -> Floats:
    """Return the value of the pixel under each place, NaN beyond the grid."""
    grid = raster.grid
    x, y = (lon, lat) if grid.is_geographic else transformer(CRS84, grid.crs).transform(lon, lat)
    across, _, west, _, down, north = grid.transform
    columns = (x - west) / across
    if grid.is_geographic:
        columns %= 360.0 / across
    column, row = np.floor(columns).astype(np.int64), np.floor((y - north) / down).astype(np.int64)
    inside = (column >= 0) & (column < grid.width) & (row >= 0) & (row < grid.height)
    found = np.full(lon.size, np.nan)
    found[inside] = raster.values[row[inside], column[inside]]
    return found
