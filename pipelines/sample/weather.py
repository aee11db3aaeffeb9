"""The made-up rain of seven days: July climatology, noise and storms, on a grid read like any rain."""

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
from pipelines.sample.recipe import RainRecipe
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
    west, south = (np.floor(min(box[i] for box in boxes) - 0.5) for i in (0, 1))
    east, north = (np.ceil(max(box[i] for box in boxes) + 0.5) for i in (2, 3))
    lon = np.round(np.arange(west + recipe.spacing / 2, east, recipe.spacing), 4)
    lat = np.round(np.arange(south + recipe.spacing / 2, north, recipe.spacing), 4)
    usual = _usual(recipe, lon, lat, end, sample_data)
    days = []
    for day, wetness in enumerate(recipe.wetness_of_day, start=1):
        noise = ndimage.gaussian_filter(rng.standard_normal(usual.shape), 4)
        amount = usual * wetness * np.exp(recipe.noise * noise / noise.std())
        for storm in recipe.storms:
            if storm.day == day:
                east_km = (lon - storm.position[0])[None, :] * np.cos(np.radians(lat))[:, None]
                km = np.hypot(east_km, (lat - storm.position[1])[:, None]) * METRES_PER_DEGREE / 1000
                amount = amount + storm.amount * np.exp(-0.5 * (km / storm.radius) ** 2)
        days.append(np.round(amount, 2))
    return RainField(lon, lat, np.array(days), end)


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
