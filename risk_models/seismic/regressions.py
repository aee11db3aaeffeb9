"""Regressions of seismic sliding displacement: their declared coefficients and the terms they share."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import Declaration, read


class Jibson2007(Declaration):
    """Terms of lg D (cm)."""

    constant: float
    remaining: float
    ratio: float
    magnitude: float
    spread: float


class Jibson2007Pair(Declaration):
    """Equations 6 and 7."""

    acceleration: Jibson2007
    magnitude: Jibson2007


class Jibson2000(Declaration):
    """Terms of lg D (cm)."""

    constant: float
    arias: float
    critical: float
    spread: float


class Failure(Declaration):
    """The share of slopes that fail."""

    limit: float
    scale: float
    power: float


class Linear(Declaration):
    """A sum of terms; a term that a regression lacks counts nothing."""

    constant: float
    pga: float = 0.0
    pgv: float = 0.0
    critical: float = 0.0
    magnitude: float = 0.0
    reference_magnitude: float = 0.0
    ratio: float | tuple[float, float, float, float] = 0.0


class ChoRathjeBranch(Declaration):
    """Polynomials in ln of the period, and terms in ln of the critical acceleration."""

    level: tuple[float, float, float]
    level_critical: float
    growth: tuple[float, float, float]
    growth_critical: float


class ChoRathje(Declaration):
    """Shallow and deep slides."""

    shallow_below: float
    shallow: ChoRathjeBranch
    deep: ChoRathjeBranch


class TierFrom(Declaration):
    """Least displacement of each tier, cm."""

    values: dict[str, float]
    provenance: str


class NewmarkCoefficients(Declaration):
    """The declared regressions."""

    least_ratio: float
    least_critical_acceleration: float
    jibson_2007: Jibson2007Pair
    jibson_2000: Jibson2000
    failure: Failure
    saygili_rathje_2008: Linear
    rathje_saygili_2009: Linear
    fotopoulou_pitilakis_2015: dict[str, Linear]
    cho_rathje_2022: ChoRathje
    tier_from: TierFrom


@cache
def newmark_coefficients() -> NewmarkCoefficients:
    """Return the declared regressions."""
    return read(Path(__file__).with_name("newmark_coefficients.yaml"), NewmarkCoefficients)


def acceleration_ratio(
    pga: NDArray[np.float64], critical: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the ratio of critical to peak acceleration inside its bounds, and where nothing slides."""
    still = held(critical) >= pga
    with np.errstate(divide="ignore"):
        ratio = held(critical) / pga
    return np.clip(ratio, newmark_coefficients().least_ratio, 1.0), still


def displaced(
    log_displacement: NDArray[np.float64], still: NDArray[np.bool_], *inputs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the displacement of a logarithm: zero where nothing slides, NaN where an input is."""
    known = ~np.isnan(np.sum(inputs, axis=0))
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(known, np.where(still, 0.0, np.exp(log_displacement)), np.nan)


def held(critical: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the critical acceleration, held at the least that the regressions can take."""
    return np.maximum(critical, newmark_coefficients().least_critical_acceleration)


def quartic(terms: Linear, ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the polynomial of a regression in the ratio, without its constant."""
    assert isinstance(terms.ratio, tuple)
    return np.asarray(np.polynomial.polynomial.polyval(ratio, (0.0, *terms.ratio)))


def power(terms: Linear, ratio: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithmic term of a regression in the ratio."""
    assert isinstance(terms.ratio, float)
    return terms.ratio * np.log(ratio)


def quadratic(terms: tuple[float, float, float], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a polynomial of second degree."""
    return terms[0] + terms[1] * x + terms[2] * x * x


def log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the natural logarithm, minus infinity at zero."""
    with np.errstate(divide="ignore", invalid="ignore"):  # no shaking: no displacement
        return np.asarray(np.log(values))


def floats(*values: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Return the inputs as numbers of one shape."""
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))
