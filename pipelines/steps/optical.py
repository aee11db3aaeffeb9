"""Optical scenes: reflectance, the indices of plants, water and bare ground, a threshold between two kinds.

Each function takes and returns arrays of any shape; NaN stays NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import RootModel

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput
from minegis.variables import variable

Floats = NDArray[np.float64]
_BINS = 512


class Scaling(Declaration):
    """How numbers of a product become reflectance; see ``optical.yaml``."""

    scale: float
    offset: float
    gap: float | None
    saturated: float | None
    source: str


class _Scalings(RootModel[dict[str, Scaling]]):
    pass


@dataclass(frozen=True)
class Threshold:
    """A value that parts two kinds, and how well they part.

    Attributes
    ----------
    value : float
    separability : float, 1
        Share of the variance that lies between the two sides: 1 for two single values, 0.64 for the halves of
        one normal bulk, so that a threshold is worth something only well above that.
    share_above : float, 1
    """

    value: float
    separability: float
    share_above: float


@cache
def scalings() -> Mapping[str, Scaling]:
    """Return the declared products by name, immutable."""
    return MappingProxyType(read(Path(__file__).with_name("optical.yaml"), _Scalings).root)


def reflectance(numbers: ArrayLike, product: str) -> Floats:
    """Return reflectance of digital numbers.

    Parameters
    ----------
    numbers : (...) int or float
        As stored.
    product : str
        Name in ``optical.yaml``; for Sentinel-2 the processing baseline decides (see `sentinel2_product`).

    Returns
    -------
    (...) float, 1
        NaN in gaps and where saturated; may be a little below 0 after correction of the atmosphere.

    Raises
    ------
    InvalidInput
        If there is no such product, or the result cannot be reflectance.
    """
    if product not in scalings():
        raise InvalidInput(
            "no such optical product", where="product", expected=", ".join(scalings()), got=product
        )
    declared = scalings()[product]
    stored = np.asarray(numbers, dtype=np.float64)
    gaps = np.isin(stored, [each for each in (declared.gap, declared.saturated) if each is not None])
    values = np.where(gaps, np.nan, stored * declared.scale + declared.offset)
    typical = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    bounds = variable("reflectance")
    if not bounds.minimum <= typical <= bounds.maximum:
        raise InvalidInput(
            "values that are no reflectance after scaling",
            where=product,
            expected=f"a median from {bounds.minimum:g} to {bounds.maximum:g}",
            got=f"{typical:g}",
        )
    return values


def sentinel2_product(baseline: str) -> str:
    """Return the product of ``optical.yaml`` of a Sentinel-2 processing baseline such as ``04.00``.

    Raises
    ------
    InvalidInput
        If it is not a baseline.
    """
    parts = baseline.strip().upper().removeprefix("N").replace(".", "")
    if len(parts) != 4 or not parts.isdigit():
        raise InvalidInput(
            "not a processing baseline", where="baseline", expected="05.11 or N0511", got=baseline
        )
    return "sentinel2_from_04" if int(parts) >= 400 else "sentinel2_before_04"


def ndvi(red: ArrayLike, nir: ArrayLike) -> Floats:
    """Vegetation: ``(NIR - R) / (NIR + R)`` (Rouse et al. 1974).

    Parameters
    ----------
    red, nir : (...) float, reflectance
        Sentinel-2 B04 and B08.
    """
    return _normalised_difference(nir, red)


def ndwi(green: ArrayLike, nir: ArrayLike) -> Floats:
    """Open water: ``(G - NIR) / (G + NIR)`` (McFeeters 1996). No threshold holds everywhere.

    Parameters
    ----------
    green, nir : (...) float, reflectance
        Sentinel-2 B03 and B08.
    """
    return _normalised_difference(green, nir)


def mndwi(green: ArrayLike, shortwave: ArrayLike) -> Floats:
    """Open water beside built-up or muddy ground: ``(G - SWIR1) / (G + SWIR1)`` (Xu 2006).

    Parameters
    ----------
    green, shortwave : (...) float, reflectance
        Sentinel-2 B03 and B11.
    """
    return _normalised_difference(green, shortwave)


def bare_soil_index(blue: ArrayLike, red: ArrayLike, nir: ArrayLike, shortwave: ArrayLike) -> Floats:
    """Bare ground: ``((SWIR1 + R) - (NIR + B)) / ((SWIR1 + R) + (NIR + B))`` (Rikimaru, Roy & Miyatake 2002).

    Parameters
    ----------
    blue, red, nir, shortwave : (...) float, reflectance
        Sentinel-2 B02, B04, B08 and B11.
    """
    bright = np.asarray(shortwave, np.float64) + np.asarray(red, np.float64)
    dark = np.asarray(nir, np.float64) + np.asarray(blue, np.float64)
    return _normalised_difference(bright, dark)


def otsu_threshold(values: ArrayLike) -> Threshold:
    """Find the value that parts the bulk in two with the largest variance between them.

    Parameters
    ----------
    values : (...) float
        NaN is left out.

    Raises
    ------
    InvalidInput
        If fewer than two values are known, or all are the same.

    References
    ----------
    Otsu (1979), IEEE Trans. Syst. Man Cybern. 9(1), 62-66: the criterion, and eta as measure of separability.
    """
    known = np.asarray(values, np.float64)
    known = known[np.isfinite(known)]
    if known.size < 2 or known.min() == known.max():
        raise InvalidInput("nothing to part", expected="two different values or more", got=f"{known.size}")
    counts, edges = np.histogram(known, bins=_BINS)
    middle = (edges[:-1] + edges[1:]) / 2
    share = np.cumsum(counts) / known.size
    mean = np.cumsum(counts * middle) / known.size
    between = np.zeros(_BINS)
    both = (share > 0) & (share < 1)
    between[both] = (mean[-1] * share[both] - mean[both]) ** 2 / (share[both] * (1 - share[both]))
    best = np.flatnonzero(between >= between.max() * (1 - 1e-12))
    value = float(edges[best + 1].mean())  # an empty valley is cut in its middle
    above = known > value
    total = known.var()
    apart = float(above.mean() * (~above).mean() * (known[above].mean() - known[~above].mean()) ** 2)
    return Threshold(value, min(apart / float(total), 1.0), float(above.mean()))


def _normalised_difference(high: ArrayLike, low: ArrayLike) -> Floats:
    """Return ``(high - low) / (high + low)``; negative reflectance counts as 0, NaN where both are 0."""
    above, below = (np.maximum(np.asarray(each, np.float64), 0.0) for each in (high, low))
    total = np.asarray(above + below)
    return np.asarray(
        np.divide(above - below, total, out=np.full(total.shape, np.nan), where=total > 0), np.float64
    )
