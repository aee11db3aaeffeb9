"""Rain to come, by member of an ensemble and hour, from GRIB files of one cycle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput
from pipelines.accumulation import consecutive_rain, total_rain
from pipelines.connectors.field import MAX_BYTES, Bounds
from pipelines.connectors.rain import rain_layers
from pipelines.raster import Raster, RasterGrid

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, eq=False)
class RainForecast:
    """The rain of one cycle.

    Attributes
    ----------
    intensity : (members, hours, height, width) float32, mm/h
        Of the hours since `starts_at`; what a file gives for several hours is spread evenly over them.
    members : tuple of int
        0 is the control or the only run.
    starts_at : datetime
    grid : RasterGrid
    source : str
        Files and their SHA-256.
    """

    intensity: NDArray[np.float32]
    members: tuple[int, ...]
    starts_at: datetime
    grid: RasterGrid
    source: str

    def at(self, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
        """Return the intensity at places, of the cell each lies in.

        Parameters
        ----------
        lon, lat : (n,) float, deg

        Returns
        -------
        (members, hours, n) float, mm/h
            NaN outside the grid.
        """
        a, _, c, _, e, f = self.grid.transform
        columns = np.floor((np.asarray(lon, float) - c) / a).astype(int)
        rows = np.floor((np.asarray(lat, float) - f) / e).astype(int)
        inside = (columns >= 0) & (columns < self.grid.width) & (rows >= 0) & (rows < self.grid.height)
        found = np.full((*self.intensity.shape[:2], inside.size), np.nan)
        found[:, :, inside] = self.intensity[:, :, rows[inside], columns[inside]]
        return found


def read_rain_forecast(
    paths: Sequence[Path],
    product: str | None = None,
    *,
    bounds: Bounds | None = None,
    max_bytes: int = MAX_BYTES,
) -> RainForecast:
    """Read the files of one cycle: any number of steps and members, in one file or many.

    Parameters
    ----------
    product : str, optional
        Name in ``rain_products.yaml``; without it only what the files state is believed. Accumulations that
        begin together are taken apart.
    bounds : west, south, east, north, optional

    Raises
    ------
    InvalidInput
        If there is no rain, a member lacks hours that another has, or steps do not join.
    """
    parts: dict[int, list[Raster]] = defaultdict(list)
    for path in paths:
        for member, raster in rain_layers(path, product, bounds=bounds, max_bytes=max_bytes):
            parts[member].append(raster)
    if not parts:
        raise InvalidInput("no rain in the files", got=", ".join(path.name for path in paths) or "no file")
    steps = {member: _steps(found) for member, found in parts.items()}
    first = next(iter(steps.values()))
    starts_at, ends_at = first[0].valid_from, first[-1].valid_to
    for member, found in steps.items():
        if (found[0].valid_from, found[-1].valid_to, found[0].grid) != (starts_at, ends_at, first[0].grid):
            raise InvalidInput(
                "a member of another period or grid",
                where=f"member {member}",
                expected=f"{starts_at} to {ends_at}",
                got=f"{found[0].valid_from} to {found[-1].valid_to}",
            )
    assert starts_at is not None  # every layer has a period
    members = tuple(sorted(steps))
    intensity = np.stack([_hourly(steps[member]) for member in members])
    names = dict.fromkeys(raster.source for found in steps.values() for raster in found)
    return RainForecast(intensity, members, starts_at.astimezone(UTC), first[0].grid, " + ".join(names))


def _steps(parts: list[Raster]) -> list[Raster]:
    """Return what fell in steps that follow one another.

    GFS gives some sums twice, and those since the start beside those of six hours: one of each is enough, and
    where sums since the start reach every end the others say nothing new.
    """
    once = list({(part.valid_from, part.valid_to): part for part in reversed(parts)}.values())
    start = min(part.valid_from for part in once if part.valid_from is not None)
    growing = [part for part in once if part.valid_from == start]
    whole = {part.valid_to for part in growing} == {part.valid_to for part in once}
    steps = consecutive_rain(growing if whole else once, noise=_PACKING)
    total_rain(steps)  # refuses steps that do not join
    return steps


_PACKING = 0.05  # mm by which 16-bit packing may make an accumulation fall, as `noise` of the products


def _hourly(steps: list[Raster]) -> NDArray[np.float32]:
    hours = []
    for step in steps:
        assert step.valid_from is not None
        assert step.valid_to is not None
        count, rest = divmod(step.valid_to - step.valid_from, _HOUR)
        if rest or not count:
            raise InvalidInput("a step that is not whole hours", where=step.source, got=str(step.valid_to))
        hours.append(np.repeat(step.values[None] / np.float32(count), count, axis=0))
    return np.concatenate(hours).astype(np.float32)
