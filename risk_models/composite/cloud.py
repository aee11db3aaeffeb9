"""The normal cloud: how surely a value belongs to a class whose edges are themselves uncertain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput

Floats = NDArray[np.float64]

_NODES = 64  # of the mean over the entropy


class CloudSettings(Declaration):
    """How a cloud is drawn from an interval."""

    source: str
    provenance: str
    widths_in_interval: float
    hyper_share: float


@cache
def cloud_settings() -> CloudSettings:
    """Return the declared settings."""
    return read(Path(__file__).with_name("cloud_settings.yaml"), CloudSettings)


@dataclass(frozen=True, slots=True)
class Clouds:
    """Clouds of k classes in order: expectation, entropy and hyper-entropy, (k,)."""

    expectation: Floats
    entropy: Floats
    hyper_entropy: Floats


def interval_clouds(edges: ArrayLike) -> Clouds:
    """Return a cloud for each interval between edges.

    Parameters
    ----------
    edges : (k + 1,) float
        Rising.

    Raises
    ------
    InvalidInput
        If the edges do not rise.

    References
    ----------
    Li & Du (2005), Artificial Intelligence with Uncertainty.
    """
    at = np.asarray(edges, dtype=np.float64)
    if at.ndim != 1 or at.size < 2 or not (np.diff(at) > 0).all():
        raise InvalidInput("not classes", where="edges", expected="rising numbers", got=str(at.shape))
    entropy = np.diff(at) / cloud_settings().widths_in_interval
    return Clouds((at[1:] + at[:-1]) / 2.0, entropy, cloud_settings().hyper_share * entropy)


def cloud_drops(
    expectation: float, entropy: float, hyper_entropy: float, count: int, seed: int
) -> tuple[Floats, Floats]:
    """Draw drops of a cloud: the forward generator.

    Parameters
    ----------
    expectation, entropy, hyper_entropy : float
        Of the cloud; the last two 0 or more.
    count : int
    seed : int

    Returns
    -------
    values, certainty : (count,) float

    References
    ----------
    Li & Du (2005), Artificial Intelligence with Uncertainty.
    """
    rng = np.random.default_rng(seed)
    spread = rng.normal(entropy, hyper_entropy, count)
    values = rng.normal(expectation, np.abs(spread))
    with np.errstate(divide="ignore", invalid="ignore"):
        away = ((values - expectation) / spread) ** 2
    return values, np.exp(-np.where(values == expectation, 0.0, away) / 2.0)


def cloud_of_drops(values: ArrayLike) -> tuple[float, float, float]:
    """Return expectation, entropy and hyper-entropy of drops: the backward generator.

    Parameters
    ----------
    values : (n,) float
        At least two.

    Raises
    ------
    InvalidInput
        If there are fewer.

    References
    ----------
    Liu, Li & Du (2004): backward cloud without certainty.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.size < 2:
        raise InvalidInput("too few drops", where="values", expected="2 or more", got=str(x.size))
    mean = float(x.mean())
    entropy = float(np.sqrt(np.pi / 2.0) * np.abs(x - mean).mean())
    return mean, entropy, float(np.sqrt(abs(x.var(ddof=1) - entropy**2)))


def cloud_certainty(values: ArrayLike, clouds: Clouds) -> Floats:
    """How surely values belong to each class: the mean of the certainty over the uncertain entropy.

    Parameters
    ----------
    values : (n,) float
    clouds : Clouds
        Of the classes in order; below the first and above the last expectation the end classes are certain.

    Returns
    -------
    (k, n) float, 1
        NaN where a value is NaN.

    References
    ----------
    Li & Du (2005), Artificial Intelligence with Uncertainty; Gauss-Hermite mean instead of random drops.
    """
    x = np.asarray(values, dtype=np.float64)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    away = x[None, ...] - clouds.expectation.reshape(-1, *[1] * x.ndim)
    away[0] = np.maximum(away[0], 0.0)
    away[-1] = np.minimum(away[-1], 0.0)
    mean = np.zeros_like(away)
    for node, weight in zip(nodes.tolist(), (weights / weights.sum()).tolist(), strict=True):
        spread = (clouds.entropy + node * clouds.hyper_entropy).reshape(-1, *[1] * x.ndim)
        mean += weight * np.exp(-((away / spread) ** 2) / 2.0)
    return mean


def cloud_class(values: ArrayLike, clouds: Clouds, weights: ArrayLike) -> Floats:
    """Class in which weighted indicators lie most surely.

    Parameters
    ----------
    values : (m, n) float
        Indicators of n places on one scale; unknown ones are left out.
    clouds : Clouds
        Of the classes on that scale, in order.
    weights : (m,) float, 1

    Returns
    -------
    (n,) float, 1
        0 for the first class; NaN where no indicator is known.

    References
    ----------
    Li & Du (2005): assignment to the largest certainty.
    """
    x = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(x)
    shares = np.asarray(weights, dtype=np.float64)[:, None] * known
    certainty = np.nan_to_num(cloud_certainty(x, clouds))
    total = (certainty * shares).sum(axis=1)
    return np.where(known.any(axis=0), total.argmax(axis=0).astype(np.float64), np.nan)
