"""Seismic intensity of GB/T 17742-2020 from peak ground motion."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import BilingualText, Declaration, read

_STANDARD_GRAVITY = 9.80665  # m/s², ISO 80000-3
_CM_PER_M = 100.0


class _Degree(Declaration):
    numeral: str
    label: BilingualText
    lowest_pga: float | None = None
    lowest_pgv: float | None = None


class IntensityClasses(Declaration):
    """The degrees I to XII, and the lowest motion of each, in gal and cm/s."""

    edition: str
    source: str
    degrees: tuple[_Degree, ...]


@cache
def intensity_classes() -> IntensityClasses:
    """Return the declared degrees."""
    return read(Path(__file__).with_name("intensity_classes.yaml"), IntensityClasses)


def seismic_intensity(pga: ArrayLike, pgv: ArrayLike) -> NDArray[np.float64]:
    """Instrumental seismic intensity.

    Parameters
    ----------
    pga : (n,) float, g
        Peak of the three-component acceleration, 0.1 to 10 Hz.
    pgv : (n,) float, cm/s
        Peak of the three-component velocity, 0.1 to 10 Hz.

    Returns
    -------
    (n,) float, 1
        1.0 to 12.0 with one decimal; NaN where an input is NaN.

    References
    ----------
    GB/T 17742-2020, appendix A.
    """
    with np.errstate(divide="ignore"):  # no motion: log of 0, held at degree I below
        by_acceleration = 3.17 * np.log10(np.asarray(pga, dtype=np.float64) * _STANDARD_GRAVITY) + 6.59
        by_velocity = 3.00 * np.log10(np.asarray(pgv, dtype=np.float64) / _CM_PER_M) + 9.77
    both_strong = (by_acceleration >= 6.0) & (by_velocity >= 6.0)
    intensity = np.where(both_strong, by_velocity, (by_acceleration + by_velocity) / 2)
    return np.round(np.clip(intensity, 1.0, 12.0), 1)


def velocity_of_equal_intensity(pga: ArrayLike) -> NDArray[np.float64]:
    """Peak velocity at which the standard gives the intensity that it gives for a peak acceleration.

    For shaking of which only the acceleration is supposed: the velocity that neither adds to it nor takes
    from it.

    Parameters
    ----------
    pga : (n,) float, g

    Returns
    -------
    (n,) float, cm/s
        0 where there is no motion, NaN where the input is NaN.

    References
    ----------
    GB/T 17742-2020, appendix A: 3.17 lg PGA + 6.59 = 3.00 lg PGV + 9.77 in m/s² and m/s.
    """
    with np.errstate(divide="ignore"):
        strength = np.log10(np.asarray(pga, dtype=np.float64) * _STANDARD_GRAVITY)
    return np.asarray(_CM_PER_M * 10.0 ** ((3.17 * strength + 6.59 - 9.77) / 3.00))


def acceleration_degree(pga: ArrayLike) -> NDArray[np.float64]:
    """Degree (1 to 11) whose band holds a peak acceleration.

    Parameters
    ----------
    pga : (n,) float, g

    Returns
    -------
    (n,) float, 1
        Whole numbers; NaN where the input is NaN.

    References
    ----------
    GB/T 17742-2020, table of peak motion by degree.
    """
    lowest = [degree.lowest_pga for degree in intensity_classes().degrees if degree.lowest_pga is not None]
    return _degree(np.asarray(pga, dtype=np.float64) * _STANDARD_GRAVITY * _CM_PER_M, lowest)


def velocity_degree(pgv: ArrayLike) -> NDArray[np.float64]:
    """Degree (1 to 11) whose band holds a peak velocity.

    Parameters
    ----------
    pgv : (n,) float, cm/s

    Returns
    -------
    (n,) float, 1
        Whole numbers; NaN where the input is NaN.

    References
    ----------
    GB/T 17742-2020, table of peak motion by degree.
    """
    lowest = [degree.lowest_pgv for degree in intensity_classes().degrees if degree.lowest_pgv is not None]
    return _degree(np.asarray(pgv, dtype=np.float64), lowest)


def intensity_degree(intensity: ArrayLike) -> NDArray[np.float64]:
    """Whole degree of an instrumental intensity: 6.5 is degree VII.

    Parameters
    ----------
    intensity : (n,) float, 1
        From `seismic_intensity`.

    Returns
    -------
    (n,) float, 1
        1 to 12; NaN where the input is NaN.
    """
    return np.clip(np.floor(np.asarray(intensity, dtype=np.float64) + 0.5), 1.0, 12.0)


def roman_numeral(degree: ArrayLike) -> NDArray[np.str_]:
    """Roman numeral of a whole degree, empty where it is NaN.

    Parameters
    ----------
    degree : (n,) float, 1

    Returns
    -------
    (n,) str
    """
    numerals = np.array(["", *(each.numeral for each in intensity_classes().degrees)], dtype=np.str_)
    return np.asarray(numerals[np.nan_to_num(np.asarray(degree, dtype=np.float64)).astype(np.intp)])


def _degree(motion: NDArray[np.float64], lowest: list[float]) -> NDArray[np.float64]:
    degree = np.searchsorted(np.asarray(lowest), motion, side="right") + 1.0
    return np.where(np.isnan(motion), np.nan, degree)
