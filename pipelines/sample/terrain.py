"""Terrain of an area as the sample needs it: flow, relief and slope, and the places they offer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyflwdir
from numpy.typing import NDArray
from rasterio.transform import Affine
from scipy import ndimage

from pipelines.raster import Raster
from pipelines.sample.recipe import TerrainRecipe
from pipelines.sample.shapes import METRES_PER_DEGREE

type Floats = NDArray[np.float64]

FINEST = 1 / 120  # degrees: 30 arc seconds, what places are sought on


@dataclass(frozen=True)
class Place:
    """A spot on the terrain; `bearing` points up the valley or slope, `depth` is the relief around it, m."""

    lon: float
    lat: float
    elevation: float
    bearing: float
    depth: float
    upstream_area: float


class Terrain:
    """Elevation on a geographic grid of about 30 arc seconds, with what follows from it.

    Parameters
    ----------
    elevation : Raster
        Geographic; a coarser one is interpolated, which shows valleys smoother than they are.
    """

    def __init__(self, elevation: Raster) -> None:
        step = elevation.grid.transform[0]
        zoom = max(1, round(step / FINEST))
        values = elevation.values.astype(np.float64)
        self.missing = np.repeat(np.repeat(np.isnan(values), zoom, axis=0), zoom, axis=1)
        filled = np.where(np.isnan(values), np.nanmin(values), values)
        self.elevation: Floats = ndimage.zoom(filled, zoom, order=1, grid_mode=True, mode="nearest")
        west, north = elevation.grid.transform[2], elevation.grid.transform[5]
        self.transform = Affine(step / zoom, 0, west, 0, elevation.grid.transform[4] / zoom, north)

    @cached_property
    def lon(self) -> Floats:
        """Longitude of the columns, shape ``(width,)``."""
        return np.asarray(self.transform.c + self.transform.a * (np.arange(self.elevation.shape[1]) + 0.5))

    @cached_property
    def lat(self) -> Floats:
        """Latitude of the rows, shape ``(height,)``."""
        return np.asarray(self.transform.f + self.transform.e * (np.arange(self.elevation.shape[0]) + 0.5))

    @cached_property
    def relief(self) -> Floats:
        """Highest less lowest of 3 × 3 cells, m."""
        return np.asarray(
            ndimage.maximum_filter(self.elevation, 3) - ndimage.minimum_filter(self.elevation, 3),
            dtype=np.float64,
        )

    @cached_property
    def gradient(self) -> tuple[Floats, Floats]:
        """Rise to the north and to the east, m/m."""
        row, column = np.gradient(self.elevation)
        east = METRES_PER_DEGREE * self.transform.a * np.cos(np.radians(self.lat))[:, None]
        return -row / (METRES_PER_DEGREE * -self.transform.e), column / east

    @cached_property
    def _flow(self) -> pyflwdir.FlwdirRaster:
        return pyflwdir.from_dem(
            self.elevation.astype(np.float32), nodata=-9999.0, transform=self.transform, latlon=True
        )

    def valley_heads(self, wanted: TerrainRecipe) -> list[Place]:
        """Return the cells where a small valley with relief leaves room for a pond, in grid order."""
        cells = (
            np.cos(np.radians(self.lat))
            * self.transform.a
            * -self.transform.e
            * (METRES_PER_DEGREE / 1000) ** 2
        )
        area = self._flow.accuflux(np.broadcast_to(cells[:, None], self.elevation.shape).copy())
        downstream = self._flow.idxs_ds.reshape(self.elevation.shape)
        row, column = np.indices(self.elevation.shape)
        to_row, to_column = np.divmod(downstream, self.elevation.shape[1])
        north = (row - to_row) * -self.transform.e * METRES_PER_DEGREE
        east = (
            (to_column - column)
            * self.transform.a
            * METRES_PER_DEGREE
            * np.cos(np.radians(self.lat))[:, None]
        )
        distance = np.hypot(north, east)
        drop = self.elevation - self.elevation.ravel()[downstream]
        with np.errstate(invalid="ignore", divide="ignore"):
            steepness = drop / distance
        fits = (
            _between(area, wanted.upstream_area)
            & _between(steepness, wanted.valley_gradient)
            & (self.relief >= np.quantile(self.relief, wanted.relief_quantile))
            & ~self.missing
        )
        bearing = np.arctan2(-east, -north)
        return [self._place(r, c, float(bearing[r, c]), float(area[r, c])) for r, c in np.argwhere(fits)]

    def hillsides(self, wanted: TerrainRecipe) -> list[Place]:
        """Return the cells of a slope on which a mine may be opened, in grid order."""
        north, east = self.gradient
        slope = np.hypot(north, east)
        low, high = np.quantile(slope[~self.missing], wanted.hillside_quantiles)
        bearing = np.arctan2(east, north)
        fits = _between(slope, (float(low), float(high))) & ~self.missing
        return [self._place(r, c, float(bearing[r, c]), 0.0) for r, c in np.argwhere(fits)]

    def _place(self, row: int, column: int, bearing: float, area: float) -> Place:
        return Place(
            float(self.lon[column]),
            float(self.lat[row]),
            float(self.elevation[row, column]),
            bearing % (2 * math.pi),
            float(self.relief[row, column]),
            area,
        )


def _between(values: Floats, bounds: tuple[float, float]) -> NDArray[np.bool_]:
    low, high = bounds
    return np.asarray((values >= low) & (values <= high))
