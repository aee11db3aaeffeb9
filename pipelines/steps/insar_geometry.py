"""Lines of sight, and estimates of one movement brought together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput
from pipelines.steps.insar_settings import insar_settings

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Fused:
    """One value of several estimates.

    Attributes
    ----------
    value, variance : (...) float
        NaN where no estimate is known.
    disagreement : (...) bool
        Where two estimates lie too far apart to be of one quantity; the variance is enlarged there.
    """

    value: Floats
    variance: Floats
    disagreement: NDArray[np.bool_]


def line_of_sight(heading: ArrayLike, incidence: ArrayLike) -> Floats:
    """Return the unit vector from the ground to a satellite that looks right.

    Parameters
    ----------
    heading : (...) float, deg
        Of the flight, clockwise from north: about -13 ascending, -167 descending.
    incidence : (...) float, deg
        From the vertical.

    Returns
    -------
    (..., 3) float, 1
        East, north, up: its product with a displacement is what the satellite sees, towards it positive.

    References
    ----------
    Hanssen (2001), Radar Interferometry, section 5.1.
    """
    flight, off = np.broadcast_arrays(np.radians(heading), np.radians(incidence))
    if ((off < 0) | (off >= np.pi / 2)).any():
        raise InvalidInput("not an angle of incidence", where="incidence", expected="0 to below 90 deg")
    return np.stack([-np.sin(off) * np.cos(flight), np.sin(off) * np.sin(flight), np.cos(off)], axis=-1)


def vertical_if_level(line_of_sight_value: ArrayLike, incidence: ArrayLike) -> Floats:
    """Return the vertical movement that explains what is seen, if the ground moves neither east nor north.

    Parameters
    ----------
    line_of_sight_value : (...) float, mm or mm/a
    incidence : (...) float, deg
    """
    return np.asarray(np.asarray(line_of_sight_value, np.float64) / np.cos(np.radians(incidence)))


def fuse(values: ArrayLike, variances: ArrayLike) -> Fused:
    """Bring independent estimates together, each by its inverse variance.

    Parameters
    ----------
    values, variances : (k, ...) float
        Estimates along the first axis; one with NaN does not count.

    Returns
    -------
    Fused
        Where estimates disagree, the variance is multiplied by the reduced chi-square (where that is larger
        than one), which is the square of the Birge ratio.

    Raises
    ------
    InvalidInput
        If a variance is not above zero.

    References
    ----------
    Birge (1932), Physical Review 40, 207-227.
    """
    value, variance = np.broadcast_arrays(np.asarray(values, np.float64), np.asarray(variances, np.float64))
    if (variance <= 0).any():
        raise InvalidInput(
            "a variance that is not above zero", where="variances", got=str(np.nanmin(variance))
        )
    known = np.isfinite(value) & np.isfinite(variance)
    weight = np.where(known, 1.0 / np.where(known, variance, 1.0), 0.0)
    plain = np.where(known, value, 0.0)
    total = weight.sum(axis=0)
    some = total > 0
    joint = np.divide((weight * plain).sum(axis=0), total, out=np.full_like(total, np.nan), where=some)
    spread = np.divide(1.0, total, out=np.full_like(total, np.nan), where=some)
    apart = np.zeros(total.shape, dtype=bool)
    limit = insar_settings().fusion.disagreement
    for i, j in combinations(range(value.shape[0]), 2):
        both = known[i] & known[j]
        far = np.abs(plain[i] - plain[j]) > limit * np.sqrt(np.where(both, variance[i] + variance[j], 1.0))
        apart |= both & far
    freedom = np.maximum(known.sum(axis=0) - 1, 1)
    chi_square = (weight * (plain - np.where(some, joint, 0.0)) ** 2).sum(axis=0) / freedom
    return Fused(joint, np.where(apart, spread * np.maximum(chi_square, 1.0), spread), apart)
