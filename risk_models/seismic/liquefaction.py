"""Liquefaction in an earthquake: Zhu et al. (2017), as USGS runs it, and HAZUS."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from minegis.errors import InvalidInput
from risk_models.seismic.ground_failure import Coverage, liquefaction_coefficients

_FEET_PER_M = 3.28084
_PERCENT = 100.0


def zhu_general(
    pgv: ArrayLike,
    vs30: ArrayLike,
    precipitation: ArrayLike,
    water_distance: ArrayLike,
    water_table_depth: ArrayLike,
) -> NDArray[np.float64]:
    """Probability that a place away from the coast liquefies.

    Parameters
    ----------
    pgv : (n,) float, cm/s
    vs30 : (n,) float, m/s
    precipitation : (n,) float, mm
        Mean of a year.
    water_distance : (n,) float, km
        To the nearest river, lake or coast.
    water_table_depth : (n,) float, m

    Returns
    -------
    (n,) float, 1
        Zero below 3 cm/s and on ground stiffer than 620 m/s; NaN where an input is NaN.

    References
    ----------
    Zhu, Baise & Thompson (2017), Bull. Seismol. Soc. Am. 107, 1365-1385, model 2.
    """
    v, s, rain, water, depth = _floats(pgv, vs30, precipitation, water_distance, water_table_depth)
    return _screened(_general_logit(v, s, rain, water, depth), v, s)


def zhu_coastal(
    pgv: ArrayLike,
    vs30: ArrayLike,
    precipitation: ArrayLike,
    river_distance: ArrayLike,
    coast_distance: ArrayLike,
) -> NDArray[np.float64]:
    """Probability that a place within about 20 km of the coast liquefies.

    Parameters
    ----------
    pgv : (n,) float, cm/s
    vs30 : (n,) float, m/s
    precipitation : (n,) float, mm
        Mean of a year.
    river_distance, coast_distance : (n,) float, km

    Returns
    -------
    (n,) float, 1
        As `zhu_general`.

    References
    ----------
    Zhu, Baise & Thompson (2017), model 1.
    """
    v, s, rain, river, coast = _floats(pgv, vs30, precipitation, river_distance, coast_distance)
    terms, root = liquefaction_coefficients().coastal, np.sqrt(coast)
    logit = (
        terms.constant
        + terms.pgv * _log(v)
        + terms.vs30 * np.log(s)
        + terms.precipitation * rain
        + terms.river_distance * river
        + terms.coast * root
        + terms.coast_river * root * river
    )
    return _screened(logit, v, s)


def usgs_liquefaction(
    pga: ArrayLike,
    pgv: ArrayLike,
    magnitude: ArrayLike,
    vs30: ArrayLike,
    precipitation: ArrayLike,
    water_distance: ArrayLike,
    water_table_depth: ArrayLike,
) -> NDArray[np.float64]:
    """Probability of liquefaction as the ground-failure product of USGS computes it.

    The general model with PGV and rain held at the largest values it was fitted to, PGV reduced for small
    magnitudes, and nothing below 0.10 g.

    Parameters
    ----------
    pga : (n,) float, g
    magnitude : (n,) float, 1
    pgv, vs30, precipitation, water_distance, water_table_depth
        As in `zhu_general`.

    Returns
    -------
    (n,) float, 1
        NaN where an input is NaN.

    References
    ----------
    Allstadt et al. (2022), Earthquake Spectra 38, 5-36; Rashidian & Baise (2020), Eng. Geol. 272, 105644.
    """
    limits = liquefaction_coefficients().operational
    a, v, m, s, rain, water, depth = _floats(
        pga, pgv, magnitude, vs30, precipitation, water_distance, water_table_depth
    )
    v, rain = np.minimum(v, limits.largest_pgv), np.minimum(rain, limits.largest_precipitation)
    scaled = v * expit(limits.magnitude_rate * (m - limits.magnitude_centre))
    probability = _screened(_general_logit(scaled, s, rain, water, depth), v, s)
    return np.where(np.isnan(probability + a), np.nan, np.where(a < limits.least_pga, 0.0, probability))


def liquefied_share_general(probability: ArrayLike) -> NDArray[np.float64]:
    """Share of an area that liquefies, from the general model's probability.

    Parameters
    ----------
    probability : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        0.0003 remains at probability 0; NaN where the input is NaN.

    References
    ----------
    Zhu, Baise & Thompson (2017), equation 4.
    """
    return _coverage(liquefaction_coefficients().coverage["general"], probability)


def liquefied_share_coastal(probability: ArrayLike) -> NDArray[np.float64]:
    """Share of an area that liquefies, from the coastal model's probability.

    Parameters
    ----------
    probability : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        NaN where the input is NaN.

    References
    ----------
    Zhu, Baise & Thompson (2017), equation 4.
    """
    return _coverage(liquefaction_coefficients().coverage["coastal"], probability)


def hazus_magnitude_factor(magnitude: ArrayLike) -> NDArray[np.float64]:
    """Correction of HAZUS for magnitude, one at 7.5.

    Parameters
    ----------
    magnitude : (n,) float, 1

    Returns
    -------
    (n,) float, 1

    References
    ----------
    FEMA, HAZUS earthquake model technical manual, equation 4-21.
    """
    (m,) = _floats(magnitude)
    return np.asarray(np.polynomial.polynomial.polyval(m, liquefaction_coefficients().hazus.magnitude))


def hazus_water_factor(water_table_depth: ArrayLike) -> NDArray[np.float64]:
    """Correction of HAZUS for the depth of the water table, one at about a metre.

    Parameters
    ----------
    water_table_depth : (n,) float, m

    Returns
    -------
    (n,) float, 1

    References
    ----------
    FEMA, HAZUS earthquake model technical manual, equation 4-22, which takes feet.
    """
    (depth,) = _floats(water_table_depth)
    line = liquefaction_coefficients().hazus.water
    return line.constant + line.slope * depth * _FEET_PER_M


def hazus_liquefaction(
    pga: ArrayLike, susceptibility: ArrayLike, water_table_depth: ArrayLike, magnitude: ArrayLike
) -> NDArray[np.float64]:
    """Probability of liquefaction by class of susceptibility.

    Parameters
    ----------
    pga : (n,) float, g
    susceptibility : (n,) str
        ``vh``, ``h``, ``m``, ``l``, ``vl`` or ``n``.
    water_table_depth : (n,) float, m
    magnitude : (n,) float, 1

    Returns
    -------
    (n,) float, 1
        The share of the mapped class that is liquefiable is in it; NaN where a number is NaN.

    Raises
    ------
    InvalidInput
        If a class is not one of the six.

    References
    ----------
    FEMA, HAZUS earthquake model technical manual, section 4.2.2.
    """
    classes = liquefaction_coefficients().hazus.classes
    codes, position = np.unique(np.asarray(susceptibility, dtype=np.str_), return_inverse=True)
    unknown = sorted(set(codes.tolist()) - set(classes))
    if unknown:
        raise InvalidInput(
            "no such class", where="susceptibility", expected=", ".join(classes), got=", ".join(unknown)
        )
    rows = [classes[code] for code in codes.tolist()]
    table = np.array([(row.least_pga, row.slope, row.intercept, row.share) for row in rows])
    least, slope, intercept, share = table.T[:, position.reshape(np.shape(susceptibility))]
    a, factor = _floats(pga, hazus_magnitude_factor(magnitude) * hazus_water_factor(water_table_depth))
    conditional = np.where(a < least, 0.0, np.clip(slope * a - intercept, 0.0, 1.0))
    return np.where(np.isnan(a + factor), np.nan, np.clip(conditional / factor * share, 0.0, 1.0))


def _general_logit(
    v: NDArray[np.float64],
    s: NDArray[np.float64],
    rain: NDArray[np.float64],
    water: NDArray[np.float64],
    depth: NDArray[np.float64],
) -> NDArray[np.float64]:
    terms = liquefaction_coefficients().general
    return (
        terms.constant
        + terms.pgv * _log(v)
        + terms.vs30 * np.log(s)
        + terms.precipitation * rain
        + terms.water_distance * water
        + terms.water_table * depth
    )


def _screened(
    logit: NDArray[np.float64], pgv: NDArray[np.float64], vs30: NDArray[np.float64]
) -> NDArray[np.float64]:
    declared = liquefaction_coefficients()
    cannot = (pgv < declared.least_pgv) | (vs30 > declared.largest_vs30)
    return np.where(cannot & ~np.isnan(logit), 0.0, expit(logit))


def _coverage(terms: Coverage, probability: ArrayLike) -> NDArray[np.float64]:
    (p,) = _floats(probability)
    return np.asarray(terms.limit / (1.0 + terms.spread * np.exp(-terms.rate * p)) ** 2 / _PERCENT)


def _log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):  # no shaking: probability zero
        return np.asarray(np.log(values))


def _floats(*values: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))
