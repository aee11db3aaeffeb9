"""The rain to come at each asset, hour by hour, from the forecasts that the site names."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_catalog.site import Site
from pipelines.asset_models import Forecast
from pipelines.connectors.rain_forecast import RainForecast, read_rain_forecast

Floats = NDArray[np.float64]
_HOUR = timedelta(hours=1)


def rain_forecast(site: Site, lon: Floats, lat: Floats, at: datetime) -> Forecast | None:
    """Return the forecast rain of the hours after `at`, None where the site names none that reaches so far.

    Files of one `member` are read together; a file may hold several members itself. An hour that a member
    does not speak of is NaN.

    Parameters
    ----------
    lon, lat : (assets,) float, deg

    Raises
    ------
    InvalidInput
        If a file cannot be read, or its steps do not join.
    """
    files: dict[tuple[str, str], list[Path]] = defaultdict(list)
    for given in site.declaration.inputs:
        if given.kind == "rain_forecast":
            files[given.member, given.variable].append(site.path(given.path))
    found = [read_rain_forecast(paths, product or None) for (_, product), paths in sorted(files.items())]
    ahead = [(one, _from(one, one.at(lon, lat), at)) for one in found]
    parts = [(one, part) for one, part in ahead if part.shape[1]]  # one that is over says nothing
    if not parts:
        return None
    hours = max(part.shape[1] for _, part in parts)
    told = [
        np.pad(part, ((0, 0), (0, hours - part.shape[1]), (0, 0)), constant_values=np.nan)
        for _, part in parts
    ]
    return Forecast(np.concatenate(told), at, "; ".join(one.source for one, _ in parts))


def _from(forecast: RainForecast, intensity: Floats, at: datetime) -> Floats:
    """Return the hours since `at`: what is past is left out, what comes before the forecast is unknown."""
    past = (at - forecast.starts_at) // _HOUR
    if past >= 0:
        return intensity[:, past:]
    return np.pad(intensity, ((0, 0), (-past, 0), (0, 0)), constant_values=np.nan)
