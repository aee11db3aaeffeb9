"""Safety freeboard (安全超高) and dry beach (干滩), both at the design flood level, and their minima."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput, MissingEvidence
from risk_models.rule_package import RulePackage

_MICROMETRE = 6  # decimals: differences of elevations carry binary noise that must not decide a colour


def flood_level(
    pond_level: ArrayLike, normal_level: ArrayLike, design_flood_level: ArrayLike
) -> NDArray[np.float64]:
    """Level that the design flood reaches from today's pond level.

    The design rise ``design_flood_level - normal_level`` is added to today's level; a low pond does not lower
    the design flood level.

    Parameters
    ----------
    pond_level : (n,) float, m
        Measured level.
    normal_level, design_flood_level : (n,) float, m
        Of the design.

    Returns
    -------
    (n,) float, m

    References
    ----------
    GB 50863-2013 §4.2.1.
    """
    design = np.asarray(design_flood_level, dtype=np.float64)
    rise = design - np.asarray(normal_level, dtype=np.float64)
    return np.round(np.maximum(design, np.asarray(pond_level, dtype=np.float64) + rise), _MICROMETRE)


def freeboard(crest: ArrayLike, flood: ArrayLike) -> NDArray[np.float64]:
    """Height of the beach crest above the flood level.

    Parameters
    ----------
    crest, flood : (n,) float, m
        Beach crest elevation and flood level.

    Returns
    -------
    (n,) float, m
        Negative when the flood overtops.
    """
    return np.round(np.subtract(crest, flood, dtype=np.float64), _MICROMETRE)


def dry_beach_at_flood(crest: ArrayLike, flood: ArrayLike, beach_slope: ArrayLike) -> NDArray[np.float64]:
    """Length of beach left between the crest and the water's edge at the flood level.

    Parameters
    ----------
    crest, flood : (n,) float, m
        Beach crest elevation and flood level.
    beach_slope : (n,) float, m/m
        Slope of the beach.

    Returns
    -------
    (n,) float, m

    Raises
    ------
    InvalidInput
        If a slope is not above 0.
    """
    return np.round(freeboard(crest, flood) / _checked(beach_slope), _MICROMETRE)


def measured_beach_at_flood(
    measured: ArrayLike, pond_level: ArrayLike, flood: ArrayLike, beach_slope: ArrayLike
) -> NDArray[np.float64]:
    """Beach measured at today's level, shortened to what is left of it at the flood level.

    Parameters
    ----------
    measured : (n,) float, m
        Dry beach length today.
    pond_level, flood : (n,) float, m
        Level at the measurement and flood level.
    beach_slope : (n,) float, m/m
        Slope of the beach.

    Returns
    -------
    (n,) float, m

    Raises
    ------
    InvalidInput
        If a slope is not above 0.
    """
    covered = np.subtract(flood, pond_level, dtype=np.float64) / _checked(beach_slope)
    return np.round(np.asarray(measured, dtype=np.float64) - covered, _MICROMETRE)


def minimum_freeboard(grade: int, rules: RulePackage) -> float:
    """Minimum safety freeboard of a dam grade, m."""
    return rules.freeboard.minimum[grade]


def minimum_dry_beach(
    grade: int, raise_method: str, rules: RulePackage, design: float | None = None
) -> float:
    """Minimum dry beach at the design flood level, m.

    The design value holds where there is one, but not below the table less what a seepage proof allows.

    Raises
    ------
    MissingEvidence
        If the rules hold no minimum for the raise method.

    References
    ----------
    GB 50863-2013 §4.2.1.
    """
    section = rules.dry_beach
    if raise_method not in section.minimum:
        raise MissingEvidence(
            "no minimum dry beach", where=f"raise_method {raise_method}", expected=", ".join(section.minimum)
        )
    table = section.minimum[raise_method][grade]
    if design is None:
        return table
    reducible = grade in section.reduction.grades and raise_method in section.reduction.raise_methods
    return max(design, table * (1 - section.reduction.share) if reducible else table)


def _checked(beach_slope: ArrayLike) -> NDArray[np.float64]:
    slope = np.asarray(beach_slope, dtype=np.float64)
    if not (slope > 0).all():
        raise InvalidInput(
            "beach slope out of range", where="beach_slope", expected="above 0 m/m", got=str(slope)
        )
    return slope
