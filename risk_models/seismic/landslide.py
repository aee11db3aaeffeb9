"""Landslides set off by an earthquake: the global model of Nowicki Jessee et al. (2018)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from minegis.declarations import BilingualText, Declaration, read


class _Class(Declaration):
    coefficient: float
    label: BilingualText
    note: BilingualText | None = None


class _Logit(Declaration):
    constant: float
    log_pgv: float
    log_pgv_slope: float
    slope: float
    wetness: float


class _Coverage(Declaration):
    constant: float
    linear: float
    quadratic: float
    cubic: float


class LandslideClasses(Declaration):
    """Coefficients of the model and of the mapped classes, and the bounds between which the model speaks."""

    logit: _Logit
    coverage: _Coverage
    lithology: dict[str, _Class]
    land_cover: dict[int, _Class]
    unmapped_lithology: str
    unmapped_land_cover: int
    saturation_pgv: float
    saturation_wetness_index: float
    screening_slope_angle: float
    screening_pga: float
    source: str


@cache
def landslide_classes() -> LandslideClasses:
    """Return the declared tables of the model."""
    return read(Path(__file__).with_name("landslide_classes.yaml"), LandslideClasses)


def lithology_coefficient(lithology: ArrayLike) -> NDArray[np.float64]:
    """Coefficient of a GLiM lithology class.

    Parameters
    ----------
    lithology : (n,) str
        First-level GLiM code, such as ``ss``; ``nd`` where there is no map.

    Returns
    -------
    (n,) float, 1
        NaN for a code the model has no coefficient for (water, ice).

    References
    ----------
    Nowicki Jessee et al. (2018), table 3; Hartmann & Moosdorf (2012).
    """
    table = {code: entry.coefficient for code, entry in landslide_classes().lithology.items()}
    return _look_up(table, np.asarray(lithology, dtype=np.str_))


def land_cover_coefficient(land_cover: ArrayLike) -> NDArray[np.float64]:
    """Coefficient of a GlobCover land-cover class.

    Parameters
    ----------
    land_cover : (n,) int
        GlobCover code, such as 110; 230 where there is no map.

    Returns
    -------
    (n,) float, 1
        NaN for a code the model has no coefficient for (water).

    References
    ----------
    Nowicki Jessee et al. (2018), table 3; GlobCover 2009 (ESA and UCLouvain).
    """
    table = {code: entry.coefficient for code, entry in landslide_classes().land_cover.items()}
    return _look_up(table, np.asarray(land_cover))


def nowicki_jessee_probability(
    pgv: ArrayLike,
    slope_angle: ArrayLike,
    cti: ArrayLike,
    lithology_coefficient: ArrayLike,
    land_cover_coefficient: ArrayLike,
) -> NDArray[np.float64]:
    """Probability that a place slides in an earthquake, before it is turned into a share of area.

    Parameters
    ----------
    pgv : (n,) float, cm/s
        Peak ground velocity; saturates at the largest value the model was fitted to.
    slope_angle : (n,) float, deg
        Slope in degrees, not a gradient.
    cti : (n,) float, 1
        Compound topographic index; saturates likewise.
    lithology_coefficient, land_cover_coefficient : (n,) float, 1
        From the functions of the same names.

    Returns
    -------
    (n,) float, 1
        NaN where an input is NaN.

    References
    ----------
    Nowicki Jessee, M. A., et al. (2018). A global empirical model for near-real-time assessment of
    seismically induced landslides. J. Geophys. Res. Earth Surface, 123, 1835-1859, equation 3.
    """
    declared = landslide_classes()
    terms = declared.logit
    slope = np.asarray(slope_angle, dtype=np.float64)
    wetness = np.clip(np.asarray(cti, dtype=np.float64), 0.0, declared.saturation_wetness_index)
    with np.errstate(divide="ignore"):  # no motion: log of 0, probability 0
        log_pgv = np.log(np.clip(np.asarray(pgv, dtype=np.float64), 0.0, declared.saturation_pgv))
    logit = (
        terms.constant
        + (terms.log_pgv + terms.log_pgv_slope * slope) * log_pgv
        + terms.slope * slope
        + np.asarray(lithology_coefficient, dtype=np.float64)
        + np.asarray(land_cover_coefficient, dtype=np.float64)
        + terms.wetness * wetness
    )
    return np.asarray(expit(logit))


def areal_coverage(probability: ArrayLike) -> NDArray[np.float64]:
    """Share of an area that landslides cover, from the model's probability.

    Parameters
    ----------
    probability : (n,) float, 1
        From `nowicki_jessee_probability`.

    Returns
    -------
    (n,) float, 1
        0.0005 at probability 0 and 0.256 at probability 1; NaN where the input is NaN.

    References
    ----------
    Nowicki Jessee et al. (2018), equation 4.
    """
    p, terms = np.asarray(probability, dtype=np.float64), landslide_classes().coverage
    return np.asarray(np.exp(terms.constant + terms.linear * p + terms.quadratic * p**2 + terms.cubic * p**3))


def screened_coverage(
    areal_coverage: ArrayLike, slope_angle: ArrayLike, pga: ArrayLike
) -> NDArray[np.float64]:
    """Areal coverage, zero where the ground is too flat or the shaking too weak to slide.

    Parameters
    ----------
    areal_coverage : (n,) float, 1
    slope_angle : (n,) float, deg
    pga : (n,) float, g

    Returns
    -------
    (n,) float, 1
        NaN where any input is NaN.

    References
    ----------
    USGS ground-failure product, model configuration jessee_2018 (slopemin) and its PGA mask.
    """
    declared = landslide_classes()
    coverage, slope, acceleration = (
        np.asarray(values, dtype=np.float64) for values in (areal_coverage, slope_angle, pga)
    )
    cannot_slide = (slope < declared.screening_slope_angle) | (acceleration < declared.screening_pga)
    known = ~(np.isnan(coverage) | np.isnan(slope) | np.isnan(acceleration))
    return np.where(known, np.where(cannot_slide, 0.0, coverage), np.nan)


def _look_up[K: (str, int)](table: dict[K, float], codes: NDArray[np.generic]) -> NDArray[np.float64]:
    distinct, position = np.unique(codes, return_inverse=True)
    found = np.array([table.get(code, np.nan) for code in distinct.tolist()], dtype=np.float64)
    return found[position].reshape(codes.shape)
