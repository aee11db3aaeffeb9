"""The declared coefficients of release, runout and breach flow, and how the raise method chooses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import Declaration, read

type Pair = tuple[float, float]
type Triple = tuple[float, float, float]
Floats = NDArray[np.float64]


class Power(Declaration):
    """Release and runout, each a factor and an exponent."""

    release: Pair
    runout: Pair


class Piciullo(Declaration):
    """Terms of the release."""

    lg_constant: float
    stored: float
    height: float


class OBrien(Declaration):
    """Factors of the envelopes of the release."""

    power: float
    minimum: float
    mean: float
    maximum: float


class FontaineMartin(Declaration):
    """Solids by mass in the first wave, and the deposit where it is not known."""

    solids: float
    specific_gravity: float
    void_ratio: float


class Spread(Declaration):
    """Standard deviation of lg."""

    release: float
    runout: float


class Corominas(Declaration):
    """Terms of the reach angle."""

    volume: float
    constant: float


class Froehlich1995(Declaration):
    """Peak flow, time and width: factor and exponents of volume and height."""

    flow: Triple
    time: Triple
    width: Triple
    overtopping: float


class Froehlich2008(Declaration):
    """Time and width."""

    time: float
    width: Triple
    overtopping: float


class BreachCoefficients(Declaration):
    """The declared coefficients."""

    rico: Power
    concha_larrauri: Power
    piciullo: Piciullo
    obrien: OBrien
    largest_share: float
    fontaine_martin: FontaineMartin
    spread: Spread
    spread_provenance: str
    corominas: Corominas
    small_pond: float
    small_pond_provenance: str
    laharz: dict[str, Pair]
    froehlich_1995: Froehlich1995
    froehlich_2008: Froehlich2008
    mmc: Pair


@cache
def breach_coefficients() -> BreachCoefficients:
    """Return the declared coefficients."""
    return read(Path(__file__).with_name("breach_coefficients.yaml"), BreachCoefficients)


def floats(*values: ArrayLike) -> tuple[Floats, ...]:
    """Return the inputs as numbers of one shape."""
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in values)))
