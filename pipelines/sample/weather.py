"""The made-up rain, of seven days and to come: July climatology, noise and storms, read like any rain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import netCDF4
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import RegularGridInterpolator

from pipelines.connectors.rain import read_rain
from pipelines.sample.recipe import ForecastRecipe, RainRecipe
from pipelines.sample.shapes import METRES_PER_DEGREE

type Floats = NDArray[np.float64]
type Bounds = tuple[float, float, float, float]

CLIMATOLOGY = "weather/cmap_precip_monthly_ltm_2p5deg.nc"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class RainField:
    """Daily accumulations: `amount` (day, lat, lon) in mm; day d ends at ``end - (days - 1 - d) · 24 h``."""

    lon: Floats
    lat: Floats
    amount: Floats
    end: datetime

    @property
    def periods(self) -> list[tuple[datetime, datetime]]:
        """Start and end of each day."""
        ends = [self.end - DAY * back for back in range(len(self.amount) - 1, -1, -1)]
        return [(end - DAY, end) for end in ends]

    def last_day(self, lon: Floats, lat: Floats) -> Floats:
        """Return the rain of the last 24 h at places, mm."""
        sampler = RegularGridInterpolator((self.lat, self.lon), self.amount[-1])
        return np.asarray(sampler(np.column_stack([lat, lon])), dtype=np.float64)


def make_rain(
    recipe: RainRecipe,
    boxes: Sequence[Bounds],
    end: datetime,
    sample_data: Path | None,
    rng: np.random.Generator,
) -> RainField:
    """Make up the rain over all boxes, for as many days as the recipe has."""
    lon, lat = _axes(recipe.spacing, boxes)
    usual = _usual(recipe, lon, lat, end, sample_data)
    days = []
    for day, wetness in enumerate(recipe.wetness_of_day, start=1):
        amount = usual * wetness * _noise(recipe.noise, usual.shape, rng)
        for storm in recipe.storms:
            if storm.day == day:
                east_km = (lon - storm.position[0])[None, :] * np.cos(np.radians(lat))[:, None]
                km = np.hypot(east_km, (lat - storm.position[1])[:, None]) * METRES_PER_DEGREE / 1000
                amount = amount + storm.amount * np.exp(-0.5 * (km / storm.radius) ** 2)
        days.append(np.round(amount, 2))
    return RainField(lon, lat, np.array(days), end)


def make_forecast(
    recipe: ForecastRecipe,
    rain: RainField,
    usual_of: RainRecipe,
    sample_data: Path | None,
    rng: np.random.Generator,
) -> tuple[RainField, ...]:
    """Make up an ensemble of rain to come, on the grid of the rain that fell; each member differs."""
    usual = _usual(usual_of, rain.lon, rain.lat, rain.end, sample_data)
    days = len(recipe.wetness_of_day)
    return tuple(
        RainField(
            rain.lon,
            rain.lat,
            np.array(
                [
                    np.round(usual * wetness * _noise(recipe.spread, usual.shape, rng), 2)
                    for wetness in recipe.wetness_of_day
                ]
            ),
            rain.end + days * DAY,
        )
        for _ in range(recipe.members)
    )


def _axes(spacing: float, boxes: Sequence[Bounds]) -> tuple[Floats, Floats]:
    west, south = (np.floor(min(box[i] for box in boxes) - 0.5) for i in (0, 1))
    east, north = (np.ceil(max(box[i] for box in boxes) + 0.5) for i in (2, 3))
    lon = np.round(np.arange(west + spacing / 2, east, spacing), 4)
    return lon, np.round(np.arange(south + spacing / 2, north, spacing), 4)


def _noise(strength: float, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Return smooth factors around one."""
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), 4)
    return np.asarray(np.exp(strength * noise / noise.std()))


def _usual(recipe: RainRecipe, lon: Floats, lat: Floats, end: datetime, sample_data: Path | None) -> Floats:
    """Return the climatology of a day in mm, or the recipe's number where there is none."""
    if sample_data is None:
        return np.full((lat.size, lon.size), recipe.climatology_without_data)
    raster = read_rain(sample_data / CLIMATOLOGY, "cmap_monthly_climatology", start=end - DAY, end=end)
    x, y = raster.grid.x, raster.grid.y
    sampler = RegularGridInterpolator((y[::-1], x), raster.values[::-1].astype(np.float64))
    rows, columns = np.meshgrid(lat, lon, indexing="ij")
    return np.asarray(sampler(np.column_stack([rows.ravel(), columns.ravel()]))).reshape(rows.shape)


def write_rain(rain: RainField, path: Path, source: str) -> None:
    """Write the field as CF NetCDF (classic), each day with its bounds, saying that it is made up."""
    start = rain.periods[0][0]
    with netCDF4.Dataset(path, "w", format="NETCDF3_CLASSIC") as file:
        file.setncatts(
            {"Conventions": "CF-1.8", "title": "Made-up rain of a sample site", "origin": "sample"}
        )
        file.setncatts({"source": source})
        for name, size in (
            ("time", len(rain.amount)),
            ("lat", rain.lat.size),
            ("lon", rain.lon.size),
            ("bnds", 2),
        ):
            file.createDimension(name, size)
        for name, values, words in (
            ("lat", rain.lat, "latitude degrees_north"),
            ("lon", rain.lon, "longitude degrees_east"),
        ):
            axis = file.createVariable(name, "f8", (name,))
            axis.setncatts(dict(zip(("standard_name", "units"), words.split(), strict=True)))
            axis[:] = values
        hours = np.array(
            [[(edge - start) / timedelta(hours=1) for edge in period] for period in rain.periods]
        )
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts(
            {
                "standard_name": "time",
                "units": f"hours since {start:%Y-%m-%d %H:%M:%S}",
                "calendar": "standard",
                "bounds": "time_bnds",
            }
        )
        time[:] = hours[:, 1]
        file.createVariable("time_bnds", "f8", ("time", "bnds"))[:] = hours
        amount = file.createVariable("rain", "f4", ("time", "lat", "lon"))
        amount.setncatts(
            {"standard_name": "thickness_of_rainfall_amount", "units": "mm", "cell_methods": "time: sum"}
        )
        amount[:] = rain.amount
