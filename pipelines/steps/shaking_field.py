"""Shaking over a grid: of a mapped earthquake, or by Yu et al. (2013) of its magnitude and strike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from minegis.coordinates import CRS84, transformer
from minegis.variables import variable
from pipelines.connectors.shakemap import ShakeMap
from pipelines.raster import Raster, RasterGrid
from risk_models.seismic.attenuation import distance_and_azimuth, region_at, shaking, shaking_off_strike

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rupture:
    """What is known of an earthquake before it is mapped.

    Attributes
    ----------
    magnitude : float, 1
        Surface-wave magnitude Ms.
    lon, lat : float, deg
        Epicentre.
    strike : float, deg, optional
        Of the fault, clockwise from north; without it every site is taken to lie along it, which is the
        stronger side nearly everywhere.
    """

    magnitude: float
    lon: float
    lat: float
    strike: float | None = None


def shaking_at(rupture: Rupture, lon: Floats, lat: Floats) -> dict[str, Floats]:
    """Return the median shaking at places and the spread of its logarithm.

    Parameters
    ----------
    rupture : Rupture
    lon, lat : (n,) float, deg

    Returns
    -------
    dict of (n,) float
        `pga` g, `pgv` cm/s, `sigma_ln_pga`, `sigma_ln_pgv`.

    References
    ----------
    Yu, Li & Xiao (2013), Technology for Earthquake Disaster Prevention 8(1), 24-33.
    """
    distance, azimuth = distance_and_azimuth(rupture.lon, rupture.lat, lon, lat)
    region = region_at(lon, lat)
    motion = (
        shaking(rupture.magnitude, distance, region)
        if rupture.strike is None
        else shaking_off_strike(rupture.magnitude, distance, region, azimuth - rupture.strike)
    )
    spread = {"sigma_ln_pga": motion.sigma_ln_pga, "sigma_ln_pgv": motion.sigma_ln_pgv}
    return {
        "pga": motion.pga,
        "pgv": motion.pgv,
        **{name: np.full(motion.pga.shape, value) for name, value in spread.items()},
    }


def estimated_shaking(
    rupture: Rupture, grid: RasterGrid, occurred_at: datetime, source: str
) -> dict[str, Raster]:
    """Return median shaking and spread on a grid in any reference system, by variable."""
    x, y = np.meshgrid(grid.x, grid.y)
    lon, lat = (np.asarray(each) for each in transformer(grid.crs, CRS84).transform(x.ravel(), y.ravel()))
    return {
        name: _raster(name, values.reshape(grid.height, grid.width), grid, occurred_at, source)
        for name, values in shaking_at(rupture, lon, lat).items()
    }


def mapped_shaking(mapped: ShakeMap) -> dict[str, Raster]:
    """Return the rasters of a ShakeMap and, where it gives them, the spread of PGA and PGV, by variable."""
    pga = mapped.rasters["pga"]
    spread = {
        f"sigma_ln_{name}": _raster(
            f"sigma_ln_{name}", mapped.spread[name], pga.grid, mapped.event_at, pga.source
        )
        for name in ("pga", "pgv")
        if name in mapped.spread
    }
    return {**mapped.rasters, **spread}


def _raster(name: str, values: Floats, grid: RasterGrid, moment: datetime, source: str) -> Raster:
    return Raster(values.astype(np.float32), grid, name, variable(name).unit, source, moment, moment)
