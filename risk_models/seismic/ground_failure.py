"""Ground failure: the declared coefficients of liquefaction, and the alert of USGS for a whole earthquake."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput

_YELLOW = 2  # the lowest alert above green


class General(Declaration):
    """Terms of the general logit."""

    constant: float
    pgv: float
    vs30: float
    precipitation: float
    water_distance: float
    water_table: float


class Coastal(Declaration):
    """Terms of the coastal logit."""

    constant: float
    pgv: float
    vs30: float
    precipitation: float
    river_distance: float
    coast: float
    coast_river: float


class Coverage(Declaration):
    """The curve from probability to share of area, percent."""

    limit: float
    spread: float
    rate: float


class Operational(Declaration):
    """The bounds of USGS."""

    least_pga: float
    largest_pgv: float
    largest_precipitation: float
    magnitude_rate: float
    magnitude_centre: float


class HazusClass(Declaration):
    """One class of susceptibility."""

    least_pga: float
    slope: float
    intercept: float
    share: float


class Line(Declaration):
    """A straight line."""

    constant: float
    slope: float


class Hazus(Declaration):
    """Classes and corrections of HAZUS."""

    classes: dict[str, HazusClass]
    magnitude: tuple[float, float, float, float]
    water: Line


class CutOffs(Declaration):
    """Least aggregates of yellow, orange and red: km², people."""

    area: tuple[float, float, float]
    population: tuple[float, float, float]


class Alert(Declaration):
    """Cut-offs of both kinds of ground failure."""

    landslide: CutOffs
    liquefaction: CutOffs
    provenance: str


class LiquefactionCoefficients(Declaration):
    """The declared coefficients and cut-offs."""

    general: General
    coastal: Coastal
    coverage: dict[str, Coverage]
    least_pgv: float
    largest_vs30: float
    operational: Operational
    hazus: Hazus
    alert: Alert


@cache
def liquefaction_coefficients() -> LiquefactionCoefficients:
    """Return the declared coefficients and cut-offs."""
    return read(Path(__file__).with_name("liquefaction_coefficients.yaml"), LiquefactionCoefficients)


def ground_failure_alert(kind: str, area: float, population: float) -> int:
    """Tier of the alert that USGS gives to all landslides or all liquefaction of an earthquake.

    Parameters
    ----------
    kind : str
        ``landslide`` or ``liquefaction``.
    area : float, km²
        Sum of the share of each cell times its area.
    population : float
        Sum of the share of each cell times the people in it.

    Returns
    -------
    int
        0 (green), 2 (yellow), 3 (orange) or 4 (red), the worse of the two.

    Raises
    ------
    InvalidInput
        If `kind` is another or a number is NaN.
    """
    alert = liquefaction_coefficients().alert
    kinds = {"landslide": alert.landslide, "liquefaction": alert.liquefaction}
    if kind not in kinds or np.isnan(area + population):
        raise InvalidInput(
            "no alert", where=kind, expected="landslide or liquefaction, and numbers", got=f"{area} km²"
        )
    passed = max(
        np.searchsorted(kinds[kind].area, area, side="right"),
        np.searchsorted(kinds[kind].population, population, side="right"),
    )
    return int(passed) + _YELLOW - 1 if passed else 0
