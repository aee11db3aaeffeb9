"""Rank alternatives by how near they lie to the worst: TOPSIS."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from minegis.errors import InvalidInput


def topsis_closeness(values: ArrayLike, weights: ArrayLike, more_is_better: ArrayLike) -> NDArray[np.float64]:
    """Relative closeness of alternatives to the ideal.

    Parameters
    ----------
    values : (n, m) float, 1
        Alternatives by criteria.
    weights : (m,) float, 1
        Of the criteria, 0 or more.
    more_is_better : (m,) bool
        For a risk, give False where more is worse: 1 is then the safest.

    Returns
    -------
    (n,) float, 1
        0 at the worst seen in every criterion, 1 at the best; NaN where a value is NaN, and for all where the
        alternatives do not differ.

    Raises
    ------
    InvalidInput
        If the shapes do not fit or a weight is negative.

    References
    ----------
    Hwang & Yoon (1981), Multiple Attribute Decision Making.
    """
    x, w = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    better = np.asarray(more_is_better, dtype=bool)
    if x.ndim != 2 or w.shape != x.shape[1:] or better.shape != w.shape or not (w >= 0).all():
        raise InvalidInput("criteria and weights do not fit", expected="(n, m), (m,), (m,)", got=str(x.shape))
    known = ~np.isnan(x).any(axis=1)
    answer = np.full(x.shape[0], np.nan)
    if not known.any():
        return answer
    given = x[known]
    norm = np.sqrt((given**2).sum(axis=0))
    placed = w * given / np.where(norm > 0, norm, 1.0)
    best = np.where(better, placed.max(axis=0), placed.min(axis=0))
    worst = np.where(better, placed.min(axis=0), placed.max(axis=0))
    to_best, to_worst = (np.sqrt(((placed - ideal) ** 2).sum(axis=1)) for ideal in (best, worst))
    with np.errstate(invalid="ignore"):
        answer[known] = to_worst / (to_best + to_worst)
    return answer
