"""Nowicki Jessee (2018) over large rasters: the three functions of `landslide` in one pass without copies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.compiled import compiled
from risk_models.seismic.landslide import landslide_classes


def landslide_coverage(
    pgv: ArrayLike,
    slope_angle: ArrayLike,
    cti: ArrayLike,
    lithology_coefficient: ArrayLike,
    land_cover_coefficient: ArrayLike,
    pga: ArrayLike,
) -> NDArray[Any]:
    """Share of an area that landslides of an earthquake cover.

    The same as `screened_coverage` of `areal_coverage` of `nowicki_jessee_probability`, computed in double
    precision and rounded once to the precision of `pgv`: single precision holds seven digits of a share.
    Holds no interpreter lock.

    Parameters
    ----------
    pgv, slope_angle, cti, lithology_coefficient, land_cover_coefficient, pga
        As in those functions; of one shape, or one number for all places.

    Returns
    -------
    (...) float32 or float64, 1
        NaN where an input is NaN.

    References
    ----------
    As `nowicki_jessee_probability`, `areal_coverage` and `screened_coverage`.
    """
    given = [
        np.asarray(each)
        for each in (pgv, slope_angle, cti, lithology_coefficient, land_cover_coefficient, pga)
    ]
    shape = np.broadcast_shapes(*(values.shape for values in given))
    out = np.empty(shape, np.result_type(given[0], np.float32))
    # One number for all places stays one number, in full precision, read again with a step of zero.
    flat = [
        values.astype(np.float64).reshape(-1)
        if values.size == 1
        else np.ascontiguousarray(np.broadcast_to(values, shape), dtype=out.dtype).reshape(-1)
        for values in given
    ]
    steps = tuple(int(values.size > 1) for values in flat)
    declared = landslide_classes()
    limits = (
        declared.saturation_pgv,
        declared.saturation_wetness_index,
        declared.screening_slope_angle,
        declared.screening_pga,
    )
    terms = (tuple(declared.logit.model_dump().values()), tuple(declared.coverage.model_dump().values()))
    _cover(tuple(flat), steps, limits, *terms, out.reshape(-1))
    return out


@compiled
def _cover(
    fields: tuple[NDArray[Any], ...],
    steps: tuple[int, ...],
    limits: tuple[float, ...],
    logits: tuple[float, ...],
    coverage: tuple[float, ...],
    out: NDArray[Any],
) -> None:
    pgv, slope_angle, cti, lithology, land_cover, pga = fields
    largest_pgv, largest_cti, least_slope, least_pga = limits
    constant, by_pgv, by_pgv_slope, by_slope, by_wetness = logits
    base, linear, quadratic, cubic = coverage
    for at in range(out.size):
        velocity, slope = np.float64(pgv[at * steps[0]]), np.float64(slope_angle[at * steps[1]])
        wetness, acceleration = np.float64(cti[at * steps[2]]), np.float64(pga[at * steps[5]])
        classes = np.float64(lithology[at * steps[3]]) + np.float64(land_cover[at * steps[4]])
        if np.isnan(velocity + slope + wetness + acceleration + classes):
            out[at] = np.nan
        elif slope < least_slope or acceleration < least_pga:
            out[at] = 0.0
        else:
            log_pgv = np.log(min(max(velocity, 0.0), largest_pgv))
            wet = min(max(wetness, 0.0), largest_cti)
            moved = (by_pgv + by_pgv_slope * slope) * log_pgv
            logit = constant + moved + by_slope * slope + classes + by_wetness * wet
            p = 1.0 / (1.0 + np.exp(-logit))
            out[at] = np.exp(base + p * (linear + p * (quadratic + p * cubic)))
