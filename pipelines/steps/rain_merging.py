"""Rain gauges and satellite together: the pattern of the satellite, bent to what the gauges caught."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from minegis.coordinates import CRS84, transformer
from minegis.errors import InvalidInput
from pipelines.raster import Raster, RasterGrid
from pipelines.steps.earth import chords
from pipelines.steps.rain_windows import rain_settings, refuse_other_rain

Floats = NDArray[np.float64]
_PRACTICAL = 3.0  # exp(-3) = 5 % of the covariance is left at the practical range
_REACH = 4.0  # ranges beyond which exp(-12) is nothing


@dataclass(frozen=True, eq=False)
class Gauges:
    """What gauges caught over the period of the raster.

    Attributes
    ----------
    lon, lat : (n,) float, deg
    rain : (n,) float, mm
        NaN where a gauge did not report.
    quality : (n,) float, 1
        Above 0 to 1: 1 is believed to the last drop, 0.5 as much as the satellite.
    """

    lon: Floats
    lat: Floats
    rain: Floats
    quality: Floats


def merged_rain(satellite: Raster, gauges: Gauges) -> Raster:
    """Merge by kriging the difference of gauge and satellite, which is what conditional merging comes to.

    The difference at the gauges is interpolated with an exponential covariance and mean zero: at a gauge of
    quality 1 the result is the gauge's, beyond the range it is the satellite's.

    Parameters
    ----------
    satellite : Raster
        `rain`, mm.
    gauges : Gauges
        Of the same period.

    Returns
    -------
    Raster
        Not below 0; NaN where the satellite is NaN. The remark names how many gauges had a say.

    Raises
    ------
    InvalidInput
        If the raster is no rain, a quality is not in (0, 1], or a value is no rain.

    References
    ----------
    Ehret (2003); Sinclair & Pegram (2005), Atmos. Sci. Lett. 6, 19-22.
    """
    if satellite.variable != "rain":
        raise InvalidInput(
            "no rain to merge", where=satellite.source, expected="rain", got=satellite.variable
        )
    if ((gauges.quality <= 0) | (gauges.quality > 1)).any():
        raise InvalidInput("not a quality", where="gauges", expected="above 0, at most 1")
    caught = refuse_other_rain(gauges.rain)
    there = _at(satellite, gauges.lon, gauges.lat)
    use = np.isfinite(caught) & np.isfinite(there)
    remark = f"{int(use.sum())} of {use.size} gauges merged"
    if not use.any():
        return replace(satellite, remarks=(*satellite.remarks, remark))
    correction = _correction(
        satellite.grid,
        chords(gauges.lon[use], gauges.lat[use]),
        caught[use] - there[use],
        (1.0 - gauges.quality[use]) / gauges.quality[use],
    )
    values = np.maximum(satellite.values + correction, 0.0).astype(np.float32)
    return replace(
        satellite,
        values=np.where(np.isfinite(satellite.values), values, np.float32(np.nan)),
        remarks=(*satellite.remarks, remark),
    )


def _correction(grid: RasterGrid, places: Floats, difference: Floats, nugget: Floats) -> Floats:
    """Return the simple kriging of a difference, shape ``(height, width)``."""
    reach = rain_settings().merging.range_km
    apart = np.linalg.norm(places[:, np.newaxis] - places[np.newaxis], axis=-1)
    covariance = np.exp(-_PRACTICAL * apart / reach) + np.diag(nugget + 1e-9)
    share = np.linalg.solve(covariance, difference)
    x, y = np.meshgrid(grid.x, grid.y)
    cells = chords(*(np.asarray(each).ravel() for each in transformer(grid.crs, CRS84).transform(x, y)))
    near = cKDTree(cells).query_ball_point(places, _REACH * reach)
    correction = np.zeros(cells.shape[0])
    for place, weight, around in zip(places, share, near, strict=True):
        away = np.linalg.norm(cells[around] - place, axis=1)
        correction[around] += weight * np.exp(-_PRACTICAL * away / reach)
    return correction.reshape(grid.height, grid.width)


def _at(raster: Raster, lon: Floats, lat: Floats) -> Floats:
    """Return the value of the cell that each place lies in, NaN outside."""
    a, _, west, _, e, north = raster.grid.transform
    x, y = transformer(CRS84, raster.grid.crs).transform(lon, lat)
    column = np.floor((np.asarray(x) - west) / a).astype(np.intp)
    row = np.floor((np.asarray(y) - north) / e).astype(np.intp)
    inside = (column >= 0) & (column < raster.grid.width) & (row >= 0) & (row < raster.grid.height)
    values = np.full(inside.shape, np.nan)
    values[inside] = raster.values[row[inside], column[inside]]
    return values
