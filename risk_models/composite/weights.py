"""Weights of indicators: from pairwise judgement, from how much the data differ, and from both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.declarations import Declaration, read
from minegis.errors import InvalidInput

Floats = NDArray[np.float64]

_ROUNDING = 1e-6  # of reciprocal judgements, which are written with a few decimals


class WeightSettings(Declaration):
    """Random index by size of the matrix, and what makes weights fit for use."""

    source: str
    random_index: dict[int, float]
    consistency_limit: float
    reciprocal_tolerance: float
    least_samples: int
    least_share: float
    most_share: float
    provenance: str


@cache
def weight_settings() -> WeightSettings:
    """Return the declared settings."""
    return read(Path(__file__).with_name("weight_settings.yaml"), WeightSettings)


@dataclass(frozen=True, slots=True)
class AhpWeights:
    """Weights (n,) that sum to 1, the largest eigenvalue and the consistency ratio of the judgements."""

    weights: Floats
    eigenvalue: float
    consistency_ratio: float


@dataclass(frozen=True, slots=True)
class EntropyWeights:
    """Weights (m,) that sum to 1, the entropy of each column, whether there were samples enough."""

    weights: Floats
    entropy: Floats
    reliable: bool


def ahp_weights(
    comparisons: ArrayLike, method: Literal["geometric", "eigenvector"] = "geometric"
) -> AhpWeights:
    """Weights from pairwise comparisons.

    Parameters
    ----------
    comparisons : (n, n) float, 1
        How much more the row counts than the column; reciprocal.
    method : str
        ``geometric`` means of the rows, or the ``eigenvector`` of the largest eigenvalue.

    Raises
    ------
    InvalidInput
        If the matrix is not reciprocal, its size unknown, or its judgements contradict each other.

    References
    ----------
    Saaty (1980), The Analytic Hierarchy Process.
    """
    declared = weight_settings()
    a = np.asarray(comparisons, dtype=np.float64)
    n = a.shape[0] if a.ndim == 2 and a.shape[0] == a.shape[1] else 0
    if n not in declared.random_index:
        raise InvalidInput(
            "not a matrix of comparisons",
            where="comparisons",
            expected=f"square, {min(declared.random_index)} to {max(declared.random_index)} rows",
            got=str(a.shape),
        )
    if not (a > 0).all() or not np.allclose(a * a.T, 1.0, atol=declared.reciprocal_tolerance):
        raise InvalidInput("not reciprocal", where="comparisons", expected="above 0, a_ji = 1 / a_ij")
    if method == "geometric":
        weights = np.exp(np.log(a).mean(axis=1))
        weights /= weights.sum()
        largest = float((a @ weights / weights).mean())
    else:
        values, vectors = np.linalg.eig(a)
        first = int(np.argmax(values.real))
        largest = float(values[first].real)
        weights = np.abs(vectors[:, first].real)
        weights /= weights.sum()
    index = declared.random_index[n]
    ratio = (largest - n) / (n - 1) / index if index else 0.0
    if ratio >= declared.consistency_limit:
        raise InvalidInput(
            "the judgements contradict each other",
            where="comparisons",
            expected=f"a consistency ratio below {declared.consistency_limit:g}",
            got=f"{ratio:.3f}",
        )
    return AhpWeights(weights, largest, ratio)


def entropy_weights(values: ArrayLike) -> EntropyWeights:
    """Weights from how much the samples differ in each indicator: what is the same everywhere says nothing.

    Parameters
    ----------
    values : (n, m) float, 1
        Samples by indicators, 0 or more, each column in its own unit.

    Raises
    ------
    InvalidInput
        If a value is negative or unknown, a column is all zero, or no column differs.

    References
    ----------
    Shannon (1948), Bell System Technical Journal 27, 379-423.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] < 2 or not (x >= 0).all() or not (x.sum(axis=0) > 0).all():
        raise InvalidInput(
            "no entropy", where="values", expected="2 or more samples, 0 or more, no column all zero"
        )
    p = x / x.sum(axis=0)
    logarithm = np.log(np.where(p > 0, p, 1.0))  # p ln p is 0 at 0
    entropy = np.minimum(-(p * logarithm).sum(axis=0) / np.log(x.shape[0]), 1.0)
    spread = np.where(np.ptp(x, axis=0) == 0, 0.0, 1.0 - entropy)  # of equal values rounding leaves a trace
    if not spread.sum() > 0:
        raise InvalidInput("no column differs", where="values", expected="one indicator that varies")
    return EntropyWeights(spread / spread.sum(), entropy, x.shape[0] >= weight_settings().least_samples)


def combined_weights(judged: ArrayLike, measured: ArrayLike, share: float) -> Floats:
    """Weights from judgement and from data.

    Parameters
    ----------
    judged, measured : (n,) float, 1
        Each sums to 1.
    share : float, 1
        Of the judged ones.

    Returns
    -------
    (n,) float, 1
        Sum to 1.

    Raises
    ------
    InvalidInput
        If the share is outside the declared range or a set does not sum to 1.

    References
    ----------
    The usual linear combination.
    """
    declared = weight_settings()
    first, second = (np.asarray(v, dtype=np.float64) for v in (judged, measured))
    if not declared.least_share <= share <= declared.most_share:
        raise InvalidInput(
            "not a share",
            where="share",
            expected=f"{declared.least_share:g} to {declared.most_share:g}",
            got=str(share),
        )
    sums = (first.sum(), second.sum())
    if first.shape != second.shape or not np.allclose(sums, 1.0, atol=_ROUNDING):
        raise InvalidInput(
            "not weights", expected="two sets as long as each other, each of sum 1", got=str(sums)
        )
    return np.asarray(share * first + (1.0 - share) * second)
