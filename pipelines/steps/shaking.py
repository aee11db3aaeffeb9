"""From the shaking of an earthquake to the landslides it sets off, on the grid of the slope."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from minegis.variables import variable
from pipelines.raster import Raster
from pipelines.steps.resample import resample
from risk_models.seismic.landslide import areal_coverage, nowicki_jessee_probability, screened_coverage


def coseismic_landslides(
    pga: Raster,
    pgv: Raster,
    slope: Raster,
    wetness: Raster,
    lithology: Raster,
    land_cover: Raster,
) -> tuple[Raster, Raster]:
    """Return landslide probability and areal coverage of an earthquake (Nowicki Jessee et al. 2018).

    Parameters
    ----------
    pga, pgv : Raster
        Shaking (g, cm/s), brought to the slope's grid bilinearly.
    slope : Raster
        Slope angle, deg; gives the grid.
    wetness, lithology, land_cover : Raster
        Topographic index and the coefficients of the classes, brought to the grid by the nearest cell.

    Returns
    -------
    tuple of Raster
        `landslide_probability` and `areal_coverage`; NaN where an input is missing.
    """
    grid = slope.grid
    acceleration, velocity = (resample(motion, grid, "bilinear").values for motion in (pga, pgv))
    cti, rock, cover = (resample(item, grid, "nearest").values for item in (wetness, lithology, land_cover))
    probability = nowicki_jessee_probability(velocity, slope.values, cti, rock, cover)
    coverage = screened_coverage(areal_coverage(probability), slope.values, acceleration)
    inputs = (pga, pgv, slope, wetness, lithology, land_cover)
    return (
        _raster("landslide_probability", probability, pga, slope, inputs),
        _raster("areal_coverage", coverage, pga, slope, inputs),
    )


def _raster(
    name: str, values: NDArray[np.float64], shaking: Raster, slope: Raster, inputs: Iterable[Raster]
) -> Raster:
    return Raster(
        values.astype(np.float32),
        slope.grid,
        name,
        variable(name).unit,
        " + ".join(dict.fromkeys(item.source for item in inputs)),
        shaking.valid_from,
        shaking.valid_to,
    )
